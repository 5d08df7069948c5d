//! What is learned from other ledgers: from the catalogue programmes, calendars, units and divisions; from verification what
//! became of the submitted versions. Nothing is written into the own ledger: nothing new is decided.

mod catalogue;
mod verification;

use minsheng_kit::error::Refusal;
use minsheng_kit::follower::{Follow, Followed};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::Context;

/// Learns from the catalogue's and verification's ledgers.
#[derive(Debug)]
pub(crate) struct Learn;

impl Follow for Learn {
    fn wants(&self, source: &str, entry: &Followed, wants: &mut Wants) {
        if source == "verification" {
            verification::wants(entry, wants);
        }
    }

    fn apply(&self, source: &str, entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal> {
        match source {
            "catalogue" => catalogue::apply(entry, context),
            "verification" => verification::apply(entry, context),
            _ => Ok(()),
        }
    }
}
