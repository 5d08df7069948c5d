//! Bundles between two gateways: joining by files, heads and their alarms, the certificate's renewal, and strangers.

use std::time::Duration;

use jiff::SignedDuration;
use minsheng_gateway::Settings;
use minsheng_kit::error::Reason;
use minsheng_kit::settings::ServiceSettings;
use minsheng_proto::identity::v1::{ListAlarmsRequest, ListTiersRequest, Role};
use minsheng_proto::tier::v1::bundle_enrolment_service_client::BundleEnrolmentServiceClient;
use minsheng_proto::tier::v1::bundle_service_client::BundleServiceClient;
use minsheng_proto::tier::v1::*;
use tonic::Status;

use crate::behind::write;
use crate::house::{ABOVE, ADMIN, BELOW, Tier, Way, clock, reason, within};

async fn bundles(tier: &Tier, account: &str) -> BundleServiceClient<Way> {
    BundleServiceClient::new(tier.way(Some(&tier.log_in(account).await)))
}

async fn enrolments(tier: &Tier) -> BundleEnrolmentServiceClient<Way> {
    BundleEnrolmentServiceClient::new(tier.way(Some(&tier.log_in(ADMIN).await)))
}

/// One bundle's file with its summary.
async fn export(tier: &Tier, to: &str) -> Result<(BundleSummary, Vec<u8>), Status> {
    use export_bundle_response::Part;
    let asked = ExportBundleRequest { to: to.into() };
    let mut stream = bundles(tier, ADMIN).await.export_bundle(asked).await?.into_inner();
    let (mut summary, mut file) = (None, Vec::new());
    while let Some(message) = stream.message().await? {
        match message.part.unwrap() {
            Part::Summary(given) => assert!(summary.replace(given).is_none()),
            Part::Chunk(chunk) => file.extend(chunk),
        }
    }
    Ok((summary.unwrap(), file))
}

/// All files of one export, with their summaries.
async fn export_all(tier: &Tier) -> Vec<(BundleSummary, Vec<u8>)> {
    use export_bundle_response::Part;
    let asked = ExportBundleRequest::default();
    let mut stream = bundles(tier, ADMIN).await.export_bundle(asked).await.unwrap().into_inner();
    let mut made: Vec<(BundleSummary, Vec<u8>)> = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        match message.part.unwrap() {
            Part::Summary(summary) => made.push((summary, Vec::new())),
            Part::Chunk(chunk) => made.last_mut().unwrap().1.extend(chunk),
        }
    }
    made
}

/// What became of a bundle, and the answer's file.
async fn import(tier: &Tier, file: &[u8]) -> Result<(BundleSummary, Vec<u8>), Status> {
    use import_bundle_response::Part;
    let chunks: Vec<_> = file.chunks(100_000).map(|chunk| ImportBundleRequest { chunk: chunk.to_vec() }).collect();
    let mut client = bundles(tier, ADMIN).await;
    let mut stream = client.import_bundle(futures_util::stream::iter(chunks)).await?.into_inner();
    let (mut summary, mut answer) = (None, Vec::new());
    while let Some(message) = stream.message().await? {
        match message.part.unwrap() {
            Part::Summary(given) if summary.is_none() => summary = Some(given),
            Part::Summary(_) => {}
            Part::Chunk(chunk) => answer.extend(chunk),
        }
    }
    Ok((summary.unwrap(), answer))
}

async fn join_by_file(above: &Tier, below: &Tier) {
    let (code, _) = above.code(&below.division).await;
    let asked = RequestEnrolmentRequest { code: code.to_lowercase() };
    let request = enrolments(below).await.request_enrolment(asked).await.unwrap().into_inner();
    assert!(request.receipt.is_some());
    let asked = EnrolByFileRequest { file: request.file };
    let answer = enrolments(above).await.enrol_by_file(asked).await.unwrap().into_inner();
    assert_eq!(answer.division, below.division);
    let asked = AcceptEnrolmentRequest { file: answer.file };
    let accepted = enrolments(below).await.accept_enrolment(asked).await.unwrap().into_inner();
    assert_eq!(accepted.parent_division, above.division);
}

async fn pair() -> (Tier, Tier) {
    let clock = clock();
    let above = Tier::open(ABOVE, &clock).await;
    let below = Tier::open(BELOW, &clock).await;
    join_by_file(&above, &below).await;
    (above, below)
}

/// There and back.
async fn round(above: &Tier, below: &Tier) -> (BundleSummary, BundleSummary) {
    let (_, file) = export(below, "").await.unwrap();
    let (up, answer) = import(above, &file).await.unwrap();
    let (down, nothing) = import(below, &answer).await.unwrap();
    assert!(nothing.is_empty(), "an answer is not answered");
    (up, down)
}

#[tokio::test]
async fn heads_are_witnessed_by_bundles_and_a_lost_answer_is_made_up_for() {
    let (above, below) = pair().await;
    let (up, down) = round(&above, &below).await;
    assert_eq!((up.heads, down.heads), (3, 3));
    assert_eq!((up.number, down.number, down.answers), (1, 1, 1));
    assert!(up.receipt.is_some() && down.receipt.is_some());
    let kept = |ledgers: &[minsheng_proto::identity::v1::KeptLedger]| ledgers.iter().map(|it| it.size).max().unwrap();
    let parent = below.parent().await;
    assert!(parent.url.is_empty() && kept(&parent.ledgers) > 0 && kept(&parent.cosigned) > 0);

    // The answer of this one is lost; the next but one is proven from what the parent keeps all the same.
    write(&below.reporting().service, "more", 5).await;
    let (_, lost) = export(&below, "").await.unwrap();
    import(&above, &lost).await.unwrap();
    write(&below.reporting().service, "yet more", 5).await;
    round(&above, &below).await;
    round(&above, &below).await;
    let size = below.reporting().service.writer.ledger().head().await.unwrap().0;
    let lower = above.lower(BELOW).await;
    let origin = format!("minsheng/{BELOW}/reporting");
    let held = lower.ledgers.iter().find(|it| it.origin == origin).unwrap();
    assert_eq!(held.size, size);
    assert!(kept(&lower.cosigned) > 0, "the parent's heads are cosigned below");
    let alarms = above.admin().await.list_alarms(ListAlarmsRequest { with_resolved: true }).await.unwrap();
    assert!(alarms.into_inner().alarms.is_empty());
    let state = lower.bundles.unwrap();
    assert_eq!((state.received, state.sent, state.missing.len()), (4, 4, 0));
    above.close().await;
    below.close().await;
}

#[tokio::test]
async fn a_certificate_is_renewed_by_bundles() {
    let (above, below) = pair().await;
    round(&above, &below).await;
    let before = below.parent().await;
    below.clock.advance(SignedDuration::from_hours(61 * 24));
    let (made, file) = export(&below, "").await.unwrap();
    assert!(made.renewal);
    let (up, answer) = import(&above, &file).await.unwrap();
    assert!(up.renewal);
    // The old one is good until the new one is used.
    let (again, _) = import(&above, &file).await.unwrap();
    assert!(again.repeated);
    let (down, _) = import(&below, &answer).await.unwrap();
    assert!(down.renewal);
    let after = below.parent().await;
    assert_ne!(after.fingerprint, before.fingerprint);
    assert!(after.expire_time.unwrap().seconds > before.expire_time.unwrap().seconds);
    let (down, _) = import(&below, &answer).await.unwrap();
    assert!(down.repeated && !down.renewal, "an answer that comes again renews nothing");
    assert_eq!(below.parent().await.fingerprint, after.fingerprint);
    let (up, _) = round(&above, &below).await;
    assert!(!up.renewal);
    assert_eq!(reason(&import(&above, &file).await.unwrap_err()), Reason::TierUnknown, "signed by the old one");
    above.close().await;
    below.close().await;
}

#[tokio::test]
async fn a_ledger_that_lost_entries_is_refused_in_a_bundle_too() {
    let (above, mut below) = pair().await;
    write(&below.reporting().service, "one", 5).await;
    round(&above, &below).await;
    below.replace_reporting("restored.db").await;
    write(&below.reporting().service, "other", 2).await;
    let (_, file) = export(&below, "").await.unwrap();
    let (up, answer) = import(&above, &file).await.unwrap();
    let origin = format!("minsheng/{BELOW}/reporting");
    let refused: Vec<_> = up.refused_heads.iter().map(|it| (it.origin.as_str(), it.reason.as_str())).collect();
    assert_eq!(refused, [(origin.as_str(), "LEDGER_SHORTER")]);
    let (down, _) = import(&below, &answer).await.unwrap();
    assert_eq!(down.refused_heads.len(), 1, "the tier is told");
    above.close().await;
    below.close().await;
}

#[tokio::test]
async fn what_is_too_much_for_one_file_goes_in_several_and_in_any_order() {
    use std::sync::atomic::Ordering;
    let (above, below) = pair().await;
    below.reporting().waiting.store(16, Ordering::SeqCst);
    let made = export_all(&below).await;
    let counts: Vec<_> = made.iter().map(|(summary, _)| (summary.number, summary.sets, summary.heads)).collect();
    assert_eq!(counts, [(1, 14, 3), (2, 2, 0)]);
    assert!(made.iter().all(|(_, file)| file.len() < 64 << 20));
    let (second, answer) = import(&above, &made[1].1).await.unwrap();
    assert_eq!((second.sets_filed, second.missing), (2, vec![1]));
    let (first, _) = import(&above, &made[0].1).await.unwrap();
    assert_eq!((first.sets_filed, first.missing.len()), (14, 0));
    let (down, _) = import(&below, &answer).await.unwrap();
    assert_eq!((down.answers, down.sets_filed), (2, 2));
    above.close().await;
    below.close().await;
}

#[tokio::test]
async fn strangers_have_no_part_in_bundles() {
    let clock = clock();
    let (above, below) = pair().await;
    // Somebody else who calls itself the parent, and enrols a tier of that division.
    let (false_above, false_below) = (Tier::open(ABOVE, &clock).await, Tier::open(BELOW, &clock).await);
    join_by_file(&false_above, &false_below).await;
    let (_, file) = export(&false_below, "").await.unwrap();
    assert_eq!(reason(&import(&above, &file).await.unwrap_err()), Reason::TierUnknown);
    let (_, file) = export(&false_above, BELOW).await.unwrap();
    assert_eq!(reason(&import(&below, &file).await.unwrap_err()), Reason::BundleAltered);
    assert_eq!(reason(&export(&above, "430922").await.unwrap_err()), Reason::TierNotEnrolled);
    let tiers = above.admin().await.list_tiers(ListTiersRequest::default()).await.unwrap().into_inner().tiers;
    assert!(tiers[0].bundles.is_none(), "nothing of it is left");

    let auditor = above.account("auditor", "", &[Role::AuditAdmin]).await;
    let refused = |(event, _, reason): &(String, String, String)| event == "TIER_REFUSED" && reason == "TIER_UNKNOWN";
    within(Duration::from_secs(20), "it is audited", || async { above.events(&auditor).await.iter().any(refused) })
        .await;
    for role in [Role::Office, Role::AuditAdmin, Role::Viewer, Role::Head] {
        let id = format!("other-{}", i32::from(role));
        below.account(&id, if role == Role::AuditAdmin { "" } else { "jyj" }, &[role]).await;
        let refused = bundles(&below, &id).await.export_bundle(ExportBundleRequest::default()).await.unwrap_err();
        assert_eq!(reason(&refused), Reason::NotAllowed);
        let chunks = vec![ImportBundleRequest { chunk: file.clone() }];
        let refused = bundles(&below, &id).await.import_bundle(futures_util::stream::iter(chunks)).await.unwrap_err();
        assert_eq!(reason(&refused), Reason::NotAllowed);
    }
    below.account("machines", "", &[Role::SystemAdmin]).await;
    let made = bundles(&below, "machines").await.export_bundle(ExportBundleRequest::default()).await;
    assert!(made.is_ok(), "{made:?}");
    for tier in [above, below, false_above, false_below] {
        tier.close().await;
    }
}

#[tokio::test]
async fn a_code_that_has_ended_joins_nobody_by_file() {
    let clock = clock();
    let hours = |settings: &mut ServiceSettings<Settings>| settings.own.authority.code_hours = 1;
    let (above, below) = (Tier::open_with(ABOVE, &clock, hours).await, Tier::open(BELOW, &clock).await);
    let (code, _) = above.code(BELOW).await;
    let asked = RequestEnrolmentRequest { code };
    let file = enrolments(&below).await.request_enrolment(asked).await.unwrap().into_inner().file;
    above.clock.advance(SignedDuration::from_hours(2));
    let late = enrolments(&above).await.enrol_by_file(EnrolByFileRequest { file }).await.unwrap_err();
    assert_eq!(reason(&late), Reason::EnrolmentCodeInvalid);
    // One of another division, though it is good there.
    let (other, _) = above.code("430922").await;
    let asked = RequestEnrolmentRequest { code: other };
    let file = enrolments(&below).await.request_enrolment(asked).await.unwrap().into_inner().file;
    let wrong = enrolments(&above).await.enrol_by_file(EnrolByFileRequest { file }).await.unwrap_err();
    assert_eq!(reason(&wrong), Reason::EnrolmentCodeInvalid);
    above.close().await;
    below.close().await;
}
