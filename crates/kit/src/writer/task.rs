//! The writer's task: batches, the transaction, the answers. Whatever was taken is finished, though its caller has gone.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use minsheng_proto::common::v1::Receipt;
use prost::Message;
use sea_orm::{DatabaseTransaction, DbErr, RuntimeErr};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tracing::{Instrument, error, warn};

use super::idempotency::record;
use super::job::{Done, Job, Pending, decide_one};
use super::{Call, Command, Outcome};
use crate::clock::SharedClock;
use crate::error::{Reason, Refusal, is_unavailable};
use crate::ledger::{Appender, Head, LedgerReader, LedgerSigner, NewEntry};
use crate::policy::Policies;
use crate::store::{Database, Rows, Wants};
use crate::telemetry::begin_at_zero;
use crate::telemetry::trace::{self, Cause, Causes};

/// Commands that may wait; more are refused at once.
const QUEUE: usize = 4_096;
/// Commands of one batch.
const BATCH: usize = 512;
/// Bytes of one batch, about.
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Tries after a conflict with another replica.
const CONFLICT_TRIES: u32 = 5;

/// What the writer is made of.
#[derive(Debug)]
pub struct WriterParts {
    /// Name of the service.
    pub service: &'static str,
    /// The service's database.
    pub database: Database,
    /// Its ledger's key.
    pub signer: LedgerSigner,
    /// The policies.
    pub policies: Arc<Policies>,
    /// The clock.
    pub clock: SharedClock,
}

/// Hands commands to the service's writer. Clones share it; the task ends when the last is dropped.
#[derive(Clone, Debug)]
pub struct Writer {
    service: &'static str,
    queue: mpsc::Sender<Job>,
    size: watch::Receiver<u64>,
    healthy: watch::Receiver<bool>,
    ledger: LedgerReader,
}

impl Writer {
    /// Starts the task. It begins with an empty batch, so that a database that cannot be written is found at once.
    pub async fn start(parts: WriterParts) -> Result<Self, Refusal> {
        let ledger = LedgerReader::new(parts.database.reader().clone(), parts.signer.clone());
        let service = parts.service;
        begin_at_zero(&["minsheng_writer_failures_total"], &[("service", service)]);
        let (queue, jobs) = mpsc::channel(QUEUE);
        let (size_sender, size) = watch::channel(0);
        let (healthy_sender, healthy) = watch::channel(true);
        let mut task = Task {
            service,
            causes: ledger.causes().clone(),
            appender: Appender::new(parts.signer),
            database: parts.database,
            policies: parts.policies,
            clock: parts.clock,
            size: size_sender,
            healthy: healthy_sender,
        };
        task.touch().await.map_err(Refusal::from)?;
        tokio::spawn(task.run(jobs));
        Ok(Self { service, queue, size, healthy, ledger })
    }

    /// Has a command decided and, unless it refuses, made durable.
    pub async fn run<C: Command>(&self, command: C, call: Call) -> Result<Outcome<C::Answer>, Refusal> {
        let span = trace::command(self.service, call.method);
        self.run_in_span(command, call).instrument(span).await
    }

    async fn run_in_span<C: Command>(&self, command: C, call: Call) -> Result<Outcome<C::Answer>, Refusal> {
        let (reply, answer) = oneshot::channel();
        let job = Job { work: Box::new(command), call, cause: Cause::current(), reply };
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refusal::new(Reason::TooManyRequests),
            mpsc::error::TrySendError::Closed(_) => Refusal::new(Reason::ServiceUnavailable),
        })?;
        let done = answer.await.map_err(|_| Refusal::new(Reason::ServiceUnavailable))??;
        let answer = C::Answer::decode(done.answer.as_slice()).map_err(|_| Refusal::new(Reason::Internal))?;
        let mut receipts = Vec::new();
        for sequence in done.first..done.first + done.entries {
            receipts.extend(self.receipt(&done, sequence).await?);
        }
        Ok(Outcome { answer, receipts })
    }

    /// From memory for what was just written, from the ledger for a repeat. Made by the caller's task, so that the writer
    /// goes on meanwhile.
    async fn receipt(&self, done: &Done, sequence: u64) -> Result<Option<Receipt>, Refusal> {
        match &done.appended {
            Some(appended) if sequence >= appended.first => {
                let receipt = appended.receipt(self.ledger.origin(), sequence).map_err(|error| {
                    error!(%error, sequence, "no proof for an entry just written");
                    Refusal::new(Reason::Internal)
                })?;
                Ok(Some(receipt))
            }
            _ => Ok(self.ledger.receipt(sequence).await?),
        }
    }

    /// Commands that wait to be decided.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Follows the number of entries in the ledger.
    pub fn size(&self) -> watch::Receiver<u64> {
        self.size.clone()
    }

    /// Follows whether the last write went well.
    pub fn healthy(&self) -> watch::Receiver<bool> {
        self.healthy.clone()
    }

    /// The ledger it writes.
    pub fn ledger(&self) -> &LedgerReader {
        &self.ledger
    }
}

struct Task {
    service: &'static str,
    /// What caused the newest entries.
    causes: Causes,
    database: Database,
    appender: Appender,
    policies: Arc<Policies>,
    clock: SharedClock,
    size: watch::Sender<u64>,
    healthy: watch::Sender<bool>,
}

impl Task {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        const PROBE: Duration = Duration::from_secs(2);
        loop {
            let well = *self.healthy.borrow();
            let first = tokio::select! {
                job = jobs.recv() => match job { Some(job) => job, None => return },
                () = tokio::time::sleep(PROBE), if !well => {
                    if self.touch().await.is_ok() {
                        self.healthy.send_replace(true);
                    }
                    continue;
                }
            };
            let mut bytes = first.work.weight();
            let mut batch = vec![first];
            while batch.len() < BATCH && bytes < BATCH_BYTES {
                let Ok(job) = jobs.try_recv() else { break };
                bytes += job.work.weight();
                batch.push(job);
            }
            self.finish(batch).await;
        }
    }

    /// An empty batch: makes the head if there is none and shows that writing works.
    async fn touch(&mut self) -> Result<(), DbErr> {
        self.appender.forget();
        let transaction = self.database.begin_write().await?;
        let head = self.appender.lock_head(&transaction).await?;
        transaction.commit().await?;
        self.size.send_replace(head.size);
        Ok(())
    }

    /// Carries out a batch; when the database refuses the merged write, one command a transaction, so that only the
    /// guilty one fails.
    async fn finish(&mut self, batch: Vec<Job>) {
        metrics::histogram!("minsheng_writer_batch_commands", "service" => self.service).record(batch.len() as f64);
        let began = Instant::now();
        let attempted = self.attempt(&batch).await;
        metrics::histogram!("minsheng_writer_batch_seconds", "service" => self.service).record(began.elapsed());
        match attempted {
            Ok(results) => self.answer(batch, results),
            Err(error) if batch.len() > 1 && !is_unavailable(&error) => {
                warn!(%error, commands = batch.len(), "merged write refused; running one command a transaction");
                for job in batch {
                    let single = vec![job];
                    match self.attempt(&single).await {
                        Ok(results) => self.answer(single, results),
                        Err(error) => self.fail(single, error),
                    }
                }
            }
            Err(error) => self.fail(batch, error),
        }
    }

    fn fail(&mut self, batch: Vec<Job>, error: DbErr) {
        error!(commands = batch.len(), "write failed");
        metrics::counter!("minsheng_writer_failures_total", "service" => self.service).increment(1);
        if is_unavailable(&error) {
            self.healthy.send_replace(false);
        }
        let refusal = Refusal::from(error);
        for job in batch {
            // The caller may have gone.
            let _ = job.reply.send(Err(refusal.clone()));
        }
    }

    fn answer(&mut self, batch: Vec<Job>, results: Vec<Result<Done, Refusal>>) {
        self.healthy.send_replace(true);
        for (job, result) in batch.into_iter().zip(results) {
            let _ = job.reply.send(result);
        }
    }

    /// Tries again when another replica was in the way.
    async fn attempt(&mut self, batch: &[Job]) -> Result<Vec<Result<Done, Refusal>>, DbErr> {
        let mut tries = 0;
        loop {
            match self.attempt_once(batch).await {
                Err(error) if is_conflict(&error) && tries < CONFLICT_TRIES => {
                    tries += 1;
                    warn!(%error, tries, "conflict with another writer; trying again");
                }
                other => return other,
            }
            self.appender.forget();
        }
    }

    async fn attempt_once(&mut self, batch: &[Job]) -> Result<Vec<Result<Done, Refusal>>, DbErr> {
        let transaction = self.database.begin_write().await?;
        let decided = self.decide(&transaction, batch).await;
        let (results, entries, mut rows, head, now) = match decided {
            Ok(decided) => decided,
            Err(error) => return Err(self.give_up(transaction, error).await),
        };
        let changes = results.iter().any(|result| matches!(result, Ok(Pending::Fresh(_))));
        let appended = if changes {
            let written = match rows.write(&transaction).await {
                Ok(()) if entries.is_empty() => Ok(None),
                Ok(()) => self.appender.append(&transaction, &head, entries, now.as_millisecond()).await.map(Some),
                Err(error) => Err(error),
            };
            match written {
                Ok(appended) => {
                    if let Err(error) = transaction.commit().await {
                        self.appender.forget();
                        return Err(error);
                    }
                    appended
                }
                Err(error) => return Err(self.give_up(transaction, error).await),
            }
        } else {
            transaction.rollback().await?;
            None
        };
        for (result, job) in results.iter().zip(batch) {
            if let (Ok(Pending::Fresh(decided)), Some(cause)) = (result, &job.cause) {
                self.causes.put(decided.first..decided.first + decided.entries, cause.clone());
            }
        }
        let appended = appended.map(Arc::new);
        if let Some(appended) = &appended {
            self.size.send_replace(appended.frontier.size());
            self.appender.committed(appended);
        }
        Ok(results.into_iter().map(|result| result.map(|pending| pending.done(appended.clone()))).collect())
    }

    async fn give_up(&mut self, transaction: DatabaseTransaction, error: DbErr) -> DbErr {
        self.appender.forget();
        if let Err(rollback) = transaction.rollback().await {
            warn!(%rollback, "rollback failed");
        }
        error
    }

    #[allow(clippy::type_complexity)]
    async fn decide(
        &mut self,
        transaction: &DatabaseTransaction,
        batch: &[Job],
    ) -> Result<(Vec<Result<Pending, Refusal>>, Vec<NewEntry>, Rows, Head, Timestamp), DbErr> {
        let head = self.appender.lock_head(transaction).await?;
        let last = Timestamp::from_millisecond(head.last_time).unwrap_or(Timestamp::UNIX_EPOCH);
        let now = self.clock.now().max(last);
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now).max(last);
        let mut rows = Rows::default();
        let mut wants = Wants::default();
        for job in batch.iter() {
            job.work.wants(&mut wants);
            if let Some(key) = job.call.idempotency_key() {
                wants.row::<record::Entity>(key);
            }
        }
        rows.load(wants, transaction).await?;
        // What is read may ask for more; it ends with a round that asks for nothing new.
        loop {
            let mut more = Wants::default();
            for job in batch.iter() {
                job.work.wants_more(&rows, &mut more);
            }
            if !rows.load(more, transaction).await? {
                break;
            }
        }

        let mut entries = Vec::new();
        let mut results = Vec::with_capacity(batch.len());
        for job in batch.iter() {
            rows.mark();
            let next = head.size + entries.len() as u64;
            let result = decide_one(job, &mut rows, &self.policies, now, next);
            match result {
                Ok((pending, new)) if !job.call.validate_only => {
                    entries.extend(new);
                    results.push(Ok(pending));
                }
                Ok((pending, _)) => {
                    rows.undo();
                    results.push(Ok(pending.without_effect()));
                }
                Err(refusal) => {
                    rows.undo();
                    results.push(Err(refusal));
                }
            }
        }
        Ok((results, entries, rows, head, now))
    }
}

/// Codes of SQLSTATE for which PostgreSQL asks to try again.
fn is_conflict(error: &DbErr) -> bool {
    matches!(sql_state(error).as_deref(), Some("40001" | "40P01"))
}

fn sql_state(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) = error else {
        return None;
    };
    inner.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned())
}
