//! What the composition must know of a service, and everything that is the same for all of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use minsheng_kit::identity::Authenticate;
use minsheng_kit::server::{BoundServer, Services};
use minsheng_kit::service::{Opened, Service, StartError, Surroundings};
use minsheng_kit::settings::ServiceSettings;
use minsheng_kit::store::Database;
use minsheng_kit::telemetry::Readiness;
use sea_orm_migration::MigratorTrait;
use serde::de::DeserializeOwned;

use crate::examine::Need;

/// A service of a tier.
pub(crate) trait Part: Sized + Send + 'static {
    const NAME: &'static str;
    const DEFAULTS: &'static str;
    /// Those that only this service has.
    type Settings: DeserializeOwned + Send + Sync + 'static;
    type Migrator: MigratorTrait;

    /// What it needs of the file system beside what every service needs.
    fn needs(_settings: &ServiceSettings<Self::Settings>, _folder: &Path) -> Vec<Need> {
        Vec::new()
    }

    /// What must be there before the port is bound.
    fn prepare(_settings: &mut ServiceSettings<Self::Settings>, _folder: &Path) -> Result<(), StartError> {
        Ok(())
    }

    /// Starts its followers and gives what it serves.
    fn start(
        opened: &Opened,
        settings: &ServiceSettings<Self::Settings>,
    ) -> impl Future<Output = Result<Served, StartError>> + Send;
}

/// What a service serves, and who proves its callers.
pub(crate) struct Served {
    pub(crate) services: Services,
    pub(crate) authenticate: Arc<dyn Authenticate>,
}

impl Served {
    /// A service behind the door: beside its own services its ledger, called with the tier's signed identities.
    pub(crate) fn inside(opened: &Opened, services: Services) -> Self {
        Self { services: services.with(opened.service.ledger_api()), authenticate: opened.callers.clone() }
    }
}

/// A service whose port is bound and whose peers are not known yet.
pub(crate) struct Bound<P: Part> {
    settings: ServiceSettings<P::Settings>,
    server: BoundServer,
    readiness: Readiness,
}

impl<P: Part> Bound<P> {
    /// Binds the port.
    pub(crate) async fn new(mut settings: ServiceSettings<P::Settings>, folder: &Path) -> Result<Self, StartError> {
        let named = |error: StartError| error.of(P::NAME);
        P::prepare(&mut settings, folder).map_err(named)?;
        let readiness = Readiness::default();
        let server = BoundServer::bind(&settings.common.server, readiness.clone()).await;
        let server = server.map_err(|error| named(error.into()))?;
        Ok(Self { settings, server, readiness })
    }

    pub(crate) fn server(&self) -> &BoundServer {
        &self.server
    }

    /// Opens the service, tells it where the others are, and gives what is to be served.
    pub(crate) async fn open(
        mut self,
        addresses: &BTreeMap<&'static str, String>,
        surroundings: &Surroundings,
    ) -> Result<Started, StartError> {
        for (peer, settings) in &mut self.settings.common.peers {
            if let Some(url) = addresses.get(peer.as_str()) {
                settings.url.clone_from(url);
            }
        }
        self.server.judge_by(surroundings.clock.clone());
        let common = &self.settings.common;
        let named = |error: StartError| error.of(P::NAME);
        let opened = Service::open::<P::Migrator>(P::NAME, common, self.readiness, surroundings).await;
        let opened = opened.map_err(named)?;
        let served = P::start(&opened, &self.settings).await.map_err(named)?;
        Ok(Started { service: opened.service, server: self.server, served })
    }
}

/// A service ready to be served.
pub(crate) struct Started {
    pub(crate) service: Service,
    pub(crate) server: BoundServer,
    pub(crate) served: Served,
}

/// Brings a service's database up to date.
pub(crate) async fn migrate<P: Part>(settings: &ServiceSettings<P::Settings>, folder: &Path) -> Result<(), StartError> {
    let settings = &settings.common.database;
    let url = minsheng_kit::service::database_url(P::NAME, settings, folder);
    let patience = Duration::from_secs(u64::from(settings.wait_seconds));
    let opened = Database::open_in_time::<P::Migrator>(&url, patience).await;
    let database = opened.map_err(|error| StartError::from(error).of(P::NAME))?;
    database.close().await.map_err(|error| StartError::Other(error.to_string()).of(P::NAME))
}
