//! What becomes of a submitted version by verification's ledger: fast, certified, returned, correction; and what later
//! months build on.

use minsheng_kit::error::Reason;
use minsheng_proto::reporting::v1::report_service_server::ReportService;
use minsheng_proto::reporting::v1::{
    CheckReportRequest, ReportState, ReportSubmitted, RequestCorrectionRequest, ReturnReason, UpdateDraftRequest,
};
use minsheng_proto::verification::v1::{
    CorrectionApproved, CorrectionRefused, ReportCertified, ReportPassed, ReportReturned, VersionReference,
};

use super::programme::report_name;
use super::world::*;
use crate::store;

fn version(indicator: &str, period: &str, version: i32) -> Option<VersionReference> {
    Some(VersionReference { report: report_name(indicator, period), version, ..VersionReference::default() })
}

async fn certify(world: &mut World, period: &str, number: i32, value: minsheng_proto::reporting::v1::MeasureValue) {
    let now = world.now();
    let passed = ReportPassed { version: version("3.1", period, number), ..ReportPassed::default() };
    world.verification.entry("case", now, &passed).await;
    let certified =
        ReportCertified { version: version("3.1", period, number), values: vec![value], ..ReportCertified::default() };
    world.verification.entry("case", now, &certified).await;
}

async fn state(world: &World, period: &str) -> ReportState {
    world.get(&head("rsj"), "3.1", period).await.state()
}

async fn return_version(world: &mut World, number: i32) {
    let reasons =
        vec![ReturnReason {
            measure: "3.1-1".into(), reason: "与系统不符".into(), returned_by_unit: "ssb".into()
        }];
    let returned = ReportReturned { version: version("3.1", "2023-06", number), reasons, ..ReportReturned::default() };
    let now = world.now();
    world.verification.entry("case", now, &returned).await;
}

#[tokio::test]
async fn a_returned_version_is_filed_again_and_keeps_its_punctuality() {
    let mut world = World::new().await;
    world.file(&head("rsj"), "3.1", "2023-06", content(vec![value("3.1-1", "1734", "人")])).await.unwrap();
    return_version(&mut world, 1).await;
    let report = world.get(&head("rsj"), "3.1", "2023-06").await;
    assert_eq!((report.state(), report.return_reasons[0].reason.as_str()), (ReportState::Returned, "与系统不符"));
    // After the deadline, and with the month closed, the version that came in time may still be mended.
    world.at("2023-06-25T09:00:00+08:00");
    let again = world
        .file(&head("rsj"), "3.1", "2023-06", content(vec![value("3.1-1", "1700", "人")]))
        .await
        .unwrap()
        .report
        .unwrap();
    assert_eq!((again.version, again.late, again.state()), (2, false, ReportState::Submitted));
    // A decision on the version before comes too late and is passed over.
    return_version(&mut world, 1).await;
    assert_eq!(state(&world, "2023-06").await, ReportState::Submitted);
}

#[tokio::test]
async fn a_certified_value_changes_only_by_a_correction_that_was_opened() {
    let mut world = World::new().await;
    world.file(&head("rsj"), "3.1", "2023-06", content(vec![value("3.1-1", "1734", "人")])).await.unwrap();
    certify(&mut world, "2023-06", 1, value("3.1-1", "1734", "人")).await;
    let certified = world.get(&head("rsj"), "3.1", "2023-06").await;
    assert_eq!(certified.state(), ReportState::Certified);
    let other = || content(vec![value("3.1-1", "1700", "人")]);
    assert_eq!(reason(&world.file(&head("rsj"), "3.1", "2023-06", other()).await.unwrap_err()), Reason::ReportState);
    let draft = UpdateDraftRequest {
        name: report_name("3.1", "2023-06"),
        content: Some(other()),
        etag: certified.etag.clone(),
        request_id: id(),
    };
    assert_eq!(reason(&world.parts.update_draft(by(&head("rsj"), draft)).await.unwrap_err()), Reason::ReportState);

    let ask = |etag: &str| RequestCorrectionRequest {
        name: report_name("3.1", "2023-06"),
        etag: etag.into(),
        reason: "系统复核核减34人".into(),
        request_id: id(),
    };
    let asked = world
        .parts
        .request_correction(by(&head("rsj"), ask(&certified.etag)))
        .await
        .unwrap()
        .into_inner()
        .report
        .unwrap();
    let status = world.parts.request_correction(by(&head("rsj"), ask(&asked.etag))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ReportState);

    // Refused, it stays certified; the unit reads why and may ask again.
    let why = "与台账一致，无须更正".to_owned();
    let refused =
        CorrectionRefused { version: version("3.1", "2023-06", 1), reason: why.clone(), ..Default::default() };
    let now = world.now();
    world.verification.entry("case", now, &refused).await;
    let certified = world.get(&head("rsj"), "3.1", "2023-06").await;
    let acts = certified.steps.iter().rev().take(2).map(|step| (step.act.as_str(), step.reason.as_str()));
    let asked_for = ("CORRECTION_ASKED", "系统复核核减34人");
    assert_eq!(acts.collect::<Vec<_>>(), [("CORRECTION_REFUSED", why.as_str()), asked_for]);
    assert_eq!(certified.state(), ReportState::Certified);
    world.parts.request_correction(by(&head("rsj"), ask(&certified.etag))).await.unwrap();
    for opened in [false, true] {
        assert_eq!(state(&world, "2023-06").await, ReportState::Certified);
        let approved =
            CorrectionApproved { version: version("3.1", "2023-06", 1), opened, ..CorrectionApproved::default() };
        let now = world.now();
        world.verification.entry("case", now, &approved).await;
    }
    assert_eq!(state(&world, "2023-06").await, ReportState::Correction);
    let corrected = world.file(&head("rsj"), "3.1", "2023-06", other()).await.unwrap();
    assert_eq!(corrected.report.unwrap().version, 2);
    let sequence = i64::try_from(corrected.receipt.unwrap().sequence).unwrap();
    let event: ReportSubmitted =
        store::submitted(sequence, world.parts.service.writer.ledger()).await.unwrap().unwrap();
    assert_eq!((event.corrects_version, event.version), (1, 2));
    assert_eq!(event.persons, ["rsj-H"]);
}

#[tokio::test]
async fn the_next_month_builds_on_the_certified_figure_and_a_later_one_is_a_finding() {
    let mut world = World::new().await;
    world.file(&head("rsj"), "3.1", "2023-04", content(vec![value("3.1-1", "1100", "人")])).await.unwrap();
    certify(&mut world, "2023-04", 1, value("3.1-1", "1090", "人")).await;
    // May builds on 1090 as certified, not on 1100 as reported.
    let wrong = content(vec![flow("3.1-1", "1400", "300", "人")]);
    assert_eq!(reason(&world.file(&head("rsj"), "3.1", "2023-05", wrong).await.unwrap_err()), Reason::ReportInvalid);
    world.file(&head("rsj"), "3.1", "2023-05", content(vec![flow("3.1-1", "1390", "300", "人")])).await.unwrap();
    world.file(&head("rsj"), "3.1", "2023-06", content(vec![flow("3.1-1", "1734", "344", "人")])).await.unwrap();
    assert!(world.get(&head("rsj"), "3.1", "2023-06").await.findings.is_empty());
    certify(&mut world, "2023-05", 1, value("3.1-1", "1380", "人")).await;
    let report = world.get(&head("rsj"), "3.1", "2023-06").await;
    assert_eq!(report.state(), ReportState::Submitted);
    assert_eq!(
        (report.findings[0].code.as_str(), report.findings[0].facts["difference"].as_str()),
        ("PREVIOUS_CHANGED_LATER", "-10")
    );
    let check = CheckReportRequest { name: report_name("3.1", "2023-06") };
    let findings = world.parts.check_report(by(&head("rsj"), check)).await.unwrap().into_inner().findings;
    assert_eq!(findings[0].code, "PREVIOUS_CHANGED_LATER");
}

#[tokio::test]
async fn a_returned_month_is_not_built_on() {
    let mut world = World::new().await;
    world.file(&head("rsj"), "3.1", "2023-06", content(vec![value("3.1-1", "9", "人")])).await.unwrap();
    return_version(&mut world, 1).await;
    world.at("2023-07-10T09:00:00+08:00");
    let july = content(vec![flow("3.1-1", "12", "12", "人")]);
    assert!(world.file(&head("rsj"), "3.1", "2023-07", july).await.is_ok());
}

#[tokio::test]
async fn every_state_has_an_etag_of_its_own() {
    let mut world = World::new().await;
    world.file(&head("rsj"), "3.1", "2023-06", content(vec![value("3.1-1", "1734", "人")])).await.unwrap();
    let mut etags = vec![world.get(&head("rsj"), "3.1", "2023-06").await.etag];
    certify(&mut world, "2023-06", 1, value("3.1-1", "1734", "人")).await;
    etags.push(world.get(&head("rsj"), "3.1", "2023-06").await.etag);
    return_version(&mut world, 1).await;
    etags.push(world.get(&head("rsj"), "3.1", "2023-06").await.etag);
    etags.dedup();
    assert_eq!(etags.len(), 3);
}
