//! Applying a batch of followed entries as one command of the writer.

use std::sync::Arc;

use super::cursor::row;
use super::followed::{Follow, Followed};
use crate::error::{Reason, Refusal};
use crate::lease;
use crate::ledger::Frontier;
use crate::store::{Rows, Wants};
use crate::writer::{Command, Context};

/// A batch with the head that covers it.
pub(super) struct ApplyBatch {
    pub(super) source: &'static str,
    /// Fencing number of the lease under which it was read.
    pub(super) fence: i64,
    pub(super) follow: Arc<dyn Follow>,
    pub(super) entries: Arc<Vec<Followed>>,
    pub(super) from: u64,
    pub(super) frontier: Frontier,
    pub(super) checkpoint: String,
    pub(super) bytes: usize,
}

impl Command for ApplyBatch {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        wants.row::<lease::row::Entity>(lease::KEY);
        wants.row::<row::Entity>(self.source);
        for entry in self.entries.iter() {
            self.follow.wants(self.source, entry, wants);
        }
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        for entry in self.entries.iter() {
            self.follow.wants_more(self.source, entry, rows, wants);
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        if context.get::<lease::row::Entity>(lease::KEY).map(|lease| lease.fence) != Some(self.fence) {
            return Err(Refusal::new(Reason::LeaseLost));
        }
        let applied = context.get::<row::Entity>(self.source).map_or(0, |cursor| cursor.size);
        if u64::try_from(applied).ok() != Some(self.from) {
            // The answer to the first attempt was lost, or the lease went round in between: read the cursor again.
            return Err(Refusal::new(Reason::CursorMoved));
        }
        for entry in self.entries.iter() {
            self.follow.apply(self.source, entry, context)?;
        }
        context.put::<row::Entity>(row::Model {
            source: self.source.to_owned(),
            size: i64::try_from(self.frontier.size()).map_err(|_| Refusal::new(Reason::Internal))?,
            checkpoint: self.checkpoint.clone(),
            frontier: self.frontier.hashes().iter().flat_map(|hash| hash.0).collect(),
        });
        Ok(())
    }

    fn weight(&self) -> usize {
        self.bytes
    }
}
