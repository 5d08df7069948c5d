//! What is learned from other ledgers: from the catalogue programmes, calendars, units and divisions; from verification what
//! became of the submitted versions. What is decided by that is written into the own ledger: a lower tier's set that waited
//! for a correction is submitted when it is opened, or the correction is asked for.

mod catalogue;
mod verification;

use std::sync::Arc;

use minsheng_kit::error::Refusal;
use minsheng_kit::follower::{Follow, Followed};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::Context;
use tokio::sync::Notify;

use crate::command::Rules;

/// Learns from the catalogue's and verification's ledgers.
#[derive(Debug)]
pub(crate) struct Learn {
    rules: Rules,
    /// Told when the outbox may hold more.
    news: Arc<Notify>,
}

impl Learn {
    /// Shares what commands have read so far.
    pub(crate) fn new(rules: Rules, news: Arc<Notify>) -> Self {
        Self { rules, news }
    }
}

impl Follow for Learn {
    fn wants(&self, source: &str, entry: &Followed, wants: &mut Wants) {
        match source {
            "catalogue" => catalogue::wants(entry, wants),
            "verification" => verification::wants(entry, wants),
            _ => {}
        }
    }

    fn wants_more(&self, source: &str, entry: &Followed, rows: &Rows, wants: &mut Wants) {
        match source {
            "catalogue" => catalogue::wants_more(entry, rows, wants),
            "verification" => verification::wants_more(entry, &self.rules, rows, wants),
            _ => {}
        }
    }

    fn apply(&self, source: &str, entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal> {
        match source {
            "catalogue" => catalogue::apply(entry, &self.rules, context),
            "verification" => verification::apply(entry, &self.rules, context),
            _ => Ok(()),
        }
    }

    fn applied(&self, _source: &str, _entries: &[Followed]) {
        self.news.notify_one();
    }
}
