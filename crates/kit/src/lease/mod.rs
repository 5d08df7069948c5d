//! What one replica of a service does for all of them — following ledgers, asking the parent and telling it — is done under
//! a lease: one row of the service's database, judged by the database's clock. Its fencing number is checked in the
//! transaction that applies what was followed, so that a holder which was paused beyond its time changes nothing.
//!
//! There is one lease a service, not one a task: the transactions of its followers are in line behind the ledger's head in
//! any case, and what one task learns another of the same process acts on. Several services spread over the replicas.

mod keeper;
mod store;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::store::Database;
use keeper::Keeper;

pub use store::Migration;
pub(crate) use store::{KEY, row};

/// A service's lease, taken from the moment on when somebody first asks for it. Clones share it; it is given back when the
/// last is dropped, or the service stops.
#[derive(Clone, Debug)]
pub struct Lease {
    fence: watch::Receiver<Option<i64>>,
    keeper: Arc<Mutex<Option<Keeper>>>,
}

impl Lease {
    /// The lease of a service, held for so long after each renewal, until it is cancelled.
    pub(crate) fn new(service: &'static str, database: &Database, life: Duration, cancel: CancellationToken) -> Self {
        let (sender, fence) = watch::channel(None);
        let keeper = Keeper::new(service, database.clone(), life, cancel, sender);
        Self { fence, keeper: Arc::new(Mutex::new(Some(keeper))) }
    }

    /// Waits until this replica has it. For ever once the service stops.
    pub async fn held(&self) -> Held {
        let keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(keeper) = keeper {
            tokio::spawn(keeper.run());
        }
        let mut changes = self.fence.clone();
        loop {
            if let Some(fence) = *changes.borrow_and_update() {
                return Held { fence, changes: self.fence.clone() };
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits, once the service stops, until it is given back: the database is closed after that.
    pub async fn given_back(&self) {
        if self.keeper.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            // Nobody has asked for it.
            return;
        }
        let mut changes = self.fence.clone();
        while changes.changed().await.is_ok() {}
    }

    /// Whether this replica has it now.
    pub fn is_held(&self) -> bool {
        self.fence.borrow().is_some()
    }
}

/// The lease while this replica has it.
#[derive(Debug)]
pub struct Held {
    fence: i64,
    changes: watch::Receiver<Option<i64>>,
}

impl Held {
    /// The fencing number, higher with each holder.
    pub(crate) fn fence(&self) -> i64 {
        self.fence
    }

    /// Works until it is done or the lease is lost.
    pub async fn during<F: Future>(mut self, work: F) -> Option<F::Output> {
        tokio::select! {
            done = work => Some(done),
            _ = self.changes.wait_for(|fence| *fence != Some(self.fence)) => None,
        }
    }
}
