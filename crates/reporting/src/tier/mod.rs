//! Figures that lower tiers file: to its parent a tier is a unit that reports. A set is proven before it comes to the writer,
//! kept with an entry of its own, and becomes the next version of its report; what is certified here it changes only by a
//! correction that two persons open.

mod figure;
mod keep;
mod prove;
mod set;

pub(crate) use figure::{Total, compose, note_figures};
pub(crate) use keep::{keep, settle_certified, settle_opened, wants as wants_report};
pub(crate) use prove::{Keys, Proved, prove};
pub(crate) use set::share_of;
