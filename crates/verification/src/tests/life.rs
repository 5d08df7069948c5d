//! The whole life of a case, and what is refused on the way.

use minsheng_kit::ledger::{LedgerVerifier, verify_receipt};
use minsheng_proto::catalogue::v1::CertificationFrequency::{HalfYearly, Monthly, Quarterly, Yearly};
use minsheng_proto::common::v1::{Finding, Severity};
use minsheng_proto::reporting::v1::{ReportConfirmed, ReportSubmitted};
use minsheng_proto::verification::v1::{CaseState, ReportCertified, ReportPassed, ReportReturned};

use super::*;

#[tokio::test]
async fn submitted_passed_certified_with_all_three_values_side_by_side() {
    whole_life(Backend::Sqlite).await;
}

#[tokio::test]
async fn the_same_on_postgres() {
    whole_life(Backend::Postgres).await;
}

async fn whole_life(backend: Backend) {
    let mut house = House::on(backend, Monthly).await;
    let event = submitted("3.1", "2023-06", 1, jobs());
    let (sequence, leaf) = house.reporting.entry(&event.report, morning(), &event).await;
    let name = format!("{}/versions/1", event.report);

    let case = house.case(&name).await;
    assert_eq!((case.state(), case.certifier.as_str(), case.unit.as_str()), (CaseState::ToCheck, "tjj", "rsj"));
    assert_eq!((case.submission_sequence, &case.submission_leaf_hash), (sequence, &leaf));
    assert_eq!(case.content.unwrap().values, jobs());
    assert!(case.to_be_certified && case.pass_time.is_none());
    let side_by_side = |case: &Case| {
        let value = &case.values[0];
        [text(&value.reported), text(&value.fast), text(&value.certified)]
    };
    assert_eq!(house.case(&name).await.values.len(), 1);

    let passed = house.pass(&office(), &name).await.unwrap();
    let case = passed.case.unwrap();
    assert_eq!((case.state(), side_by_side(&case)), (CaseState::Fast, ["1734", "1734", ""].map(str::to_owned)));
    assert!(case.pass_time.is_some());
    let entry: ReportPassed = house.last_entry().await;
    assert_eq!((entry.values, entry.person.as_str()), (jobs(), "P-office"));
    let version = entry.version.unwrap();
    assert_eq!((version.submission_sequence, version.submission_leaf_hash), (sequence, leaf));

    let certified = house.certify(&certifier(), &name, Vec::new()).await.unwrap();
    let verifier = LedgerVerifier::new(house.service.writer.ledger().verifier_key()).unwrap();
    verify_receipt(&certified.receipt.unwrap(), &verifier).unwrap();
    let case = certified.case.unwrap();
    assert_eq!((case.state(), side_by_side(&case)), (CaseState::Certified, ["1734"; 3].map(str::to_owned)));
    let entry: ReportCertified = house.last_entry().await;
    assert_eq!((entry.values, entry.adjusted.len()), (jobs(), 0));

    // Nothing moves a certified case but a correction.
    assert_eq!(refused(house.pass(&office(), &name).await), Reason::CaseState);
    assert_eq!(refused(house.certify(&certifier(), &name, Vec::new()).await), Reason::CaseState);
    assert_eq!(refused(house.give_back(&certifier(), &name, "3.1-1").await), Reason::CaseState);
    assert_eq!(refused(house.give_back(&office(), &name, "3.1-1").await), Reason::CaseState);
    assert_eq!(refused(house.agree(&office(), &name).await), Reason::CaseState);
    assert_eq!(house.case(&name).await.etag, case.etag);
}

#[tokio::test]
async fn the_steps_have_an_order() {
    let mut house = House::new(Monthly).await;
    let name = house.submit("3.1", "2023-06", jobs()).await;
    assert_eq!(refused(house.certify(&certifier(), &name, Vec::new()).await), Reason::CaseState);
    assert_eq!(refused(house.give_back(&certifier(), &name, "3.1-1").await), Reason::CaseState);
    house.pass(&office(), &name).await.unwrap();
    assert_eq!(refused(house.pass(&office(), &name).await), Reason::CaseState);
    // The office has had its turn.
    assert_eq!(refused(house.give_back(&office(), &name, "").await), Reason::CaseState);
    let unknown = format!("{}/versions/7", report("3.1", "2023-06"));
    let request = PassReportRequest { name: unknown, etag: "1".into(), request_id: "r".into() };
    assert_eq!(refused(house.api.pass_report(as_caller(&office(), request)).await), Reason::CaseUnknown);
}

#[tokio::test]
async fn returned_with_reasons_and_superseded_by_the_next_version() {
    let mut house = House::new(Monthly).await;
    let first = house.submit("3.1", "2023-06", jobs()).await;
    house.pass(&office(), &first).await.unwrap();
    assert_eq!(refused(house.give_back_with(&certifier(), &first, Vec::new()).await), Reason::FieldRequired);
    assert_eq!(refused(house.give_back(&certifier(), &first, "").await), Reason::DecisionInvalid);
    assert_eq!(refused(house.give_back(&certifier(), &first, "9.9-1").await), Reason::DecisionInvalid);
    let mut reason = ReturnReason { measure: "3.1-1".into(), reason: "  ".into(), ..ReturnReason::default() };
    assert_eq!(
        refused(house.give_back_with(&certifier(), &first, vec![reason.clone()]).await),
        Reason::DecisionInvalid
    );
    reason.reason = "与系统数不一致".into();
    reason.returned_by_unit = "sbb".into();
    assert_eq!(refused(house.give_back_with(&certifier(), &first, vec![reason]).await), Reason::FieldOutputOnly);

    let answer = house.give_back(&certifier(), &first, "3.1-1").await.unwrap();
    assert_eq!(answer.case.unwrap().state(), CaseState::Returned);
    let entry: ReportReturned = house.last_entry().await;
    assert!(entry.by_certifier);
    assert_eq!((entry.reasons[0].measure.as_str(), entry.reasons[0].returned_by_unit.as_str()), ("3.1-1", "tjj"));

    let second = house.submit_event(&submitted("3.1", "2023-06", 2, jobs())).await;
    assert_eq!(house.case(&second).await.state(), CaseState::ToCheck);
    assert_eq!(house.case(&first).await.state(), CaseState::Returned);
    assert_eq!(refused(house.give_back(&office(), &first, "").await), Reason::CaseState);
    let answer = house.give_back(&office(), &second, "").await.unwrap();
    assert_eq!(answer.case.unwrap().state(), CaseState::Returned);
    let entry: ReportReturned = house.last_entry().await;
    assert!(!entry.by_certifier);
}

#[tokio::test]
async fn what_the_office_entered_waits_for_the_unit() {
    let mut house = House::new(Monthly).await;
    let entered = ReportSubmitted {
        entered_for_unit: true,
        to_confirm: true,
        persons: vec!["P-clerk".to_owned()],
        entered_by_persons: vec!["P-clerk".to_owned()],
        ..submitted("3.1", "2023-06", 1, jobs())
    };
    let name = house.submit_event(&entered).await;
    let case = house.case(&name).await;
    assert_eq!((case.state(), case.entered_for_unit), (CaseState::ToConfirm, true));
    assert_eq!(refused(house.pass(&office(), &name).await), Reason::CaseState);

    let confirmed = ReportConfirmed { report: entered.report, version: 1, person: "P-head".to_owned() };
    house.reporting.entry(&confirmed.report, morning(), &confirmed).await;
    assert_eq!(house.case(&name).await.state(), CaseState::ToCheck);
    // Another officer than the one who entered it, and nobody who confirmed it.
    let clerk = caller("sbb.clerk", "P-clerk", "sbb", &[Role::Office]);
    assert_eq!(refused(house.pass(&clerk, &name).await), Reason::SamePerson);
    let head = caller("sbb.head", "P-head", "sbb", &[Role::Office]);
    assert_eq!(refused(house.pass(&head, &name).await), Reason::SamePerson);
    house.pass(&office(), &name).await.unwrap();
}

#[tokio::test]
async fn only_months_that_the_programme_certifies_are_certified() {
    let certified = |frequency| async move {
        let mut house = House::new(frequency).await;
        let mut months = Vec::new();
        for month in ["2023-05", "2023-06", "2023-09", "2023-12"] {
            let name = house.submit("10.4", month, vec![water("36.25")]).await;
            house.pass(&office(), &name).await.unwrap();
            let by = caller("slj.wang", "P-water", "slj", &[Role::Certifier]);
            match house.certify(&by, &name, Vec::new()).await {
                Ok(_) => months.push(month),
                Err(status) => {
                    assert_eq!(reason_of(&status), Some(Reason::NotCertifiedThisPeriod));
                    assert_eq!(refused(house.give_back(&by, &name, "10.4-1").await), Reason::NotCertifiedThisPeriod);
                    assert!(!house.case(&name).await.to_be_certified);
                }
            }
        }
        months
    };
    assert_eq!(certified(Monthly).await, ["2023-05", "2023-06", "2023-09", "2023-12"]);
    assert_eq!(certified(Quarterly).await, ["2023-06", "2023-09", "2023-12"]);
    assert_eq!(certified(HalfYearly).await, ["2023-06", "2023-12"]);
    assert_eq!(certified(Yearly).await, ["2023-12"]);
}

#[tokio::test]
async fn findings_of_the_submission_are_shown_to_the_certifier() {
    let mut house = House::new(Monthly).await;
    let finding = Finding {
        code: "EXACTLY_THE_TARGET".to_owned(),
        severity: Severity::Warning as i32,
        message: "截止前改为恰好等于目标".to_owned(),
        facts: [("before", "4990"), ("after", "5000"), ("changed_by", "P-reporter")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..Finding::default()
    };
    let event =
        ReportSubmitted { findings: vec![finding.clone()], late: true, ..submitted("3.1", "2023-06", 1, jobs()) };
    let name = house.submit_event(&event).await;
    house.pass(&office(), &name).await.unwrap();
    let case = house.get(&certifier(), &name).await.unwrap().case.unwrap();
    assert_eq!((case.findings, case.late), (vec![finding], true));
}

fn water(amount: &str) -> MeasureValue {
    MeasureValue { measure: "10.4-1".to_owned(), value: number(amount, "万方"), ..MeasureValue::default() }
}
