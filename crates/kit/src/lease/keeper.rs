//! The task that takes the lease, renews it in a third of its life, and says at once when it is lost: by the database's word,
//! or because it could not be renewed in time.

use std::time::Duration;

use rand_core::RngCore;
use sea_orm::{DbBackend, DbErr};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::store;
use crate::ledger::wait_for_head;
use crate::store::Database;

/// Who waits looks this often, so that a lease that was given back does not lie about.
const LOOK: Duration = Duration::from_secs(1);

/// Keeps a service's lease.
#[derive(Debug)]
pub(super) struct Keeper {
    service: &'static str,
    database: Database,
    life: Duration,
    cancel: CancellationToken,
    holder: String,
    fence: watch::Sender<Option<i64>>,
}

impl Keeper {
    pub(super) fn new(
        service: &'static str,
        database: Database,
        life: Duration,
        cancel: CancellationToken,
        fence: watch::Sender<Option<i64>>,
    ) -> Self {
        let mut bytes = [0; 8];
        rand_core::OsRng.fill_bytes(&mut bytes);
        Self {
            service,
            database,
            life,
            cancel,
            holder: format!("{}-{}", std::process::id(), hex::encode(bytes)),
            fence,
        }
    }

    pub(super) async fn run(self) {
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = self.fence.closed() => {}
            () = self.keep() => {}
        }
        let held = self.fence.send_replace(None);
        self.tell(false);
        if let Some(fence) = held.filter(|_| self.expires())
            && let Err(error) = store::release(fence, self.database.writer()).await
        {
            warn!(%error, service = self.service, "the lease is not given back; another takes it when it ends");
        }
    }

    async fn keep(&self) {
        loop {
            self.tell(false);
            let (fence, since) = self.take().await;
            info!(service = self.service, fence, "lease taken: this replica follows and exchanges");
            metrics::counter!("minsheng_lease_taken_total", "service" => self.service).increment(1);
            self.tell(true);
            self.fence.send_replace(Some(fence));
            self.renew(fence, since).await;
            self.fence.send_replace(None);
            warn!(service = self.service, fence, "lease lost: another replica follows and exchanges");
        }
    }

    /// Takes it as soon as it is free; with the moment from which on it counts.
    async fn take(&self) -> (i64, Instant) {
        loop {
            let since = Instant::now();
            let pause = match self.try_take().await {
                Ok(Ok(fence)) => return (fence, since),
                Ok(Err(rest)) => rest.min(LOOK),
                Err(error) => {
                    debug!(%error, service = self.service, "the lease cannot be looked at");
                    LOOK
                }
            };
            sleep(pause + jitter()).await;
        }
    }

    /// The fencing number, or how long it is still another's.
    async fn try_take(&self) -> Result<Result<i64, Duration>, DbErr> {
        if self.expires()
            && let Some(rest) = store::rest(self.database.reader()).await?
        {
            return Ok(Err(rest));
        }
        let transaction = self.database.begin_write().await?;
        wait_for_head(&transaction).await?;
        let taken = store::take(&self.holder, self.life, &transaction).await?;
        transaction.commit().await?;
        Ok(taken.ok_or(Duration::ZERO))
    }

    /// Renews it until it is lost.
    async fn renew(&self, fence: i64, since: Instant) {
        if !self.expires() {
            return std::future::pending().await;
        }
        let mut end = since + self.life;
        let mut pause = self.life / 3;
        loop {
            sleep(pause).await;
            let asked = Instant::now();
            match timeout_at(end, store::renew(fence, self.life, self.database.writer())).await {
                Ok(Ok(true)) => (end, pause) = (asked + self.life, self.life / 3),
                Ok(Ok(false)) | Err(_) => return,
                Ok(Err(error)) if asked < end => {
                    warn!(%error, service = self.service, "the lease is not renewed yet");
                    pause = self.life / 20;
                }
                Ok(Err(_)) => return,
            }
        }
    }

    /// Several replicas share a PostgreSQL database; a SQLite file has one process.
    fn expires(&self) -> bool {
        self.database.backend() == DbBackend::Postgres
    }

    fn tell(&self, held: bool) {
        metrics::gauge!("minsheng_lease_held", "service" => self.service).set(if held { 1.0 } else { 0.0 });
    }
}

/// A little, so that those who wait do not all come at once.
fn jitter() -> Duration {
    Duration::from_millis(u64::from(rand_core::OsRng.next_u32() % 50))
}
