//! Logging in and out. Whatever is wrong with account or password, the answer is the same and takes as long.

use std::sync::Arc;

use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{bearer, caller};
use minsheng_kit::service::Service;
use minsheng_kit::writer::Call;
use minsheng_proto::identity::v1::session_service_server::SessionService;
use minsheng_proto::identity::v1::{
    AuditRecorded, ChangePasswordRequest, ChangePasswordResponse, GetSessionRequest, GetSessionResponse, LogInRequest,
    LogInResponse, LogOutRequest, LogOutResponse,
};
use tokio::time::Instant;
use tonic::{Request, Response, Status};

use super::source;
use crate::audit::Auditor;
use crate::command::{ChangePassword, EndSession, OpenSession};
use crate::entity::{account, session};
use crate::form;
use crate::password::{Hasher, Lane, check_strength};
use crate::sessions::{Sessions, new_token, token_sha256};
use crate::store;
use crate::throttle::{Attempt, Throttle};

const DAY: i64 = 24 * 3_600_000;

/// Serves sessions.
#[derive(Clone, Debug)]
pub(crate) struct LogIns {
    pub(crate) service: Service,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) hasher: Hasher,
    pub(crate) auditor: Auditor,
    pub(crate) places: u32,
    pub(crate) known_days: u32,
}

#[tonic::async_trait]
impl SessionService for LogIns {
    async fn log_in(&self, request: Request<LogInRequest>) -> Result<Response<LogInResponse>, Status> {
        let device = bearer(request.metadata().as_ref()).ok().map(token_sha256);
        let source = source(&request);
        let LogInRequest { account, password } = request.into_inner();
        let id = form::parse_id(&account).unwrap_or_default();
        let mut attempt = Attempt { account: id.to_owned(), source, device: None, known: true };
        if device.is_none() {
            // A flood is turned away before the database is asked.
            self.admit(&attempt)?;
        }
        let found = store::account(id, self.service.database.reader()).await?;
        let places = store::sessions(id, self.service.database.reader()).await?;
        attempt.device = device.filter(|device| places.iter().any(|session| session.token_sha256 == *device));
        attempt.known = attempt.device.is_some() || self.is_known(&attempt.source, &places);
        let proven = self.prove(&attempt, found, password).await?;
        let (token, token_sha256) = new_token();
        let call = Call::internal(proven.caller(&self.service.division, &token_sha256), "SessionService/LogIn");
        let command = OpenSession {
            account: proven.id,
            proven_hash: proven.password_hash,
            token_sha256,
            source: attempt.source,
            life: self.sessions.life,
            idle: self.sessions.idle,
            places: self.places.max(1),
        };
        let outcome = self.service.writer.run(command, call).await?;
        Ok(Response::new(LogInResponse { token, ..outcome.answer }))
    }

    async fn log_out(&self, request: Request<LogOutRequest>) -> Result<Response<LogOutResponse>, Status> {
        let caller = caller(&request)?;
        let command = EndSession {
            account: caller.account.clone(),
            token_sha256: caller.session.clone(),
            source: source(&request),
        };
        let token_sha256 = caller.session.clone();
        let outcome = self.service.writer.run(command, Call::internal(caller, "SessionService/LogOut")).await?;
        self.sessions.forget(&token_sha256);
        Ok(Response::new(outcome.answer))
    }

    async fn get_session(&self, request: Request<GetSessionRequest>) -> Result<Response<GetSessionResponse>, Status> {
        let caller = caller(&request)?;
        let gone = || Refusal::new(Reason::TokenInvalid);
        let connection = self.service.database.reader();
        let session = store::session(&caller.session, connection).await?.ok_or_else(gone)?;
        let account = store::account(&caller.account, connection).await?.ok_or_else(gone)?;
        let expires = jiff::Timestamp::from_millisecond(session.expire_time).map_err(|_| gone())?;
        Ok(Response::new(GetSessionResponse {
            account: Some(account.to_proto()),
            expire_time: Some(clock::to_proto(expires)),
        }))
    }

    async fn change_password(
        &self,
        request: Request<ChangePasswordRequest>,
    ) -> Result<Response<ChangePasswordResponse>, Status> {
        let caller = caller(&request)?;
        let source = source(&request);
        let ChangePasswordRequest { old_password, new_password } = request.into_inner();
        check_strength("new_password", &new_password, &caller.account)?;
        if new_password == old_password {
            let weak = Refusal::new(Reason::PasswordWeak);
            return Err(weak.field("new_password", "不能与原密码相同", "must differ from the present one").into());
        }
        let device = Some(caller.session.clone());
        let attempt = Attempt { account: caller.account.clone(), source, device, known: true };
        let found = store::account(&caller.account, self.service.database.reader()).await?;
        let proven = self.prove(&attempt, found, old_password).await?;
        let change = [caller.account.as_str(), caller.session.as_str(), proven.password_hash.as_str()];
        let password_hash = self.hasher.turn(Lane::Known).await?.hash(new_password, &change).await?;
        let command = ChangePassword { account: proven.id, proven_hash: proven.password_hash, password_hash };
        let account = caller.account.clone();
        let call = Call::internal(caller, "SessionService/ChangePassword");
        let outcome = self.service.writer.run(command, call).await?;
        self.sessions.forget_account(&account);
        Ok(Response::new(outcome.answer))
    }
}

impl LogIns {
    /// The account, if it is switched on and the password is its own.
    async fn prove(
        &self,
        attempt: &Attempt,
        found: Option<account::Model>,
        password: String,
    ) -> Result<account::Model, Refusal> {
        self.admit(attempt)?;
        let lane = if attempt.known { Lane::Known } else { Lane::Anyone };
        let turn = self.hasher.turn(lane).await.inspect_err(|refusal| self.audit(attempt, refusal))?;
        // While it waited for its turn others may have failed.
        self.admit(attempt)?;
        let right = turn.verify(password, found.as_ref().map(|account| account.password_hash.clone())).await?;
        match found.filter(|account| right && !account.disabled) {
            Some(account) => {
                self.throttle.succeeded(attempt);
                Ok(account)
            }
            None => {
                self.throttle.failed(attempt, Instant::now());
                let refusal = Refusal::new(Reason::CredentialsInvalid);
                self.audit(attempt, &refusal);
                Err(refusal)
            }
        }
    }

    fn admit(&self, attempt: &Attempt) -> Result<(), Refusal> {
        self.throttle.check(attempt, Instant::now()).inspect_err(|refusal| self.audit(attempt, refusal))
    }

    fn audit(&self, attempt: &Attempt, refusal: &Refusal) {
        self.auditor.refused(AuditRecorded {
            event: "LOGIN_REFUSED".to_owned(),
            account: attempt.account.clone(),
            reason: refusal.reason.as_str().to_owned(),
            source: attempt.source.clone(),
            ..AuditRecorded::default()
        });
    }

    fn is_known(&self, source: &str, places: &[session::Model]) -> bool {
        let since = self.service.clock.now().as_millisecond() - i64::from(self.known_days) * DAY;
        places.iter().any(|session| session.source == source && session.open_time >= since)
    }
}
