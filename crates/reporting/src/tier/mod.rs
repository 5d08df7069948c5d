//! Figures that lower tiers file: to its parent a tier is a unit that reports. A set is proven before it comes to the writer,
//! kept with an entry of its own, and becomes the next version of its report; what is certified here it changes only by a
//! correction that two persons open.

mod figure;
mod keep;
mod line;
mod prove;
mod set;
mod share;

pub(crate) use figure::{Total, compose, note_figures};
pub(crate) use keep::{keep, settle_certified, settle_opened, wants as wants_report, wants_sets};
pub(crate) use line::{Alarm, Stranger, is_about_the_ledger, key_of, quarantine, stranger, wants as wants_line};
pub(crate) use prove::{Came, Keys, Proved, prove};
pub(crate) use set::share_of;
pub(crate) use share::{Attached, Share, attachments, shown_by};
