//! The ledger: an append-only log of every change, its RFC 6962 tree, signed checkpoints, receipts and proofs.
//! At once outbox, audit trail and evidence; entries are stored as bytes that nobody re-encodes.

mod append;
pub mod entity;
mod note;
mod read;
mod service;
mod tree;
mod verify;

pub(crate) use append::{Appended, Appender, Head, NewEntry, wait_for_head};
pub use note::{LedgerSigner, LedgerVerifier, NoteError, SignedHead};
pub use read::LedgerReader;
pub use service::LedgerApi;
pub use tree::{Frontier, Hash, leaf_hash};
pub use verify::{LedgerCheck, LedgerFault, verify_inclusion, verify_receipt};

/// Largest document that a service records in one entry, in bytes: with its envelope, and behind a batch of entries that is
/// nearly full, it still reaches every follower.
pub const MAX_DOCUMENT: usize = 12 * 1024 * 1024;
