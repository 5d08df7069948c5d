//! The parent of this tier: the one line up, with this tier's certificate; joining it, and renewing the certificate while a
//! third of its life is left. All that goes up passes here.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use minsheng_kit::authority::request_certificate;
use minsheng_kit::error::{Reason, Refusal, reason_of};
use minsheng_kit::identity::Caller;
use minsheng_kit::line::Line;
use minsheng_kit::server::{GRPC_TIMEOUT, parse_timeout};
use minsheng_kit::service::Service;
use minsheng_kit::tls::{
    ClientIdentity, ShakeError, TlsError, Trust, certificates, client_config, private_key, shake_hands,
};
use minsheng_kit::writer::{Call, Outcome};
use minsheng_proto::identity::v1::JoinParentResponse;
use minsheng_proto::tier::v1::enrolment_service_client::EnrolmentServiceClient;
use minsheng_proto::tier::v1::{EnrolRequest, RenewRequest};
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;

use crate::command::ForgetOldKeys;
use crate::config::{UpstreamSettings, seconds};
use crate::entity::parent;
use crate::key_file::NewKey;
use crate::ledgers::Ledgers;
use crate::store;
use crate::tier_form as form;
use crate::upstream::Upstream;

const FOLDER: &str = "parent";
/// How long one call for a certificate may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Another replica may have joined, renewed or left: what is known is no older than this when it is used.
const FRESH: Duration = Duration::from_secs(1);
/// How long a call waits for a parent to be joined, and what is left of its deadline then.
const WAIT: Duration = Duration::from_secs(20);
const SPARE: Duration = Duration::from_secs(5);

/// The way to the parent.
#[derive(Debug)]
pub(crate) struct Parent {
    pub(crate) service: Service,
    pub(crate) ledgers: Ledgers,
    settings: UpstreamSettings,
    pub(crate) folder: PathBuf,
    joined: watch::Sender<Option<Arc<Joined>>>,
    read: Mutex<Instant>,
    last_failure: Mutex<String>,
}

/// A parent that this tier has joined.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) parent: parent::Model,
    /// None where bundles carry what goes up and comes down.
    line: Option<(Line, Arc<Upstream>)>,
    /// The parent has answered to this certificate.
    confirmed: Arc<AtomicBool>,
}

impl Joined {
    /// The line.
    ///
    /// # Errors
    /// PARENT_WITHOUT_LINE.
    pub(crate) fn line(&self) -> Result<Line, Refusal> {
        let line = self.line.as_ref().map(|(line, _)| line.clone());
        line.ok_or_else(|| Refusal::new(Reason::ParentWithoutLine))
    }

    fn upstream(&self) -> Result<&Upstream, Refusal> {
        let upstream = self.line.as_ref().map(|(_, upstream)| upstream.as_ref());
        upstream.ok_or_else(|| Refusal::new(Reason::ParentWithoutLine))
    }

    /// The parent has answered to this certificate.
    pub(crate) fn confirm(&self) {
        self.confirmed.store(true, Ordering::Relaxed);
    }
}

impl Parent {
    /// With what is stored.
    pub(crate) async fn open(
        service: Service,
        ledgers: Ledgers,
        settings: UpstreamSettings,
        folder: &Path,
    ) -> Arc<Self> {
        let parent = Self {
            service,
            ledgers,
            settings,
            folder: folder.join(FOLDER),
            joined: watch::Sender::default(),
            read: Mutex::new(Instant::now()),
            last_failure: Mutex::default(),
        };
        if let Err(refusal) = parent.read_again().await {
            // The tier works on alone; a missing key is no reason not to start.
            tracing::error!(%refusal, "the line to the parent cannot be used");
        }
        Arc::new(parent)
    }

    /// The parent.
    ///
    /// # Errors
    /// PARENT_NOT_JOINED.
    pub(crate) fn joined(&self) -> Result<Arc<Joined>, Refusal> {
        self.joined.borrow().clone().ok_or_else(|| Refusal::new(Reason::ParentNotJoined))
    }

    /// The same for a call on its way up. One that names a deadline waits for a parent and its line for a while: what a service asks for
    /// again and again is passed on in the moment when this tier joins.
    async fn awaited(&self, headers: &HeaderMap) -> Result<Arc<Joined>, Refusal> {
        let deadline = headers.get(GRPC_TIMEOUT).and_then(parse_timeout).unwrap_or_default();
        let end = Instant::now() + deadline.saturating_sub(SPARE).min(WAIT);
        let mut changes = self.joined.subscribe();
        loop {
            let read = *self.read.lock().unwrap_or_else(PoisonError::into_inner);
            if read.elapsed() >= FRESH {
                // What is known is good while the database does not answer.
                self.read_again().await.or_else(|refusal| self.joined().map(drop).map_err(|_| refusal))?;
            }
            changes.mark_unchanged();
            let joined = self.joined().and_then(|joined| joined.line().map(|_| joined));
            match joined {
                Err(_) if Instant::now() < end && !self.service.cancel.is_cancelled() => {}
                known => return known,
            }
            tokio::select! {
                _ = changes.changed() => {}
                () = tokio::time::sleep(FRESH) => {}
                () = self.service.cancel.cancelled() => {}
            }
        }
    }

    /// Why the last call up failed; empty when it went well.
    pub(crate) fn last_failure(&self) -> String {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers how a call up ended.
    pub(crate) fn note(&self, failed: Option<&Status>) {
        let word = failed.map_or_else(String::new, |status| {
            reason_of(status).map_or_else(|| format!("{:?}", status.code()), |reason| reason.as_str().to_owned())
        });
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = word;
    }

    /// Passes a call of one of this tier's services on.
    ///
    /// # Errors
    /// PARENT_NOT_JOINED, PARENT_WITHOUT_LINE, TOO_MANY_REQUESTS, SERVICE_UNAVAILABLE.
    pub(crate) async fn forward(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let joined = self.awaited(request.headers()).await?;
        let answered = joined.upstream()?.forward(request, None).await;
        match &answered {
            Ok(response) => {
                let status = Status::from_header_map(response.headers());
                let failed = status.filter(|status| status.code() != tonic::Code::Ok);
                if failed.is_none() {
                    joined.confirm();
                }
                self.note(failed.as_ref());
            }
            Err(status) => self.note(Some(status)),
        }
        answered
    }

    /// Joins a parent: its certificate is checked before the code is sent.
    ///
    /// # Errors
    /// PARENT_UNTRUSTED, SERVICE_UNAVAILABLE, FIELD_INVALID, or what the parent says.
    pub(crate) async fn join(
        &self,
        url: &str,
        code: &str,
        pinned: &str,
        caller: Caller,
    ) -> Result<Outcome<JoinParentResponse>, Status> {
        let pinned = form::read_fingerprint(pinned)?;
        let address = form::read_address(url)?;
        let trust = Trust { fingerprints: vec![pinned.clone()], ..Trust::default() };
        let config = client_config(trust, None, self.service.clock.clone()).map_err(unusable)?;
        let shaken = tokio::time::timeout(PATIENCE, shake_hands(&address, &config)).await;
        let timed_out = |_| ShakeError::Network(std::io::ErrorKind::TimedOut.into());
        shaken.map_err(timed_out).and_then(|shaken| shaken).map_err(|error| not_shaken(&error))?;
        let line = Line::secure(url, config).ok_or_else(|| Refusal::new(Reason::Internal))?;

        let key = NewKey::in_folder(&self.folder);
        let request = request_certificate(key.path(), &self.service.division).map_err(unusable)?;
        let ask =
            EnrolRequest { code: code.to_owned(), certificate_request: request, ledgers: self.ledgers.keys().await };
        let asking = tokio::time::timeout(PATIENCE, EnrolmentServiceClient::new(line).enrol(ask)).await;
        let answer = asking.map_err(|_| Refusal::new(Reason::ServiceUnavailable))??.into_inner();
        let (parent, ledgers) = self.read_answer((url, &pinned), key.name(), answer)?;
        // What cannot be used is not stored.
        self.line(&parent).map_err(unusable)?;
        key.keep();
        let outcome = self.store(parent, ledgers, caller).await?;
        self.note(None);
        Ok(outcome)
    }

    /// Looks from time to time whether another replica has changed something and, while this one has the lease, whether the
    /// certificate ends soon, until the service stops.
    pub(crate) async fn keep(self: Arc<Self>, every: u32) {
        let cancel = self.service.cancel.clone();
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(seconds(every.max(1))) => {}
            }
            if let Err(refusal) = self.read_again().await {
                tracing::warn!(%refusal, "the parent is not read");
            }
            let Ok(joined) = self.joined() else { continue };
            if !self.service.lease.is_held() {
                continue;
            }
            if let Err(refusal) = self.forget_old_keys(&joined).await {
                tracing::warn!(%refusal, "old keys for the parent are not deleted");
            }
            if joined.line.is_none() || !joined.parent.is_due(self.service.clock.now().as_millisecond()) {
                continue;
            }
            match tokio::time::timeout(PATIENCE, self.renew(&joined)).await {
                Ok(Ok(())) => tracing::info!("the certificate for the parent is renewed"),
                Ok(Err(status)) => {
                    self.note(Some(&status));
                    tracing::warn!(%status, expires = joined.parent.expire_time, "the certificate is not renewed yet");
                }
                Err(_elapsed) => tracing::warn!("renewing the certificate took too long"),
            }
        }
    }

    async fn renew(&self, joined: &Joined) -> Result<(), Status> {
        let key = NewKey::in_folder(&self.folder);
        let request = request_certificate(key.path(), &self.service.division).map_err(unusable)?;
        let ask = RenewRequest { certificate_request: request };
        let answer = EnrolmentServiceClient::new(joined.line()?).renew(ask).await?.into_inner();
        let name = key.name().to_owned();
        key.keep();
        Ok(self.renewed(joined, &name, answer).await?)
    }

    /// Deletes the keys that this certificate has replaced, once the parent has answered to it.
    async fn forget_old_keys(&self, joined: &Joined) -> Result<(), Refusal> {
        let old = &joined.parent.old_key_files;
        if old.is_empty() || !joined.confirmed.load(Ordering::Relaxed) {
            return Ok(());
        }
        for name in old.lines() {
            match std::fs::remove_file(self.folder.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(%error, name, "an old key for the parent is not deleted");
                    return Ok(());
                }
                _ => tracing::info!(name, "an old key for the parent is deleted"),
            }
        }
        let call = Call::internal(self.service.caller.clone(), "TierAdminService/ForgetOldKeys");
        let command = ForgetOldKeys { fingerprint: joined.parent.fingerprint.clone() };
        self.service.writer.run(command, call).await?;
        self.read_again().await
    }

    /// Takes what is stored, with a line of its own where the certificate is another one.
    pub(crate) async fn read_again(&self) -> Result<(), Refusal> {
        let stored = store::parent(self.service.database.reader()).await?.filter(|stored| !stored.left);
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let known = self.joined.borrow().clone();
        let joined = match (stored, known) {
            (None, None) => return Ok(()),
            (None, Some(_)) => None,
            (Some(stored), Some(known)) if known.parent == stored => return Ok(()),
            (Some(stored), Some(known)) if known.parent.fingerprint == stored.fingerprint => {
                let confirmed = known.confirmed.clone();
                Some(Joined { parent: stored, line: known.line.clone(), confirmed })
            }
            (Some(stored), _) => {
                let line = match stored.url.as_str() {
                    "" => None,
                    _ => {
                        let line = self.line(&stored).map_err(unusable)?;
                        Some((line.clone(), Arc::new(Upstream::new(vec![line], &self.settings))))
                    }
                };
                Some(Joined { parent: stored, line, confirmed: Arc::default() })
            }
        };
        self.joined.send_replace(joined.map(Arc::new));
        Ok(())
    }

    fn line(&self, parent: &parent::Model) -> Result<Line, TlsError> {
        let chain = certificates(parent.chain.as_bytes()).map_err(TlsError::Use)?;
        let authorities = chain.iter().skip(1).cloned().collect();
        let trust = Trust { authorities, fingerprints: vec![parent.pinned.clone()] };
        let identity = ClientIdentity { chain, key: private_key(&self.folder.join(&parent.key_file))? };
        let config = client_config(trust, Some(identity), self.service.clock.clone())?;
        Line::secure(&parent.url, config).ok_or_else(|| TlsError::Use(format!("{} is no https address", parent.url)))
    }
}

pub(crate) fn unusable(error: TlsError) -> Refusal {
    tracing::error!(%error, "certificate or key for the parent cannot be used");
    Refusal::new(Reason::Internal)
}

fn not_shaken(error: &ShakeError) -> Refusal {
    match error {
        ShakeError::OtherName(_) => Refusal::new(Reason::ParentUntrusted).because(
            "上级网关的证书不含所填的主机名：请改用证书中的主机名，或请上级在door.names中加上它",
            "the parent's certificate is not for this host: use a name that it holds, or have it added to door.names above",
        ),
        ShakeError::Untrusted(_) => Refusal::new(Reason::ParentUntrusted).with("found", error),
        ShakeError::Network(_) => Refusal::new(Reason::ServiceUnavailable)
            .because(format!("连不上上级网关：{error}"), format!("the parent's gateway is not reached: {error}")),
        ShakeError::Tls(_) => Refusal::new(Reason::ServiceUnavailable)
            .because(format!("上级网关不能以TLS 1.3通信：{error}"), format!("no TLS 1.3 with the parent: {error}")),
    }
}
