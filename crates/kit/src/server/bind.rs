//! Binding before serving, so that a caller knows the address first; and what every service serves besides its own:
//! health, reflection, the admin port.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::connection;
use super::door::Door;
use super::origins::Origins;
use crate::clock::SharedClock;
use crate::identity::Authenticate;
use crate::line::Near;
use crate::settings::{ServerSettings, seconds};
use crate::telemetry::{AdminServer, Readiness};
use crate::tls::{ServerTls, TlsError};

/// The server could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is taken or is none.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// The address.
        listen: String,
        /// What the system said.
        source: io::Error,
    },
    /// Certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A page's origin is none.
    #[error("{0:?} is no origin like https://figures.example.gov.cn")]
    Origin(String),
    /// The descriptor set cannot be used.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// The services of a server.
#[derive(Debug, Default)]
pub struct Services {
    routes: Routes,
    names: Vec<&'static str>,
    /// More than gRPC is spoken.
    foreign: Option<Origins>,
}

impl Services {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same and one more.
    #[must_use]
    pub fn with<S>(mut self, service: S) -> Self
    where
        S: tower::Service<http::Request<Body>, Response = http::Response<Body>, Error = std::convert::Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes = self.routes.add_service(service);
        self
    }

    /// Everything that these routes answer, under these names, also in gRPC-Web and JSON and over HTTP/1.1: for a gateway
    /// that passes calls on. Pages of the web may call from these origins.
    ///
    /// # Errors
    /// When an origin is none.
    pub fn from_routes(
        routes: Routes,
        names: impl IntoIterator<Item = &'static str>,
        origins: &[String],
    ) -> Result<Self, BindError> {
        Ok(Self { routes, names: names.into_iter().collect(), foreign: Some(Origins::read(origins)?) })
    }
}

/// A server with its ports, not yet serving.
pub struct BoundServer {
    listener: TcpListener,
    addr: SocketAddr,
    tls: Option<ServerTls>,
    admin: Option<AdminServer>,
    readiness: Readiness,
    settings: ServerSettings,
    near: (watch::Sender<Option<Weak<Door>>>, Near),
}

impl std::fmt::Debug for BoundServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundServer").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl BoundServer {
    /// Binds the ports that the settings name.
    ///
    /// # Errors
    /// When a port is taken, or certificate and key cannot be used.
    pub async fn bind(settings: &ServerSettings, readiness: Readiness) -> Result<Self, BindError> {
        let listening = |listen: &str| {
            let listen = listen.to_owned();
            move |source| BindError::Listen { listen, source }
        };
        let listener = TcpListener::bind(&settings.listen).await.map_err(listening(&settings.listen))?;
        let addr = listener.local_addr().map_err(listening(&settings.listen))?;
        let admin_listen = &settings.admin_listen;
        let admin = match admin_listen.as_str() {
            "" => None,
            admin => Some(AdminServer::bind(admin, readiness.clone()).await.map_err(listening(admin))?),
        };
        let tls = ServerTls::open(&settings.tls)?;
        Ok(Self { listener, addr, tls, admin, readiness, settings: settings.clone(), near: Near::new() })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The way in for who runs in the same process.
    pub fn near(&self) -> Near {
        self.near.1.clone()
    }

    /// Client certificates are judged by this clock; without it by the machine's.
    pub fn judge_by(&self, clock: SharedClock) {
        if let Some(tls) = &self.tls {
            tls.judge_by(clock);
        }
    }

    /// Where the admin port listens, if there is one.
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref().and_then(|admin| admin.addr().ok())
    }

    /// Serves until shutdown: then health says NOT_SERVING, streams end, calls may finish for a while, and it returns.
    ///
    /// # Errors
    /// When reflection cannot be made of the contract.
    pub async fn serve(
        self,
        services: Services,
        authenticate: Arc<dyn Authenticate>,
        shutdown: CancellationToken,
    ) -> Result<(), BindError> {
        let (reporter, health) = tonic_health::server::health_reporter();
        // Many tools, Python's among them, know only the older of the two.
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(minsheng_proto::DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let routes = services.routes.add_service(health);
        let routes = routes.add_service(reflection().build_v1()?).add_service(reflection().build_v1alpha()?).prepare();
        let limits = self.settings.limits.clone();
        let door = Arc::new(Door {
            routes,
            foreign: services.foreign,
            authenticate,
            room: Arc::new(Semaphore::new(limits.concurrent_calls as usize)),
            bulk_room: Arc::new(Semaphore::new(limits.bulk_calls as usize)),
            limits,
            draining: shutdown.clone(),
        });
        self.near.0.send_replace(Some(Arc::downgrade(&door)));
        let reporting = tokio::spawn(report_health(reporter, services.names, self.readiness, shutdown.clone()));
        let admin_shutdown = shutdown.child_token();
        let admin = self.admin.map(|admin| tokio::spawn(admin.serve(admin_shutdown)));
        let again = self.settings.tls.read_again_seconds;
        let reading = self.tls.clone().filter(|_| again > 0);
        let reading = reading.map(|tls| tokio::spawn(read_again(tls, seconds(again), shutdown.clone())));
        connection::accept(self.listener, self.tls, door, shutdown).await;
        for task in [Some(reporting), admin, reading].into_iter().flatten() {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the server ended badly");
            }
        }
        Ok(())
    }
}

/// Looks from time to time whether certificate, key or authorities were replaced; what cannot be used changes nothing.
async fn read_again(tls: ServerTls, every: Duration, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        match tls.read_again() {
            Ok(false) => {}
            Ok(true) => tracing::info!("certificate, key or authorities have changed and are in use"),
            Err(error) => tracing::error!(%error, "changed TLS files cannot be used; the old ones stay in use"),
        }
    }
}

/// Health follows readiness, and is NOT_SERVING from shutdown on.
async fn report_health(
    reporter: HealthReporter,
    names: Vec<&'static str>,
    readiness: Readiness,
    shutdown: CancellationToken,
) {
    let mut changes = readiness.subscribe();
    loop {
        let down = shutdown.is_cancelled();
        let serving = !down && readiness.is_ready();
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in std::iter::once(&"").chain(&names) {
            reporter.set_service_status(*name, status).await;
        }
        if down {
            return;
        }
        tokio::select! {
            _ = changes.changed() => {}
            () = shutdown.cancelled() => {}
        }
    }
}
