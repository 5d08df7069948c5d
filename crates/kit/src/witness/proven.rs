//! Entries of another tier's ledger with their proof: made from what the ledger gives, checked with its key alone. What the
//! entry says is read only as far as the envelope: an unknown kind is proven like any other.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::ledger::v1::{Actor, EntryBody};
use minsheng_proto::tier::v1::Proven;
use prost::{Message, Name};
use thiserror::Error;

use crate::ledger::{Hash, LedgerFault, LedgerVerifier, NoteError, SignedHead, leaf_hash, verify_inclusion};

/// Why a proven entry, or what is built of several, is not accepted.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ProofFault {
    /// The proof of an entry does not hold.
    #[error(transparent)]
    Entry(#[from] LedgerFault),
    /// The entry comes without a receipt.
    #[error("the entry comes without a receipt")]
    NoReceipt,
    /// The key of this ledger is not known.
    #[error("the key of the ledger {0} is not known")]
    UnknownLedger(String),
    /// An entry that should decide on a report is something else.
    #[error("entry {sequence} is a {kind}, which decides on no report")]
    NotADecision {
        /// Its number.
        sequence: u64,
        /// Its kind.
        kind: String,
    },
    /// An entry that should submit a report is something else.
    #[error("entry {sequence} is a {kind}, which submits no report")]
    NotASubmission {
        /// Its number.
        sequence: u64,
        /// Its kind.
        kind: String,
    },
    /// Decision and submission are of two tiers, or of ledgers that do not hold such entries.
    #[error("a decision in {decision} cannot be about a submission in {submission}")]
    OtherLedger {
        /// Origin of the decision.
        decision: String,
        /// Origin of the submission.
        submission: String,
    },
    /// The decision names another submission.
    #[error("the decision is about {0}, whose entry is another one")]
    OtherSubmission(String),
    /// The decision has another value than what was submitted, and does not say that it was adjusted.
    #[error("the value decided for {0} is neither the one submitted nor an adjustment of it")]
    OtherValue(String),
}

/// An entry whose bytes, number and place in its ledger are proven.
#[derive(Clone, Debug)]
pub struct ProvenEntry {
    /// Number in its ledger.
    pub sequence: u64,
    /// Leaf hash of its bytes.
    pub leaf_hash: Hash,
    /// Full name of the payload's message.
    pub kind: String,
    /// What changed.
    pub subject: String,
    /// Who did it.
    pub actor: Actor,
    /// When, by that ledger's clock.
    pub time: prost_types::Timestamp,
    /// The head that it is proven under; its origin is the ledger.
    pub head: SignedHead,
    payload: Bytes,
}

impl ProvenEntry {
    /// The payload, if it is of this kind and can be read.
    pub fn payload<M: Message + Name + Default>(&self) -> Option<M> {
        if self.kind != M::full_name() {
            return None;
        }
        M::decode(self.payload.clone()).ok()
    }

    /// Ledger origin.
    pub fn origin(&self) -> &str {
        &self.head.origin
    }
}

/// A stored entry with its receipt, ready to travel. The bytes are those of the ledger's table.
pub fn proven(body: impl Into<Vec<u8>>, receipt: Receipt) -> Proven {
    Proven { body: body.into(), receipt: Some(receipt) }
}

/// Checks an entry against its receipt and the ledger's key: signature and origin of the head, the proof from leaf to root,
/// the leaf over the very bytes, the number in them.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify_proven(proven: &Proven, verifier: &LedgerVerifier) -> Result<ProvenEntry, ProofFault> {
    let receipt = proven.receipt.as_ref().ok_or(ProofFault::NoReceipt)?;
    under(proven, verifier.verify(&receipt.checkpoint).map_err(LedgerFault::Head)?)
}

/// The same under a head whose signature has been checked.
fn under(proven: &Proven, head: SignedHead) -> Result<ProvenEntry, ProofFault> {
    let receipt = proven.receipt.as_ref().ok_or(ProofFault::NoReceipt)?;
    verify_inclusion(receipt, &head)?;
    if receipt.origin != head.origin {
        let fault = NoteError::Origin { expected: receipt.origin.clone(), found: head.origin };
        return Err(LedgerFault::Head(fault).into());
    }
    let body = Bytes::copy_from_slice(&proven.body);
    let leaf_hash = leaf_hash(&body);
    if receipt.leaf_hash != leaf_hash.0 {
        return Err(LedgerFault::Leaf(receipt.sequence).into());
    }
    let unreadable = || LedgerFault::Entry(receipt.sequence);
    let entry = EntryBody::decode(body).map_err(|_| unreadable())?;
    let time = entry.time.filter(|_| entry.sequence == receipt.sequence).ok_or_else(unreadable)?;
    Ok(ProvenEntry {
        sequence: entry.sequence,
        leaf_hash,
        kind: entry.kind,
        subject: entry.subject,
        actor: entry.actor.unwrap_or_default(),
        time,
        head,
        payload: entry.payload,
    })
}

/// The ledgers that somebody knows, by origin; one that was begun anew has several keys, the newest last. A head that many
/// entries are proven under is checked once.
#[derive(Debug, Default)]
pub struct LedgerKeys {
    known: BTreeMap<String, Vec<LedgerVerifier>>,
    /// Heads whose signatures were good, by their text.
    heads: Mutex<HashMap<String, SignedHead>>,
}

impl Clone for LedgerKeys {
    fn clone(&self) -> Self {
        Self { known: self.known.clone(), heads: Mutex::default() }
    }
}

impl FromIterator<LedgerVerifier> for LedgerKeys {
    fn from_iter<I: IntoIterator<Item = LedgerVerifier>>(keys: I) -> Self {
        let mut known: BTreeMap<String, Vec<LedgerVerifier>> = BTreeMap::new();
        for key in keys {
            known.entry(key.origin().to_owned()).or_default().push(key);
        }
        Self { known, heads: Mutex::default() }
    }
}

impl LedgerKeys {
    /// The key of a ledger.
    pub fn get(&self, origin: &str) -> Option<&LedgerVerifier> {
        self.known.get(origin)?.last()
    }

    /// Checks an entry by the keys of the ledger that its receipt names.
    ///
    /// # Errors
    /// The first thing that does not hold; also when the ledger is not known.
    pub fn verify(&self, proven: &Proven) -> Result<ProvenEntry, ProofFault> {
        let receipt = proven.receipt.as_ref().ok_or(ProofFault::NoReceipt)?;
        let origin = &receipt.origin;
        let known = self.known.get(origin).ok_or_else(|| ProofFault::UnknownLedger(origin.clone()))?;
        if let Some(head) = self.heads().get(&receipt.checkpoint).cloned() {
            return under(proven, head);
        }
        let mut fault = ProofFault::UnknownLedger(origin.clone());
        for verifier in known.iter().rev() {
            match verifier.verify(&receipt.checkpoint) {
                Ok(head) => {
                    self.heads().insert(receipt.checkpoint.clone(), head.clone());
                    return under(proven, head);
                }
                Err(found) => fault = LedgerFault::Head(found).into(),
            }
        }
        Err(fault)
    }

    fn heads(&self) -> MutexGuard<'_, HashMap<String, SignedHead>> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
