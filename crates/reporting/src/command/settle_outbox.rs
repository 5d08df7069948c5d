//! Stores what the parent answered: a receipt, or why it refused a set. An answer that comes twice changes nothing.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use prost::Message;

use crate::entity::outbox;
use crate::uplink::{OutboxState, Settled};

/// What the parent answered.
#[derive(Debug)]
pub(crate) struct SettleOutbox(pub(crate) Vec<Settled>);

impl Command for SettleOutbox {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        for change in &self.0 {
            wants.row::<outbox::Entity>(key(change));
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        for change in &self.0 {
            let Some(row) = context.get::<outbox::Entity>(key(change)) else { continue };
            let mut row = row.clone();
            let (state, answer) = match change {
                Settled::Filed { receipt, .. } => (OutboxState::Filed, receipt.encode_to_vec()),
                Settled::Refused { failure, .. } => (OutboxState::Refused, failure.encode_to_vec()),
            };
            // What the parent keeps is kept, whatever else it said at another time.
            if row.state != OutboxState::Filed as i32 {
                row.refused_of = if state == OutboxState::Refused { row.programme.clone() } else { String::new() };
                row.state = state as i32;
                row.answer = answer;
                row.answer_time = context.now().as_millisecond();
                context.put::<outbox::Entity>(row);
            }
        }
        Ok(())
    }
}

fn key(change: &Settled) -> &str {
    match change {
        Settled::Filed { key, .. } | Settled::Refused { key, .. } => key,
    }
}
