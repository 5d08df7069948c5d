//! The gateway: the only door of a tier. It proves who calls by sessions of local accounts, decides who may enter and how
//! often, and passes calls on to the services with a signed identity of one minute; they decide what may be done. It has
//! a database and a ledger of its own (accounts, sessions, audit) and follows nobody.

mod audit;
mod bootstrap;
mod command;
mod config;
mod door;
mod entity;
mod form;
mod limit;
mod migration;
mod pace;
mod passage;
mod password;
mod route;
mod service;
mod sessions;
mod signed;
mod store;
mod throttle;
mod upstream;

use std::path::Path;
use std::sync::Arc;

use minsheng_kit::identity::{Authenticate, Signer};
use minsheng_kit::server::Services;
use minsheng_kit::service::{Service, StartError};
use minsheng_proto::identity::v1::account_service_server::AccountServiceServer;
use minsheng_proto::identity::v1::audit_service_server::AuditServiceServer;
use minsheng_proto::identity::v1::session_service_server::SessionServiceServer;
use minsheng_proto::identity::v1::{account_service_server, audit_service_server, session_service_server};
use minsheng_proto::ledger::v1::ledger_service_server;
use tonic::service::Routes;

pub use config::{
    BootstrapSettings, CallerSettings, DoorSettings, PasswordSettings, Peers, SessionSettings, Settings,
    ThrottleSettings, UpstreamSettings,
};
pub use door::server_settings;
pub use migration::Migrator;

use audit::Auditor;
use limit::Limits;
use passage::{Parts, Passage};
use password::Hasher;
use route::Methods;
use service::{Accounts, AuditEvents, LogIns};
use sessions::Sessions;
use signed::Identities;
use throttle::Throttle;
use upstream::Upstream;

/// The service's name, which is its ledger's too.
pub const NAME: &str = "gateway";

/// Makes the first account where there is none, and gives what the server answers and who proves its callers. `signer`
/// signs the identities that go with calls to the services; a password that is made is written into `folder`.
///
/// # Errors
/// When a peer's address is none, the first account cannot be made, or the cost of passwords is impossible.
pub async fn start(
    service: Service,
    settings: &Settings,
    signer: Signer,
    folder: &Path,
) -> Result<(Services, Arc<dyn Authenticate>), StartError> {
    let hasher = Hasher::new(&settings.password)?;
    bootstrap::first_account(&service, &settings.bootstrap, &hasher, folder).await?;
    let sessions = Sessions::new(service.clone(), &settings.session);
    tokio::spawn(sessions.clone().note_use());
    let auditor = Auditor::start(service.clone());
    let log_ins = LogIns {
        service: service.clone(),
        sessions: sessions.clone(),
        throttle: Arc::new(Throttle::new(&settings.throttle)),
        hasher: hasher.clone(),
        auditor: auditor.clone(),
        places: settings.session.per_account,
        known_days: settings.throttle.known_days,
    };
    let accounts = Accounts { service: service.clone(), sessions: sessions.clone(), hasher };
    let audit_events = AuditEvents { service: service.clone() };
    let here = Routes::new(SessionServiceServer::new(log_ins))
        .add_service(AccountServiceServer::new(accounts))
        .add_service(AuditServiceServer::new(audit_events))
        .add_service(service.ledger_api())
        .prepare();
    let peers = &settings.peers;
    let upstream = |name: &str, url: &str| Upstream::new(name, url, &settings.upstream);
    let passage = Passage::new(Parts {
        methods: Methods::of_the_contract(),
        here,
        upstreams: [
            upstream("catalogue", &peers.catalogue.url)?,
            upstream("reporting", &peers.reporting.url)?,
            upstream("verification", &peers.verification.url)?,
            upstream("ranking", &peers.ranking.url)?,
        ],
        sessions: sessions.clone(),
        identities: Identities::new(signer),
        limits: Limits::new(&settings.callers),
        auditor,
        clock: service.clock.clone(),
    });
    let mut routes = Routes::default();
    let router = std::mem::take(routes.axum_router_mut());
    *routes.axum_router_mut() = router.fallback_service(passage);
    let names = [
        session_service_server::SERVICE_NAME,
        account_service_server::SERVICE_NAME,
        audit_service_server::SERVICE_NAME,
        ledger_service_server::SERVICE_NAME,
    ];
    Ok((Services::from_routes(routes, names), sessions))
}
