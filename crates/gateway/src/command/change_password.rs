//! Changes one's own password and ends one's other sessions.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::ChangePasswordResponse;

use super::end_sessions;
use crate::entity::{account, session};

/// A new password for the caller.
#[derive(Debug)]
pub(crate) struct ChangePassword {
    pub(crate) account: String,
    /// The hash that the present password was checked against.
    pub(crate) proven_hash: String,
    pub(crate) password_hash: String,
}

impl Command for ChangePassword {
    type Answer = ChangePasswordResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<account::Entity>(self.account.as_str());
        wants.group::<session::Entity>(self.account.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        let own = context.get::<account::Entity>(&self.account);
        let proven = own.filter(|own| !own.disabled && own.password_hash == self.proven_hash);
        let before = proven.cloned().ok_or_else(|| Refusal::new(Reason::CredentialsInvalid))?;
        let account = account::Model {
            password_hash: self.password_hash.clone(),
            revision: i64::try_from(context.next_sequence()).unwrap_or(i64::MAX),
            ..before
        };
        let session = context.caller().session.clone();
        end_sessions(&account.id, &session, context);
        context.record(&account.name(), &account.changed(false, true));
        context.put::<account::Entity>(account);
        Ok(ChangePasswordResponse {})
    }
}
