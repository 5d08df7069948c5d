//! Notes that people must look into a lower tier's filings.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};

use crate::entity::tier_alarm;
use crate::tier::Alarm;

/// The alarm.
#[derive(Debug)]
pub(crate) struct RaiseAlarm(pub(crate) Alarm);

impl Command for RaiseAlarm {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        wants.row::<tier_alarm::Entity>(self.0.key());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        self.0.raise(context);
        Ok(())
    }
}
