//! Makes an account.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::CreateAccountResponse;

use super::{keep_administrators_apart, still_security_admin};
use crate::entity::account;
use crate::form::Content;

/// A new account, its password hashed already.
#[derive(Debug)]
pub(crate) struct CreateAccount {
    pub(crate) id: String,
    pub(crate) content: Content,
    pub(crate) password_hash: String,
    pub(crate) by: String,
}

impl Command for CreateAccount {
    type Answer = CreateAccountResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<account::Entity>(self.id.as_str());
        wants.row::<account::Entity>(self.by.as_str());
        wants.group::<account::Entity>(self.content.person.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        let resource = Resource::new("account").with_persons([self.content.person.clone()]);
        context.authorise(Action::CreateAccount, &resource)?;
        still_security_admin(context)?;
        if context.get::<account::Entity>(&self.id).is_some() {
            return Err(Refusal::new(Reason::AccountExists).field("account.name", "账号已存在", "exists already"));
        }
        let account = self.content.account(&self.id, &self.password_hash, context);
        keep_administrators_apart(&account, context)?;
        context.record(&account.name(), &account.changed(true, true));
        let answer = CreateAccountResponse { account: Some(account.to_proto()), receipt: None };
        context.put::<account::Entity>(account);
        Ok(answer)
    }
}
