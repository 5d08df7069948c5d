//! Ledgers in memory, of any length and forked at any place, for the tests of what tiers prove to each other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod chain;
mod feed;
mod head;
mod proven;

use ed25519_dalek::SigningKey;
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::ledger::v1::{Actor, EntryBody};
use minsheng_proto::tier::v1::{OfferedHead, Proven};
use prost::{Message, Name};
use tlog_tiles::tlog::{self, HashReader};

use super::{offer, proof_span, proven as travelling};
use crate::ledger::{Hash, LedgerSigner, LedgerVerifier};

/// A ledger with all hashes of its tree.
#[derive(Clone)]
struct Ledger {
    signer: LedgerSigner,
    bodies: Vec<Vec<u8>>,
    hashes: Stored,
}

#[derive(Clone, Default)]
struct Stored(Vec<Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

impl Ledger {
    fn of(origin: &str) -> Self {
        let mut seed = [3; 32];
        for (place, byte) in seed.iter_mut().zip(origin.bytes().rev()) {
            *place = byte;
        }
        let signer = LedgerSigner::new(origin, &SigningKey::from_bytes(&seed)).unwrap();
        Self { signer, bodies: Vec::new(), hashes: Stored::default() }
    }

    /// A ledger of so many entries, whose bytes differ from another's from entry `fork` on.
    fn forked(size: u64, fork: u64) -> Self {
        let mut ledger = Self::of("minsheng/430923/reporting");
        for number in 0..size {
            let branch = if number < fork { "" } else { "other " };
            ledger.push(format!("{branch}entry {number}").into_bytes());
        }
        ledger
    }

    fn long(size: u64) -> Self {
        Self::forked(size, size)
    }

    fn push(&mut self, body: Vec<u8>) -> u64 {
        let sequence = self.size();
        let hashes = tlog::stored_hashes(sequence, &body, &self.hashes).unwrap();
        self.hashes.0.extend(hashes);
        self.bodies.push(body);
        sequence
    }

    fn record<M: Message + Name>(&mut self, subject: &str, payload: &M) -> u64 {
        self.record_as(&M::full_name(), subject, payload.encode_to_vec())
    }

    fn record_as(&mut self, kind: &str, subject: &str, payload: Vec<u8>) -> u64 {
        let body = EntryBody {
            sequence: self.size(),
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            actor: Some(Actor { account: "jyj.head".into(), person: "P1".into(), unit: "jyj".into() }),
            time: Some(prost_types::Timestamp { seconds: 1_687_226_400, nanos: 0 }),
            payload: payload.into(),
        };
        self.push(body.encode_to_vec())
    }

    fn size(&self) -> u64 {
        self.bodies.len() as u64
    }

    fn verifier(&self) -> LedgerVerifier {
        LedgerVerifier::new(self.signer.verifier_key()).unwrap()
    }

    fn checkpoint(&self, size: u64) -> String {
        self.signer.sign(size, tlog::tree_hash(size, &self.hashes).unwrap()).unwrap()
    }

    fn consistency(&self, from: u64, to: u64) -> Vec<Hash> {
        tlog::prove_tree(to, from, &self.hashes).unwrap()
    }

    /// The head of this size as it is offered to one who keeps so many entries.
    fn offer(&self, kept: u64, size: u64) -> OfferedHead {
        let proof = proof_span(kept, size).map(|(from, to)| self.consistency(from, to)).unwrap_or_default();
        offer(self.checkpoint(size), self.signer.verifier_key(), kept, &proof)
    }

    fn proven(&self, sequence: u64, size: u64) -> Proven {
        let body = self.bodies[usize::try_from(sequence).unwrap()].clone();
        let proof = tlog::prove_record(size, sequence, &self.hashes).unwrap();
        let receipt = Receipt {
            origin: self.signer.origin().to_owned(),
            sequence,
            leaf_hash: tlog::record_hash(&body).0.to_vec(),
            inclusion_proof: proof.iter().map(|hash| hash.0.to_vec()).collect(),
            checkpoint: self.checkpoint(size),
        };
        travelling(body, receipt)
    }
}
