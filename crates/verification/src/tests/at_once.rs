//! Several at the same time, twice the same, many in one call (abuse cases G1, G2, G3, G6).

use minsheng_proto::catalogue::v1::CertificationFrequency::Monthly;
use minsheng_proto::common::v1::BulkMode;
use minsheng_proto::verification::v1::{BatchDecideRequest, BatchDecideResponse, CaseState, DecideRow, Decision};
use tonic_types::StatusExt;

use super::*;

impl House {
    async fn batch(
        &mut self,
        who: &Caller,
        mode: BulkMode,
        rows: Vec<DecideRow>,
    ) -> Result<BatchDecideResponse, Status> {
        let request = BatchDecideRequest { rows, mode: mode as i32, request_id: self.request_id() };
        self.api.batch_decide(as_caller(who, request)).await.map(tonic::Response::into_inner)
    }

    async fn rows(&self, names: &[String], decision: Decision) -> Vec<DecideRow> {
        let mut rows = Vec::new();
        for (place, name) in names.iter().enumerate() {
            let etag = self.case(name).await.etag;
            rows.push(DecideRow { id: format!("row-{place}"), name: name.clone(), etag, decision: decision as i32 });
        }
        rows
    }
}

async fn months(house: &mut House, months: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    for month in months {
        names.push(house.submit("3.1", month, jobs()).await);
    }
    names
}

#[tokio::test]
async fn the_second_of_two_is_told_what_changed() {
    let mut house = House::new(Monthly).await;
    let name = house.submit("3.1", "2023-06", jobs()).await;
    let etag = house.case(&name).await.etag;
    let request = |id: &str| PassReportRequest { name: name.clone(), etag: etag.clone(), request_id: id.to_owned() };
    let other = caller("sbb.liu", "P-other-officer", "sbb", &[Role::Office]);
    let (first, second) = tokio::join!(
        house.api.pass_report(as_caller(&office(), request("a"))),
        house.api.pass_report(as_caller(&other, request("a"))),
    );
    assert!(first.is_ok());
    let status = second.unwrap_err();
    assert_eq!((reason_of(&status), status.code()), (Some(Reason::EtagMismatch), tonic::Code::Aborted));
    let facts = status.get_details_error_info().unwrap().metadata;
    assert_eq!((facts["state"].as_str(), &facts["etag"]), ("FAST", &house.case(&name).await.etag));
    let blind = PassReportRequest { etag: String::new(), ..request("b") };
    assert_eq!(refused(house.api.pass_report(as_caller(&other, blind)).await), Reason::FieldRequired);
}

#[tokio::test]
async fn certify_and_return_at_once_give_one_of_both() {
    let mut house = House::new(Monthly).await;
    let name = house.submit("3.1", "2023-06", jobs()).await;
    house.pass(&office(), &name).await.unwrap();
    let etag = house.case(&name).await.etag;
    let certify = CertifyReportRequest {
        name: name.clone(),
        etag: etag.clone(),
        request_id: "a".to_owned(),
        ..CertifyReportRequest::default()
    };
    let reason =
        ReturnReason { measure: "3.1-1".to_owned(), reason: "口径不符".to_owned(), ..ReturnReason::default() };
    let give_back = ReturnReportRequest { name: name.clone(), etag, reasons: vec![reason], request_id: "b".to_owned() };
    let other = caller("tjj.wu", "P-other-certifier", "tjj", &[Role::Certifier]);
    let (certified, returned) = tokio::join!(
        house.api.certify_report(as_caller(&certifier(), certify)),
        house.api.return_report(as_caller(&other, give_back)),
    );
    assert_eq!(usize::from(certified.is_ok()) + usize::from(returned.is_ok()), 1);
    let (state, lost) = match certified {
        Ok(_) => (CaseState::Certified, refused(returned)),
        Err(status) => (CaseState::Returned, reason_of(&status).unwrap()),
    };
    assert_eq!((house.case(&name).await.state(), lost), (state, Reason::EtagMismatch));
    assert_eq!(house.entries().await, 2);
}

#[tokio::test]
async fn a_repeat_gives_the_same_answer_and_changes_nothing() {
    let mut house = House::new(Monthly).await;
    let name = house.submit("3.1", "2023-06", jobs()).await;
    let etag = house.case(&name).await.etag;
    let request = PassReportRequest { name: name.clone(), etag, request_id: "double click".to_owned() };
    let first = house.api.pass_report(as_caller(&office(), request.clone())).await.unwrap().into_inner();
    let again = house.api.pass_report(as_caller(&office(), request.clone())).await.unwrap().into_inner();
    assert_eq!(first, again);
    assert_eq!(house.entries().await, 1);
    let other = PassReportRequest { name: "other".to_owned(), ..request };
    assert_eq!(refused(house.api.pass_report(as_caller(&office(), other)).await), Reason::RequestIdReused);
}

#[tokio::test]
async fn many_are_passed_and_certified_in_one_call_each() {
    let mut house = House::new(Monthly).await;
    let names = months(&mut house, &["2023-04", "2023-05", "2023-06"]).await;
    let rows = house.rows(&names, Decision::Pass).await;
    let answer = house.batch(&office(), BulkMode::AllOrNothing, rows).await.unwrap();
    assert_eq!((answer.successes.len(), answer.failures.len()), (3, 0));
    let sequences: Vec<u64> = answer.successes.iter().map(|row| row.receipt.as_ref().unwrap().sequence).collect();
    assert_eq!(sequences, [0, 1, 2]);
    let rows = house.rows(&names, Decision::Certify).await;
    let answer = house.batch(&certifier(), BulkMode::Unspecified, rows).await.unwrap();
    assert!(answer.successes.iter().all(|row| row.case.as_ref().unwrap().state() == CaseState::Certified));
    assert_eq!(text(&house.case(&names[0]).await.values[0].certified), "1734");
}

#[tokio::test]
async fn one_bad_row_refuses_all_or_only_itself_as_was_chosen() {
    let mut house = House::new(Monthly).await;
    let names = months(&mut house, &["2023-04", "2023-05", "2023-06"]).await;
    let mut rows = house.rows(&names, Decision::Pass).await;
    rows[0].decision = 9;
    rows[1].etag = "77".to_owned();
    let answer = house.batch(&office(), BulkMode::AllOrNothing, rows.clone()).await.unwrap();
    assert!(answer.successes.is_empty());
    let failures: Vec<(&str, &str)> =
        answer.failures.iter().map(|row| (row.id.as_str(), row.reason.as_str())).collect();
    assert_eq!(failures, [("row-0", "DECISION_INVALID"), ("row-1", "ETAG_MISMATCH")]);
    assert_eq!((house.entries().await, house.case(&names[2]).await.state()), (0, CaseState::ToCheck));

    let answer = house.batch(&office(), BulkMode::RowByRow, rows).await.unwrap();
    assert_eq!((answer.successes.len(), answer.successes[0].id.as_str(), answer.failures.len()), (1, "row-2", 2));
    assert_eq!((house.entries().await, house.case(&names[2]).await.state()), (1, CaseState::Fast));
}

#[tokio::test]
async fn a_batch_is_no_way_around_the_rules() {
    let mut house = House::new(Monthly).await;
    let names = months(&mut house, &["2023-06"]).await;
    let second = caller("sbb.second", "P-reporter", "sbb", &[Role::Office]);
    let rows = house.rows(&names, Decision::Pass).await;
    let answer = house.batch(&second, BulkMode::RowByRow, rows.clone()).await.unwrap();
    assert_eq!(answer.failures[0].reason, "SAME_PERSON");
    let answer =
        house.batch(&certifier(), BulkMode::RowByRow, house.rows(&names, Decision::Certify).await).await.unwrap();
    assert_eq!(answer.failures[0].reason, "CASE_STATE");

    assert_eq!(refused(house.batch(&office(), BulkMode::RowByRow, Vec::new()).await), Reason::FieldRequired);
    let many =
        (0..1001).map(|place| DecideRow { id: place.to_string(), name: place.to_string(), ..DecideRow::default() });
    assert_eq!(refused(house.batch(&office(), BulkMode::RowByRow, many.collect()).await), Reason::FieldInvalid);
    let twice = vec![rows[0].clone(), DecideRow { id: "other".to_owned(), ..rows[0].clone() }];
    assert_eq!(refused(house.batch(&office(), BulkMode::RowByRow, twice).await), Reason::FieldInvalid);
}
