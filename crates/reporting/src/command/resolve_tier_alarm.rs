//! Closes an alarm about a lower tier's filings, with what was found out.

use minsheng_kit::convert::Faults;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{ResolveTierAlarmRequest, ResolveTierAlarmResponse};
use minsheng_proto::tier::v1::TierAlarmResolved;

use crate::entity::tier_alarm;
use crate::tier;

/// Longest reason, in characters.
const MAX_REASON: usize = 500;

/// The decision on the alarm.
#[derive(Debug)]
pub(crate) struct ResolveTierAlarm(pub(crate) ResolveTierAlarmRequest);

impl ResolveTierAlarm {
    fn key(&self) -> String {
        tier::key_of(&self.0.division, &self.0.alarm, &self.0.origin)
    }
}

impl Command for ResolveTierAlarm {
    type Answer = ResolveTierAlarmResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<tier_alarm::Entity>(self.key());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ResolveTierAlarmResponse, Refusal> {
        context.authorise(Action::ResolveAlarm, &Resource::new("alarm"))?;
        let ResolveTierAlarmRequest { division, origin, alarm, reason, .. } = &self.0;
        check_reason(reason)?;
        let open = context.get::<tier_alarm::Entity>(&self.key()).filter(|row| row.is_open()).cloned();
        let open = open.ok_or_else(|| Refusal::new(Reason::AlarmUnknown).with("origin", origin))?;
        let event = TierAlarmResolved {
            division: division.clone(),
            origin: origin.clone(),
            alarm: alarm.clone(),
            reason: reason.clone(),
        };
        context.record(origin, &event);
        close(open, reason, context);
        Ok(ResolveTierAlarmResponse::default())
    }
}

/// Checks what was found out.
///
/// # Errors
/// FIELD_INVALID.
pub(super) fn check_reason(reason: &str) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    faults.required_text("reason", reason, MAX_REASON);
    faults.check(Reason::FieldInvalid)
}

/// The alarm is over.
pub(super) fn close(open: tier_alarm::Model, reason: &str, context: &mut Context<'_>) {
    context.put::<tier_alarm::Entity>(tier_alarm::Model {
        resolve_time: context.now().as_millisecond(),
        resolved_by: context.caller().account.clone(),
        resolve_reason: reason.to_owned(),
        ..open
    });
}
