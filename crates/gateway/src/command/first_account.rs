//! Makes the security administrator of a tier that has no account yet.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};

use crate::entity::account;
use crate::form::Content;

/// The first account.
#[derive(Debug)]
pub(crate) struct FirstAccount {
    pub(crate) id: String,
    pub(crate) content: Content,
    pub(crate) password_hash: String,
}

impl Command for FirstAccount {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        wants.row::<account::Entity>(self.id.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        // Another replica may have been faster.
        if context.get::<account::Entity>(&self.id).is_some() {
            return Ok(());
        }
        let account = self.content.account(&self.id, &self.password_hash, context);
        context.record(&account.name(), &account.changed(true, true));
        context.put::<account::Entity>(account);
        Ok(())
    }
}
