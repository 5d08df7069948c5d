//! What lower tiers file and must not: what is another tier's, another entry under a known number, another key; and how
//! people go on from there.

use minsheng_kit::error::Reason;
use minsheng_kit::identity::{Caller, Role};
use minsheng_proto::reporting::v1::tier_alarm_service_server::TierAlarmService;
use minsheng_proto::reporting::v1::{
    AcceptTierLedgerRequest, ListTierAlarmsRequest, ReportSubmitted, ResolveTierAlarmRequest, TierAlarm,
};
use minsheng_proto::tier::v1::filing_service_server::FilingService;
use minsheng_proto::tier::v1::{
    FigureSet, FigureSetQuarantined, FigureSetReceived, FileSetsRequest, TierAlarmRaised, TierAlarmResolved,
    TierLedgerAccepted,
};
use tonic::{Code, Status};

use super::child::{Child, Ledger, encoded, read};
use super::programme::PROGRAMME;
use super::tiers::{NORTH, SOUTH, entries, report, world};
use super::world::*;

fn security() -> Caller {
    minsheng_testkit::caller("security-admin", "S1", "", &[Role::SecurityAdmin])
}

async fn alarms(world: &World, with_resolved: bool) -> Vec<TierAlarm> {
    let request = ListTierAlarmsRequest { with_resolved };
    world.parts.list_tier_alarms(by(&security(), request)).await.unwrap().into_inner().alarms
}

async fn accept(world: &World, origin: &str, key: &str) -> Result<(), Status> {
    let request = AcceptTierLedgerRequest {
        origin: origin.to_owned(),
        verifier_key: key.to_owned(),
        reason: "重装后由旧备份恢复，已电话核对".to_owned(),
        request_id: id(),
    };
    world.parts.accept_tier_ledger(by(&security(), request)).await.map(drop)
}

fn resolution(alarm: &TierAlarm) -> ResolveTierAlarmRequest {
    ResolveTierAlarmRequest {
        division: alarm.division.clone(),
        origin: alarm.origin.clone(),
        alarm: alarm.alarm.clone(),
        reason: "已查明，属软件故障".to_owned(),
        request_id: id(),
    }
}

fn size(world: &World) -> u64 {
    *world.parts.service.writer.size().borrow()
}

/// B3.
#[tokio::test]
async fn a_batch_with_something_of_another_tier_is_refused_as_a_whole_and_told_once() {
    let world = world().await;
    let (mut north, mut south) = (Child::new(NORTH), Child::new(SOUTH));
    let (good, strange) = (north.fast("12.5"), south.fast("7"));
    let named = FigureSet { indicator: format!("{PROGRAMME}/indicators/8.1@{SOUTH}"), ..north.fast("13") };
    let attached = FigureSet { attachments: vec![strange.decision.clone().unwrap()], ..north.fast("14") };
    for (place, wrong) in [strange, named, attached].into_iter().enumerate() {
        let wrong = FigureSet { id: "wrong".to_owned(), ..wrong };
        let status = north.file(&world, vec![good.clone(), wrong]).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::PermissionDenied, Reason::NotAllowed), "case {place}");
        assert!(status.message().contains("as a whole"), "{status:?}");
        assert!(facts(&status)["origin"].starts_with(&format!("minsheng/{SOUTH}/")), "{status:?}");
    }
    let request = FileSetsRequest { sets: encoded(std::slice::from_ref(&good)), ledgers: south.keys() };
    let status = world.parts.file_sets(by(&north.caller(), request)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotAllowed);
    assert!(entries::<FigureSetReceived>(&world).await.is_empty(), "nothing of any batch is left");
    let raised: Vec<TierAlarmRaised> = entries(&world).await;
    let origins: Vec<&str> = raised.iter().map(|alarm| alarm.origin.as_str()).collect();
    assert_eq!(origins, [format!("minsheng/{SOUTH}/verification"), format!("minsheng/{SOUTH}/reporting")]);
    assert!(raised.iter().all(|alarm| alarm.division == NORTH && alarm.alarm == "FIGURES_OF_ANOTHER"));

    let open = alarms(&world, false).await;
    assert_eq!(open.len(), 2);
    for who in [office(), head("jtj"), north.caller()] {
        let status = world.parts.list_tier_alarms(by(&who, ListTierAlarmsRequest::default())).await.unwrap_err();
        assert_eq!(reason(&status), Reason::NotAllowed);
        let status = world.parts.resolve_tier_alarm(by(&who, resolution(&open[0]))).await.unwrap_err();
        assert_eq!(reason(&status), Reason::NotAllowed);
    }
    for alarm in &open {
        world.parts.resolve_tier_alarm(by(&security(), resolution(alarm))).await.unwrap();
        let again = world.parts.resolve_tier_alarm(by(&security(), resolution(alarm))).await.unwrap_err();
        assert_eq!(reason(&again), Reason::AlarmUnknown);
    }
    assert!(alarms(&world, false).await.is_empty());
    let all = alarms(&world, true).await;
    assert!(all.iter().all(|alarm| alarm.resolved_by == "security-admin" && alarm.resolve_time.is_some()), "{all:?}");
    assert_eq!(entries::<TierAlarmResolved>(&world).await.len(), 2);
    north.kept(&world, good).await;
}

/// B4 and B12: a ledger that was restored from an old backup and gone on with.
#[tokio::test]
async fn another_entry_under_a_known_number_is_set_aside_until_people_accept_the_ledger() {
    let world = world().await;
    let mut child = Child::new(NORTH);
    let (first, second) = (child.fast("12.5"), child.fast("13"));
    child.kept(&world, first.clone()).await;
    let second_entry = child.kept(&world, second.clone()).await;
    let mut restored = Child::new(NORTH);
    restored.fast("12.5");
    let other = restored.fast("99");
    for _ in 0..3 {
        assert_eq!(restored.refused(&world, other.clone()).await, "ENTRY_CONFLICT");
    }
    let aside: Vec<FigureSetQuarantined> = entries(&world).await;
    assert_eq!((aside.len(), read(&aside[0].set)), (1, other.clone()), "as it came, once");
    assert_eq!(aside[0].kept_leaf_hash, second.decision.clone().unwrap().receipt.unwrap().leaf_hash);
    let open = alarms(&world, false).await;
    let origin = format!("minsheng/{NORTH}/verification");
    assert_eq!((open.len(), open[0].alarm.as_str(), &open[0].origin), (1, "ENTRY_CONFLICT", &origin));
    assert_eq!(report(&world, &child).await.version, 2, "without effect");
    // The same number of another report, by which the fork would not show, is another entry all the same.
    let mut elsewhere = Child::new(NORTH);
    elsewhere.fast("12.5");
    let july = elsewhere.decided(minsheng_proto::tier::v1::FigureMark::Fast, "2023-05", "98");
    assert_eq!(elsewhere.refused(&world, july).await, "ENTRY_CONFLICT");
    assert_eq!(alarms(&world, false).await.len(), 1);

    assert_eq!(reason(&accept(&world, "minsheng/430921/verification", "").await.unwrap_err()), Reason::LedgerUnknown);
    let status = accept(&world, &origin, &child.reporting.key().verifier_key).await.unwrap_err();
    assert_eq!(reason(&status), Reason::FieldInvalid, "the key of another ledger");
    accept(&world, &origin, "").await.unwrap();
    assert!(alarms(&world, false).await.is_empty());
    // What comes from the restored ledger is newer, though its number is not.
    restored.kept(&world, other).await;
    let submitted: Vec<ReportSubmitted> = entries(&world).await;
    assert_eq!(submitted.last().unwrap().version, 3);
    let says = submitted.last().unwrap().content.clone().unwrap().values.remove(0).value;
    assert_eq!(says, Some(number("99", "公里")));
    // What was filed before is still known, and is no fork.
    assert_eq!(child.kept(&world, second).await, second_entry);
    let filings = child.filings(&world).await;
    assert_eq!((filings.len(), filings[0].sequence), (1, 1));
    // A third one under the number is a fork of the new line.
    let mut third = Child::new(NORTH);
    third.fast("12.5");
    let third_set = third.fast("97");
    assert_eq!(third.refused(&world, third_set).await, "ENTRY_CONFLICT");
}

#[tokio::test]
async fn a_new_key_is_taken_once_the_security_administrator_has_accepted_it() {
    let world = world().await;
    let mut child = Child::new(NORTH);
    for kilometres in ["12.5", "13", "14"] {
        let set = child.fast(kilometres);
        child.kept(&world, set).await;
    }
    // The folder of keys was lost: the ledger begins anew.
    let mut anew = Child::new(NORTH);
    anew.verification = Ledger::new(NORTH, "verification", 9);
    let set = anew.fast("15");
    for _ in 0..2 {
        assert_eq!(anew.refused(&world, set.clone()).await, "LEDGER_KEY_CHANGED");
    }
    let (kept, offered) = (child.verification.key().verifier_key, anew.verification.key().verifier_key);
    let open = alarms(&world, false).await;
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].alarm.as_str(), &open[0].kept_key, &open[0].offered_key),
        ("LEDGER_KEY_CHANGED", &kept, &offered)
    );
    let origin = open[0].origin.clone();
    let before = size(&world);
    let third = Ledger::new(NORTH, "verification", 10).key().verifier_key;
    for key in ["", third.as_str()] {
        assert_eq!(reason(&accept(&world, &origin, key).await.unwrap_err()), Reason::AlarmMoved, "not what is shown");
    }
    for who in [office(), child.caller()] {
        let request = AcceptTierLedgerRequest {
            origin: origin.clone(),
            verifier_key: offered.clone(),
            reason: "x".into(),
            request_id: id(),
        };
        let status = world.parts.accept_tier_ledger(by(&who, request)).await.unwrap_err();
        assert_eq!(reason(&status), Reason::NotAllowed);
    }
    assert_eq!(size(&world), before);
    accept(&world, &origin, &offered).await.unwrap();
    let accepted: Vec<TierLedgerAccepted> = entries(&world).await;
    assert_eq!(
        (accepted[0].former_key.as_str(), accepted[0].verifier_key.as_str(), accepted[0].line),
        (kept.as_str(), offered.as_str(), 1)
    );
    anew.kept(&world, set).await;
    let now = report(&world, &child).await;
    assert_eq!(now.version, 4, "newer than the three before, though it is number 0");
    let set = child.fast("16");
    assert_eq!(child.refused(&world, set).await, "LEDGER_KEY_CHANGED", "the old key is none any more");
    assert_eq!(alarms(&world, false).await.len(), 1);
}

/// B5: a number is what the proof says; another one is none.
#[tokio::test]
async fn a_number_that_the_proof_does_not_bear_out_is_refused_and_nothing_beyond_it_applied() {
    let world = world().await;
    let mut child = Child::new(NORTH);
    let (first, second) = (child.fast("1"), child.fast("2"));
    child.kept(&world, first.clone()).await;
    for other in [0, 2, 7] {
        let mut set = second.clone();
        set.decision.as_mut().unwrap().receipt.as_mut().unwrap().sequence = other;
        assert_eq!(child.refused(&world, set).await, "SET_PROOF_INVALID", "{other} instead of 1");
    }
    assert_eq!(report(&world, &child).await.version, 1);
    child.kept(&world, second).await;
    child.kept(&world, first).await;
    assert_eq!(report(&world, &child).await.version, 2);
}
