//! Ends the caller's session.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::{AuditRecorded, LogOutResponse};

use crate::entity::session;

/// A session to end.
#[derive(Debug)]
pub(crate) struct EndSession {
    pub(crate) account: String,
    pub(crate) token_sha256: String,
    pub(crate) source: String,
}

impl Command for EndSession {
    type Answer = LogOutResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.group::<session::Entity>(self.account.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        let open = context.group::<session::Entity>(&self.account);
        let own = open.into_iter().find(|session| !session.ended && session.token_sha256 == self.token_sha256);
        let Some(session) = own.cloned() else {
            return Ok(LogOutResponse {});
        };
        let event = AuditRecorded {
            event: "LOGOUT".to_owned(),
            account: self.account.clone(),
            person: context.caller().person.clone(),
            source: self.source.clone(),
            ..AuditRecorded::default()
        };
        context.record(&format!("accounts/{}", self.account), &event);
        context.put::<session::Entity>(session::Model { ended: true, ..session });
        Ok(LogOutResponse {})
    }
}
