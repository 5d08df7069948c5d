//! Goes on with a lower tier's ledger as it comes from now on, by another key or from an old backup: a new line of it, whose
//! entries are newer than all of the line before.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{AcceptTierLedgerRequest, AcceptTierLedgerResponse};
use minsheng_proto::tier::v1::TierLedgerAccepted;

use super::resolve_tier_alarm::{check_reason, close};
use crate::entity::{tier_alarm, tier_key};
use crate::tier;

/// The decision on the ledger.
#[derive(Debug)]
pub(crate) struct AcceptTierLedger(pub(crate) AcceptTierLedgerRequest);

impl Command for AcceptTierLedger {
    type Answer = AcceptTierLedgerResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<tier_key::Entity>(self.0.origin.as_str());
        wants.group::<tier_alarm::Entity>(self.0.origin.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<AcceptTierLedgerResponse, Refusal> {
        context.authorise(Action::ResolveAlarm, &Resource::new("alarm"))?;
        let AcceptTierLedgerRequest { origin, verifier_key, reason, .. } = &self.0;
        check_reason(reason)?;
        let known = context.get::<tier_key::Entity>(origin).cloned();
        let known = known.ok_or_else(|| Refusal::new(Reason::LedgerUnknown).with("origin", origin))?;
        let accepted = if verifier_key.is_empty() { &known.verifier_key } else { verifier_key };
        if LedgerVerifier::new(accepted).map_or(true, |key| key.origin() != origin) {
            return Err(Refusal::invalid("verifier_key", "不是该账的公钥", "is no key of that ledger"));
        }
        let alarms = context.group::<tier_alarm::Entity>(origin).into_iter();
        let open: Vec<tier_alarm::Model> =
            alarms.filter(|row| row.is_open() && tier::is_about_the_ledger(row)).cloned().collect();
        if let Some(moved) = open.iter().find(|row| !row.offered_key.is_empty() && row.offered_key != *accepted) {
            return Err(Refusal::new(Reason::AlarmMoved).with("offered_key", &moved.offered_key));
        }
        let line = known.line + 1;
        let event = TierLedgerAccepted {
            origin: origin.clone(),
            former_key: known.verifier_key.clone(),
            verifier_key: accepted.clone(),
            line,
            reason: reason.clone(),
        };
        context.record(origin, &event);
        let mut former_keys = known.former_keys.clone();
        if known.verifier_key != *accepted {
            former_keys.push_str(&known.verifier_key);
            former_keys.push('\n');
        }
        let (origin, verifier_key) = (origin.clone(), accepted.clone());
        context.put::<tier_key::Entity>(tier_key::Model { origin, verifier_key, former_keys, line });
        for alarm in open {
            close(alarm, reason, context);
        }
        Ok(AcceptTierLedgerResponse::default())
    }
}
