//! From draft to submitted version: steps, editing at the same time, "no change".

use minsheng_kit::error::Reason;
use minsheng_kit::identity::Caller;
use minsheng_proto::common::v1::Explanation;
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::reporting::v1::report_service_server::ReportService;
use minsheng_proto::reporting::v1::{
    CheckReportRequest, FillUnchangedRequest, Report, ReportContent, ReportState, ReviewReportRequest,
    SignReportRequest, SubmitReportRequest, UpdateDraftRequest,
};
use prost::Message;
use tonic::Status;

use super::programme::report_name;
use super::world::*;

async fn save(world: &World, who: &Caller, etag: &str, content: ReportContent) -> Result<Report, Status> {
    let request = UpdateDraftRequest {
        name: report_name("3.1", "2023-06"),
        content: Some(content),
        etag: etag.into(),
        request_id: id(),
    };
    Ok(world.parts.update_draft(by(who, request)).await?.into_inner().report.unwrap())
}

async fn review(world: &World, who: &Caller, etag: &str) -> Result<Report, Status> {
    let request = ReviewReportRequest { name: report_name("3.1", "2023-06"), etag: etag.into(), request_id: id() };
    Ok(world.parts.review_report(by(who, request)).await?.into_inner().report.unwrap())
}

async fn sign(world: &World, who: &Caller, etag: &str) -> Result<Report, Status> {
    let request = SignReportRequest { name: report_name("3.1", "2023-06"), etag: etag.into(), request_id: id() };
    Ok(world.parts.sign_report(by(who, request)).await?.into_inner().report.unwrap())
}

fn submission(etag: &str, explanations: Vec<Explanation>) -> SubmitReportRequest {
    SubmitReportRequest { name: report_name("3.1", "2023-06"), etag: etag.into(), explanations, request_id: id() }
}

#[tokio::test]
async fn draft_review_signature_submission() {
    let world = World::new().await;
    let draft = save(&world, &reporter("rsj"), "", content(vec![flow("3.1-1", "1734", "1734", "人")])).await.unwrap();
    assert_eq!((draft.state(), draft.version), (ReportState::Draft, 0));
    let status = sign(&world, &head("rsj"), &draft.etag).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ReportState);
    let status = review(&world, &reporter("rsj"), &draft.etag).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotAllowed);
    let reviewed = review(&world, &reviewer("rsj"), &draft.etag).await.unwrap();
    let status = sign(&world, &head("rsj"), &draft.etag).await.unwrap_err();
    assert_eq!(reason(&status), Reason::EtagMismatch);
    let signed = sign(&world, &head("rsj"), &reviewed.etag).await.unwrap();
    let status = world.parts.submit_report(by(&reporter("rsj"), submission(&signed.etag, vec![]))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotAllowed);
    let answer =
        world.parts.submit_report(by(&head("rsj"), submission(&signed.etag, vec![]))).await.unwrap().into_inner();
    let report = answer.report.unwrap();
    assert_eq!((report.state(), report.version), (ReportState::Submitted, 1));
    let acts: Vec<&str> = report.steps.iter().map(|step| step.act.as_str()).collect();
    assert_eq!(acts, ["DRAFTED", "REVIEWED", "SIGNED", "SUBMITTED"]);
    // The ledger holds each step; the draft's content is not in it.
    let ledger = world.parts.service.writer.ledger();
    for (sequence, kind) in
        ["ReportStepTaken", "ReportStepTaken", "ReportStepTaken", "ReportSubmitted"].iter().enumerate()
    {
        let entry = ledger.entry(sequence as u64).await.unwrap().unwrap();
        let body = EntryBody::decode(entry.body.as_slice()).unwrap();
        assert_eq!(body.kind, format!("minsheng.reporting.v1.{kind}"));
    }
}

#[tokio::test]
async fn the_second_of_two_editors_sees_both_values() {
    let world = World::new().await;
    let first = save(&world, &reporter("rsj"), "", content(vec![value("3.1-1", "1734", "人")])).await.unwrap();
    let status = save(&world, &head("rsj"), "", content(vec![value("3.1-1", "1800", "人")])).await.unwrap_err();
    assert_eq!(reason(&status), Reason::EtagMismatch);
    let facts = facts(&status);
    assert_eq!((facts["theirs"].as_str(), facts["yours"].as_str()), ("3.1-1=1734人", "3.1-1=1800人"));
    assert_eq!(facts["etag"], first.etag);
    assert!(save(&world, &head("rsj"), &first.etag, content(vec![value("3.1-1", "1800", "人")])).await.is_ok());
}

#[tokio::test]
async fn a_reviewed_draft_that_is_edited_is_a_draft_again() {
    let world = World::new().await;
    let june = || content(vec![value("3.1-1", "1734", "人")]);
    let draft = save(&world, &reporter("rsj"), "", june()).await.unwrap();
    let reviewed = review(&world, &reviewer("rsj"), &draft.etag).await.unwrap();
    let edited = save(&world, &reporter("rsj"), &reviewed.etag, june()).await.unwrap();
    assert_eq!(edited.state(), ReportState::Draft);
    assert!(sign(&world, &head("rsj"), &edited.etag).await.is_err());
}

#[tokio::test]
async fn a_draft_may_be_incomplete_but_not_malformed() {
    let world = World::new().await;
    assert!(save(&world, &reporter("rsj"), "", ReportContent::default()).await.is_ok());
    let status = save(&world, &reporter("rsj"), "1", content(vec![value("3.1-1", "1e3", "人")])).await.unwrap_err();
    assert_eq!(reason(&status), Reason::QuantityInvalid);
    assert_eq!(fields(&status), ["content.values[0].value.quantity.value"]);
}

#[tokio::test]
async fn no_change_is_filled_in_one_step_and_submitted_with_an_explanation() {
    let world = World::new().await;
    let fill = |period: &str, etag: &str| FillUnchangedRequest {
        name: report_name("3.1", period),
        etag: etag.into(),
        request_id: id(),
    };
    let status = world.parts.fill_unchanged(by(&reporter("rsj"), fill("2023-06", ""))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ReportState);
    world.file(&head("rsj"), "3.1", "2023-05", content(vec![value("3.1-1", "1400", "人")])).await.unwrap();
    let draft = world
        .parts
        .fill_unchanged(by(&reporter("rsj"), fill("2023-06", "")))
        .await
        .unwrap()
        .into_inner()
        .report
        .unwrap();
    assert_eq!(draft.content.unwrap().values, [flow("3.1-1", "1400", "0", "人")]);
    let check = CheckReportRequest { name: report_name("3.1", "2023-06") };
    let findings = world.parts.check_report(by(&reporter("rsj"), check)).await.unwrap().into_inner().findings;
    assert_eq!(findings[0].code, "SAME_FIGURE");
    let reviewed = review(&world, &reviewer("rsj"), &draft.etag).await.unwrap();
    let signed = sign(&world, &head("rsj"), &reviewed.etag).await.unwrap();
    let status = world.parts.submit_report(by(&head("rsj"), submission(&signed.etag, vec![]))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::WarningsUnexplained);
    assert_eq!(facts(&status)["finding_ids"], findings[0].id);
    let explained = vec![Explanation { finding_id: findings[0].id.clone(), text: "汛期停工".into() }];
    assert!(world.parts.submit_report(by(&head("rsj"), submission(&signed.etag, explained))).await.is_ok());
    let kept = world.get(&head("rsj"), "3.1", "2023-06").await.content.unwrap();
    assert_eq!(kept.explanations[0].text, "汛期停工");
}

#[tokio::test]
async fn a_draft_is_the_units_own() {
    let world = World::new().await;
    let status = save(&world, &reporter("jyj"), "", ReportContent::default()).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotLeadUnit);
    save(&world, &reporter("rsj"), "", ReportContent::default()).await.unwrap();
    let request = minsheng_proto::reporting::v1::GetReportRequest { name: report_name("3.1", "2023-06") };
    let certifier = minsheng_testkit::caller("tjj.c", "C1", "tjj", &[minsheng_kit::identity::Role::Certifier]);
    for who in [reporter("jyj"), certifier] {
        assert!(world.parts.get_report(by(&who, request.clone())).await.is_err());
    }
    assert_eq!(world.get(&reviewer("rsj"), "3.1", "2023-06").await.state(), ReportState::Draft);
}
