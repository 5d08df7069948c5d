//! Proof without trust in the server: receipts, single entries, whole ledgers and the chain behind a figure,
//! each checked with nothing but the ledgers' public keys.

mod chain;
pub(crate) mod database;
mod entry;
mod fault;
mod fetch;
mod figure;
mod folder;
mod head;
mod keys;

pub(crate) use chain::{Trace, check_chain};
pub(crate) use entry::{ProvenEntry, prove, prove_receipt};
pub(crate) use fault::fault;
pub(crate) use fetch::{Start, fetch_chain, fetch_entry, issue_entry};
pub(crate) use figure::{Figure, MeasureTrace};
pub(crate) use folder::{load_chain, save_chain, with_given};
pub(crate) use keys::{given_keys, key_of, read_key, verifier};
