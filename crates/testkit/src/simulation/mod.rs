//! Two tiers and the line between them in simulated time (turmoil). Every message of an exchange passes points at which a
//! seeded course of faults may cut, hold, double or repeat it, or kill a side. Storage is real: while a service works on
//! its database the simulated world stands still, so that a run follows from its seed alone.

mod course;
mod line;
mod seeds;
mod service;
mod stage;
mod still;
mod sweep;
mod tally;
mod wire;

pub use course::{Course, Fault, Go, Point};
pub use seeds::{Seeds, rounds, seed};
pub use service::{open, verified};
pub use stage::{ABOVE, BELOW, LINE, Stage};
pub use still::{Store, still};
pub use sweep::{at_every_message, by_chance};
pub use tally::{Found, Tally};
pub use wire::{answer, call, read, serve};
