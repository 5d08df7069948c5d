//! Whatever is taken out of a feed, doubled or moved is noticed.

use minsheng_proto::tier::v1::MandatesGiven;
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::{FeedFault, ProvenEntry, follow_feed, verify_proven};
use super::Ledger;

const ORIGIN: &str = "minsheng/430900/catalogue";

/// A catalogue's ledger, among whose entries some give mandates to Anhua.
fn feed(places: &[bool]) -> Vec<ProvenEntry> {
    let mut ledger = Ledger::of(ORIGIN);
    let mut previous = None;
    let mut numbers = Vec::new();
    for mine in places {
        if *mine {
            let given = MandatesGiven { division: "430923".into(), previous, ..MandatesGiven::default() };
            let number = ledger.record("divisions/430923", &given);
            previous = Some(number);
            numbers.push(number);
        } else {
            let given = MandatesGiven { division: "430921".into(), ..MandatesGiven::default() };
            ledger.record("divisions/430921", &given);
        }
    }
    let read = |number: &u64| verify_proven(&ledger.proven(*number, ledger.size()), &ledger.verifier()).unwrap();
    numbers.iter().map(read).collect()
}

fn follow(last: Option<u64>, entries: &[ProvenEntry]) -> Result<Vec<u64>, FeedFault> {
    let taken = follow_feed(ORIGIN, "430923", last, entries)?;
    Ok(taken.iter().map(|entry| entry.sequence).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_whole_feed_is_taken_in_any_batches(places in prop::collection::vec(any::<bool>(), 1..30), size in 1_usize..6) {
        let entries = feed(&places);
        let (mut last, mut taken) = (None, Vec::new());
        for batch in entries.chunks(size) {
            taken.extend(follow(last, batch).unwrap());
            last = taken.last().copied();
        }
        prop_assert_eq!(taken, entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>());
    }

    #[test]
    fn a_withheld_entry_is_noticed(places in prop::collection::vec(any::<bool>(), 2..30), which: Index) {
        let mut entries = feed(&places);
        prop_assume!(entries.len() >= 2);
        let at = which.index(entries.len() - 1);
        let missing = entries.remove(at).sequence;
        let sequence = entries[at].sequence;
        prop_assert_eq!(follow(None, &entries), Err(FeedFault::Withheld { sequence, missing }));
    }

    #[test]
    fn a_repeated_entry_is_noticed(places in prop::collection::vec(any::<bool>(), 1..30), which: Index, to: Index) {
        let mut entries = feed(&places);
        prop_assume!(!entries.is_empty());
        let at = which.index(entries.len());
        let to = at + 1 + to.index(entries.len() - at);
        let copy = entries[at].clone();
        let sequence = copy.sequence;
        entries.insert(to, copy);
        prop_assert_eq!(follow(None, &entries), Err(FeedFault::Repeated(sequence)));
    }

    #[test]
    fn two_that_changed_places_are_noticed(places in prop::collection::vec(any::<bool>(), 2..30), a: Index, b: Index) {
        let mut entries = feed(&places);
        prop_assume!(entries.len() >= 2);
        let (a, b) = (a.index(entries.len()), b.index(entries.len()));
        prop_assume!(a != b);
        entries.swap(a, b);
        let fault = follow(None, &entries).unwrap_err();
        prop_assert!(matches!(fault, FeedFault::Reordered { .. }), "{:?}", fault);
    }
}

#[test]
fn entries_that_are_known_already_are_repeated() {
    let entries = feed(&[true, false, true]);
    assert_eq!(follow(Some(2), &entries[..1]), Err(FeedFault::Repeated(0)));
    assert_eq!(follow(Some(2), &entries[1..]), Err(FeedFault::Repeated(2)));
    assert_eq!(follow(Some(2), &[]), Ok(Vec::new()));
}

#[test]
fn an_entry_that_denies_a_known_one_is_refused() {
    let entries = feed(&[true, false, true]);
    assert_eq!(follow(Some(1), &entries[1..]), Err(FeedFault::Denied { sequence: 2, known: 1 }));
    let first = feed(&[false, true]);
    assert_eq!(follow(Some(0), &first), Err(FeedFault::Denied { sequence: 1, known: 0 }));
}

#[test]
fn what_is_not_ours_is_refused() {
    let entries = feed(&[true]);
    let other = follow_feed(ORIGIN, "430921", None, &entries).unwrap_err();
    assert_eq!(other, FeedFault::OtherDivision { sequence: 0, division: "430923".into() });
    let other = follow_feed("minsheng/430000/catalogue", "430923", None, &entries).unwrap_err();
    assert_eq!(other, FeedFault::OtherLedger { sequence: 0, origin: ORIGIN.into() });
}

#[test]
fn a_kind_of_a_later_version_keeps_its_place() {
    let mut ledger = Ledger::of(ORIGIN);
    ledger.record_as("minsheng.tier.v2.MandatesLent", "divisions/430923", vec![1, 2, 3]);
    let next = MandatesGiven { division: "430923".into(), previous: Some(0), ..MandatesGiven::default() };
    ledger.record("divisions/430923", &next);
    ledger.record_as("minsheng.tier.v1.MandatesGiven", "divisions/430923", vec![0xff]);
    let read = |number| verify_proven(&ledger.proven(number, 3), &ledger.verifier()).unwrap();
    let taken = follow_feed(ORIGIN, "430923", None, &[read(0), read(1)]).unwrap();
    assert_eq!((taken[0].given.clone(), taken[1].given.clone()), (None, Some(next)));
    assert_eq!(follow(Some(1), &[read(2)]), Err(FeedFault::Unreadable(2)));
}
