//! Writes audit events of the door into the ledger.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::AuditRecorded;

/// Events in order.
#[derive(Debug)]
pub(crate) struct RecordAudit(pub(crate) Vec<AuditRecorded>);

impl Command for RecordAudit {
    type Answer = ();

    fn wants(&self, _wants: &mut Wants) {}

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        for event in &self.0 {
            context.record(&format!("accounts/{}", event.account), event);
        }
        Ok(())
    }
}
