//! The one task through which all of a service's changes go: it takes what waits, lets each command decide as a pure
//! function over loaded rows, writes everything merged in one transaction with its ledger entries, and only then answers.

mod command;
mod context;
pub mod idempotency;
mod job;
mod task;

pub use command::{Call, Command, Outcome};
pub use context::Context;
pub use task::{Writer, WriterParts};
