//! Opens a session after the password was found right.

use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::{AuditRecorded, LogInResponse};

use crate::entity::{account, session};

/// A session to open.
#[derive(Debug)]
pub(crate) struct OpenSession {
    pub(crate) account: String,
    /// The hash that the password was checked against.
    pub(crate) proven_hash: String,
    pub(crate) token_sha256: String,
    pub(crate) source: String,
    /// Milliseconds until it ends by itself, and until it ends without a call.
    pub(crate) life: i64,
    pub(crate) idle: i64,
    /// Places that an account has.
    pub(crate) places: u32,
}

impl OpenSession {
    /// The first free place, else the one whose session was opened first.
    fn place(&self, now: i64, context: &Context<'_>) -> String {
        let taken = context.group::<session::Entity>(&self.account);
        let free = (0..self.places).map(|number| session::Model::key_of(&self.account, number)).find(|key| {
            let there = taken.iter().find(|session| session.place == *key);
            there.is_none_or(|session| !session.is_open(now, session.use_time, self.idle))
        });
        let oldest = || taken.iter().min_by_key(|session| session.open_time).map(|session| session.place.clone());
        free.or_else(oldest).unwrap_or_else(|| session::Model::key_of(&self.account, 0))
    }
}

impl Command for OpenSession {
    type Answer = LogInResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<account::Entity>(self.account.as_str());
        wants.group::<session::Entity>(self.account.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        let account = context.get::<account::Entity>(&self.account);
        let proven = account.filter(|account| !account.disabled && account.password_hash == self.proven_hash);
        let account = proven.cloned().ok_or_else(|| Refusal::new(Reason::CredentialsInvalid))?;
        let now = context.now().as_millisecond();
        let session = session::Model {
            place: self.place(now, context),
            account: account.id.clone(),
            token_sha256: self.token_sha256.clone(),
            source: self.source.clone(),
            open_time: now,
            expire_time: now.saturating_add(self.life),
            use_time: now,
            ended: false,
        };
        let expires = jiff::Timestamp::from_millisecond(session.expire_time).unwrap_or(context.now());
        let event = AuditRecorded {
            event: "LOGIN".to_owned(),
            account: account.id.clone(),
            person: account.person.clone(),
            source: self.source.clone(),
            ..AuditRecorded::default()
        };
        context.record(&account.name(), &event);
        context.put::<session::Entity>(session);
        Ok(LogInResponse {
            token: String::new(),
            expire_time: Some(clock::to_proto(expires)),
            account: Some(account.to_proto()),
        })
    }
}
