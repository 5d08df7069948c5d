//! Gives up what is kept of a parent's ledger after an alarm about it, so that it is taken at first sight again. What was
//! received from it stays.

use minsheng_kit::convert::Faults;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::catalogue::v1::{ResolveMandateAlarmRequest, ResolveMandateAlarmResponse};
use minsheng_proto::tier::v1::MandateFeedReset;

use crate::entity::{mandate_alarm, mandate_feed};
use crate::mandate::pull::Alarm;

/// Longest reason, in characters.
const MAX_REASON: usize = 500;

/// The decision on the alarm.
#[derive(Debug)]
pub(crate) struct ResolveMandateAlarm(pub(crate) ResolveMandateAlarmRequest);

impl Command for ResolveMandateAlarm {
    type Answer = ResolveMandateAlarmResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<mandate_alarm::Entity>(mandate_alarm::KEY);
        wants.row::<mandate_feed::Entity>(self.0.origin.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ResolveMandateAlarmResponse, Refusal> {
        context.authorise(Action::ResolveAlarm, &Resource::new("alarm"))?;
        let ResolveMandateAlarmRequest { origin, alarm, reason, .. } = &self.0;
        let mut faults = Faults::default();
        faults.required_text("reason", reason, MAX_REASON);
        faults.check(Reason::FieldInvalid)?;
        let open = context.get::<mandate_alarm::Entity>(mandate_alarm::KEY).filter(|open| !open.code.is_empty());
        let kept = context.get::<mandate_feed::Entity>(origin);
        let both = open.filter(|open| open.origin == *origin).zip(kept);
        let (open, kept) = both.ok_or_else(|| Refusal::new(Reason::AlarmUnknown).with("origin", origin))?;
        if open.code != *alarm {
            return Err(Refusal::new(Reason::AlarmMoved).with("alarm", &open.code));
        }
        let event = MandateFeedReset {
            origin: origin.clone(),
            alarm: alarm.clone(),
            detail: open.en.clone(),
            verifier_key: kept.verifier_key.clone(),
            last: kept.last.and_then(|last| u64::try_from(last).ok()),
            reason: reason.clone(),
        };
        let afresh = mandate_feed::Model { verifier_key: String::new(), last: None, ..kept.clone() };
        context.record("mandates", &event);
        context.put::<mandate_feed::Entity>(afresh);
        context.put::<mandate_alarm::Entity>(mandate_alarm::Model::of(Alarm::default(), context.now()));
        Ok(ResolveMandateAlarmResponse::default())
    }
}
