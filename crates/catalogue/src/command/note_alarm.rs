//! Notes why the parent's mandates are not taken, or that they are taken again.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::tier::v1::MandatesStopped;

use crate::entity::mandate_alarm;
use crate::mandate::pull::Alarm;

/// The alarm; none when all is well again.
#[derive(Debug)]
pub(crate) struct NoteAlarm(pub(crate) Option<Alarm>);

impl Command for NoteAlarm {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        wants.row::<mandate_alarm::Entity>(mandate_alarm::KEY);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        let alarm = self.0.clone().unwrap_or_default();
        let noted = context.get::<mandate_alarm::Entity>(mandate_alarm::KEY);
        let noted = noted.map_or(("", ""), |noted| (noted.code.as_str(), noted.en.as_str()));
        if noted == (alarm.code, alarm.en.as_str()) {
            return Ok(());
        }
        let event =
            MandatesStopped { origin: alarm.origin.clone(), alarm: alarm.code.to_owned(), detail: alarm.en.clone() };
        context.record("mandates", &event);
        context.put::<mandate_alarm::Entity>(mandate_alarm::Model::of(alarm, context.now()));
        Ok(())
    }
}
