//! Answers of every kind, and a seeded run of a feed over a line that loses, repeats and delays, with restarts.
#![allow(clippy::unwrap_used)]

use ed25519_dalek::SigningKey;
use minsheng_kit::ledger::{Hash, LedgerSigner, leaf_hash};
use minsheng_proto::common::v1::Receipt;
use prost::Name;
use sha2::{Digest, Sha256};

use super::*;

const POLL: Duration = Duration::from_secs(30);

/// A parent's ledger; every entry is for one division.
struct Parent {
    signer: LedgerSigner,
    bodies: Vec<Vec<u8>>,
    last: Option<u64>,
}

impl Parent {
    fn new(division: &str, seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let signer = LedgerSigner::new(&format!("minsheng/{division}/catalogue"), &key).unwrap();
        Self { signer, bodies: Vec::new(), last: None }
    }

    fn write(&mut self, kind: String, payload: Vec<u8>) -> u64 {
        let sequence = self.bodies.len() as u64;
        let time = Some(prost_types::Timestamp::default());
        let body = EntryBody { sequence, kind, time, payload: payload.into(), ..EntryBody::default() };
        self.bodies.push(body.encode_to_vec());
        sequence
    }

    fn give(&mut self, version: i32) -> u64 {
        let given = self.given(version);
        let sequence = self.write(MandatesGiven::full_name(), given.encode_to_vec());
        self.last = Some(sequence);
        sequence
    }

    fn given(&self, version: i32) -> MandatesGiven {
        MandatesGiven {
            division: "430923".into(),
            programme: "programmes/430900-2023".into(),
            programme_version: version,
            previous: self.last,
            ..MandatesGiven::default()
        }
    }

    fn proven(&self, sequence: u64) -> Proven {
        let leaves: Vec<[u8; 32]> = self.bodies.iter().map(|body| leaf_hash(body).0).collect();
        let place = usize::try_from(sequence).unwrap();
        let receipt = Receipt {
            origin: self.signer.origin().to_owned(),
            sequence,
            leaf_hash: leaves[place].to_vec(),
            inclusion_proof: path(&leaves, place),
            checkpoint: self.signer.sign(leaves.len() as u64, Hash(root(&leaves))).unwrap(),
        };
        Proven { body: self.bodies[place].clone(), receipt: Some(receipt) }
    }

    fn answer(&self, entries: &[u64]) -> ListMandateEntriesResponse {
        let entries = entries.iter().map(|sequence| self.proven(*sequence)).collect();
        ListMandateEntriesResponse { entries, more: false, verifier_key: self.signer.verifier_key().to_owned() }
    }

    /// As a parent answers: two entries at a time.
    fn page(&self, asked: &ListMandateEntriesRequest) -> ListMandateEntriesResponse {
        let from = asked.after.map_or(0, |after| after + 1);
        let all: Vec<u64> = (from..self.bodies.len() as u64).collect();
        ListMandateEntriesResponse { more: all.len() > 2, ..self.answer(&all[..all.len().min(2)]) }
    }
}

fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

fn split(leaves: usize) -> usize {
    leaves.next_power_of_two() / 2
}

fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    if leaves.len() == 1 {
        return leaves[0];
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    node(root(left), root(right))
}

fn path(leaves: &[[u8; 32]], place: usize) -> Vec<Vec<u8>> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut below, beside) = match place < left.len() {
        true => (path(left, place), root(right)),
        false => (path(right, place - left.len()), root(left)),
    };
    below.push(beside.to_vec());
    below
}

fn pull() -> Pull {
    Pull::new("430923", [])
}

fn hear(pull: &mut Pull, answer: &ListMandateEntriesResponse) -> Meaning {
    let asked = pull.ask();
    pull.hear(&asked, answer)
}

fn taken(pull: &mut Pull, answer: &ListMandateEntriesResponse) -> Vec<Received> {
    match hear(pull, answer) {
        Meaning::Take(batch) => {
            pull.took(&batch);
            batch.entries
        }
        other => panic!("{other:?}"),
    }
}

fn alarm(pull: &mut Pull, answer: &ListMandateEntriesResponse) -> &'static str {
    match hear(pull, answer) {
        Meaning::Stop(alarm) => alarm.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn entries_are_taken_in_order_and_asked_for_from_there() {
    let mut parent = Parent::new("430900", 1);
    let mut pull = pull();
    assert_eq!(pull.ask().after, None);
    assert!(taken(&mut pull, &parent.answer(&[])).is_empty(), "its key is kept though there is nothing yet");
    assert_eq!(hear(&mut pull, &parent.answer(&[])), Meaning::Nothing);
    for version in 1..=3 {
        parent.give(version);
    }
    let entries = taken(&mut pull, &parent.answer(&[0, 1, 2]));
    assert_eq!(entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(entries[2].proven.body, parent.bodies[2], "the bytes as they came");
    assert_eq!(pull.ask().after, Some(2));
}

#[test]
fn what_is_withheld_changed_or_somebody_elses_is_named() {
    let mut parent = Parent::new("430900", 1);
    for version in 1..=3 {
        parent.give(version);
    }
    let mut known = pull();
    taken(&mut known, &parent.answer(&[0]));
    assert_eq!(alarm(&mut known.clone(), &parent.answer(&[2])), "MANDATE_WITHHELD");
    assert_eq!(alarm(&mut known.clone(), &parent.answer(&[2, 1])), "MANDATE_REORDERED");
    assert_eq!(alarm(&mut known.clone(), &parent.answer(&[0])), "MANDATE_REPEATED");
    assert_eq!(alarm(&mut pull(), &parent.answer(&[1, 2])), "MANDATE_WITHHELD");
    let mut changed = parent.answer(&[1]);
    changed.entries[0].body.push(0);
    assert_eq!(alarm(&mut known.clone(), &changed), "MANDATE_UNPROVEN");
    let mut keyless = parent.answer(&[1]);
    keyless.verifier_key.clear();
    assert_eq!(alarm(&mut known.clone(), &keyless), "MANDATE_UNPROVEN");
    let mut other = Parent::new("430900", 2);
    other.give(1);
    assert_eq!(alarm(&mut known.clone(), &other.answer(&[0])), "LEDGER_KEY_CHANGED");
    for stranger in ["430100", "430923", "430923100"] {
        assert_eq!(alarm(&mut known.clone(), &Parent::new(stranger, 1).answer(&[])), "MANDATE_OTHER_LEDGER");
    }
    let mut neighbour = Pull::new("430922", []);
    assert_eq!(alarm(&mut neighbour, &parent.answer(&[0])), "MANDATE_OTHER_DIVISION");
    assert_eq!(taken(&mut known, &parent.answer(&[1, 2])).len(), 2, "an alarm takes nothing away");
}

#[test]
fn what_is_not_understood_is_kept_and_named() {
    let mut parent = Parent::new("430900", 1);
    let mut newer = parent.given(1).encode_to_vec();
    // Field 99, a varint.
    newer.extend([0x98, 0x06, 0x01]);
    let first = parent.write(MandatesGiven::full_name(), newer);
    parent.last = Some(first);
    parent.write("minsheng.tier.v1.MandatesExplained".into(), vec![1, 2, 3]);
    parent.last = Some(1);
    parent.give(2);
    let entries = taken(&mut pull(), &parent.answer(&[0, 1, 2]));
    assert_eq!(
        entries.iter().map(|it| it.unread).collect::<Vec<_>>(),
        [Unread::Fields, Unread::Kind, Unread::Unspecified]
    );
    assert_eq!(entries[0].given.as_ref().unwrap().programme_version, 1);
    assert_eq!((entries[1].given.as_ref(), &*entries[1].kind), (None, "minsheng.tier.v1.MandatesExplained"));
}

#[test]
fn another_parent_begins_at_its_beginning() {
    let (mut one, mut other) = (Parent::new("430900", 1), Parent::new("430000", 2));
    one.give(1);
    other.give(1);
    other.give(2);
    let mut pull = pull();
    taken(&mut pull, &one.answer(&[0]));
    assert!(taken(&mut pull, &other.answer(&[1])).is_empty(), "what was asked for was the first one's");
    assert_eq!(pull.pause(POLL, 0), Duration::ZERO);
    assert_eq!(pull.ask().after, None);
    assert_eq!(taken(&mut pull, &other.answer(&[0, 1])).len(), 2);
    assert_eq!(hear(&mut pull, &one.answer(&[])), Meaning::Again);
    assert_eq!(pull.ask().after, Some(0), "back to the first one, from where it was");
}

#[test]
fn pauses_grow_up_to_the_poll_and_no_further() {
    let mut pull = pull();
    assert_eq!((pull.pause(POLL, 0), pull.pause(POLL, 999)), (POLL / 2, POLL / 2 + POLL * 999 / 2_000));
    let mut before = Duration::ZERO;
    for _ in 0..200 {
        pull.failed();
        let pause = pull.pause(POLL, 999);
        assert!(pause >= before && pause <= POLL);
        before = pause;
    }
    assert!(before > POLL * 9 / 10);
    // Without a parent the gateway lets the question wait: the next one follows soon.
    pull.alone();
    assert!(pull.pause(POLL, 999) < Duration::from_millis(300));
}

/// A line that loses answers, gives old ones again, and a tier that is killed before or after it kept a batch: in the end
/// everything is there once and in order, and no fault of the line is taken for one of the parent.
#[test]
fn whatever_the_line_does_everything_arrives_once() {
    for seed in 1..=60_u64 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut chance = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let mut parent = Parent::new("430900", 1);
        let mut kept: Vec<Feed> = Vec::new();
        let mut entries: Vec<u64> = Vec::new();
        let mut on_the_way: Vec<(ListMandateEntriesRequest, ListMandateEntriesResponse)> = Vec::new();
        let mut pull = pull();
        let mut version = 0;
        for step in 0..200 {
            if version < 12 && chance(5) == 0 {
                version += 1;
                parent.give(version);
            }
            let calm = step > 150;
            let asked = pull.ask();
            let answer = parent.page(&asked);
            on_the_way.push((asked, answer.clone()));
            let (question, heard) = match chance(4) {
                0 if !calm => {
                    pull.failed();
                    continue;
                }
                1 if !calm => {
                    // An answer to a question of some time ago.
                    let place = usize::try_from(chance(on_the_way.len() as u64)).unwrap();
                    on_the_way[place].clone()
                }
                _ => (asked, answer),
            };
            match pull.hear(&question, &heard) {
                Meaning::Take(batch) => {
                    let killed = if calm { 9 } else { chance(6) };
                    if killed != 0 {
                        entries.extend(batch.entries.iter().map(|entry| entry.sequence));
                        let last = batch.entries.last().map(|entry| entry.sequence).or(batch.feed.last);
                        kept = vec![Feed { last, ..batch.feed.clone() }];
                    }
                    match killed {
                        0 | 1 => pull = Pull::new("430923", kept.clone()),
                        _ => pull.took(&batch),
                    }
                }
                Meaning::Nothing | Meaning::Again => {}
                Meaning::Stop(alarm) => panic!("seed {seed}, step {step}: {alarm:?}"),
            }
        }
        assert_eq!(entries, (0..parent.bodies.len() as u64).collect::<Vec<_>>(), "seed {seed}");
        assert!(version > 5, "seed {seed}");
    }
}
