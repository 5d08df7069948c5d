//! Takes a lower tier's certificates back, and a code that waits for it.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::{RevokeTierResponse, TierRevoked};

use super::{end_codes, still_security_admin};
use crate::entity::{account, certificate, enrolment_code, tier};

/// A tier whose certificates end.
#[derive(Debug)]
pub(crate) struct RevokeTier {
    pub(crate) division: String,
    pub(crate) reason: String,
    pub(crate) by: String,
}

impl Command for RevokeTier {
    type Answer = RevokeTierResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<account::Entity>(self.by.as_str());
        wants.row::<tier::Entity>(self.division.as_str());
        wants.group::<certificate::Entity>(self.division.as_str());
        wants.group::<enrolment_code::Entity>(self.division.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        context.authorise(Action::RevokeTier, &Resource::new("tier"))?;
        still_security_admin(context)?;
        let unknown = || Refusal::new(Reason::TierNotEnrolled).with("division", &self.division);
        let tier = context.get::<tier::Entity>(&self.division).cloned().ok_or_else(unknown)?;
        let held = context.group::<certificate::Entity>(&self.division).into_iter().filter(|held| held.is_alive());
        let held: Vec<_> = held.cloned().collect();
        let event = TierRevoked {
            division: self.division.clone(),
            reason: self.reason.clone(),
            fingerprints: held.iter().map(|held| held.fingerprint.clone()).collect(),
        };
        context.record(&format!("tiers/{}", self.division), &event);
        end_codes(&self.division, context);
        for held in held {
            context.put::<certificate::Entity>(certificate::Model { state: certificate::REVOKED.to_owned(), ..held });
        }
        context.put::<tier::Entity>(tier::Model { revoked: true, revoke_reason: self.reason.clone(), ..tier });
        Ok(RevokeTierResponse::default())
    }
}
