//! One command as the writer's queue holds it, and what it decides: a fresh change, the answer of an earlier one, or a trial.

use std::sync::Arc;

use jiff::Timestamp;
use prost::Message;
use tokio::sync::oneshot;

use super::idempotency::record;
use super::{Call, Command, Context};
use crate::error::{Reason, Refusal};
use crate::ledger::{Appended, NewEntry};
use crate::policy::Policies;
use crate::store::{Rows, Wants};
use crate::telemetry::trace::Cause;

/// A command whose types only its sender knows.
pub(super) trait Work: Send + Sync {
    fn wants(&self, wants: &mut Wants);
    fn wants_more(&self, rows: &Rows, wants: &mut Wants);
    fn decide(&self, context: &mut Context<'_>) -> Result<Vec<u8>, Refusal>;
    fn weight(&self) -> usize;
}

impl<C: Command> Work for C {
    fn wants(&self, wants: &mut Wants) {
        Command::wants(self, wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        Command::wants_more(self, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Vec<u8>, Refusal> {
        Command::decide(self, context).map(|answer| answer.encode_to_vec())
    }

    fn weight(&self) -> usize {
        Command::weight(self)
    }
}

pub(super) struct Job {
    pub(super) work: Box<dyn Work>,
    pub(super) call: Call,
    /// The span that it belongs to.
    pub(super) cause: Option<Cause>,
    pub(super) reply: oneshot::Sender<Result<Done, Refusal>>,
}

/// What a command's caller is told, once it is durable.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) answer: Vec<u8>,
    pub(super) first: u64,
    pub(super) entries: u64,
    /// What was written with it.
    pub(super) appended: Option<Arc<Appended>>,
}

/// What a command decided, before it is durable.
pub(super) struct Decided {
    pub(super) answer: Vec<u8>,
    pub(super) first: u64,
    pub(super) entries: u64,
}

/// A command's result before the batch is durable.
pub(super) enum Pending {
    Fresh(Decided),
    Repeat(Decided),
    Dry(Vec<u8>),
}

impl Pending {
    pub(super) fn without_effect(self) -> Self {
        match self {
            Pending::Fresh(decided) | Pending::Repeat(decided) => Pending::Dry(decided.answer),
            dry @ Pending::Dry(_) => dry,
        }
    }

    pub(super) fn done(self, appended: Option<Arc<Appended>>) -> Done {
        let (Decided { answer, first, entries }, appended) = match self {
            Pending::Fresh(decided) | Pending::Repeat(decided) => (decided, appended),
            Pending::Dry(answer) => (Decided { answer, first: 0, entries: 0 }, None),
        };
        Done { answer, first, entries, appended }
    }
}

pub(super) fn decide_one(
    job: &Job,
    rows: &mut Rows,
    policies: &Policies,
    now: Timestamp,
    next: u64,
) -> Result<(Pending, Vec<NewEntry>), Refusal> {
    let key = job.call.idempotency_key();
    if let Some(known) = key.as_deref().and_then(|key| rows.get::<record::Entity>(key)) {
        if known.body_sha256 != job.call.body_sha256 {
            return Err(
                Refusal::new(Reason::RequestIdReused).with("request_id", job.call.request_id.as_deref().unwrap_or(""))
            );
        }
        let repeat = Decided {
            answer: known.answer.clone(),
            first: u64::try_from(known.first_sequence).unwrap_or(0),
            entries: u64::try_from(known.entries).unwrap_or(0),
        };
        return Ok((Pending::Repeat(repeat), Vec::new()));
    }
    let mut context = Context::new(rows, &job.call.caller, policies, now, next);
    let answer = job.work.decide(&mut context)?;
    let entries = context.into_entries();
    let decided = Decided { answer: answer.clone(), first: next, entries: entries.len() as u64 };
    if let Some(key) = key {
        rows.put::<record::Entity>(record::Model {
            key,
            body_sha256: job.call.body_sha256.to_vec(),
            answer,
            first_sequence: i64::try_from(next).unwrap_or(i64::MAX),
            entries: entries.len() as i64,
        });
    }
    Ok((Pending::Fresh(decided), entries))
}
