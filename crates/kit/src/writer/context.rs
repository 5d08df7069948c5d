//! What a decision sees and does: rows as the commands before it left them, the caller, the moment, the policies; and
//! its changes and ledger entries, which are undone together when it refuses.

use jiff::Timestamp;
use minsheng_proto::ledger::v1::EntryBody;
use prost::{Message, Name};

use crate::clock;
use crate::error::Refusal;
use crate::identity::Caller;
use crate::ledger::NewEntry;
use crate::policy::{Action, Policies, Resource};
use crate::store::{Record, Rows};

/// One command's view.
#[derive(Debug)]
pub struct Context<'a> {
    rows: &'a mut Rows,
    caller: &'a Caller,
    policies: &'a Policies,
    now: Timestamp,
    next_sequence: u64,
    entries: Vec<NewEntry>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        rows: &'a mut Rows,
        caller: &'a Caller,
        policies: &'a Policies,
        now: Timestamp,
        next_sequence: u64,
    ) -> Self {
        Self { rows, caller, policies, now, next_sequence, entries: Vec::new() }
    }

    /// Who asks.
    pub fn caller(&self) -> &Caller {
        self.caller
    }

    /// The moment that counts for this command: never earlier than the ledger's last entry.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether the caller may do this to that; the policies remember decisions for the same question.
    pub fn authorise(&self, action: Action, resource: &Resource) -> Result<(), Refusal> {
        self.policies.check(self.caller, action, resource)
    }

    /// The row with this key; it must have been asked for.
    pub fn get<E: Record>(&self, key: &str) -> Option<&E::Model> {
        self.rows.get::<E>(key)
    }

    /// The rows of a group by key; it must have been asked for.
    pub fn group<E: Record>(&self, group: &str) -> Vec<&E::Model> {
        self.rows.group::<E>(group)
    }

    /// Makes or replaces a row.
    pub fn put<E: Record>(&mut self, model: E::Model) {
        self.rows.put::<E>(model);
    }

    /// The number that the next entry will have: the etag of what changes with it.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Records a change in the ledger and gives the entry's number.
    pub fn record<M: Message + Name>(&mut self, subject: &str, payload: &M) -> u64 {
        let sequence = self.next_sequence;
        let body = EntryBody {
            sequence,
            kind: M::full_name(),
            subject: subject.to_owned(),
            actor: Some(self.caller.actor()),
            time: Some(clock::to_proto(self.now)),
            payload: payload.encode_to_vec().into(),
        };
        self.entries.push(NewEntry {
            kind: body.kind.clone(),
            subject: body.subject.clone(),
            body: body.encode_to_vec(),
        });
        self.next_sequence += 1;
        sequence
    }

    pub(super) fn into_entries(self) -> Vec<NewEntry> {
        self.entries
    }
}
