//! What becomes of this tier's parent: joined, certificate renewed, left.

use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::{JoinParentResponse, LeaveParentResponse, ParentJoined, ParentLeft, ParentRenewed};
use minsheng_proto::tier::v1::LedgerKey;

use super::{first_sight, moment, still_security_admin};
use crate::entity::{account, bundle_request, kept_head, parent};

/// A parent that has given this tier a certificate.
#[derive(Debug)]
pub(crate) struct JoinParent {
    pub(crate) parent: parent::Model,
    pub(crate) ledgers: Vec<LedgerKey>,
    pub(crate) by: String,
}

impl Command for JoinParent {
    type Answer = JoinParentResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<account::Entity>(self.by.as_str());
        wants.row::<parent::Entity>(parent::KEY);
        wants.row::<bundle_request::Entity>(bundle_request::KEY);
        for ledger in &self.ledgers {
            wants.row::<kept_head::Entity>(ledger.origin.as_str());
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        context.authorise(Action::JoinParent, &Resource::new("parent"))?;
        still_security_admin(context)?;
        let now = context.now().as_millisecond();
        let event = ParentJoined {
            division: self.parent.division.clone(),
            url: self.parent.url.clone(),
            pinned: self.parent.pinned.clone(),
            fingerprint: self.parent.fingerprint.clone(),
            expire_time: Some(clock::to_proto(moment(self.parent.expire_time))),
            ledger_keys: self.ledgers.iter().map(|ledger| ledger.verifier_key.clone()).collect(),
        };
        context.record("parent", &event);
        for ledger in &self.ledgers {
            if context.get::<kept_head::Entity>(&ledger.origin).is_none() {
                context.put::<kept_head::Entity>(first_sight(&self.parent.division, ledger, now));
            }
        }
        if let Some(request) = context.get::<bundle_request::Entity>(bundle_request::KEY).cloned() {
            context.put::<bundle_request::Entity>(bundle_request::Model { secret: String::new(), ..request });
        }
        let replaced = context.get::<parent::Entity>(parent::KEY).map(parent::Model::replaced_key_files);
        let old_key_files = replaced.unwrap_or_default();
        context.put::<parent::Entity>(parent::Model { join_time: now, old_key_files, ..self.parent.clone() });
        Ok(JoinParentResponse::default())
    }
}

/// The certificate that replaces the one of a fingerprint.
#[derive(Debug)]
pub(crate) struct RenewParent {
    pub(crate) replaces: String,
    pub(crate) chain: String,
    pub(crate) key_file: String,
    pub(crate) fingerprint: String,
    pub(crate) expire_time: i64,
}

impl Command for RenewParent {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        wants.row::<parent::Entity>(parent::KEY);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        let held = context.get::<parent::Entity>(parent::KEY).cloned();
        let Some(held) = held.filter(|held| !held.left && held.fingerprint == self.replaces) else {
            // Another replica was faster, or this tier has left.
            return Err(Refusal::new(Reason::CursorMoved));
        };
        let event = ParentRenewed {
            division: held.division.clone(),
            fingerprint: self.fingerprint.clone(),
            expire_time: Some(clock::to_proto(moment(self.expire_time))),
        };
        context.record("parent", &event);
        context.put::<parent::Entity>(parent::Model {
            old_key_files: held.replaced_key_files(),
            chain: self.chain.clone(),
            key_file: self.key_file.clone(),
            fingerprint: self.fingerprint.clone(),
            issue_time: context.now().as_millisecond(),
            expire_time: self.expire_time,
            ..held
        });
        Ok(())
    }
}

/// The files with keys that a certificate has replaced are deleted.
#[derive(Debug)]
pub(crate) struct ForgetOldKeys {
    pub(crate) fingerprint: String,
}

impl Command for ForgetOldKeys {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        wants.row::<parent::Entity>(parent::KEY);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        let held = context.get::<parent::Entity>(parent::KEY).cloned();
        if let Some(held) = held.filter(|held| held.fingerprint == self.fingerprint) {
            context.put::<parent::Entity>(parent::Model { old_key_files: String::new(), ..held });
        }
        Ok(())
    }
}

/// This tier leaves its parent.
#[derive(Debug)]
pub(crate) struct LeaveParent {
    pub(crate) reason: String,
    pub(crate) by: String,
}

impl Command for LeaveParent {
    type Answer = LeaveParentResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<account::Entity>(self.by.as_str());
        wants.row::<parent::Entity>(parent::KEY);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        context.authorise(Action::JoinParent, &Resource::new("parent"))?;
        still_security_admin(context)?;
        let held = context.get::<parent::Entity>(parent::KEY).filter(|held| !held.left).cloned();
        let held = held.ok_or_else(|| Refusal::new(Reason::ParentNotJoined))?;
        let event = ParentLeft { division: held.division.clone(), reason: self.reason.clone() };
        context.record("parent", &event);
        context.put::<parent::Entity>(parent::Model { left: true, ..held });
        Ok(LeaveParentResponse::default())
    }
}
