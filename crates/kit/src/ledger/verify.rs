//! Checking a receipt and a whole ledger offline, with nothing but the ledger's public key.

use minsheng_proto::common::v1::Receipt;
use minsheng_proto::ledger::v1::EntryBody;
use prost::Message;
use thiserror::Error;
use tlog_tiles::tlog;

use super::{Frontier, Hash, LedgerVerifier, NoteError, SignedHead, leaf_hash};

/// The first thing that does not hold.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LedgerFault {
    /// The signed head is not good.
    #[error(transparent)]
    Head(#[from] NoteError),
    /// A hash is not 32 bytes long.
    #[error("a hash of the proof is not 32 bytes long")]
    Hash,
    /// The proof does not lead to the signed root.
    #[error("the proof does not lead from entry {0} to the signed root")]
    Proof(u64),
    /// The entry at this place cannot be read or carries another number.
    #[error("entry {0} is missing, out of place or unreadable")]
    Entry(u64),
    /// The entry at this place is older than the one before.
    #[error("entry {0} is earlier than the entry before it")]
    Time(u64),
    /// The bytes of the entry are not those that its stored hash is over.
    #[error("entry {0} was changed: its bytes do not match the hash stored when it was written")]
    Leaf(u64),
    /// The entries do not add up to the signed root.
    #[error("the first {0} entries do not add up to the signed root")]
    Root(u64),
    /// There are fewer entries than the head says.
    #[error("the head covers {head} entries, but there are {found}")]
    Short {
        /// Entries by the head.
        head: u64,
        /// Entries found.
        found: u64,
    },
}

/// Checks a receipt: signature, origin, and that the proof leads from the leaf to the signed root.
pub fn verify_receipt(receipt: &Receipt, verifier: &LedgerVerifier) -> Result<SignedHead, LedgerFault> {
    let head = verifier.verify(&receipt.checkpoint)?;
    verify_inclusion(receipt, &head)?;
    Ok(head)
}

/// The same under a head whose signature has been checked.
pub fn verify_inclusion(receipt: &Receipt, head: &SignedHead) -> Result<(), LedgerFault> {
    let leaf = to_hash(&receipt.leaf_hash)?;
    let proof = receipt.inclusion_proof.iter().map(|hash| to_hash(hash)).collect::<Result<Vec<_>, _>>()?;
    if receipt.sequence >= head.size {
        return Err(LedgerFault::Proof(receipt.sequence));
    }
    tlog::check_record(&proof, head.size, head.root, receipt.sequence, leaf)
        .map_err(|_| LedgerFault::Proof(receipt.sequence))
}

/// Checks all entries from the first against a signed head.
#[derive(Debug)]
pub struct LedgerCheck {
    head: SignedHead,
    frontier: Frontier,
    last_time: (i64, i32),
}

impl LedgerCheck {
    /// Begins with the head, whose signature is checked.
    pub fn begin(note: &str, verifier: &LedgerVerifier) -> Result<Self, LedgerFault> {
        Ok(Self { head: verifier.verify(note)?, frontier: Frontier::default(), last_time: (i64::MIN, 0) })
    }

    /// Takes the next entry: its stored bytes and, where known, the leaf hash stored beside it. Entries beyond the head
    /// are passed over.
    pub fn entry(&mut self, body: &[u8], stored_leaf: Option<&[u8]>) -> Result<(), LedgerFault> {
        let sequence = self.frontier.size();
        if sequence == self.head.size {
            return Ok(());
        }
        let leaf = leaf_hash(body);
        if stored_leaf.is_some_and(|stored| stored != leaf.0) {
            return Err(LedgerFault::Leaf(sequence));
        }
        let entry = EntryBody::decode(body).map_err(|_| LedgerFault::Entry(sequence))?;
        let time = entry.time.map(|time| (time.seconds, time.nanos));
        match time {
            Some(time) if entry.sequence == sequence && time >= self.last_time => self.last_time = time,
            Some(time) if entry.sequence == sequence && time < self.last_time => {
                return Err(LedgerFault::Time(sequence));
            }
            _ => return Err(LedgerFault::Entry(sequence)),
        }
        self.frontier.append(leaf).map_err(|_| LedgerFault::Entry(sequence))?;
        self.frontier.trim();
        Ok(())
    }

    /// After the last entry: they must add up to the signed root.
    pub fn finish(self) -> Result<SignedHead, LedgerFault> {
        if self.frontier.size() < self.head.size {
            return Err(LedgerFault::Short { head: self.head.size, found: self.frontier.size() });
        }
        match self.frontier.root() {
            Ok(root) if root == self.head.root => Ok(self.head),
            _ => Err(LedgerFault::Root(self.head.size)),
        }
    }
}

fn to_hash(bytes: &[u8]) -> Result<Hash, LedgerFault> {
    <[u8; 32]>::try_from(bytes).map(Hash).map_err(|_| LedgerFault::Hash)
}
