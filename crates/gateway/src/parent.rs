//! The parent of this tier: the one line up, with this tier's certificate; joining it, and renewing the certificate while a
//! third of its life is left. All that goes up passes here.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use http::{Request, Response};
use minsheng_kit::authority::request_certificate;
use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal, reason_of};
use minsheng_kit::identity::Caller;
use minsheng_kit::line::Line;
use minsheng_kit::service::Service;
use minsheng_kit::tls::{
    ClientIdentity, ShakeError, TlsError, Trust, certificates, client_config, fingerprint, private_key, shake_hands,
};
use minsheng_kit::writer::{Call, Outcome};
use minsheng_proto::identity::v1::JoinParentResponse;
use minsheng_proto::tier::v1::enrolment_service_client::EnrolmentServiceClient;
use minsheng_proto::tier::v1::{EnrolRequest, RenewRequest};
use rand_core::{OsRng, RngCore};
use tonic::Status;
use tonic::body::Body;

use crate::command::{JoinParent, RenewParent};
use crate::config::{UpstreamSettings, seconds};
use crate::entity::parent;
use crate::ledgers::Ledgers;
use crate::store;
use crate::tier_form as form;
use crate::upstream::Upstream;

const FOLDER: &str = "parent";
/// How long one call for a certificate may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The way to the parent.
#[derive(Debug)]
pub(crate) struct Parent {
    service: Service,
    ledgers: Ledgers,
    settings: UpstreamSettings,
    folder: PathBuf,
    joined: RwLock<Option<Arc<Joined>>>,
    last_failure: Mutex<String>,
}

/// A parent that this tier has joined.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) parent: parent::Model,
    pub(crate) line: Line,
    upstream: Arc<Upstream>,
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
            joined: RwLock::default(),
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
        let joined = self.joined.read().unwrap_or_else(PoisonError::into_inner).clone();
        joined.ok_or_else(|| Refusal::new(Reason::ParentNotJoined))
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
    /// PARENT_NOT_JOINED, TOO_MANY_REQUESTS, SERVICE_UNAVAILABLE.
    pub(crate) async fn forward(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let joined = self.joined()?;
        let answered = joined.upstream.forward(request, None).await;
        match &answered {
            Ok(response) => {
                let status = Status::from_header_map(response.headers());
                self.note(status.filter(|status| status.code() != tonic::Code::Ok).as_ref());
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

        let key_file = new_key_file();
        let request = request_certificate(&self.folder.join(&key_file), &self.service.division).map_err(unusable)?;
        let ask =
            EnrolRequest { code: code.to_owned(), certificate_request: request, ledgers: self.ledgers.keys().await };
        let asking = tokio::time::timeout(PATIENCE, EnrolmentServiceClient::new(line).enrol(ask)).await;
        let answer = asking.map_err(|_| Refusal::new(Reason::ServiceUnavailable))??.into_inner();
        if answer.division != self.service.division {
            return Err(Refusal::invalid(
                "code",
                format!("该登记码是给{}的，本级是{}", answer.division, self.service.division),
                format!("is for {}, but this tier is {}", answer.division, self.service.division),
            )
            .into());
        }
        let expires = answer.expire_time.as_ref().map(|time| clock::from_proto("expire_time", time)).transpose()?;
        let now = self.service.clock.now().as_millisecond();
        let parent = parent::Model {
            id: parent::KEY.to_owned(),
            division: form::read_division("parent_division", &answer.parent_division)?,
            url: url.to_owned(),
            pinned,
            fingerprint: fingerprint_of(&answer.certificate_chain)?,
            chain: answer.certificate_chain,
            key_file,
            issue_time: now,
            expire_time: expires.map_or(now, |expires| expires.as_millisecond()),
            join_time: now,
            left: false,
            exchange_time: 0,
            witness_key: String::new(),
        };
        let ledgers = form::read_ledgers(&parent.division, answer.ledgers)?;
        // What cannot be used is not stored.
        self.line(&parent).map_err(unusable)?;
        let by = caller.account.clone();
        let call = Call::internal(caller, "TierAdminService/JoinParent");
        let outcome = self.service.writer.run(JoinParent { parent, ledgers, by }, call).await?;
        self.read_again().await?;
        self.note(None);
        Ok(outcome)
    }

    /// Looks from time to time whether the certificate ends soon, and whether another replica has changed something, until
    /// the service stops.
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
            if !joined.parent.is_due(self.service.clock.now().as_millisecond()) {
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
        let key_file = new_key_file();
        let request = request_certificate(&self.folder.join(&key_file), &self.service.division).map_err(unusable)?;
        let ask = RenewRequest { certificate_request: request };
        let answer = EnrolmentServiceClient::new(joined.line.clone()).renew(ask).await?.into_inner();
        let expires = answer.expire_time.as_ref().map(|time| clock::from_proto("expire_time", time)).transpose()?;
        let command = RenewParent {
            replaces: joined.parent.fingerprint.clone(),
            fingerprint: fingerprint_of(&answer.certificate_chain)?,
            chain: answer.certificate_chain,
            key_file,
            expire_time: expires.map_or(joined.parent.expire_time, |expires| expires.as_millisecond()),
        };
        let call = Call::internal(self.service.caller.clone(), "TierAdminService/RenewParent");
        self.service.writer.run(command, call).await?;
        self.read_again().await?;
        Ok(())
    }

    /// Takes what is stored, with a line of its own where the certificate is another one.
    pub(crate) async fn read_again(&self) -> Result<(), Refusal> {
        let stored = store::parent(self.service.database.reader()).await?.filter(|stored| !stored.left);
        let known = self.joined.read().unwrap_or_else(PoisonError::into_inner).clone();
        let joined = match (stored, known) {
            (None, _) => None,
            (Some(stored), Some(known)) if known.parent == stored => return Ok(()),
            (Some(stored), Some(known)) if known.parent.fingerprint == stored.fingerprint => {
                Some(Joined { parent: stored, line: known.line.clone(), upstream: known.upstream.clone() })
            }
            (Some(stored), _) => {
                let line = self.line(&stored).map_err(unusable)?;
                let upstream = Arc::new(Upstream::new(vec![line.clone()], &self.settings));
                Some(Joined { parent: stored, line, upstream })
            }
        };
        *self.joined.write().unwrap_or_else(PoisonError::into_inner) = joined.map(Arc::new);
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

fn new_key_file() -> String {
    let mut bytes = [0; 8];
    OsRng.fill_bytes(&mut bytes);
    format!("{}.key", hex::encode(bytes))
}

fn fingerprint_of(chain: &str) -> Result<String, Refusal> {
    let chain = certificates(chain.as_bytes()).map_err(|error| unusable(TlsError::Use(error)))?;
    chain.first().map(|certificate| fingerprint(certificate)).ok_or_else(|| Refusal::new(Reason::Internal))
}

fn unusable(error: TlsError) -> Refusal {
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
