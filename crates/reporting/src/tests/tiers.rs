//! What lower tiers file, as their parent takes it: whole, proven, once, in any order, and never over what is certified.

use minsheng_kit::error::Reason;
use minsheng_kit::identity::Role;
use minsheng_proto::common::v1::Severity;
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::reporting::v1::duty_service_server::DutyService;
use minsheng_proto::reporting::v1::report_service_server::ReportService;
use minsheng_proto::reporting::v1::{
    CorrectionRequested, DutyKind, FillFromTiersRequest, ListDutiesRequest, ListReportsRequest, Report, ReportState,
    ReportSubmitted,
};
use minsheng_proto::tier::v1::filing_service_server::FilingService;
use minsheng_proto::tier::v1::{FigureMark, FigureSet, FigureSetReceived, FileSetsRequest, LedgerKey};
use minsheng_proto::verification::v1::{
    CorrectionApproved, CorrectionRefused, ReportCertified, ReportPassed, VersionReference,
};
use prost::{Message, Name};

use super::child::{Child, Ledger, encoded, read};
use super::programme::{PROGRAMME, programme};
use super::world::*;

pub(super) const NORTH: &str = "430923100";
pub(super) const SOUTH: &str = "430923101";

/// Roads are mandated to the tiers of two townships.
pub(super) async fn world() -> World {
    let mut world = World::new().await;
    let mut programme = programme();
    for row in &mut programme.allocation_table.as_mut().unwrap().rows {
        row.mandate = [NORTH, SOUTH].contains(&row.division.as_str());
    }
    world.issue(programme, 2, "2023-02").await;
    world
}

pub(super) async fn entries<M: Message + Name + Default>(world: &World) -> Vec<M> {
    let stored = world.parts.service.writer.ledger().entries(0, 1_000, usize::MAX).await.unwrap();
    let bodies = stored.iter().map(|entry| EntryBody::decode(entry.body.as_slice()).unwrap());
    bodies.filter(|body| body.kind == M::full_name()).map(|body| M::decode(body.payload).unwrap()).collect()
}

pub(super) async fn report(world: &World, child: &Child) -> Report {
    world.get(&office(), &format!("8.1@{}", child.division), "2023-06").await
}

fn version(child: &Child, version: i32) -> Option<VersionReference> {
    Some(VersionReference { report: child.report("2023-06"), version, ..VersionReference::default() })
}

async fn pass(world: &mut World, child: &Child, number: i32, kilometres: &str) {
    let code = format!("8.1@{}-1", child.division);
    let values = vec![value(&code, kilometres, "公里")];
    let event = ReportPassed { version: version(child, number), values, ..ReportPassed::default() };
    let now = world.now();
    world.verification.entry("case", now, &event).await;
}

async fn certify(world: &mut World, child: &Child, number: i32, kilometres: &str) {
    let code = format!("8.1@{}-1", child.division);
    let values = vec![value(&code, kilometres, "公里")];
    let event = ReportCertified { version: version(child, number), values, ..ReportCertified::default() };
    let now = world.now();
    world.verification.entry("case", now, &event).await;
}

async fn open_correction(world: &mut World, child: &Child, number: i32) {
    let event = CorrectionApproved { version: version(child, number), opened: true, ..CorrectionApproved::default() };
    let now = world.now();
    world.verification.entry("case", now, &event).await;
}

#[tokio::test]
async fn a_tier_owes_its_share_as_a_unit_does_and_no_article() {
    let world = world().await;
    let request = ListDutiesRequest {
        programme: PROGRAMME.to_owned(),
        period: "2023-06".to_owned(),
        unit: format!("tier-{NORTH}"),
        ..ListDutiesRequest::default()
    };
    let duties = world.parts.list_duties(by(&office(), request)).await.unwrap().into_inner().duties;
    assert_eq!(duties.len(), 1);
    let child = Child::new(NORTH);
    assert_eq!((duties[0].kind(), duties[0].report.as_str()), (DutyKind::Report, child.report("2023-06").as_str()));
}

#[tokio::test]
async fn a_set_becomes_a_version_and_comes_back_as_a_filing() {
    let mut world = world().await;
    let mut child = Child::new(NORTH);
    let set = child.fast("12.5");
    let answer = child.file(&world, vec![set.clone()]).await.unwrap();
    let receipt = answer.filed[0].receipt.clone().unwrap();
    assert_eq!((receipt.sequence, answer.filed[0].id.as_str()), (0, set.id.as_str()));
    let kept: Vec<FigureSetReceived> = entries(&world).await;
    assert_eq!((kept[0].division.as_str(), read(&kept[0].set)), (NORTH, set), "as it came");
    let submitted: Vec<ReportSubmitted> = entries(&world).await;
    assert_eq!((submitted[0].unit.as_str(), submitted[0].persons[0].as_str()), ("tier-430923100", "tier:430923100"));
    assert_eq!(report(&world, &child).await.state(), ReportState::Submitted);
    pass(&mut world, &child, 1, "12.5").await;
    let filings = child.filings(&world).await;
    assert_eq!((filings.len(), filings[0].state(), filings[0].mark()), (1, ReportState::Fast, FigureMark::Fast));
    assert_eq!((filings[0].report.as_str(), filings[0].sequence), (child.report("2023-06").as_str(), 0));
    assert!(Child::new(SOUTH).filings(&world).await.is_empty(), "each sees its own");
}

#[tokio::test]
async fn what_does_not_hold_is_refused_by_its_name_and_the_rest_is_taken() {
    let world = world().await;
    let mut child = Child::new(NORTH);
    let good = child.fast("12.5");
    let with = |change: &dyn Fn(&mut FigureSet)| {
        let mut set = good.clone();
        change(&mut set);
        set
    };
    let lacking = with(&|set| set.values.clear());
    let answer = child.file(&world, vec![lacking, with(&|set| set.id = "good".into())]).await.unwrap();
    assert_eq!((answer.filed[0].id.as_str(), answer.failures[0].reason.as_str()), ("good", "SET_INCOMPLETE"));
    assert!(
        answer.failures[0].message.contains("8.1-1") || answer.failures[0].violations[0].description.contains("8.1-1")
    );

    let good = child.fast("13");
    let with = |change: &dyn Fn(&mut FigureSet)| {
        let mut set = good.clone();
        change(&mut set);
        set
    };
    let cases: Vec<(&str, FigureSet)> = vec![
        ("SET_INCOMPLETE", with(&|set| set.values[0].value = Some(not_reported()))),
        ("SET_PROOF_INVALID", with(&|set| set.values[0] = value("8.1-1", "14", "公里"))),
        ("SET_PROOF_INVALID", with(&|set| set.values[0] = value("8.1-1", "13", "米"))),
        ("FIELD_INVALID", with(&|set| set.values[0].measure = "8.1-2".into())),
        ("MANDATE_UNKNOWN", with(&|set| set.indicator = format!("{PROGRAMME}/indicators/3.1"))),
        ("FIELD_INVALID", with(&|set| set.indicator = format!("{PROGRAMME}/indicators/8.1@{NORTH}"))),
        ("SET_PROOF_INVALID", with(&|set| set.period = "2023-05".into())),
        ("SET_PROOF_INVALID", with(&|set| set.mark = FigureMark::Certified.into())),
        ("FIELD_INVALID", with(&|set| set.mark = 0)),
        ("FIELD_REQUIRED", with(&|set| set.decision = None)),
        ("SET_PROOF_INVALID", with(&|set| set.decision.as_mut().unwrap().body[20] ^= 1)),
        ("SET_PROOF_INVALID", with(&|set| set.submission.clone_from(&set.decision))),
        ("SET_PROOF_INVALID", with(&|set| set.decision.clone_from(&set.submission))),
        ("SET_PROOF_INVALID", with(&|set| set.decision.as_mut().unwrap().receipt = None)),
    ];
    for (place, (reason, set)) in cases.into_iter().enumerate() {
        assert_eq!(child.refused(&world, set).await, reason, "case {place}");
    }
    let received: Vec<FigureSetReceived> = entries(&world).await;
    assert_eq!(received.len(), 1, "what is refused leaves nothing");
}

#[tokio::test]
async fn one_tier_cannot_speak_for_another_nor_anybody_for_a_tier() {
    let world = world().await;
    let mut north = Child::new(NORTH);
    let south = Child::new(SOUTH);
    let set = north.fast("12.5");
    let request = FileSetsRequest { sets: encoded(std::slice::from_ref(&set)), ledgers: north.keys() };
    let status = world.parts.file_sets(by(&south.caller(), request)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotAllowed);
    for who in [office(), head("jtj"), caller_with_tier_unit()] {
        let request = FileSetsRequest { sets: encoded(std::slice::from_ref(&set)), ledgers: north.keys() };
        let status = world.parts.file_sets(by(&who, request)).await.unwrap_err();
        assert_eq!(reason(&status), Reason::NotAllowed);
    }
    let list = ListReportsRequest { programme: PROGRAMME.into(), period: "2023-06".into(), ..Default::default() };
    let listed = world.parts.list_reports(by(&north.caller(), list)).await.unwrap().into_inner();
    assert!(listed.reports.is_empty(), "a tier reads nothing else");
}

fn caller_with_tier_unit() -> minsheng_kit::identity::Caller {
    minsheng_testkit::caller("x", "X", &format!("tier-{NORTH}"), &[Role::Reviewer])
}

#[tokio::test]
async fn a_ledger_keeps_the_key_that_it_was_first_seen_with() {
    let world = world().await;
    let mut child = Child::new(NORTH);
    let first = child.fast("12.5");
    child.kept(&world, first).await;
    let mut stranger = Child::new(NORTH);
    stranger.verification = Ledger::new(NORTH, "verification", 9);
    let set = stranger.fast("13");
    assert_eq!(stranger.refused(&world, set).await, "LEDGER_KEY_CHANGED");
    // The same key and another past: two entries of the same number.
    let mut forked = Child::new(NORTH);
    let set = forked.fast("99");
    assert_eq!(forked.refused(&world, set).await, "ENTRY_CONFLICT");
    let wrong = FileSetsRequest {
        sets: encoded(&[child.fast("13")]),
        ledgers: vec![LedgerKey { origin: format!("minsheng/{NORTH}/verification"), verifier_key: "x".into() }],
    };
    assert_eq!(reason(&world.parts.file_sets(by(&child.caller(), wrong)).await.unwrap_err()), Reason::FieldInvalid);
}

#[tokio::test]
async fn a_set_that_comes_again_or_late_changes_nothing() {
    let world = world().await;
    let mut child = Child::new(NORTH);
    let (one, two, three) = (child.fast("1"), child.fast("2"), child.fast("3"));
    let second = child.kept(&world, two.clone()).await;
    let size = |world: &World| *world.parts.service.writer.size().borrow();
    let before = size(&world);
    assert_eq!(child.kept(&world, two.clone()).await, second);
    let twice = FigureSet { id: "again".into(), ..two.clone() };
    let answer = child.file(&world, vec![two.clone(), twice]).await.unwrap();
    assert!(answer.filed.iter().all(|filed| filed.receipt.as_ref().unwrap().sequence == second));
    assert_eq!(size(&world), before, "nothing is written");
    // An older one is kept and makes no version.
    child.kept(&world, one).await;
    let submitted: Vec<ReportSubmitted> = entries(&world).await;
    assert_eq!(submitted.len(), 1);
    child.kept(&world, three).await;
    assert_eq!(report(&world, &child).await.version, 2);
    let filings = child.filings(&world).await;
    assert_eq!((filings.len(), filings[0].sequence), (1, 2), "the newest");
    let received: Vec<FigureSetReceived> = entries(&world).await;
    assert_eq!(received.len(), 3, "nothing is lost");
}

#[tokio::test]
async fn what_is_certified_below_stands_before_any_fast_figure() {
    let world = world().await;
    let mut child = Child::new(NORTH);
    let (certified, fast) = (child.certified("10"), child.fast("11"));
    child.kept(&world, fast).await;
    child.kept(&world, certified).await;
    assert_eq!(report(&world, &child).await.version, 2, "older than the fast one, and certified");
    let later = child.fast("12");
    child.kept(&world, later).await;
    assert_eq!(report(&world, &child).await.version, 2, "it waits below for its own certification");
    assert_eq!(child.filings(&world).await.len(), 2);
}

#[tokio::test]
async fn a_tier_some_versions_behind_can_still_file() {
    let mut world = world().await;
    let mut child = Child::new(NORTH);
    let mut set = child.fast("12.5");
    set.programme_version = 1;
    set.values[0].measure = "8.1-9".to_owned();
    child.kept(&world, set).await;
    let findings = report(&world, &child).await.findings;
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
    assert!(codes.contains(&"MEASURE_PASSED_OVER") && codes.contains(&"MEASURE_LACKING"), "{codes:?}");
    assert!(findings.iter().any(|finding| finding.severity() == Severity::Warning), "the office looks at it");
    // One that is ahead waits until this tier has followed its own catalogue.
    let mut ahead = child.fast("13");
    ahead.programme_version = 9;
    ahead.values[0].measure = "8.1-9".to_owned();
    assert_eq!(child.refused(&world, ahead.clone()).await, "FIGURES_BEHIND");
    let unknown = FigureSet { indicator: "programmes/430900-2023/indicators/8.1".to_owned(), ..ahead.clone() };
    assert_eq!(child.refused(&world, unknown).await, "FIGURES_BEHIND");
    let unmandated = FigureSet { indicator: format!("{PROGRAMME}/indicators/3.1"), ..ahead };
    assert_eq!(child.refused(&world, unmandated).await, "FIGURES_BEHIND");
    // An entry of a kind that nobody here knows is kept and proven, and shown.
    let unknown = child.verification.record_as("minsheng.verification.v9.ReportWeighed", vec![1]);
    let mut set = child.fast("14");
    set.decision = Some(child.verification.proven(unknown));
    child.kept(&world, set).await;
    let findings = report(&world, &child).await.findings;
    assert_eq!(findings[0].code, "ENTRY_NOT_UNDERSTOOD");
    // A month that was closed meanwhile takes it too.
    world.at("2023-08-01T09:00:00+08:00");
    let late = child.decided(FigureMark::Fast, "2023-07", "15");
    child.kept(&world, late).await;
    pass(&mut world, &child, 2, "14").await;
}

/// A field of a version to come, beside those that are known: number 100, one byte.
const UNKNOWN_FIELD: [u8; 4] = [0xa2, 0x06, 0x01, b'x'];

#[tokio::test]
async fn fields_that_nobody_here_knows_are_kept_and_shown_and_the_others_count() {
    let world = world().await;
    let mut child = Child::new(NORTH);
    let mut set = child.fast("12.5");
    let body = EntryBody::decode(set.decision.take().unwrap().body.as_slice()).unwrap();
    let payload = [&body.payload[..], &UNKNOWN_FIELD].concat();
    let sequence = child.verification.record_as(&body.kind, payload.clone());
    set.decision = Some(child.verification.proven(sequence));
    let wrong = FigureSet { values: vec![value("8.1-1", "13", "公里")], ..set.clone() };
    assert_eq!(child.refused(&world, wrong).await, "SET_PROOF_INVALID", "what is known of it counts");
    child.kept(&world, set.clone()).await;
    let findings = report(&world, &child).await.findings;
    assert_eq!((findings.len(), findings[0].code.as_str()), (1, "ENTRY_FIELDS_UNKNOWN"));
    assert_eq!(findings[0].severity(), Severity::Note);
    let received: Vec<FigureSetReceived> = entries(&world).await;
    let decision = read(&received[0].set).decision.unwrap();
    assert_eq!(decision, set.decision.unwrap());
    assert_eq!(EntryBody::decode(decision.body.as_slice()).unwrap().payload, payload, "nothing of it is lost");
    let submitted: Vec<ReportSubmitted> = entries(&world).await;
    assert_eq!(submitted[0].content.as_ref().unwrap().values[0].value, Some(number("12.5", "公里")));
}

#[tokio::test]
async fn a_correction_below_arrives_above_as_a_correction() {
    let mut world = world().await;
    let mut child = Child::new(NORTH);
    let set = child.fast("12.5");
    child.kept(&world, set).await;
    pass(&mut world, &child, 1, "12.5").await;
    certify(&mut world, &child, 1, "12.5").await;
    // Certified below with the same figures: nothing is asked.
    let same = child.certified("12.5");
    child.kept(&world, same).await;
    assert!(entries::<CorrectionRequested>(&world).await.is_empty());
    let corrected = child.certified("11");
    child.kept(&world, corrected.clone()).await;
    child.kept(&world, corrected).await;
    let asked: Vec<CorrectionRequested> = entries(&world).await;
    assert_eq!((asked.len(), asked[0].version, asked[0].person.as_str()), (1, 1, "tier:430923100"));
    assert_eq!(asked[0].reason, "下级更正：8.1@430923100-1由12.5公里更正为11公里");
    assert_eq!(report(&world, &child).await.state(), ReportState::Certified, "what is certified stands");
    // A newer one while it waits takes its place; refused, it may be asked for again by the next.
    let newer = child.certified("10.5");
    child.kept(&world, newer).await;
    assert_eq!(entries::<CorrectionRequested>(&world).await.len(), 1);
    let refused = CorrectionRefused { version: version(&child, 1), ..CorrectionRefused::default() };
    let now = world.now();
    world.verification.entry("case", now, &refused).await;
    let newest = child.certified("10");
    child.kept(&world, newest).await;
    assert_eq!(entries::<CorrectionRequested>(&world).await.len(), 2);
    open_correction(&mut world, &child, 1).await;
    let submitted: Vec<ReportSubmitted> = entries(&world).await;
    let last = submitted.last().unwrap();
    assert_eq!((submitted.len(), last.version, last.corrects_version), (2, 2, 1));
    assert_eq!(last.content.as_ref().unwrap().values[0].value, Some(number("10", "公里")));
    assert_eq!(report(&world, &child).await.state(), ReportState::Submitted);
    certify(&mut world, &child, 2, "10").await;
    assert_eq!(report(&world, &child).await.state(), ReportState::Certified);
}

#[tokio::test]
async fn a_version_that_crosses_the_certification_of_the_one_before_is_not_lost() {
    let mut world = world().await;
    let mut child = Child::new(NORTH);
    let set = child.fast("12.5");
    child.kept(&world, set).await;
    pass(&mut world, &child, 1, "12.5").await;
    // Verification has certified version 1; here that is not known yet when version 2 comes.
    let newer = child.certified("11");
    child.kept(&world, newer).await;
    assert_eq!(report(&world, &child).await.version, 2);
    certify(&mut world, &child, 1, "12.5").await;
    assert_eq!(report(&world, &child).await.state(), ReportState::Certified);
    let asked: Vec<CorrectionRequested> = entries(&world).await;
    assert_eq!((asked.len(), asked[0].version), (1, 1));
    open_correction(&mut world, &child, 1).await;
    let submitted: Vec<ReportSubmitted> = entries(&world).await;
    let last = submitted.last().unwrap();
    assert_eq!((submitted.len(), last.version, last.corrects_version), (3, 3, 1));
    assert_eq!(last.content.as_ref().unwrap().values[0].value, Some(number("11", "公里")));
    // Where both say the same, nothing is left to be corrected.
    let mut south = Child::new(SOUTH);
    let (one, two) = (south.fast("5"), south.certified("5"));
    south.kept(&world, one).await;
    south.kept(&world, two).await;
    certify(&mut world, &south, 1, "5").await;
    assert_eq!(entries::<CorrectionRequested>(&world).await.len(), 1);
}

#[tokio::test]
async fn the_whole_is_filled_from_the_tiers_and_names_the_silent() {
    let mut world = world().await;
    let fill = |etag: &str| FillFromTiersRequest {
        name: format!("{PROGRAMME}/indicators/8.1/reports/2023-06"),
        etag: etag.to_owned(),
        request_id: id(),
    };
    let status = world.parts.fill_from_tiers(by(&reporter("jtj"), fill(""))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ReportState, "nobody has reported");
    let mut north = Child::new(NORTH);
    let set = north.fast("12.5");
    north.kept(&world, set).await;
    let status = world.parts.fill_from_tiers(by(&reporter("jtj"), fill(""))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ReportState, "it is not passed yet");
    pass(&mut world, &north, 1, "12.5").await;
    let filled = world.parts.fill_from_tiers(by(&reporter("jtj"), fill(""))).await.unwrap().into_inner();
    assert_eq!(filled.missing, [SOUTH]);
    let mut south = Child::new(SOUTH);
    let set = south.certified("7");
    south.kept(&world, set).await;
    certify(&mut world, &south, 1, "6.5").await;
    let etag = filled.report.unwrap().etag;
    let filled = world.parts.fill_from_tiers(by(&reporter("jtj"), fill(&etag))).await.unwrap().into_inner();
    assert!(filled.missing.is_empty());
    let report = filled.report.unwrap();
    let drafted = report.content.clone().unwrap().values.remove(0);
    assert_eq!(drafted.value, Some(number("19", "公里")), "as certified here");
    let shares: Vec<_> = drafted.breakdown.iter().map(|share| (share.division.as_str(), share.value.clone())).collect();
    assert_eq!(shares, [(NORTH, Some(number("12.5", "公里"))), (SOUTH, Some(number("6.5", "公里")))]);
    assert_eq!(report.state(), ReportState::Draft, "people review and sign it");
    let status = world.parts.fill_from_tiers(by(&reporter("rsj"), fill(&report.etag))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotLeadUnit);
}
