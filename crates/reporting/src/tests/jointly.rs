//! Several own indicators that answer one of the parent's: sets wait until all of them are decided on, and are as weak as the
//! weakest.

use minsheng_kit::error::Reason;
use minsheng_kit::writer::Call;
use minsheng_proto::catalogue::v1::{MandateReference, Programme};
use minsheng_proto::common::v1::{Quantity, RowFailure};
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::reporting::v1::MeasureValue;
use minsheng_proto::tier::v1::uplink_service_server::UplinkService;
use minsheng_proto::tier::v1::{FigureMark, FigureSet, ListOutgoingSetsRequest, OutgoingSet, OutgoingSetState};
use minsheng_proto::verification::v1::{
    CorrectionApproved, ReportCertified, ReportPassed, ReportReturned, VersionReference,
};

use super::child::{Child, read};
use super::programme::{programme, report_name};
use super::tiers::{NORTH, entries, report, world as above};
use super::world::*;
use crate::command::SettleOutbox;
use crate::store;
use crate::uplink::Settled;

const PARENT: &str = "programmes/430900-2023/indicators/4.1";
const JUNE: &str = "2023-06";

/// 3.1 answers the first measure of the parent's 4.1, and 8.1 the second.
fn answering(second: bool) -> Programme {
    let mut programme = programme();
    let mut set = |code: &str, measure: &str, own: &str, unit: &str| {
        let found = programme.projects[0].indicators.iter_mut().find(|it| it.code == code).unwrap();
        found.mandates = vec![MandateReference {
            measure: format!("{PARENT}/measures/{measure}"),
            target: Some(Quantity { value: "1".into(), unit: unit.into() }),
            own_measure: own.to_owned(),
            ..MandateReference::default()
        }];
    };
    set("3.1", "4.1-1", "3.1-1", "人");
    if second {
        set("8.1", "4.1-2", "8.1-1", "公里");
    }
    programme
}

async fn world() -> World {
    let mut world = World::new().await;
    world.issue(answering(true), 2, "2023-02").await;
    world
}

fn said(code: &str, number: &str) -> Vec<MeasureValue> {
    match code {
        "3.1" => vec![value("3.1-1", number, "人")],
        _ => vec![roads(number, &[("430923100", number), ("430923101", "0"), ("430923L01", "0")])],
    }
}

/// What is decided on a version of a report.
enum Act {
    Pass,
    Certify,
    Return,
    Open,
}

impl World {
    async fn file_number(&self, code: &str, number: &str) -> u64 {
        let unit = if code == "3.1" { "rsj" } else { "jtj" };
        let filed = self.file(&head(unit), code, JUNE, content(said(code, number))).await.unwrap();
        filed.receipt.unwrap().sequence
    }

    async fn act(&mut self, act: Act, code: &str, number: &str, (version, submission): (i32, u64)) {
        let version = Some(VersionReference {
            report: report_name(code, JUNE),
            version,
            submission_sequence: submission,
            ..VersionReference::default()
        });
        let (values, now) = (said(code, number), self.now());
        let verification = &mut self.verification;
        match act {
            Act::Pass => {
                verification.entry("case", now, &ReportPassed { version, values, ..ReportPassed::default() }).await
            }
            Act::Certify => {
                verification
                    .entry("case", now, &ReportCertified { version, values, ..ReportCertified::default() })
                    .await
            }
            Act::Return => {
                verification.entry("case", now, &ReportReturned { version, ..ReportReturned::default() }).await
            }
            Act::Open => {
                let event = CorrectionApproved { version, opened: true, ..CorrectionApproved::default() };
                verification.entry("case", now, &event).await
            }
        };
    }
}

async fn outgoing(world: &World) -> Vec<OutgoingSet> {
    let request = ListOutgoingSetsRequest { state: OutgoingSetState::Pending.into(), ..Default::default() };
    world.parts.list_outgoing_sets(by(&office(), request)).await.unwrap().into_inner().sets
}

/// Of each set its mark, the number that orders it, and its numbers.
async fn told(world: &World) -> Vec<(FigureMark, u64, String)> {
    let number = |value: &MeasureValue| {
        let state = value.value.clone().unwrap().state.unwrap();
        let minsheng_proto::common::v1::value::State::Quantity(quantity) = state else { panic!("{value:?}") };
        quantity.value
    };
    let sets = outgoing(world).await;
    let told = sets.iter().map(|set| {
        let numbers: Vec<String> = set.values.iter().map(number).collect();
        (set.mark(), set.decision_sequence, numbers.join(" "))
    });
    told.collect()
}

#[tokio::test]
async fn a_set_goes_up_once_all_that_answer_are_decided_on_and_with_every_decision_after() {
    use FigureMark::{Certified, Fast};
    let mut world = world().await;
    let trained = world.file_number("3.1", "100").await;
    let built = world.file_number("8.1", "12").await;
    world.act(Act::Pass, "3.1", "100", (1, trained)).await;
    assert_eq!(told(&world).await, [], "the other one is missing");
    world.act(Act::Certify, "3.1", "99", (1, trained)).await;
    assert_eq!(told(&world).await, []);
    world.act(Act::Pass, "8.1", "12", (1, built)).await;
    let mut all = vec![(Fast, 2, "99 12".to_owned())];
    assert_eq!(told(&world).await, all, "the newest of each, and as weak as the weakest");
    world.act(Act::Certify, "8.1", "12", (1, built)).await;
    all.push((Certified, 3, "99 12".to_owned()));
    assert_eq!(told(&world).await, all);

    // A correction of one of them: what it corrects stays certified until the new figure is.
    world.act(Act::Open, "3.1", "99", (1, trained)).await;
    let corrected = world.file_number("3.1", "101").await;
    world.act(Act::Pass, "3.1", "101", (2, corrected)).await;
    all.push((Fast, 5, "101 12".to_owned()));
    assert_eq!(told(&world).await, all);
    world.act(Act::Certify, "3.1", "101", (2, corrected)).await;
    all.push((Certified, 6, "101 12".to_owned()));
    assert_eq!(told(&world).await, all);
    let rows = store::outbox_pending(10, world.parts.service.database.reader()).await.unwrap();
    let sets: Vec<FigureSet> = rows.iter().map(|row| prost::Message::decode(row.figures.as_slice()).unwrap()).collect();
    let further: Vec<u64> = sets.iter().map(|set| set.further[0].sequence).collect();
    assert_eq!(further, [1, 1, 3, 3], "and each names what it rests on besides");
    let own: Vec<&str> = sets[0].answers.iter().map(|answer| answer.own_measure.as_str()).collect();
    assert_eq!(own, ["3.1-1", "8.1-1"]);
}

#[tokio::test]
async fn what_is_returned_or_replaced_is_waited_for() {
    use FigureMark::Fast;
    let mut world = world().await;
    let trained = world.file_number("3.1", "100").await;
    let built = world.file_number("8.1", "12").await;
    world.act(Act::Pass, "3.1", "100", (1, trained)).await;
    world.act(Act::Return, "3.1", "100", (1, trained)).await;
    world.act(Act::Pass, "8.1", "12", (1, built)).await;
    assert_eq!(told(&world).await, []);
    let again = world.file_number("3.1", "98").await;
    assert_eq!(told(&world).await, [], "submitted, and not decided on");
    world.act(Act::Pass, "3.1", "98", (2, again)).await;
    assert_eq!(told(&world).await, [(Fast, 3, "98 12".to_owned())]);
}

#[tokio::test]
async fn what_was_decided_before_a_second_indicator_answers_goes_up_with_it() {
    use FigureMark::{Certified, Fast};
    let mut world = World::new().await;
    world.issue(answering(false), 2, "2023-02").await;
    let trained = world.file_number("3.1", "100").await;
    let built = world.file_number("8.1", "12").await;
    world.act(Act::Pass, "3.1", "100", (1, trained)).await;
    let alone = told(&world).await;
    assert_eq!(alone, [(Fast, 0, "100".to_owned())]);
    world.act(Act::Certify, "3.1", "100", (1, trained)).await;
    world.act(Act::Pass, "8.1", "12", (1, built)).await;
    world.act(Act::Certify, "8.1", "12", (1, built)).await;
    assert_eq!(told(&world).await.len(), 2, "the second answers nothing yet");
    // The parent refuses what lacks a measure; the version that names the second makes whole sets.
    for row in store::outbox_pending(10, world.parts.service.database.reader()).await.unwrap() {
        let failure = RowFailure { reason: Reason::SetIncomplete.as_str().into(), ..RowFailure::default() };
        let call = Call::internal(world.parts.service.caller.clone(), "uplink");
        let refused = vec![Settled::Refused { key: row.key, failure }];
        world.parts.service.writer.run(SettleOutbox(refused), call).await.unwrap();
    }
    world.issue(answering(true), 3, "2023-02").await;
    let whole = [(Fast, 2, "100 12".to_owned()), (Certified, 3, "100 12".to_owned())];
    assert_eq!(told(&world).await, whole);
    world.issue(answering(true), 4, "2023-02").await;
    assert_eq!(told(&world).await, whole, "a version that changes nothing of it adds nothing");
}

/// A child whose two reports answer the one indicator that is mandated to it: the value is the second's.
fn jointly(child: &mut Child, first: FigureMark, second: FigureMark) -> FigureSet {
    let earlier = child.decided_on("2.2", first, JUNE, "5");
    let mut set = child.decided(second, JUNE, "12.5");
    set.further = vec![child.further(&earlier)];
    set
}

#[tokio::test]
async fn a_parent_checks_every_decision_that_a_set_rests_on() {
    use FigureMark::{Certified, Fast};
    let world = above().await;
    let mut child = Child::new(NORTH);
    let good = jointly(&mut child, Certified, Fast);
    let with = |change: &dyn Fn(&mut FigureSet)| {
        let mut set = good.clone();
        change(&mut set);
        set
    };
    let later = child.decided_on("2.2", Certified, JUNE, "6");
    let other_month = child.decided_on("2.2", Certified, "2023-05", "6");
    let (later, other_month) = (child.further(&later), child.further(&other_month));
    let cases: Vec<(&str, FigureSet)> = vec![
        ("SET_PROOF_INVALID", with(&|set| set.mark = Certified.into())),
        ("SET_PROOF_INVALID", with(&|set| set.further[0].sequence += 1)),
        ("SET_PROOF_INVALID", with(&|set| set.further[0].leaf_hash[0] ^= 1)),
        ("SET_PROOF_INVALID", with(&|set| set.further[0].decision.as_mut().unwrap().body[20] ^= 1)),
        ("SET_PROOF_INVALID", with(&|set| set.further[0].submission.clone_from(&set.submission))),
        ("FIELD_REQUIRED", with(&|set| set.further[0].submission = None)),
        ("FIELD_REQUIRED", with(&|set| set.further[0].decision = None)),
        ("SET_PROOF_INVALID", with(&|set| set.further.push(set.further[0].clone()))),
        ("SET_PROOF_INVALID", with(&|set| set.further = vec![later.clone()])),
        ("SET_PROOF_INVALID", with(&|set| set.further = vec![other_month.clone()])),
        ("SET_PROOF_INVALID", with(&|set| set.submission = None)),
    ];
    for (place, (reason, set)) in cases.into_iter().enumerate() {
        assert_eq!(child.refused(&world, set).await, reason, "case {place}");
    }
    child.kept(&world, good).await;
    let certified = jointly(&mut child, Certified, Certified);
    child.kept(&world, certified).await;
    assert_eq!(report(&world, &child).await.version, 2);

    // Another past of the second indicator's decision is noticed as well.
    let mut forked = Child::new(NORTH);
    let earlier = forked.decided_on("2.2", Certified, JUNE, "7");
    while forked.verification.size() < child.verification.size() {
        forked.decided(Fast, JUNE, "1");
    }
    let mut set = forked.decided(Fast, JUNE, "13");
    set.further = vec![forked.further(&earlier)];
    assert_eq!(forked.refused(&world, set).await, "ENTRY_CONFLICT");
}

/// A field of a version to come: number 100, one byte.
const UNKNOWN_FIELD: [u8; 4] = [0xa2, 0x06, 0x01, b'x'];

/// The sender is one version ahead: its set has a field that nobody here knows.
#[tokio::test]
async fn a_set_with_fields_that_nobody_here_knows_is_kept_and_proven_as_it_came() {
    use minsheng_proto::reporting::v1::ReportSubmitted;
    use minsheng_proto::tier::v1::{FigureSetReceived, ReceivedSet};
    use prost::Message as _;

    let world = above().await;
    let mut child = Child::new(NORTH);
    let came = [child.fast("12.5").encode_to_vec(), UNKNOWN_FIELD.to_vec()].concat();
    let answer = child.file_bytes(&world, came.clone()).await.unwrap();
    assert_eq!(answer.failures, []);
    let receipt = answer.filed[0].receipt.clone().unwrap();
    let kept: Vec<FigureSetReceived> = entries(&world).await;
    assert_eq!(kept[0].set, came, "the bytes that came");
    let (entry, _) = world.parts.service.writer.ledger().proven(&[receipt.sequence]).await.unwrap().remove(0);
    assert_eq!(minsheng_kit::ledger::leaf_hash(&entry.body).0.as_slice(), receipt.leaf_hash, "are what is proven");
    let body = EntryBody::decode(entry.body.as_slice()).unwrap();
    assert_eq!(FigureSetReceived::decode(body.payload).unwrap().set, came);
    let submitted: Vec<ReportSubmitted> = entries(&world).await;
    let received = ReceivedSet::decode(submitted[0].received.as_slice()).unwrap();
    assert!(received.set.ends_with(&UNKNOWN_FIELD), "and what is made of them names it too");
    let shown = report(&world, &child).await;
    let codes: Vec<&str> = shown.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["ENTRY_FIELDS_UNKNOWN"]);
    assert_eq!(shown.content.unwrap().values[0].value, Some(number("12.5", "公里")), "the others count");
    // What is set aside is kept in the same way.
    let mut forked = Child::new(NORTH);
    let other = [forked.fast("99").encode_to_vec(), UNKNOWN_FIELD.to_vec()].concat();
    let answer = forked.file_bytes(&world, other.clone()).await.unwrap();
    assert_eq!(answer.failures[0].reason, "ENTRY_CONFLICT");
    let aside: Vec<minsheng_proto::tier::v1::FigureSetQuarantined> = entries(&world).await;
    assert_eq!(aside[0].set, other);
    assert_eq!(read(&aside[0].set).mark(), FigureMark::Fast);
    let status = child.file_bytes(&world, vec![0x3f]).await.unwrap_err();
    assert_eq!(reason(&status), Reason::FieldInvalid, "no set at all");
}
