//! Two tiers as each other's witness: what extends what was kept is kept and cosigned; what does not is refused with both
//! heads, raises an alarm, and leaves all else alone until people have decided.

use std::time::Duration;

use minsheng_kit::error::Reason;
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_kit::witness::WitnessVerifier;
use minsheng_proto::identity::v1::*;
use minsheng_proto::tier::v1::filing_service_client::FilingServiceClient;
use minsheng_proto::tier::v1::mandate_service_client::MandateServiceClient;
use minsheng_proto::tier::v1::witness_service_client::WitnessServiceClient;
use minsheng_proto::tier::v1::{ExchangeHeadsRequest, FileSetsRequest, ListMandateEntriesRequest, OfferedHead};
use tonic::Code;

use crate::behind::write;
use crate::certificates::own;
use crate::house::{ABOVE, BELOW, Tier, joined, reason, within};

fn origin(division: &str, name: &str) -> String {
    format!("minsheng/{division}/{name}")
}

async fn exchange(below: &Tier) -> ExchangeNowResponse {
    below.admin().await.exchange_now(ExchangeNowRequest {}).await.unwrap().into_inner()
}

fn kept<'a>(ledgers: &'a [KeptLedger], origin: &str) -> &'a KeptLedger {
    ledgers.iter().find(|kept| kept.origin == origin).unwrap_or_else(|| panic!("{origin}: {ledgers:?}"))
}

async fn alarms(tier: &Tier) -> Vec<Alarm> {
    tier.admin().await.list_alarms(ListAlarmsRequest::default()).await.unwrap().into_inner().alarms
}

async fn resolve(tier: &Tier, alarm: &Alarm, accepted: &str) -> Result<(), tonic::Status> {
    let request = ResolveAlarmRequest {
        origin: alarm.origin.clone(),
        accepted_checkpoint: accepted.to_owned(),
        reason: "机房断电后由旧备份恢复，双方已核对".into(),
        request_id: format!("resolve-{}-{}", alarm.origin, accepted.len()),
    };
    tier.admin().await.resolve_alarm(request).await.map(drop)
}

#[tokio::test]
async fn heads_are_kept_and_cosigned_on_both_sides_again_and_again() {
    let (above, below) = joined().await;
    let ledger = origin(BELOW, "reporting");
    for round in 1..=3_u64 {
        write(&below.reporting().service, "figure", 7).await;
        write(&above.catalogue.service, "mandate", 3).await;
        let done = exchange(&below).await;
        assert_eq!(done.refused, []);
        assert_eq!(done.kept.len(), 6, "three ledgers on each side");
        let lower = above.lower(BELOW).await;
        assert_eq!(kept(&lower.ledgers, &ledger).size, 7 * round);
        let parent = below.parent().await;
        assert_eq!(kept(&parent.ledgers, &origin(ABOVE, "catalogue")).size, 3 * round);
        let signed = kept(&parent.cosigned, &ledger);
        assert_eq!(signed.size, 7 * round);
        let key = LedgerVerifier::new(below.reporting().service.writer.ledger().verifier_key()).unwrap();
        let witness = witness_key(&above).await;
        let opened = WitnessVerifier::new(&witness).unwrap().open(&signed.checkpoint, &key).unwrap();
        assert_eq!((opened.head.size, opened.witness.as_str()), (7 * round, "minsheng/430900/witness"));
        // The parent learns what was cosigned of its own at the next exchange; the first one came with joining.
        assert_eq!(kept(&lower.cosigned, &origin(ABOVE, "catalogue")).size, 3 * (round - 1));
    }
    assert!(alarms(&above).await.is_empty() && alarms(&below).await.is_empty());
    // Cosignatures by another key than at first sight, and those that are none, count for nothing.
    let head = &kept(&below.parent().await.ledgers, &origin(ABOVE, "gateway")).checkpoint.clone();
    let forged = head.replace("430923/witness", "430900/witness");
    let mut witness = WitnessServiceClient::new(above.line(Some(own(&below, &chain(&below).await))));
    let before = above.lower(BELOW).await.cosigned;
    for (checkpoint, key) in [(forged, String::new()), (head.clone(), witness_key(&above).await)] {
        let cosigned = vec![minsheng_proto::tier::v1::Cosigned { checkpoint }];
        let request = ExchangeHeadsRequest { cosigned, witness_key: key, ..ExchangeHeadsRequest::default() };
        witness.exchange_heads(request).await.unwrap();
    }
    let after = above.lower(BELOW).await.cosigned;
    let sizes = |kept: &[KeptLedger]| kept.iter().map(|kept| (kept.origin.clone(), kept.size)).collect::<Vec<_>>();
    assert!(kept(&after, &origin(ABOVE, "gateway")).checkpoint.contains("430923/witness"));
    assert_eq!(sizes(&before).len(), sizes(&after).len());
    assert!(above.lower(BELOW).await.exchange_time.is_some() && below.parent().await.exchange_time.is_some());
    above.close().await;
    below.close().await;
}

/// The witness key of a tier, as it lies in its folder of keys.
async fn witness_key(tier: &Tier) -> String {
    let key = minsheng_kit::identity::load_signing_key(&tier.folder.path().join("keys/witness.key")).unwrap();
    let name = format!("minsheng/{}/witness", tier.division);
    minsheng_kit::witness::WitnessSigner::new(&name, &key).unwrap().verifier_key().to_owned()
}

/// B12.
#[tokio::test]
async fn an_old_backup_is_found_out_and_the_rest_goes_on_until_it_is_resolved() {
    let (above, mut below) = joined().await;
    let ledger = origin(BELOW, "reporting");
    write(&below.reporting().service, "before", 5).await;
    backup(&below).await;
    write(&below.reporting().service, "lost", 4).await;
    assert_eq!(exchange(&below).await.refused, []);
    below.replace_reporting("backup.db").await;
    let done = exchange(&below).await;
    assert_eq!(done.refused.len(), 1, "{done:?}");
    assert_eq!((done.refused[0].origin.as_str(), done.refused[0].reason.as_str()), (ledger.as_str(), "LEDGER_SHORTER"));
    assert!(done.refused[0].kept_checkpoint.contains("\n9\n") && done.refused[0].offered_checkpoint.contains("\n5\n"));
    assert_eq!(done.kept.len(), 5, "the other ledgers are taken");
    let alarm = alarms(&above).await.pop().unwrap();
    assert_eq!((alarm.origin.as_str(), alarm.reason.as_str()), (ledger.as_str(), "LEDGER_SHORTER"));
    let file = || {
        let mut filing = FilingServiceClient::new(below.of_service("reporting"));
        async move { filing.file_sets(FileSetsRequest::default()).await.map(drop) }
    };
    within(Duration::from_secs(5), "its figures are not taken", || async { file().await.is_err() }).await;
    let refused = file().await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, Reason::LedgerShorter));

    // It goes on from there: now it is longer, and its past is another one.
    write(&below.reporting().service, "other", 10).await;
    let done = exchange(&below).await;
    assert_eq!(done.refused[0].reason, "LEDGER_FORKED");
    let mut mandates = MandateServiceClient::new(below.of_service("catalogue"));
    mandates.list_mandate_entries(ListMandateEntriesRequest::default()).await.expect("nothing else is touched");
    assert_eq!(kept(&above.lower(BELOW).await.ledgers, &ledger).size, 9, "what was kept stays");

    let forked = alarms(&above).await.pop().unwrap();
    assert_eq!(forked.reason, "LEDGER_FORKED");
    assert_eq!(forked.raise_time, alarm.raise_time);
    let stale = resolve(&above, &forked, &alarm.offered_checkpoint).await.unwrap_err();
    assert_eq!((stale.code(), reason(&stale)), (Code::Aborted, Reason::AlarmMoved));
    assert_eq!(reason(&file().await.unwrap_err()), Reason::LedgerForked);
    resolve(&above, &forked, &forked.offered_checkpoint).await.unwrap();
    file().await.expect("its figures are taken again");
    assert_eq!(reason(&resolve(&above, &forked, "again").await.unwrap_err()), Reason::AlarmUnknown);
    write(&below.reporting().service, "after", 1).await;
    let done = exchange(&below).await;
    assert_eq!(done.refused, []);
    assert_eq!(kept(&above.lower(BELOW).await.ledgers, &ledger).size, 16);
    assert!(alarms(&above).await.is_empty());
    let all = above.admin().await.list_alarms(ListAlarmsRequest { with_resolved: true }).await.unwrap().into_inner();
    assert_eq!(all.alarms[0].resolved_by, "security-admin");
    let auditor = above.account("auditor", "", &[Role::AuditAdmin]).await;
    let events = above.events(&auditor).await;
    let count = |name: &str| events.iter().filter(|(event, ..)| event == name).count();
    assert_eq!((count("LEDGER_ALARM"), count("LEDGER_ALARM_RESOLVED")), (2, 1), "one for each kind of finding");
    above.close().await;
    below.close().await;
}

/// Copies the reporting service's database as a backup would.
async fn backup(tier: &Tier) {
    use sea_orm::ConnectionTrait;
    let target = tier.folder.path().join("backup.db");
    let statement = format!("VACUUM INTO '{}'", target.display());
    tier.reporting().service.database.reader().execute_unprepared(&statement).await.unwrap();
}

#[tokio::test]
async fn a_parent_that_rewrites_its_past_is_found_out_below() {
    let (mut above, below) = joined().await;
    write(&above.reporting().service, "one", 4).await;
    assert_eq!(exchange(&below).await.refused, []);
    above.replace_reporting("rewritten.db").await;
    write(&above.reporting().service, "another", 4).await;
    let done = exchange(&below).await;
    assert_eq!(done.refused.len(), 1);
    assert_eq!(
        (done.refused[0].origin.clone(), done.refused[0].reason.as_str()),
        (origin(ABOVE, "reporting"), "LEDGER_FORKED")
    );
    let alarm = alarms(&below).await.pop().unwrap();
    assert!(alarms(&above).await.is_empty(), "the parent has nothing to hold against its child");
    // The parent restores what it had: the alarm is closed with what is kept.
    above.replace_reporting("reporting.db").await;
    assert_eq!(exchange(&below).await.refused, []);
    assert_eq!(alarms(&below).await.len(), 1, "an alarm stays until people have looked");
    resolve(&below, &alarm, &alarm.kept_checkpoint).await.unwrap();
    assert!(alarms(&below).await.is_empty());
    assert_eq!(exchange(&below).await.refused, []);
    above.close().await;
    below.close().await;
}

#[tokio::test]
async fn heads_of_others_doubled_ones_and_other_keys_are_refused() {
    let (above, below) = joined().await;
    assert_eq!(exchange(&below).await.refused, []);
    let chain = chain(&below).await;
    let mut witness = WitnessServiceClient::new(above.line(Some(own(&below, &chain))));
    let head = |checkpoint: String, verifier_key: &str| OfferedHead {
        checkpoint,
        verifier_key: verifier_key.to_owned(),
        ..OfferedHead::default()
    };
    let (_, foreign) = above.catalogue.service.writer.ledger().head().await.unwrap();
    let request = |heads| ExchangeHeadsRequest { heads, ..ExchangeHeadsRequest::default() };
    let status = witness.exchange_heads(request(vec![head(foreign, "")])).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::PermissionDenied, Reason::NotAllowed));
    let (_, good) = below.catalogue.service.writer.ledger().head().await.unwrap();
    let twice = vec![head(good.clone(), ""), head(good.clone(), "")];
    assert_eq!(reason(&witness.exchange_heads(request(twice)).await.unwrap_err()), Reason::FieldInvalid);
    let many = (0..65).map(|_| head(good.clone(), "")).collect();
    assert_eq!(reason(&witness.exchange_heads(request(many)).await.unwrap_err()), Reason::FieldInvalid);

    let other = minsheng_testkit::signer("catalogue");
    assert_eq!(other.origin(), origin(BELOW, "catalogue"));
    let forged = other.sign(1, minsheng_kit::ledger::leaf_hash(b"forged")).unwrap();
    let answer = witness.exchange_heads(request(vec![head(forged.clone(), other.verifier_key())])).await.unwrap();
    assert_eq!(answer.into_inner().results[0].reason, "LEDGER_KEY_CHANGED");
    let answer = witness.exchange_heads(request(vec![head(forged, "")])).await.unwrap().into_inner();
    assert_eq!(answer.results[0].reason, "LEDGER_UNSIGNED");
    assert_eq!(alarms(&above).await.len(), 1);
    above.close().await;
    below.close().await;
}

/// The chain of the certificate by which a tier is known above.
async fn chain(tier: &Tier) -> String {
    use sea_orm::ConnectionTrait;
    let reader = tier.service.database.reader();
    let row =
        reader.query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "SELECT chain FROM parent"));
    row.await.unwrap().unwrap().try_get("", "chain").unwrap()
}
