//! Filing in one step: receipts, lateness by the server's clock, checks, explanations, the office's entry.

use minsheng_kit::error::Reason;
use minsheng_kit::ledger::verify_receipt;
use minsheng_proto::common::v1::Explanation;
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::reporting::v1::report_service_server::ReportService;
use minsheng_proto::reporting::v1::{
    ConfirmReportRequest, EnterReportRequest, EvidenceReference, FileReportRequest, ReportState, ReportSubmitted,
};
use prost::Message;

use minsheng_kit::identity::Role;
use minsheng_testkit::caller;

use super::programme::report_name;
use super::world::*;

#[tokio::test]
async fn a_report_is_filed_in_one_step_and_its_receipt_verifies_offline() {
    let world = World::new().await;
    let answer =
        world.file(&head("rsj"), "3.1", "2023-06", content(vec![flow("3.1-1", "1734", "1734", "人")])).await.unwrap();
    let report = answer.report.unwrap();
    assert_eq!((report.state(), report.version, report.late), (ReportState::Submitted, 1, false));
    assert_eq!((report.due_date.as_str(), report.cut_off.as_str()), ("2023-06-20", "2023-06-20"));
    let receipt = answer.receipt.unwrap();
    let ledger = world.parts.service.writer.ledger();
    let verifier = minsheng_kit::ledger::LedgerVerifier::new(ledger.verifier_key()).unwrap();
    verify_receipt(&receipt, &verifier).unwrap();
    let entry = ledger.entry(receipt.sequence).await.unwrap().unwrap();
    let body = EntryBody::decode(entry.body.as_slice()).unwrap();
    let event = ReportSubmitted::decode(body.payload).unwrap();
    assert_eq!((event.unit.as_str(), event.version, event.programme_version), ("rsj", 1, 1));
    assert_eq!(event.persons, ["rsj-H"]);

    let read = world.get(&head("rsj"), "3.1", "2023-06").await;
    assert_eq!(read.content.unwrap().values[0], flow("3.1-1", "1734", "1734", "人"));
    assert_eq!(read.steps[0].act, "SUBMITTED");
}

#[tokio::test]
async fn the_same_request_again_is_one_report_and_another_body_is_refused() {
    let world = World::new().await;
    let mut request = FileReportRequest {
        name: report_name("3.1", "2023-06"),
        content: Some(content(vec![value("3.1-1", "1734", "人")])),
        request_id: "one".into(),
    };
    let first = world.parts.file_report(by(&head("rsj"), request.clone())).await.unwrap().into_inner();
    let again = world.parts.file_report(by(&head("rsj"), request.clone())).await.unwrap().into_inner();
    assert_eq!(first.report, again.report);
    assert_eq!(first.receipt.unwrap().sequence, again.receipt.unwrap().sequence);
    request.content.as_mut().unwrap().values[0] = value("3.1-1", "1735", "人");
    let status = world.parts.file_report(by(&head("rsj"), request)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RequestIdReused);
    let status =
        world.file(&head("rsj"), "3.1", "2023-06", content(vec![value("3.1-1", "1735", "人")])).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ReportState);
}

#[tokio::test]
async fn lateness_is_judged_by_the_servers_clock_and_moves_with_days_off() {
    let mut world = World::new().await;
    let june = || content(vec![value("3.1-1", "1734", "人")]);
    world.at("2023-06-20T23:59:59.999+08:00");
    assert!(!world.file(&head("rsj"), "3.1", "2023-06", june()).await.unwrap().report.unwrap().late);
    world.at("2023-06-21T00:00:00+08:00");
    let report =
        world.file(&head("jyj"), "5.1", "2023-06", content(vec![milestone("开工")])).await.unwrap().report.unwrap();
    assert_eq!((report.late, report.working_days_late), (true, 1));
    // A clock set back does not make anything punctual: time never runs behind the ledger's last entry.
    world.at("2023-06-20T09:00:00+08:00");
    let parts = content(vec![value("3.2-1", "30", "人"), value("3.2-2", "20", "人"), value("3.2-3", "10", "人")]);
    assert!(world.file(&head("rsj"), "3.2", "2023-06", parts).await.unwrap().report.unwrap().late);

    world.days_off(2023, &["2023-06-20", "2023-06-21"]).await;
    let moved = world.get(&head("mzj"), "7.1", "2023-06").await;
    assert_eq!((moved.due_date.as_str(), moved.state()), ("2023-06-22", ReportState::NotStarted));
    world.at("2023-08-01T09:00:00+08:00");
    assert_eq!(world.get(&head("rsj"), "3.1", "2023-08").await.due_date, "2023-08-21");
    assert_eq!(world.get(&head("rsj"), "3.1", "2023-08").await.cut_off, "2023-08-20");
}

pub(super) fn milestone(stage: &str) -> minsheng_proto::reporting::v1::MeasureValue {
    minsheng_proto::reporting::v1::MeasureValue {
        value: Some(not_reported()),
        stage: stage.to_owned(),
        ..value("5.1-1", "0", "个")
    }
}

#[tokio::test]
async fn warnings_ask_for_an_explanation_each_by_id() {
    let world = World::new().await;
    world.file(&head("rsj"), "3.1", "2023-05", content(vec![value("3.1-1", "1400", "人")])).await.unwrap();
    let mut june = content(vec![flow("3.1-1", "1390", "-10", "人")]);
    let status = world.file(&head("rsj"), "3.1", "2023-06", june.clone()).await.unwrap_err();
    assert_eq!(reason(&status), Reason::WarningsUnexplained);
    assert_eq!(fields(&status), ["content.values[0].value"]);
    let ids = facts(&status)["finding_ids"].clone();
    june.explanations = vec![Explanation { finding_id: ids, text: "核减重复登记10人".into() }];
    let answer = world.file(&head("rsj"), "3.1", "2023-06", june).await.unwrap();
    assert_eq!(answer.findings[0].code, "FALL");
}

#[tokio::test]
async fn exactly_the_target_just_before_the_deadline_is_allowed_and_marked() {
    let world = World::new().await;
    world.file(&head("rsj"), "3.1", "2023-05", content(vec![value("3.1-1", "3400", "人")])).await.unwrap();
    world.at("2023-06-19T09:00:00+08:00");
    let mut june = content(vec![flow("3.1-1", "3650", "250", "人")]);
    let status = world.file(&head("rsj"), "3.1", "2023-06", june.clone()).await.unwrap_err();
    let ids = facts(&status)["finding_ids"].clone();
    june.explanations =
        ids.split(',').map(|id| Explanation { finding_id: id.into(), text: "集中招聘".into() }).collect();
    let findings = world.file(&head("rsj"), "3.1", "2023-06", june).await.unwrap().findings;
    let marked = findings.iter().find(|finding| finding.code == "EXACTLY_THE_TARGET").unwrap();
    assert_eq!((marked.facts["before"].as_str(), marked.facts["after"].as_str()), ("3400", "3650"));
}

#[tokio::test]
async fn the_office_enters_a_sheet_and_the_unit_confirms_it() {
    let world = World::new().await;
    let name = report_name("3.1", "2023-06");
    let sheet = world.upload(&office(), b"%PDF-1.7 sealed", 4).await.unwrap();
    let mut sealed = content(vec![value("3.1-1", "1734", "人")]);
    let request = |content: &minsheng_proto::reporting::v1::ReportContent| EnterReportRequest {
        name: name.clone(),
        content: Some(content.clone()),
        sealed_original: sheet.sha256.clone(),
        request_id: id(),
    };
    let status = world.parts.enter_report(by(&office(), request(&sealed))).await.unwrap_err();
    assert_eq!((reason(&status), fields(&status)), (Reason::ReportInvalid, vec!["sealed_original".to_owned()]));
    sealed.evidence = vec![EvidenceReference { sha256: sheet.sha256.clone(), ..EvidenceReference::default() }];
    let status = world.parts.enter_report(by(&head("rsj"), request(&sealed))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotAllowed);

    let entered = world.parts.enter_report(by(&office(), request(&sealed))).await.unwrap().into_inner();
    let report = entered.report.unwrap();
    assert_eq!((report.state(), report.late, report.entered_for_unit), (ReportState::ToConfirm, false, true));
    assert!(entered.receipt.is_some());
    let confirm = |etag: &str| ConfirmReportRequest { name: name.clone(), etag: etag.into(), request_id: id() };
    let status = world.parts.confirm_report(by(&head("jyj"), confirm(&report.etag))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotLeadUnit);
    let confirmed = world.parts.confirm_report(by(&head("rsj"), confirm(&report.etag))).await.unwrap().into_inner();
    let report = confirmed.report.unwrap();
    assert_eq!((report.state(), report.version), (ReportState::Submitted, 1));
    let status = world.parts.confirm_report(by(&head("rsj"), confirm(&report.etag))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ReportState);
    let acts: Vec<String> =
        world.get(&office(), "3.1", "2023-06").await.steps.into_iter().map(|step| step.act).collect();
    assert_eq!(acts, ["ENTERED", "CONFIRMED"]);
}

#[tokio::test]
async fn a_month_is_judged_by_the_version_in_force() {
    let mut world = World::new().await;
    let mut changed = super::programme::programme();
    changed.projects[0].indicators[2].lead_unit = "rsj".into();
    world.issue(changed, 2, "2023-06").await;
    let milestone = || content(vec![milestone("开工")]);
    // The amended version is in force in June: its lead unit files, the former one does not.
    let status = world.file(&head("jyj"), "5.1", "2023-06", milestone()).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotLeadUnit);
    let report = world.file(&head("rsj"), "5.1", "2023-06", milestone()).await.unwrap().report.unwrap();
    assert_eq!((report.unit.as_str(), report.programme_version), ("rsj", 2));
    assert_eq!(world.get(&head("jyj"), "5.1", "2023-05").await.programme_version, 1);
}

#[tokio::test]
async fn one_account_that_files_for_many_units_must_explain_it() {
    let world = World::new().await;
    // One account that is moved from unit to unit within the month.
    let moved = |unit: &str| caller("moved", "P7", unit, &[Role::Head]);
    let shares = [("430923100", "10"), ("430923101", "5"), ("430923L01", "5")];
    world.file(&moved("rsj"), "3.1", "2023-06", content(vec![value("3.1-1", "1734", "人")])).await.unwrap();
    world.file(&moved("jyj"), "5.1", "2023-06", content(vec![milestone("开工")])).await.unwrap();
    let third = world.file(&moved("jtj"), "8.1", "2023-06", content(vec![roads("20", &shares)])).await.unwrap_err();
    assert_eq!((reason(&third), fields(&third)), (Reason::WarningsUnexplained, vec!["name".to_owned()]));
    assert!(world.file(&head("jtj"), "8.1", "2023-06", content(vec![roads("20", &shares)])).await.is_ok());
}
