//! The gateway: the only door of a tier. It proves who calls by sessions of local accounts, decides who may enter and how
//! often, and passes calls on to the services with a signed identity of one minute; they decide what may be done. It has
//! a database and a ledger of its own (accounts, sessions, audit) and follows nobody.

mod audit;
mod bootstrap;
mod bundle;
mod command;
mod config;
mod door;
mod enrolled;
mod entity;
mod entrance;
mod exchange;
mod form;
mod key_file;
mod ledgers;
mod limit;
mod measure;
mod migration;
mod openapi;
mod pace;
mod parent;
mod passage;
mod password;
mod route;
mod service;
mod sessions;
mod signed;
#[cfg(test)]
mod simulation;
mod store;
mod throttle;
mod tier_form;
mod tiers;
mod upstream;

use std::path::Path;
use std::sync::Arc;

use minsheng_kit::client::PeerChannel;
use minsheng_kit::identity::{Authenticate, SignedIdentities, Signer, ensure_signing_key};
use minsheng_kit::line::Line;
use minsheng_kit::server::{BindError, Services};
use minsheng_kit::service::{Service, StartError};
use minsheng_kit::settings::ServiceSettings;
use minsheng_kit::witness::WitnessSigner;
use minsheng_proto::identity::v1::account_service_server::{self, AccountServiceServer};
use minsheng_proto::identity::v1::audit_service_server::{self, AuditServiceServer};
use minsheng_proto::identity::v1::session_service_server::{self, SessionServiceServer};
use minsheng_proto::identity::v1::tier_admin_service_server::{self, TierAdminServiceServer};
use minsheng_proto::ledger::v1::ledger_service_server;
use minsheng_proto::tier::v1::bundle_enrolment_service_server::{self, BundleEnrolmentServiceServer};
use minsheng_proto::tier::v1::bundle_service_server::{self, BundleServiceServer};
use minsheng_proto::tier::v1::enrolment_service_server::{self, EnrolmentServiceServer};
use minsheng_proto::tier::v1::witness_service_server::{self, WitnessServiceServer};
use tonic::service::Routes;

pub use config::{
    AuthoritySettings, BootstrapSettings, CallerSettings, DoorSettings, ParentSettings, PasswordSettings,
    SessionSettings, Settings, ThrottleSettings, UpstreamSettings,
};
pub use door::prepare;
pub use migration::Migrator;
pub use openapi::openapi;

use audit::Auditor;
use bundle::{Bundles, Inner};
use entrance::Entrance;
use exchange::Exchange;
use ledgers::{Ledgers, witness_name};
use limit::Limits;
use measure::Measured;
use parent::Parent;
use passage::{Parts, Passage};
use password::Hasher;
use route::{Methods, UPSTREAMS};
use service::{Accounts, AuditEvents, BundleEnrolments, BundleFiles, Enrolments, LogIns, TierAdmin, Tries, Witness};
use sessions::Sessions;
use signed::Identities;
use throttle::Throttle;
use tiers::Tiers;
use upstream::Upstream;

/// The service's name, which is its ledger's too.
pub const NAME: &str = "gateway";

/// Makes the first account where there is none, and gives what the server answers and who proves its callers. `signer`
/// signs the identities that go with calls to the services, `callers` proves the services of this tier that call above;
/// keys, and a password that is made, are written into `folder`. The settings are those that [`prepare`] completed.
///
/// # Errors
/// When a peer's address is none, the first account or a key cannot be made, or the cost of passwords is impossible.
pub async fn start(
    service: Service,
    settings: &ServiceSettings<Settings>,
    signer: Signer,
    callers: Arc<SignedIdentities>,
    folder: &Path,
) -> Result<(Services, Arc<dyn Authenticate>), StartError> {
    let own = &settings.own;
    let hasher = Hasher::new(&own.password)?;
    bootstrap::first_account(&service, &own.bootstrap, &hasher, folder).await?;
    let sessions = Sessions::new(service.clone(), &own.session);
    tokio::spawn(sessions.clone().note_use());
    let auditor = Auditor::start(service.clone());
    let lines = lines(&service, settings)?;
    let neighbours = Neighbours::start(&service, settings, &signer, &lines, folder).await?;
    let tiers = Tiers::new(service.clone());
    let people = People { sessions: sessions.clone(), hasher, auditor: auditor.clone() };
    let inner = Inner::default();
    let (routes, names) = routes(&service, settings, people, &neighbours, (&tiers, &inner), folder)?;
    let [catalogue, reporting, verification, ranking] = lines.map(|lines| Upstream::new(lines, &own.upstream));
    let passage = Passage::new(Parts {
        methods: Methods::of_the_contract(),
        here: routes.prepare(),
        upstreams: [catalogue, reporting, verification, ranking],
        parent: neighbours.parent,
        sessions: sessions.clone(),
        tiers: tiers.clone(),
        identities: Identities::new(signer),
        limits: Limits::new(&own.callers),
        auditor: auditor.clone(),
        clock: service.clock.clone(),
    });
    inner.open(&passage);
    let mut routes = Routes::default();
    let router = std::mem::take(routes.axum_router_mut());
    *routes.axum_router_mut() = router.fallback_service(passage);
    let entrance = Entrance { sessions, tiers, services: callers, auditor };
    let services = Services::from_routes(routes, names, &own.door.origins)?;
    Ok((services, Arc::new(entrance)))
}

/// The lines to each service behind the door, in the order of their names.
fn lines(service: &Service, settings: &ServiceSettings<Settings>) -> Result<[Vec<Line>; UPSTREAMS.len()], StartError> {
    let lines = |name: &str| {
        let peer = settings.common.peers.get(name).ok_or_else(|| StartError::NoPeer(name.to_owned()))?;
        let lines = (0..settings.own.upstream.connections.max(1)).map(|_| service.line(name, peer));
        lines.collect::<Result<Vec<_>, StartError>>()
    };
    let [catalogue, reporting, verification, ranking] = UPSTREAMS;
    Ok([lines(catalogue)?, lines(reporting)?, lines(verification)?, lines(ranking)?])
}

/// What this tier has to do with those above and below it.
struct Neighbours {
    ledgers: Ledgers,
    witness: WitnessSigner,
    parent: Arc<Parent>,
    exchange: Arc<Exchange>,
}

impl Neighbours {
    async fn start(
        service: &Service,
        settings: &ServiceSettings<Settings>,
        signer: &Signer,
        lines: &[Vec<Line>; UPSTREAMS.len()],
        folder: &Path,
    ) -> Result<Self, StartError> {
        let channel = |(name, lines): (&'static str, &Vec<Line>)| {
            let line = lines.first()?.clone();
            let clock = service.clock.clone();
            Some((name, PeerChannel::new(line, name, signer.clone(), &service.division, clock)))
        };
        let behind = UPSTREAMS.into_iter().zip(lines).filter_map(channel).collect();
        let ledgers = Ledgers { own: service.writer.ledger().clone(), behind };
        let key = ensure_signing_key(&folder.join("keys").join("witness.key"))?;
        let witness = WitnessSigner::new(&witness_name(&service.division), &key)
            .map_err(|error| StartError::Other(format!("the witness key: {error}")))?;
        let upstream = settings.own.upstream.clone();
        let parent = Parent::open(service.clone(), ledgers.clone(), upstream, folder).await;
        tokio::spawn(parent.clone().keep(settings.own.parent.check_seconds));
        let exchange = Arc::new(Exchange {
            service: service.clone(),
            parent: parent.clone(),
            ledgers: ledgers.clone(),
            witness: witness.clone(),
            running: tokio::sync::Mutex::default(),
        });
        tokio::spawn(exchange.clone().keep(settings.own.parent.exchange_seconds));
        Ok(Self { ledgers, witness, parent, exchange })
    }
}

/// What serves people.
struct People {
    sessions: Arc<Sessions>,
    hasher: Hasher,
    auditor: Auditor,
}

/// What is answered here, and under which names.
fn routes(
    service: &Service,
    settings: &ServiceSettings<Settings>,
    people: People,
    neighbours: &Neighbours,
    (tiers, inner): (&Arc<Tiers>, &Inner),
    folder: &Path,
) -> Result<(Routes, [&'static str; 9]), StartError> {
    let own = &settings.own;
    let People { sessions, hasher, auditor } = people;
    let authority = Arc::new(door::authority(settings, folder).map_err(BindError::from)?);
    let measured = Measured {
        service: service.clone(),
        parent: neighbours.parent.clone(),
        auditor: auditor.clone(),
        authority: authority.certificate_file().to_owned(),
    };
    tokio::spawn(measured.run());
    let bundles = Bundles {
        service: service.clone(),
        parent: neighbours.parent.clone(),
        exchange: neighbours.exchange.clone(),
        ledgers: neighbours.ledgers.clone(),
        authority: authority.clone(),
        tiers: tiers.clone(),
        auditor: auditor.clone(),
        inner: inner.clone(),
        running: tokio::sync::Mutex::default(),
    };
    let enrolments = Arc::new(Enrolments {
        service: service.clone(),
        authority,
        tiers: tiers.clone(),
        ledgers: neighbours.ledgers.clone(),
        auditor: auditor.clone(),
        certificate_days: own.authority.certificate_days,
        tries: Tries::default(),
    });
    let by_file = BundleEnrolments {
        service: service.clone(),
        enrolments: enrolments.clone(),
        parent: neighbours.parent.clone(),
    };
    let tier_admin = TierAdmin {
        service: service.clone(),
        tiers: tiers.clone(),
        parent: neighbours.parent.clone(),
        exchange: neighbours.exchange.clone(),
        witness: neighbours.witness.clone(),
        tls: settings.common.server.tls.clone(),
        code_hours: own.authority.code_hours,
    };
    let witness = Witness {
        service: service.clone(),
        ledgers: neighbours.ledgers.clone(),
        signer: neighbours.witness.clone(),
        tiers: tiers.clone(),
    };
    let log_ins = LogIns {
        service: service.clone(),
        sessions: sessions.clone(),
        throttle: Arc::new(Throttle::new(&own.throttle)),
        hasher: hasher.clone(),
        auditor,
        places: own.session.per_account,
        known_days: own.throttle.known_days,
    };
    let routes = Routes::new(SessionServiceServer::new(log_ins))
        .add_service(AccountServiceServer::new(Accounts { service: service.clone(), sessions, hasher }))
        .add_service(AuditServiceServer::new(AuditEvents { service: service.clone() }))
        .add_service(TierAdminServiceServer::new(tier_admin))
        .add_service(EnrolmentServiceServer::from_arc(enrolments))
        .add_service(BundleEnrolmentServiceServer::new(by_file))
        .add_service(BundleServiceServer::new(BundleFiles(Arc::new(bundles))))
        .add_service(WitnessServiceServer::new(witness))
        .add_service(service.ledger_api());
    let names = [
        session_service_server::SERVICE_NAME,
        account_service_server::SERVICE_NAME,
        audit_service_server::SERVICE_NAME,
        tier_admin_service_server::SERVICE_NAME,
        enrolment_service_server::SERVICE_NAME,
        bundle_enrolment_service_server::SERVICE_NAME,
        bundle_service_server::SERVICE_NAME,
        witness_service_server::SERVICE_NAME,
        ledger_service_server::SERVICE_NAME,
    ];
    Ok((routes, names))
}
