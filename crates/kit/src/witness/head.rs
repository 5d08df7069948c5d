//! The head of another tier's ledger as it is kept, and what becomes of the next one that is offered: taken only with an
//! exact RFC 6962 proof that it extends what is kept.

use std::cmp::Ordering;

use minsheng_proto::tier::v1::{HeadResult, OfferedHead};
use tlog_tiles::tlog::{self, EMPTY_HASH};

use crate::ledger::{Hash, LedgerVerifier, NoteError, SignedHead};

/// Longest checkpoint that is read, in bytes: a head with room for a hundred signatures.
const MAX_CHECKPOINT: usize = 32 * 1024;
/// Most hashes that a consistency proof can have.
const MAX_PROOF: usize = 63;

/// What a witness keeps of a ledger: the largest head that it has seen proven, and the key that it was first seen with.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Ledger origin.
    pub origin: String,
    /// The key that signs the ledger's heads, in the form name+id+key, as at first sight.
    pub verifier_key: String,
    /// Entries.
    pub size: u64,
    /// Root hash.
    pub root: Hash,
    /// The checkpoint with the ledger's own signature alone.
    pub checkpoint: String,
}

impl Kept {
    /// From what was stored, whose signature is checked again.
    ///
    /// # Errors
    /// When key and checkpoint do not belong together.
    pub fn read(verifier_key: &str, checkpoint: &str) -> Result<Self, NoteError> {
        let verifier = LedgerVerifier::new(verifier_key)?;
        Ok(Self::of(verifier.verify_bare(checkpoint)?, &verifier))
    }

    fn of(head: SignedHead, verifier: &LedgerVerifier) -> Self {
        Self {
            origin: head.origin,
            verifier_key: verifier.verifier_key().to_owned(),
            size: head.size,
            root: head.root,
            checkpoint: head.note,
        }
    }
}

/// What became of an offered head.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It extends what was kept, or is the first; this is to be kept now, and may be cosigned.
    Taken(Kept),
    /// It is what is kept; it may be cosigned again.
    Same,
    /// It is older than what is kept and proven to be a beginning of it; nothing changes.
    Older,
    /// It is longer, but its proof begins elsewhere: nothing is known for or against it.
    ProofNeeded {
        /// What to prove from.
        from: u64,
    },
    /// It is shorter than what is kept, and not proven to be a beginning of it: what a restored backup looks like, and also
    /// an offer that was overtaken on its way.
    Shorter {
        /// The other side has been told what is kept and still has no more: no late offer, but a ledger that lost entries.
        knowingly: bool,
    },
    /// It cannot be a continuation of what is kept: the past was rewritten.
    Forked,
    /// It comes with another key than at first sight.
    KeyChanged,
    /// The ledger's key did not sign it, or it is no checkpoint.
    Unsigned(NoteError),
}

impl Verdict {
    /// The reason as the other side is told it; none where the head stands.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Taken(_) | Self::Same | Self::Older => None,
            Self::ProofNeeded { .. } => Some("PROOF_NEEDED"),
            Self::Shorter { .. } => Some("LEDGER_SHORTER"),
            Self::Forked => Some("LEDGER_FORKED"),
            Self::KeyChanged => Some("LEDGER_KEY_CHANGED"),
            Self::Unsigned(_) => Some("LEDGER_UNSIGNED"),
        }
    }

    /// Whether people must look at it: nothing that lost, late or doubled messages bring about.
    pub fn is_alarm(&self) -> bool {
        match self {
            Self::Taken(_) | Self::Same | Self::Older | Self::ProofNeeded { .. } => false,
            Self::Shorter { knowingly } => *knowingly,
            Self::Forked | Self::KeyChanged | Self::Unsigned(_) => true,
        }
    }

    /// The answer to the other side; `kept` as it was before, `cosigned` where the head was taken or the same.
    pub fn answer(&self, origin: &str, kept: Option<&Kept>, cosigned: String) -> HeadResult {
        let kept = match self {
            Self::Taken(new) => Some(new),
            _ => kept,
        };
        let refused = kept.filter(|_| self.reason().is_some());
        HeadResult {
            origin: origin.to_owned(),
            kept_size: kept.map_or(0, |kept| kept.size),
            cosigned,
            reason: self.reason().unwrap_or_default().to_owned(),
            kept_checkpoint: refused.map(|kept| kept.checkpoint.clone()).unwrap_or_default(),
        }
    }
}

/// Judges an offered head by what is kept of its ledger. `verifier` is the ledger's key: the one kept; before anything is
/// kept, the enrolled one or the one that the offer shows. At first sight it is kept with the head; an offer that comes
/// with another one later is refused.
///
/// At first sight there is nothing to prove from: the offer must say so (from 0, without a proof).
pub fn consider(kept: Option<&Kept>, offered: &OfferedHead, verifier: &LedgerVerifier) -> Verdict {
    let shown = Some(offered.verifier_key.trim()).filter(|shown| !shown.is_empty());
    let known = kept.map(|kept| kept.verifier_key.as_str());
    if [shown, known].into_iter().flatten().any(|key| key != verifier.verifier_key()) {
        return Verdict::KeyChanged;
    }
    if offered.checkpoint.len() > MAX_CHECKPOINT {
        return Verdict::Unsigned(NoteError::Malformed);
    }
    let head = match verifier.verify_bare(&offered.checkpoint) {
        Ok(head) => head,
        Err(error) => return Verdict::Unsigned(error),
    };
    let (size, root) = kept.map_or((0, EMPTY_HASH), |kept| (kept.size, kept.root));
    let leads = |from, from_root, to, to_root| proof_leads(offered, from, from_root, to, to_root);
    match head.size.cmp(&size) {
        Ordering::Equal if head.root != root => Verdict::Forked,
        Ordering::Equal if kept.is_some() => Verdict::Same,
        Ordering::Equal => Verdict::Taken(Kept::of(head, verifier)),
        Ordering::Less if offered.from_size == head.size && leads(head.size, head.root, size, root) => Verdict::Older,
        Ordering::Less => Verdict::Shorter { knowingly: offered.from_size == size },
        Ordering::Greater if offered.from_size != size => Verdict::ProofNeeded { from: size },
        Ordering::Greater if size == 0 && offered.consistency_proof.is_empty() => {
            Verdict::Taken(Kept::of(head, verifier))
        }
        Ordering::Greater if size == 0 => Verdict::ProofNeeded { from: 0 },
        Ordering::Greater if leads(size, root, head.size, head.root) => Verdict::Taken(Kept::of(head, verifier)),
        Ordering::Greater => Verdict::Forked,
    }
}

/// Whether the offer's proof leads from one head to a larger one. An empty ledger leads nowhere: that one which was emptied
/// would be a beginning of anything proves nothing.
fn proof_leads(offered: &OfferedHead, from: u64, from_root: Hash, to: u64, to_root: Hash) -> bool {
    if from == 0 || offered.consistency_proof.len() > MAX_PROOF {
        return false;
    }
    let hashes = offered.consistency_proof.iter();
    let proof = hashes.map(|hash| <[u8; 32]>::try_from(hash.as_slice()).map(Hash)).collect::<Result<Vec<_>, _>>();
    proof.is_ok_and(|proof| tlog::check_tree(&proof, to, to_root, from, from_root).is_ok())
}

/// The consistency proof that an offer needs: from which size to which; none where there is nothing to prove, because the
/// other side keeps nothing, keeps this head, or keeps more than there is.
pub fn proof_span(kept_size: u64, head_size: u64) -> Option<(u64, u64)> {
    (kept_size > 0 && kept_size < head_size).then_some((kept_size, head_size))
}

/// A head as it is offered to a side that said to keep `kept_size` entries of this ledger, with the proof that
/// [`proof_span`] asks for.
pub fn offer(checkpoint: String, verifier_key: &str, kept_size: u64, proof: &[Hash]) -> OfferedHead {
    OfferedHead {
        checkpoint,
        verifier_key: verifier_key.to_owned(),
        from_size: kept_size,
        consistency_proof: proof.iter().map(|hash| hash.0.to_vec()).collect(),
    }
}
