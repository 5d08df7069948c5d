//! Following another service's ledger: what is learned is checked against the leaf hashes already kept, applied and
//! saved with its cursor in one transaction of this service's writer. A ledger that is shorter or forked is refused
//! with both heads shown, and nothing more is taken from it. Of several replicas the one that has the lease follows; the
//! others read from the database how far it is.

mod applier;
mod command;
pub mod cursor;
mod followed;
mod task;

pub use applier::{Applier, TakeError};
pub use followed::{Follow, Followed};
pub use task::{Follower, FollowerState};
