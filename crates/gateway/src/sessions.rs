//! Open sessions in memory, never older than half a second: whoever logged out, was switched off or lost a post is found
//! out within a second, by each call and by each open stream, whichever replica did it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::Caller;
use minsheng_kit::service::Service;
use minsheng_kit::writer::Call;
use rand_core::{OsRng, RngCore};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tonic::Status;

use crate::command::{Touch, TouchSessions};
use crate::config::SessionSettings;
use crate::store;

/// How old what is remembered may be, and how often an open stream looks.
const FRESH: Duration = Duration::from_millis(500);
/// How often it is noted which sessions were used.
const NOTE_INTERVAL: Duration = Duration::from_secs(30);
const TOKEN_BYTES: usize = 32;
const MOST_KEPT: usize = 100_000;

/// A new token and its SHA-256 in hex.
pub(crate) fn new_token() -> (String, String) {
    let mut bytes = [0; TOKEN_BYTES];
    OsRng.fill_bytes(&mut bytes);
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let sha256 = token_sha256(&token);
    (token, sha256)
}

/// What is stored and looked up of a token.
pub(crate) fn token_sha256(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Proves callers by their sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    service: Service,
    pub(crate) life: i64,
    pub(crate) idle: i64,
    open: Mutex<HashMap<String, Arc<Open>>>,
}

/// A session in memory.
#[derive(Debug)]
struct Open {
    place: String,
    state: Mutex<State>,
    /// Held by whoever reads it again, so that one does it for all.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug)]
struct State {
    caller: Arc<Caller>,
    read: Instant,
    expire_time: i64,
    use_time: i64,
    noted_time: i64,
}

impl Open {
    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Sessions {
    pub(crate) fn new(service: Service, settings: &SessionSettings) -> Arc<Self> {
        Arc::new(Self {
            service,
            life: i64::from(settings.life_hours) * 3_600_000,
            idle: i64::from(settings.idle_minutes) * 60_000,
            open: Mutex::default(),
        })
    }

    /// The caller whose session has this token.
    ///
    /// # Errors
    /// TOKEN_INVALID when there is no such open session; STORAGE_UNAVAILABLE when nobody can tell.
    pub(crate) async fn caller(&self, token_sha256: &str, used: bool) -> Result<Arc<Caller>, Refusal> {
        let state = match self.remembered(token_sha256) {
            Some(open) => self.look(token_sha256, &open).await?,
            None => self.read(token_sha256, None).await?,
        };
        let now = self.now();
        if now >= state.expire_time || now >= state.use_time.saturating_add(self.idle) {
            self.forget(token_sha256);
            return Err(Refusal::new(Reason::TokenInvalid));
        }
        if used && let Some(open) = self.remembered(token_sha256) {
            open.change(|state| state.use_time = now);
        }
        Ok(state.caller)
    }

    /// The caller whose session has this token, which is used now.
    ///
    /// # Errors
    /// As [`Sessions::caller`].
    pub(crate) async fn caller_of_token(&self, token: &str) -> Result<Arc<Caller>, Refusal> {
        self.caller(&token_sha256(token), true).await
    }

    /// Nothing of this account is remembered: the next look finds what is stored.
    pub(crate) fn forget_account(&self, account: &str) {
        self.lock().retain(|_, open| open.state().caller.account != account);
    }

    /// Nothing of this session is remembered.
    pub(crate) fn forget(&self, token_sha256: &str) {
        self.lock().remove(token_sha256);
    }

    /// Ends when what was opened by this caller must end, and says why.
    pub(crate) fn watch(self: &Arc<Self>, opened: Arc<Caller>) -> BoxFuture<'static, Status> {
        let sessions = self.clone();
        Box::pin(async move {
            loop {
                tokio::time::sleep(FRESH).await;
                match sessions.caller(&opened.session, false).await {
                    Ok(now) if now.unit == opened.unit && now.roles.is_superset(&opened.roles) => {}
                    Ok(_) => return Refusal::new(Reason::NotAllowed).into(),
                    Err(refusal) => return refusal.into(),
                }
            }
        })
    }

    /// Notes from time to time which sessions were used, until the service stops.
    pub(crate) async fn note_use(self: Arc<Self>) {
        let cancel = self.service.cancel.clone();
        loop {
            let stopping = tokio::select! {
                () = cancel.cancelled() => true,
                () = tokio::time::sleep(NOTE_INTERVAL) => false,
            };
            if let Err(refusal) = self.note_now().await {
                tracing::warn!(%refusal, "the use of sessions is not noted");
            }
            if stopping {
                return;
            }
        }
    }

    async fn note_now(&self) -> Result<(), Refusal> {
        let used: Vec<(Arc<Open>, Touch)> = self
            .lock()
            .iter()
            .filter_map(|(token_sha256, open)| {
                let state = open.state();
                let touch =
                    Touch { place: open.place.clone(), token_sha256: token_sha256.clone(), use_time: state.use_time };
                (state.use_time > state.noted_time).then(|| (open.clone(), touch))
            })
            .collect();
        if used.is_empty() {
            return Ok(());
        }
        let touches = used.iter().map(|(_, touch)| touch.clone()).collect();
        let call = Call::internal(self.service.caller.clone(), "SessionService/Touch");
        self.service.writer.run(TouchSessions(touches), call).await?;
        for (open, touch) in used {
            open.change(|state| state.noted_time = touch.use_time);
        }
        Ok(())
    }

    /// What is remembered when it is fresh, else what is stored.
    async fn look(&self, token_sha256: &str, open: &Arc<Open>) -> Result<State, Refusal> {
        let state = open.state();
        if state.read.elapsed() < FRESH {
            return Ok(state);
        }
        let _reading = open.reading.lock().await;
        let state = open.state();
        if state.read.elapsed() < FRESH {
            return Ok(state);
        }
        self.read(token_sha256, Some(open)).await
    }

    async fn read(&self, token_sha256: &str, remembered: Option<&Arc<Open>>) -> Result<State, Refusal> {
        let asked = Instant::now();
        let connection = self.service.database.reader();
        let session = store::session(token_sha256, connection).await?;
        let account = match &session {
            Some(session) => store::account(&session.account, connection).await?,
            None => None,
        };
        let used = remembered.map_or(i64::MIN, |open| open.state().use_time);
        let now = self.now();
        let found = session.zip(account.filter(|account| !account.disabled));
        let Some((session, account)) =
            found.filter(|(session, _)| session.is_open(now, session.use_time.max(used), self.idle))
        else {
            self.forget(token_sha256);
            return Err(Refusal::new(Reason::TokenInvalid));
        };
        let mut caller = Arc::new(account.caller(&self.service.division, token_sha256));
        if let Some(open) = remembered {
            let known = open.state().caller;
            if known == caller {
                caller = known;
            }
        }
        let state = State {
            caller,
            read: asked,
            expire_time: session.expire_time,
            use_time: session.use_time.max(used),
            noted_time: session.use_time,
        };
        match remembered {
            Some(open) => open.change(|kept| *kept = state.clone()),
            None => self.remember(token_sha256, session.place, state.clone()),
        }
        Ok(state)
    }

    fn remember(&self, token_sha256: &str, place: String, state: State) {
        let mut open = self.lock();
        if open.len() >= MOST_KEPT {
            let now = self.now();
            open.retain(|_, kept| kept.state().expire_time > now);
        }
        let kept = Open { place, state: Mutex::new(state), reading: tokio::sync::Mutex::default() };
        open.insert(token_sha256.to_owned(), Arc::new(kept));
    }

    fn remembered(&self, token_sha256: &str) -> Option<Arc<Open>> {
        self.lock().get(token_sha256).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Open>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        self.service.clock.now().as_millisecond()
    }
}
