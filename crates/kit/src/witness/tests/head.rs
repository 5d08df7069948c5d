//! Honest extensions are always taken; forks at any place, truncated ledgers and tampered offers never.

use minsheng_proto::tier::v1::OfferedHead;
use proptest::prelude::*;
use proptest::sample::Index;

use super::super::{Kept, Verdict, consider, offer};
use super::Ledger;
use crate::ledger::{LedgerVerifier, NoteError};

fn keep(ledger: &Ledger, size: u64) -> Kept {
    Kept::read(ledger.signer.verifier_key(), &ledger.checkpoint(size)).unwrap()
}

fn is_taken(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Taken(_) | Verdict::Same)
}

fn tamper_proof(offered: &mut OfferedHead, how: u8, place: Index, bit: Index) {
    let proof = &mut offered.consistency_proof;
    match how {
        0 => {
            let at = place.index(proof.len());
            let bit = bit.index(256);
            proof[at][bit / 8] ^= 1 << (bit % 8);
        }
        1 => drop(proof.remove(place.index(proof.len()))),
        2 => {
            let copy = proof[place.index(proof.len())].clone();
            proof.insert(bit.index(proof.len() + 1), copy);
        }
        3 => {
            let at = place.index(proof.len());
            proof[at].pop();
        }
        _ => proof.clear(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn an_honest_extension_is_taken(kept in 0_u64..130, more in 1_u64..130) {
        let ledger = Ledger::long(kept + more);
        let verdict = consider(Some(&keep(&ledger, kept)), &ledger.offer(kept, kept + more), &ledger.verifier());
        prop_assert_eq!(verdict, Verdict::Taken(keep(&ledger, kept + more)));
    }

    #[test]
    fn many_heads_one_after_another_are_taken(steps in prop::collection::vec(0_u64..20, 1..12)) {
        let ledger = Ledger::long(steps.iter().sum());
        let (mut kept, mut size): (Option<Kept>, u64) = (None, 0);
        for step in steps {
            let before = kept.as_ref().map_or(0, |kept| kept.size);
            size += step;
            match consider(kept.as_ref(), &ledger.offer(before, size), &ledger.verifier()) {
                Verdict::Taken(new) => kept = Some(new),
                verdict => prop_assert_eq!((verdict, step), (Verdict::Same, 0)),
            }
            prop_assert_eq!(kept.as_ref().map(|kept| kept.size), Some(size));
        }
    }

    #[test]
    fn a_fork_is_found_wherever_it_begins(kept in 1_u64..100, more in 0_u64..100, fork: Index) {
        let fork = fork.index(usize::try_from(kept).unwrap()) as u64;
        let kept_head = keep(&Ledger::long(kept), kept);
        let other = Ledger::forked(kept + more, fork);
        let verdict = consider(Some(&kept_head), &other.offer(kept, kept + more), &other.verifier());
        prop_assert_eq!(verdict, Verdict::Forked);
    }

    #[test]
    fn a_fork_cannot_borrow_the_honest_proof(kept in 1_u64..60, more in 1_u64..60, fork: Index) {
        let size = kept + more;
        let fork = fork.index(usize::try_from(size).unwrap()) as u64;
        let honest = Ledger::long(size);
        let mut offered = Ledger::forked(size, fork).offer(kept, size);
        offered.consistency_proof = honest.offer(kept, size).consistency_proof;
        prop_assert_eq!(consider(Some(&keep(&honest, kept)), &offered, &honest.verifier()), Verdict::Forked);
    }

    #[test]
    fn a_tampered_proof_is_never_taken(
        kept in 1_u64..100, more in 1_u64..100, how in 0_u8..5, place: Index, bit: Index,
    ) {
        let ledger = Ledger::long(kept + more);
        let mut offered = ledger.offer(kept, kept + more);
        tamper_proof(&mut offered, how, place, bit);
        let verdict = consider(Some(&keep(&ledger, kept)), &offered, &ledger.verifier());
        prop_assert_eq!(verdict, Verdict::Forked);
    }

    #[test]
    fn a_tampered_checkpoint_is_never_taken(kept in 0_u64..20, more in 1_u64..20, place: Index, bit in 0_u8..8) {
        let ledger = Ledger::long(kept + more);
        let mut offered = ledger.offer(kept, kept + more);
        let mut bytes = offered.checkpoint.into_bytes();
        let at = place.index(bytes.len());
        bytes[at] ^= 1 << bit;
        offered.checkpoint = String::from_utf8_lossy(&bytes).into_owned();
        let verdict = consider(Some(&keep(&ledger, kept)), &offered, &ledger.verifier());
        prop_assert!(matches!(verdict, Verdict::Unsigned(_)), "{:?}", verdict);
        prop_assert!(verdict.is_alarm());
    }

    #[test]
    fn a_proof_from_elsewhere_says_nothing(kept in 0_u64..60, more in 1_u64..60, from in 0_u64..120) {
        prop_assume!(from != kept && from <= kept + more);
        let ledger = Ledger::long(kept + more);
        let offered = ledger.offer(from, kept + more);
        let verdict = consider(Some(&keep(&ledger, kept)), &offered, &ledger.verifier());
        prop_assert_eq!(&verdict, &Verdict::ProofNeeded { from: kept });
        prop_assert!(!verdict.is_alarm());
    }

    #[test]
    fn a_restored_backup_is_refused(kept in 1_u64..100, lost in 1_u64..100) {
        let kept_head = keep(&Ledger::long(kept), kept);
        let size = kept.saturating_sub(lost);
        let restored = Ledger::long(size);
        // What it remembers of the other side is as old as the backup; then it is told.
        let first = consider(Some(&kept_head), &restored.offer(size.min(kept / 2), size), &restored.verifier());
        let told = consider(Some(&kept_head), &restored.offer(kept, size), &restored.verifier());
        prop_assert!(matches!(first, Verdict::Shorter { .. }), "{:?}", first);
        prop_assert_eq!(&told, &Verdict::Shorter { knowingly: true });
        prop_assert!(told.is_alarm());
        let answer = told.answer("minsheng/430923/reporting", Some(&kept_head), String::new());
        prop_assert_eq!((answer.reason.as_str(), answer.kept_size), ("LEDGER_SHORTER", kept));
        prop_assert_eq!(answer.kept_checkpoint, kept_head.checkpoint);
    }

    #[test]
    fn an_older_head_stands_only_with_a_proof_of_the_kept_tree(
        kept in 2_u64..100, older: Index, fork: Index, how in 0_u8..5, place: Index, bit: Index,
    ) {
        let older = 1 + older.index(usize::try_from(kept - 1).unwrap()) as u64;
        let ledger = Ledger::long(kept);
        let kept_head = keep(&ledger, kept);
        let proof = ledger.consistency(older, kept);
        let mut offered = offer(ledger.checkpoint(older), "", older, &proof);
        prop_assert_eq!(consider(Some(&kept_head), &offered, &ledger.verifier()), Verdict::Older);
        let fork = fork.index(usize::try_from(older).unwrap()) as u64;
        let forked = offer(Ledger::forked(kept, fork).checkpoint(older), "", older, &proof);
        let verdict = consider(Some(&kept_head), &forked, &ledger.verifier());
        prop_assert_eq!(verdict, Verdict::Shorter { knowingly: false });
        tamper_proof(&mut offered, how, place, bit);
        let verdict = consider(Some(&kept_head), &offered, &ledger.verifier());
        prop_assert_eq!(verdict, Verdict::Shorter { knowingly: false });
    }

    #[test]
    fn no_offer_at_all_makes_a_panic(checkpoint in ".{0,80}", from: u64, proof in prop::collection::vec(any::<Vec<u8>>(), 0..70)) {
        let ledger = Ledger::long(9);
        let made = OfferedHead { checkpoint, from_size: from, consistency_proof: proof.clone(), ..OfferedHead::default() };
        prop_assert!(!is_taken(&consider(Some(&keep(&ledger, 5)), &made, &ledger.verifier())));
        let signed = OfferedHead { consistency_proof: proof, ..offer(ledger.checkpoint(9), "", 5, &[]) };
        prop_assert!(!is_taken(&consider(Some(&keep(&ledger, 5)), &signed, &ledger.verifier())));
    }
}

#[test]
fn an_offer_overtaken_on_its_way_is_no_alarm() {
    let ledger = Ledger::long(120);
    let verdict = consider(Some(&keep(&ledger, 120)), &ledger.offer(100, 110), &ledger.verifier());
    assert_eq!(verdict, Verdict::Shorter { knowingly: false });
    assert!(!verdict.is_alarm());
    assert_eq!(verdict.reason(), Some("LEDGER_SHORTER"));
}

#[test]
fn the_same_head_again_changes_nothing() {
    let ledger = Ledger::long(7);
    let kept = keep(&ledger, 7);
    for from in [0, 3, 7] {
        assert_eq!(consider(Some(&kept), &ledger.offer(from, 7), &ledger.verifier()), Verdict::Same);
    }
    let answer = Verdict::Same.answer("minsheng/430923/reporting", Some(&kept), "signed".into());
    assert_eq!((answer.kept_size, answer.cosigned.as_str(), answer.reason.as_str()), (7, "signed", ""));
    assert!(answer.kept_checkpoint.is_empty());
}

#[test]
fn at_first_sight_there_is_nothing_to_prove_from() {
    let ledger = Ledger::long(7);
    let verifier = ledger.verifier();
    let Verdict::Taken(kept) = consider(None, &ledger.offer(0, 7), &verifier) else { panic!("not taken") };
    assert_eq!(kept, keep(&ledger, 7));
    assert_eq!(kept.verifier_key, ledger.signer.verifier_key());
    let empty = consider(None, &ledger.offer(0, 0), &verifier);
    assert_eq!(empty, Verdict::Taken(keep(&ledger, 0)));
    // The other side thinks that something is kept, or brings a proof from nowhere.
    assert_eq!(consider(None, &ledger.offer(3, 7), &verifier), Verdict::ProofNeeded { from: 0 });
    let mut padded = ledger.offer(0, 7);
    padded.consistency_proof = ledger.offer(3, 7).consistency_proof;
    assert_eq!(consider(None, &padded, &verifier), Verdict::ProofNeeded { from: 0 });
    assert_eq!(consider(Some(&keep(&ledger, 0)), &ledger.offer(0, 7), &verifier), Verdict::Taken(keep(&ledger, 7)));
}

#[test]
fn an_emptied_ledger_is_shorter_whatever_it_proves() {
    let ledger = Ledger::long(7);
    let verdict = consider(Some(&keep(&ledger, 7)), &ledger.offer(0, 0), &ledger.verifier());
    assert_eq!(verdict, Verdict::Shorter { knowingly: false });
    let told = consider(Some(&keep(&ledger, 7)), &ledger.offer(7, 0), &ledger.verifier());
    assert_eq!(told, Verdict::Shorter { knowingly: true });
}

#[test]
fn a_head_of_nothing_has_the_root_of_nothing() {
    let ledger = Ledger::long(7);
    let root = keep(&ledger, 7).root;
    let offered = offer(ledger.signer.sign(0, root).unwrap(), "", 0, &[]);
    assert_eq!(consider(None, &offered, &ledger.verifier()), Verdict::Unsigned(NoteError::Malformed));
    let endless = offer(ledger.signer.sign(u64::MAX, root).unwrap(), "", 0, &[]);
    assert_eq!(consider(None, &endless, &ledger.verifier()), Verdict::Unsigned(NoteError::Malformed));
}

#[test]
fn another_key_than_at_first_sight_is_refused() {
    let ledger = Ledger::long(7);
    let mut other = Ledger::of("minsheng/430923/verification");
    other.push(b"entry 0".to_vec());
    let verdict = consider(Some(&keep(&ledger, 7)), &other.offer(0, 1), &other.verifier());
    assert_eq!((verdict.reason(), verdict.is_alarm()), (Some("LEDGER_KEY_CHANGED"), true));
    let mut shown = ledger.offer(0, 7);
    shown.verifier_key = other.signer.verifier_key().to_owned();
    for kept in [None, Some(keep(&ledger, 7))] {
        assert_eq!(consider(kept.as_ref(), &shown, &ledger.verifier()), Verdict::KeyChanged);
    }
    // The right key, a head of another ledger.
    let mut foreign = other.offer(7, 1);
    foreign.verifier_key.clear();
    let verdict = consider(Some(&keep(&ledger, 7)), &foreign, &ledger.verifier());
    assert_eq!(verdict, Verdict::Unsigned(NoteError::Unsigned("minsheng/430923/reporting".into())));
}

#[test]
fn what_is_kept_holds_the_ledger_s_signature_alone() {
    let ledger = Ledger::long(7);
    let mut offered = ledger.offer(0, 7);
    let bare = offered.checkpoint.clone();
    let other = Ledger::of("somebody/else").checkpoint(0);
    offered.checkpoint.push_str(other.lines().last().unwrap());
    offered.checkpoint.push('\n');
    let Verdict::Taken(kept) = consider(None, &offered, &ledger.verifier()) else { panic!("not taken") };
    assert_eq!(kept.checkpoint, bare);
    offered.checkpoint.push_str(&format!("— {} AAAAAAA=\n", "n".repeat(40_000)));
    assert_eq!(consider(None, &offered, &ledger.verifier()), Verdict::Unsigned(NoteError::Malformed));
}

#[test]
fn what_was_stored_is_checked_when_it_is_read() {
    let ledger = Ledger::long(7);
    let key = ledger.signer.verifier_key();
    let kept = keep(&ledger, 7);
    assert_eq!(Kept::read(key, &kept.checkpoint).unwrap(), kept);
    assert!(Kept::read(key, &kept.checkpoint.replace("\n7\n", "\n6\n")).is_err());
    assert!(LedgerVerifier::new(key).is_ok() && Kept::read("no key", &kept.checkpoint).is_err());
}
