//! Keeps entries of the parent's as they came, records each in this tier's own ledger, and makes what they give the newest.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::ledger::leaf_hash;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::tier::v1::MandatesReceived;
use prost::Message;

use crate::entity::{mandate, mandate_entry, mandate_feed};
use crate::mandate::pull::{Batch, Received};

/// What is to be kept.
#[derive(Debug)]
pub(crate) struct ReceiveMandates(pub(crate) Batch);

impl Command for ReceiveMandates {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        wants.row::<mandate_feed::Entity>(self.0.feed.origin.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        let Batch { feed, entries, .. } = &self.0;
        let kept = context.get::<mandate_feed::Entity>(&feed.origin).and_then(mandate_feed::Model::feed);
        let is_next = kept.as_ref().map_or(feed.last.is_none(), |kept| kept == feed);
        if !is_next {
            // Another replica was faster, or the answer to the first attempt was lost.
            return Err(Refusal::new(Reason::CursorMoved));
        }
        let time = context.now().as_millisecond();
        let mut last = feed.last;
        for entry in entries {
            keep(entry, &feed.origin, time, context)?;
            last = Some(entry.sequence);
        }
        context.put::<mandate_feed::Entity>(mandate_feed::Model {
            origin: feed.origin.clone(),
            parents: mandate_feed::PARENTS.to_owned(),
            verifier_key: feed.verifier_key.clone(),
            last: last.map(number).transpose()?,
            time,
        });
        Ok(())
    }

    fn weight(&self) -> usize {
        self.0.entries.iter().map(|entry| entry.proven.encoded_len()).sum()
    }
}

fn keep(entry: &Received, origin: &str, time: i64, context: &mut Context<'_>) -> Result<(), Refusal> {
    let sequence = number(entry.sequence)?;
    let subject = entry.given.as_ref().map_or(origin, |given| given.programme.as_str());
    let event = MandatesReceived { entry: Some(entry.proven.clone()), unread: entry.unread.into() };
    context.record(subject, &event);
    context.put::<mandate_entry::Entity>(mandate_entry::Model {
        // A ledger that was begun afresh may have another entry of this number.
        key: format!("{origin}/{sequence:020}/{}", leaf_hash(&entry.proven.body)),
        origin: origin.to_owned(),
        sequence,
        kind: entry.kind.clone(),
        unread: entry.unread.into(),
        proven: entry.proven.encode_to_vec(),
        time,
    });
    if let Some(given) = &entry.given {
        context.put::<mandate::Entity>(mandate::Model {
            programme: given.programme.clone(),
            received: mandate::RECEIVED.to_owned(),
            origin: origin.to_owned(),
            sequence,
            given: given.encode_to_vec(),
            time,
        });
    }
    Ok(())
}

fn number(sequence: u64) -> Result<i64, Refusal> {
    i64::try_from(sequence).map_err(|_| Refusal::new(Reason::Internal))
}
