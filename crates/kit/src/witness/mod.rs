//! What two tiers prove to each other: heads that are kept and cosigned, entries that travel with their proof, the chain
//! behind a decided figure through the tiers that reported it, a feed of mandates without gaps. Pure: no I/O, no clock; the
//! callers fetch, store and raise alarms.

mod bare;
mod chain;
mod cosignature;
mod descent;
mod feed;
mod figure;
mod head;
mod proven;
#[cfg(test)]
mod tests;

pub use bare::without_proofs;
pub use chain::{DecidedFigure, check_decision, submission_of, version_of};
pub use cosignature::{Cosigned, WitnessSigner, WitnessVerifier};
pub use descent::{Decided, DescentFault, Entries, Lower, Part, descend, proofs_of, received};
pub use feed::{FeedFault, MandateEntry, follow_feed};
pub use figure::{SumFault, check_breakdown, same_value};
pub use head::{Kept, Verdict, consider, offer, proof_span};
pub use proven::{LedgerKeys, ProofFault, ProvenEntry, proven, verify_proven};
