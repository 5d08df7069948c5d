//! Resolves an alarm about another tier's ledger: the head that was offered is gone on from, or the one that is kept stays.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::witness::{Kept, WitnessSigner};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::{LedgerAlarmResolved, ResolveAlarmResponse};

use super::still_security_admin;
use crate::entity::{account, alarm, kept_head};

/// The decision on an alarm.
#[derive(Debug)]
pub(crate) struct ResolveAlarm {
    pub(crate) origin: String,
    pub(crate) accepted_checkpoint: String,
    pub(crate) reason: String,
    pub(crate) witness: WitnessSigner,
    pub(crate) by: String,
}

impl Command for ResolveAlarm {
    type Answer = ResolveAlarmResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<account::Entity>(self.by.as_str());
        wants.row::<alarm::Entity>(self.origin.as_str());
        wants.row::<kept_head::Entity>(self.origin.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        context.authorise(Action::ResolveAlarm, &Resource::new("alarm"))?;
        still_security_admin(context)?;
        let open = context.get::<alarm::Entity>(&self.origin).filter(|alarm| alarm.is_open()).cloned();
        let open = open.ok_or_else(|| Refusal::new(Reason::AlarmUnknown).with("origin", &self.origin))?;
        let now = context.now();
        if self.accepted_checkpoint == open.offered_checkpoint {
            self.go_on_from(&open, context)?;
        } else if self.accepted_checkpoint != open.kept_checkpoint || open.kept_checkpoint.is_empty() {
            return Err(Refusal::new(Reason::AlarmMoved).with("offered_checkpoint", &open.offered_checkpoint));
        }
        let event = LedgerAlarmResolved {
            origin: self.origin.clone(),
            kept_checkpoint: open.kept_checkpoint.clone(),
            accepted_checkpoint: self.accepted_checkpoint.clone(),
            reason: self.reason.clone(),
        };
        context.record(&self.origin, &event);
        context.put::<alarm::Entity>(alarm::Model {
            resolve_time: now.as_millisecond(),
            resolved_by: self.by.clone(),
            resolve_reason: self.reason.clone(),
            ..open
        });
        Ok(ResolveAlarmResponse::default())
    }
}

impl ResolveAlarm {
    /// Keeps the offered head from now on, if the key shown with it signed it.
    fn go_on_from(&self, open: &alarm::Model, context: &mut Context<'_>) -> Result<(), Refusal> {
        let unsigned = |_| {
            Refusal::invalid(
                "accepted_checkpoint",
                "没有有效签名，不能接受；可接受已保存的头",
                "has no valid signature; only the kept head can be accepted",
            )
        };
        let known = context.get::<kept_head::Entity>(&self.origin).map(|row| row.verifier_key.clone());
        let key = if open.verifier_key.is_empty() { known.unwrap_or_default() } else { open.verifier_key.clone() };
        let accepted = Kept::read(&key, &self.accepted_checkpoint).map_err(unsigned)?;
        let seconds = u64::try_from(context.now().as_second()).unwrap_or_default();
        let checkpoint = self.witness.cosign(&accepted, seconds).map_err(unsigned)?;
        context.put::<kept_head::Entity>(kept_head::Model {
            origin: self.origin.clone(),
            division: open.division.clone(),
            verifier_key: accepted.verifier_key.clone(),
            size: i64::try_from(accepted.size).map_err(|_| Refusal::new(Reason::Internal))?,
            checkpoint,
            keep_time: context.now().as_millisecond(),
        });
        Ok(())
    }
}
