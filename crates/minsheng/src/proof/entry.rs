//! One ledger entry with its proof: bytes, leaf hash, inclusion proof, signed head, all of which must agree.

use minsheng_kit::ledger::{LedgerFault, LedgerVerifier, SignedHead, leaf_hash, verify_receipt};
use minsheng_kit::witness::{LedgerKeys, ProofFault};
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::tier::v1::Proven;
use prost::{Message, Name};

use super::fault::{fault, proof_fault};
use crate::failure::{Failure, Outcome};

/// An entry whose bytes are proved.
#[derive(Clone, Debug)]
pub(crate) struct ProvenEntry {
    /// What the bytes say.
    pub(crate) body: EntryBody,
    /// Leaf hash of the bytes.
    pub(crate) leaf: [u8; 32],
    /// The head that it is proved under; its origin is the ledger.
    pub(crate) head: SignedHead,
}

impl ProvenEntry {
    /// The change, when it is of this kind.
    pub(crate) fn payload<M: Message + Name + Default>(&self) -> Option<M> {
        if self.body.kind != M::full_name() {
            return None;
        }
        M::decode(self.body.payload.clone()).ok()
    }
}

/// Checks a receipt by itself.
pub(crate) fn prove_receipt(receipt: &Receipt, verifier: &LedgerVerifier) -> Outcome<SignedHead> {
    let head = verify_receipt(receipt, verifier).map_err(|error| fault(&error))?;
    if receipt.origin != head.origin {
        return Err(Failure::verification(format!("回执写的是{}，账头属于{}", receipt.origin, head.origin)));
    }
    Ok(head)
}

/// Checks an entry's bytes against its receipt.
pub(crate) fn prove(bytes: &[u8], receipt: &Receipt, verifier: &LedgerVerifier) -> Outcome<ProvenEntry> {
    let head = prove_receipt(receipt, verifier)?;
    let leaf = leaf_hash(bytes).0;
    if receipt.leaf_hash != leaf {
        return Err(fault(&LedgerFault::Leaf(receipt.sequence)));
    }
    match EntryBody::decode(bytes) {
        Ok(body) if body.sequence == receipt.sequence => Ok(ProvenEntry { body, leaf, head }),
        _ => Err(fault(&LedgerFault::Entry(receipt.sequence))),
    }
}

/// Checks an entry by the key that is known of its ledger.
pub(crate) fn prove_known(proven: &Proven, keys: &LedgerKeys) -> Outcome<ProvenEntry> {
    let receipt = proven.receipt.clone().unwrap_or_default();
    match keys.verify(proven) {
        Ok(known) => {
            let unreadable = |_| fault(&LedgerFault::Entry(receipt.sequence));
            let body = EntryBody::decode(proven.body.as_slice()).map_err(unreadable)?;
            Ok(ProvenEntry { body, leaf: known.leaf_hash.0, head: known.head })
        }
        Err(error @ ProofFault::UnknownLedger(_)) => Err(Failure::verification(proof_fault(&error))),
        Err(error) => Err(Failure::verification(format!("{}存证账：{}", receipt.origin, proof_fault(&error)))),
    }
}
