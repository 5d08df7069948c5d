//! An entry stands with its own bytes, number, proof and head only; what it says does not matter.

use proptest::prelude::*;
use proptest::sample::Index;

use minsheng_proto::reporting::v1::ReportConfirmed;

use super::super::{LedgerKeys, ProofFault, verify_proven};
use super::Ledger;
use crate::ledger::{LedgerFault, NoteError, leaf_hash};

fn ledger(size: u64) -> Ledger {
    let mut ledger = Ledger::of("minsheng/430923/reporting");
    for number in 0..size {
        // Of a later version: nobody here knows this kind.
        ledger.record_as("minsheng.reporting.v9.FigureDreamt", &format!("reports/{number}"), vec![0xff, 0xfe, 7]);
    }
    ledger
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_unknown_kind_is_proven_like_any_other(size in 1_u64..80, place: Index) {
        let sequence = place.index(usize::try_from(size).unwrap()) as u64;
        let ledger = ledger(size);
        let proven = ledger.proven(sequence, size);
        let entry = verify_proven(&proven, &ledger.verifier()).unwrap();
        prop_assert_eq!(entry.leaf_hash, leaf_hash(&proven.body));
        prop_assert_eq!((entry.sequence, entry.head.size), (sequence, size));
        prop_assert_eq!(&entry.kind, "minsheng.reporting.v9.FigureDreamt");
        prop_assert_eq!((&entry.subject, entry.time.seconds), (&format!("reports/{sequence}"), 1_687_226_400));
        prop_assert!(entry.payload::<ReportConfirmed>().is_none());
    }

    #[test]
    fn a_changed_byte_anywhere_is_refused(size in 1_u64..40, place: Index, part in 0_u8..4, at: Index, bit in 0_u8..8) {
        let sequence = place.index(usize::try_from(size).unwrap()) as u64;
        let ledger = ledger(size);
        let mut proven = ledger.proven(sequence, size);
        let receipt = proven.receipt.as_mut().unwrap();
        match part {
            0 => {
                let at = at.index(proven.body.len());
                proven.body[at] ^= 1 << bit;
            }
            1 => receipt.leaf_hash[at.index(32)] ^= 1 << bit,
            2 if !receipt.inclusion_proof.is_empty() => {
                let hash = at.index(receipt.inclusion_proof.len());
                receipt.inclusion_proof[hash][at.index(32)] ^= 1 << bit;
            }
            _ => receipt.sequence ^= 1 << bit,
        }
        prop_assert!(verify_proven(&proven, &ledger.verifier()).is_err());
    }
}

#[test]
fn what_is_missing_or_of_another_ledger_is_named() {
    let ledger = ledger(5);
    let proven = ledger.proven(2, 5);
    let keys: LedgerKeys = [ledger.verifier()].into_iter().collect();
    assert_eq!(keys.verify(&proven).unwrap().origin(), "minsheng/430923/reporting");

    let mut bare = proven.clone();
    bare.receipt = None;
    assert_eq!(keys.verify(&bare).unwrap_err(), ProofFault::NoReceipt);

    let mut unknown = proven.clone();
    unknown.receipt.as_mut().unwrap().origin = "minsheng/430922/reporting".into();
    let fault = keys.verify(&unknown).unwrap_err();
    assert_eq!(fault, ProofFault::UnknownLedger("minsheng/430922/reporting".into()));
    let fault = verify_proven(&unknown, &ledger.verifier()).unwrap_err();
    assert!(matches!(fault, ProofFault::Entry(LedgerFault::Head(NoteError::Origin { .. }))), "{fault:?}");

    let mut other = proven.clone();
    other.body = ledger.proven(3, 5).body;
    assert_eq!(keys.verify(&other).unwrap_err(), ProofFault::Entry(LedgerFault::Leaf(2)));

    let mut foreign = proven;
    foreign.receipt.as_mut().unwrap().checkpoint = Ledger::forked(5, 0).checkpoint(5);
    assert_eq!(keys.verify(&foreign).unwrap_err(), ProofFault::Entry(LedgerFault::Proof(2)));
}

#[test]
fn an_entry_that_says_another_number_than_its_place_is_refused() {
    let mut ledger = ledger(1);
    let body = ledger.bodies[0].clone();
    ledger.push(body);
    let fault = verify_proven(&ledger.proven(1, 2), &ledger.verifier()).unwrap_err();
    assert_eq!(fault, ProofFault::Entry(LedgerFault::Entry(1)));
}
