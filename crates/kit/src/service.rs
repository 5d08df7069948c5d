//! What a running service is made of: its parts from its settings, its followers, and the way it is served.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm_migration::MigratorTrait;
use thiserror::Error;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::authority::Authority;
use crate::client::PeerChannel;
use crate::clock::SharedClock;
use crate::error::Refusal;
use crate::follower::{Applier, Follow, Follower, FollowerState};
use crate::identity::{
    Caller, KeyError, KeyRing, SignedIdentities, Signer, Verifier, load_public_key, load_signing_key,
};
use crate::lease::Lease;
use crate::ledger::{LedgerApi, LedgerSigner, LedgerVerifier, NoteError};
use crate::line::{Line, Near};
use crate::measure;
use crate::policy::{Policies, PolicyError};
use crate::server::BindError;
use crate::settings::{CommonSettings, DatabaseSettings, PeerSettings, SettingsError, seconds};
use crate::store::{Database, OpenError};
use crate::telemetry::Readiness;
use crate::telemetry::trace::Causes;
use crate::tls::{Trust, client_config, read_certificates};
use crate::writer::{Writer, WriterParts};
use minsheng_proto::ledger::v1::ledger_service_server::LedgerServiceServer;

/// The services of a tier, by the names of their ledgers.
pub const SERVICES: [&str; 5] = ["catalogue", "reporting", "verification", "ranking", "gateway"];

/// How long a lease lasts where no settings say it.
const LEASE: Duration = Duration::from_secs(10);

/// Why a service does not start; each says what to do.
#[derive(Debug, Error)]
pub enum StartError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be written.
    #[error("the database cannot be written: {0}")]
    Storage(#[from] Refusal),
    /// A key is missing or damaged.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A ledger key is damaged.
    #[error("ledger key of {service}: {source}")]
    LedgerKey {
        /// Whose ledger.
        service: String,
        /// What is wrong.
        source: NoteError,
    },
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The policies are not valid.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A peer's address is none.
    #[error("settings: peers.{service}.url is no URL like http://127.0.0.1:50051: {url}")]
    PeerAddress {
        /// Which peer.
        service: String,
        /// What stands there.
        url: String,
    },
    /// A service that must be followed or called has no address.
    #[error("settings: peers.{0} is missing: it is followed or called")]
    NoPeer(String),
    /// The port is taken, or certificate and key cannot be used.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A folder or file that the service writes cannot be made or used.
    #[error("{key}: {path} cannot be used: {source}")]
    Folder {
        /// The key that names it.
        key: &'static str,
        /// Where it is.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A setting whose value cannot be used.
    #[error("settings: {key} {en}")]
    Value {
        /// The key with its sections.
        key: &'static str,
        /// What it must be, in Chinese.
        zh: &'static str,
        /// The same in English.
        en: &'static str,
    },
    /// Something that only this service has is not as it must be.
    #[error("{0}")]
    Other(String),
    /// The same of a service that shares the process with others.
    #[error("{service}: {source}")]
    Of {
        /// Which service.
        service: &'static str,
        /// What is wrong with it.
        source: Box<StartError>,
    },
}

impl StartError {
    /// The same with the service's name.
    #[must_use]
    pub fn of(self, service: &'static str) -> Self {
        match self {
            named @ Self::Of { .. } => named,
            other => Self::Of { service, source: Box::new(other) },
        }
    }
}

/// What a deployment gives to a service beside its settings.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Folder for what the settings leave open: databases, keys, files.
    pub folder: PathBuf,
    /// Where time comes from.
    pub clock: SharedClock,
    /// The policies, shared by the services of one process.
    pub policies: Arc<Policies>,
    /// Cancelled when the process stops.
    pub cancel: CancellationToken,
    /// Services that run in this process, by name.
    pub near: Arc<BTreeMap<&'static str, Near>>,
}

/// A service's parts. Clones share them.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name, which is its ledger's too.
    pub name: &'static str,
    /// Code of the division whose tier it serves.
    pub division: String,
    /// Its database.
    pub database: Database,
    /// Its writer.
    pub writer: Writer,
    /// What one replica does for all is done under it.
    pub lease: Lease,
    /// The policies.
    pub policies: Arc<Policies>,
    /// The clock.
    pub clock: SharedClock,
    /// Itself, as the actor of what it decides.
    pub caller: Caller,
    /// Cancelled when it stops.
    pub cancel: CancellationToken,
    /// What health and the admin port say.
    pub readiness: Readiness,
    /// Folder for files that its settings leave open; the working folder when it was started without settings.
    pub folder: PathBuf,
    near: Arc<BTreeMap<&'static str, Near>>,
    peers: Arc<BTreeMap<String, Peer>>,
    followed: Arc<Mutex<BTreeMap<&'static str, Followed>>>,
}

/// A ledger that is followed: how far, and what caused its newest entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Followed {
    pub(crate) state: Option<watch::Receiver<FollowerState>>,
    causes: Causes,
}

#[derive(Clone, Debug)]
struct Peer {
    channel: PeerChannel,
    verifier: LedgerVerifier,
}

impl Service {
    /// Starts the writer over an open database; without peers.
    pub async fn start(
        name: &'static str,
        division: &str,
        database: Database,
        signer: LedgerSigner,
        policies: Arc<Policies>,
        clock: SharedClock,
    ) -> Result<Self, StartError> {
        let parts = WriterParts {
            service: name,
            database: database.clone(),
            signer,
            policies: policies.clone(),
            clock: clock.clone(),
        };
        let writer = Writer::start(parts).await?;
        let cancel = CancellationToken::new();
        let lease = Lease::new(name, &database, LEASE, cancel.clone());
        Ok(Self {
            name,
            division: division.to_owned(),
            database,
            writer,
            lease,
            policies,
            clock,
            caller: Caller::service(name, division),
            cancel,
            readiness: Readiness::default(),
            folder: PathBuf::new(),
            near: Arc::default(),
            peers: Arc::default(),
            followed: Arc::default(),
        })
    }

    /// Opens database and keys as the settings say, runs migrations, and starts the writer.
    pub async fn open<M: MigratorTrait>(
        name: &'static str,
        settings: &CommonSettings,
        readiness: Readiness,
        surroundings: &Surroundings,
    ) -> Result<Opened, StartError> {
        let keys = KeyPlaces::of(name, settings, &surroundings.folder)?;
        let url = database_url(name, &settings.database, &surroundings.folder);
        let database = Database::open_in_time::<M>(&url, seconds(settings.database.wait_seconds)).await?;
        let signer = keys.ledger_signer(name, &settings.division)?;
        let clock = surroundings.clock.clone();
        let policies = surroundings.policies.clone();
        let mut service = Self::start(name, &settings.division, database, signer, policies, clock.clone()).await?;
        service.cancel = surroundings.cancel.child_token();
        let life = seconds(settings.lease.seconds.max(1));
        service.lease = Lease::new(name, &service.database, life, service.cancel.clone());
        service.readiness = readiness;
        service.folder.clone_from(&surroundings.folder);
        service.near = surroundings.near.clone();
        service.watch_storage();
        tokio::spawn(measure::run(service.clone(), settings.server.tls.certificate_file.clone()));
        let identity = Signer::open(name, &keys.identity)?;
        let mut known = BTreeMap::new();
        for (peer, address) in &settings.peers {
            let line = service.line(peer, address)?;
            let channel = PeerChannel::new(line, peer, identity.clone(), &settings.division, clock.clone());
            let verifier = keys.ledger_verifier(peer, &settings.division)?;
            known.insert(peer.clone(), Peer { channel, verifier });
        }
        service.peers = Arc::new(known);
        let verifier = Verifier::open(name, &keys.trusted)?;
        Ok(Opened { service, identity, callers: Arc::new(SignedIdentities { verifier, clock }) })
    }

    /// The way to a service of the tier: its door where it runs in this process, the network where not.
    ///
    /// # Errors
    /// When the address is none.
    pub fn line(&self, peer: &str, address: &PeerSettings) -> Result<Line, StartError> {
        if let Some(near) = self.near.get(peer) {
            return Ok(Line::Near(near.clone()));
        }
        let wrong = || StartError::PeerAddress { service: peer.to_owned(), url: address.url.clone() };
        if !address.url.starts_with("https://") {
            return Line::far(&address.url).ok_or_else(wrong);
        }
        let authorities = if address.authority_file.as_os_str().is_empty() {
            let own = Authority::ensure(&self.folder, &self.division).map_err(BindError::from)?;
            read_certificates(own.certificate_file())
        } else {
            read_certificates(&address.authority_file)
        };
        let authorities = authorities.map_err(BindError::from)?;
        let trust = Trust { authorities, ..Trust::default() };
        let config = client_config(trust, None, self.clock.clone()).map_err(BindError::from)?;
        Line::secure(&address.url, config).ok_or_else(wrong)
    }

    /// A channel to another service of the tier, called as this one.
    ///
    /// # Errors
    /// When the settings do not name it.
    pub fn channel(&self, peer: &str) -> Result<PeerChannel, StartError> {
        let known = self.peers.get(peer).ok_or_else(|| StartError::NoPeer(peer.to_owned()))?;
        Ok(known.channel.clone())
    }

    /// Follows another service's ledger from now on, while this replica has the lease.
    pub fn follow(
        &self,
        source: &'static str,
        follow: Arc<dyn Follow>,
    ) -> Result<watch::Receiver<FollowerState>, StartError> {
        let peer = self.peers.get(source).ok_or_else(|| StartError::NoPeer(source.to_owned()))?;
        let applier = Applier::new(source, peer.verifier.clone(), follow, self);
        let follower = Follower { applier, channel: peer.channel.clone() };
        let state = follower.start(self.cancel.clone());
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.entry(source).or_default().state = Some(state.clone());
        Ok(state)
    }

    /// The ledgers that are followed.
    pub(crate) fn followed(&self) -> BTreeMap<&'static str, Followed> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What caused the newest entries of a followed ledger, as far as they were applied in this process.
    pub fn causes_of(&self, source: &'static str) -> Causes {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.entry(source).or_default().causes.clone()
    }

    /// This service's ledger over gRPC.
    pub fn ledger_api(&self) -> LedgerServiceServer<LedgerApi> {
        let ledger = self.writer.ledger().clone();
        let api = LedgerApi::new(self.name, ledger, self.writer.size(), self.policies.clone());
        LedgerServiceServer::new(api).max_encoding_message_size(usize::MAX)
    }

    /// Readiness follows whether the last write went well.
    fn watch_storage(&self) {
        self.readiness.expect("storage");
        let mut healthy = self.writer.healthy();
        let readiness = self.readiness.clone();
        let cancel = self.cancel.clone();
        tokio::spawn(async move {
            loop {
                let well = *healthy.borrow_and_update();
                readiness.set("storage", well);
                tokio::select! {
                    () = cancel.cancelled() => return,
                    changed = healthy.changed() => if changed.is_err() { return },
                }
            }
        });
    }
}

/// A service that was opened from its settings.
#[derive(Debug)]
pub struct Opened {
    /// The service.
    pub service: Service,
    /// Who signs its identity.
    pub identity: Signer,
    /// Who proves its callers.
    pub callers: Arc<SignedIdentities>,
}

/// Where a service's keys lie: as its settings say, or in the tier's folder of keys, where they are made when missing.
struct KeyPlaces {
    identity: PathBuf,
    ledger: PathBuf,
    trusted: PathBuf,
}

impl KeyPlaces {
    fn of(name: &str, settings: &CommonSettings, folder: &Path) -> Result<Self, StartError> {
        let identity = &settings.identity.key_file;
        let trusted = &settings.identity.trusted_dir;
        let ledger = &settings.ledger.key_file;
        if [identity, trusted, ledger].iter().all(|path| !path.as_os_str().is_empty()) {
            return Ok(Self { identity: identity.clone(), ledger: ledger.clone(), trusted: trusted.clone() });
        }
        let ring = KeyRing::ensure(&folder.join("keys"), &SERVICES)?;
        let or = |given: &PathBuf, made: PathBuf| if given.as_os_str().is_empty() { made } else { given.clone() };
        Ok(Self {
            identity: or(identity, ring.identity_key_file(name)),
            ledger: or(ledger, ring.ledger_key_file(name)),
            trusted: or(trusted, ring.trusted_dir()),
        })
    }

    fn ledger_signer(&self, name: &str, division: &str) -> Result<LedgerSigner, StartError> {
        let key = load_signing_key(&self.ledger)?;
        LedgerSigner::new(&origin(division, name), &key).map_err(|source| ledger_key(name, source))
    }

    fn ledger_verifier(&self, name: &str, division: &str) -> Result<LedgerVerifier, StartError> {
        let key = load_public_key(&self.trusted.join(format!("{name}-ledger.pem")))?;
        LedgerVerifier::of_key(&origin(division, name), &key).map_err(|source| ledger_key(name, source))
    }
}

fn ledger_key(service: &str, source: NoteError) -> StartError {
    StartError::LedgerKey { service: service.to_owned(), source }
}

/// Origin of a service's ledger.
fn origin(division: &str, name: &str) -> String {
    format!("minsheng/{division}/{name}")
}

/// Address of a service's database: as its settings say, or a file in the folder.
pub fn database_url(name: &str, settings: &DatabaseSettings, folder: &Path) -> String {
    if settings.url.is_empty() {
        format!("sqlite://{}", folder.join(format!("{name}.db")).display())
    } else {
        settings.url.clone()
    }
}
