//! The way up: to its parent this tier is a unit that reports. Each fast and certified figure of an indicator that answers a
//! mandate is put into the outbox by the entry that decided it, in the transaction that learns of it; a sender carries it to
//! the parent through this tier's own gateway, for as long as it takes.

mod exchange;
mod parcel;
mod sender;

pub(crate) use exchange::{Answer, Change as Settled, Exchange};
pub(crate) use parcel::{Decided, composed, composed_before, decided, decided_before, decisions, key, wants};
pub(crate) use sender::Sender;
#[cfg(test)]
pub(crate) use sender::{PATIENCE, Ready, place, read_failure};

/// How a set in the outbox stands; the numbers are the table's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutboxState {
    /// The parent has not answered yet.
    Pending = 1,
    /// The parent keeps it.
    Filed = 2,
    /// The parent refused it.
    Refused = 3,
}
