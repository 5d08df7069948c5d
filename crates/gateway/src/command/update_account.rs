//! Changes an account: name shown, unit, posts, state, password.

use std::collections::BTreeSet;

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::Role;
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::UpdateAccountResponse;

use super::{end_sessions, keep_administrators_apart, still_security_admin};
use crate::entity::{account, session};
use crate::form;

/// What changes; what is none stays.
#[derive(Debug)]
pub(crate) struct UpdateAccount {
    pub(crate) id: String,
    pub(crate) etag: String,
    pub(crate) display_name: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) roles: Option<BTreeSet<Role>>,
    pub(crate) disabled: Option<bool>,
    pub(crate) password_hash: Option<String>,
    pub(crate) by: String,
}

impl Command for UpdateAccount {
    type Answer = UpdateAccountResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<account::Entity>(self.id.as_str());
        wants.row::<account::Entity>(self.by.as_str());
        wants.group::<session::Entity>(self.id.as_str());
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        if let Some(account) = rows.get::<account::Entity>(&self.id) {
            wants.group::<account::Entity>(account.person.as_str());
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        let before = context.get::<account::Entity>(&self.id).cloned();
        let resource = Resource::new("account").with_persons(before.iter().map(|account| account.person.clone()));
        context.authorise(Action::UpdateAccount, &resource)?;
        still_security_admin(context)?;
        let before = before.ok_or_else(|| Refusal::new(Reason::AccountUnknown).with("account", &self.id))?;
        if before.etag() != self.etag {
            return Err(Refusal::new(Reason::EtagMismatch).with("etag", before.etag()));
        }
        let password_set = self.password_hash.is_some();
        let mut account =
            account::Model { revision: i64::try_from(context.next_sequence()).unwrap_or(i64::MAX), ..before };
        if let Some(display_name) = self.display_name.clone() {
            account.display_name = display_name;
        }
        if let Some(unit) = self.unit.clone() {
            account.unit = unit;
        }
        if let Some(roles) = self.roles.clone() {
            account.roles = account::Model::join(&roles);
        }
        if let Some(disabled) = self.disabled {
            account.disabled = disabled;
        }
        if let Some(password_hash) = self.password_hash.clone() {
            account.password_hash = password_hash;
        }
        form::check_posts(&account.roles(), &account.unit)?;
        keep_administrators_apart(&account, context)?;
        if account.disabled || password_set {
            end_sessions(&account.id, "", context);
        }
        context.record(&account.name(), &account.changed(false, password_set));
        let answer = UpdateAccountResponse { account: Some(account.to_proto()), receipt: None };
        context.put::<account::Entity>(account);
        Ok(answer)
    }
}
