//! An entry of a followed ledger, and what a service does with it.

use bytes::Bytes;
use minsheng_proto::ledger::v1::{Actor, EntryBody};
use prost::{Message, Name};
use tracing::error;

use crate::error::{Reason, Refusal};
use crate::ledger::{Hash, leaf_hash};
use crate::store::{Rows, Wants};
use crate::writer::Context;

/// An entry of a followed ledger, its place proven.
#[derive(Clone, Debug)]
pub struct Followed {
    /// Number in its ledger.
    pub sequence: u64,
    /// Leaf hash.
    pub leaf_hash: Hash,
    /// Full name of the payload's message.
    pub kind: String,
    /// What changed.
    pub subject: String,
    /// Who did it.
    pub actor: Actor,
    /// When, by the followed service's clock.
    pub time: prost_types::Timestamp,
    payload: Bytes,
}

impl Followed {
    pub(super) fn read(body: &Bytes) -> Result<Self, Refusal> {
        let entry = EntryBody::decode(body.clone()).map_err(|error| {
            error!(%error, "a followed entry cannot be decoded");
            Refusal::new(Reason::Internal)
        })?;
        Ok(Self {
            sequence: entry.sequence,
            leaf_hash: leaf_hash(body),
            kind: entry.kind,
            subject: entry.subject,
            actor: entry.actor.unwrap_or_default(),
            time: entry.time.unwrap_or_default(),
            payload: entry.payload,
        })
    }

    /// The payload, if it is of this kind. Kinds that a service does not know are passed over.
    pub fn payload<M: Message + Name + Default>(&self) -> Option<M> {
        if self.kind != M::full_name() {
            return None;
        }
        match M::decode(self.payload.clone()) {
            Ok(message) => Some(message),
            Err(error) => {
                error!(%error, kind = self.kind, sequence = self.sequence, "a followed payload cannot be decoded");
                None
            }
        }
    }
}

/// What a service learns from other ledgers.
pub trait Follow: Send + Sync + 'static {
    /// The rows that applying this entry must see.
    fn wants(&self, source: &str, entry: &Followed, wants: &mut Wants);

    /// More rows, once those are known.
    fn wants_more(&self, _source: &str, _entry: &Followed, _rows: &Rows, _wants: &mut Wants) {}

    /// Applies an entry. A repeat never comes here. It refuses only what cannot happen; the follower then stops there.
    fn apply(&self, source: &str, entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal>;

    /// Called in the replica that applied them, when the entries are durable: to wake who waits for them. What is kept in
    /// memory must not need it, since another replica may have the lease.
    fn applied(&self, _source: &str, _entries: &[Followed]) {}
}
