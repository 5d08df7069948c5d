//! Checking batches of a followed ledger against what is kept, and applying them.

use std::sync::Arc;

use minsheng_proto::ledger::v1::WatchResponse;
use sea_orm::EntityTrait;
use thiserror::Error;
use tracing::Instrument;

use super::command::ApplyBatch;
use super::cursor::row;
use super::followed::{Follow, Followed};
use crate::error::{Reason, Refusal};
use crate::identity::Caller;
use crate::lease::Lease;
use crate::ledger::{Frontier, Hash, LedgerVerifier};
use crate::store::Database;
use crate::telemetry::trace::{self, Cause, Causes};
use crate::writer::{Call, Writer};

/// Why a batch was not taken.
#[derive(Debug, Error)]
pub enum TakeError {
    /// Nothing is wrong with the ledger: read the cursor and connect again.
    #[error("{0}")]
    Again(String),
    /// The ledger does not extend what was kept; both heads are in the words.
    #[error("{0}")]
    Refused(String),
}

impl From<Refusal> for TakeError {
    fn from(refusal: Refusal) -> Self {
        Self::Again(refusal.to_string())
    }
}

/// Applies one followed ledger.
pub struct Applier {
    service: &'static str,
    source: &'static str,
    verifier: LedgerVerifier,
    follow: Arc<dyn Follow>,
    causes: Causes,
    database: Database,
    writer: Writer,
    lease: Lease,
    caller: Caller,
    kept: Kept,
}

impl std::fmt::Debug for Applier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Applier").field("source", &self.source).field("size", &self.kept.frontier.size()).finish()
    }
}

/// What is kept of the followed ledger.
#[derive(Clone, Debug, Default)]
struct Kept {
    frontier: Frontier,
    head: String,
}

impl Applier {
    /// Applies the ledger of `source`, whose heads `verifier` checks, to this service.
    pub fn new(
        source: &'static str,
        verifier: LedgerVerifier,
        follow: Arc<dyn Follow>,
        service: &crate::service::Service,
    ) -> Self {
        Self {
            service: service.name,
            source,
            verifier,
            follow,
            causes: service.causes_of(source),
            database: service.database.clone(),
            writer: service.writer.clone(),
            lease: service.lease.clone(),
            caller: service.caller.clone(),
            kept: Kept::default(),
        }
    }

    /// The lease under which it applies.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Name of the service that follows.
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// Name of the followed ledger.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// The head kept so far; empty before the first.
    pub fn head(&self) -> &str {
        &self.kept.head
    }

    /// Reads the cursor and gives the number of entries applied.
    pub async fn resume(&mut self) -> Result<u64, Refusal> {
        self.kept = match row::Entity::find_by_id(self.source).one(self.database.reader()).await? {
            None => Kept::default(),
            Some(model) => {
                let hashes = model.frontier.chunks_exact(32).filter_map(|bytes| bytes.try_into().ok()).map(Hash);
                let size = u64::try_from(model.size).map_err(|_| Refusal::new(Reason::Internal))?;
                let frontier = Frontier::new(size, hashes.collect()).ok_or_else(|| Refusal::new(Reason::Internal))?;
                Kept { frontier, head: model.checkpoint }
            }
        };
        Ok(self.kept.frontier.size())
    }

    /// Size of the followed ledger by a head of it.
    pub(super) fn size_by(&self, checkpoint: &str) -> Option<u64> {
        self.verifier.verify(checkpoint).ok().map(|head| head.size)
    }

    /// Checks a batch, applies it while this replica has the lease, keeps its head, and gives the number of entries applied
    /// so far.
    pub async fn take(&mut self, response: WatchResponse) -> Result<u64, TakeError> {
        let from = self.kept.frontier.size();
        let forked = |why: &str| {
            TakeError::Refused(format!("{why}: kept head {:?}, offered head {:?}", self.kept.head, response.checkpoint))
        };
        let head = self.verifier.verify(&response.checkpoint).map_err(|error| forked(&error.to_string()))?;
        let mut frontier = self.kept.frontier.clone();
        let mut entries = Vec::with_capacity(response.entries.len());
        let mut bytes = 0;
        let mut causes = Vec::new();
        for entry in &response.entries {
            let followed = Followed::read(&entry.body)?;
            if followed.sequence != frontier.size() {
                return Err(forked("an entry is missing or repeated"));
            }
            frontier.append(followed.leaf_hash).map_err(|error| TakeError::Again(error.to_string()))?;
            frontier.trim();
            if let Some(cause) = Cause::parse(&entry.traceparent) {
                self.causes.put(entry.sequence..entry.sequence + 1, cause.clone());
                causes.push(cause);
            }
            bytes += entry.body.len();
            entries.push(followed);
        }
        let root = frontier.root().map_err(|error| TakeError::Again(error.to_string()))?;
        if head.size != frontier.size() || head.root != root {
            return Err(forked("the offered head does not extend the kept one"));
        }
        if !entries.is_empty() {
            let entries = Arc::new(entries);
            let batch = ApplyBatch {
                source: self.source,
                fence: self.lease.held().await.fence(),
                follow: self.follow.clone(),
                entries: entries.clone(),
                from,
                frontier: frontier.clone(),
                checkpoint: response.checkpoint.clone(),
                bytes,
            };
            let span = trace::apply(self.service, self.source, entries.len(), causes);
            self.writer.run(batch, Call::internal(self.caller.clone(), "follow")).instrument(span).await?;
            self.follow.applied(self.source, &entries);
        }
        self.kept = Kept { frontier, head: response.checkpoint };
        Ok(self.kept.frontier.size())
    }
}
