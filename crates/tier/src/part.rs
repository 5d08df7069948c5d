//! What the composition must know of a service, and everything that is the same for all of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use minsheng_kit::identity::Authenticate;
use minsheng_kit::server::{BoundServer, Services};
use minsheng_kit::service::{Opened, Service, StartError, Surroundings};
use minsheng_kit::settings::ServiceSettings;
use minsheng_kit::store::Database;
use minsheng_kit::telemetry::Readiness;
use sea_orm_migration::MigratorTrait;
use serde::de::DeserializeOwned;

/// A service of a tier.
pub(crate) trait Part: Sized + Send + 'static {
    const NAME: &'static str;
    const DEFAULTS: &'static str;
    /// Those that only this service has.
    type Settings: DeserializeOwned + Send + Sync + 'static;
    type Migrator: MigratorTrait;

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
        P::prepare(&mut settings, folder)?;
        let readiness = Readiness::default();
        let server = BoundServer::bind(&settings.common.server, readiness.clone()).await?;
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
        let opened = Service::open::<P::Migrator>(P::NAME, common, self.readiness, surroundings).await?;
        let served = P::start(&opened, &self.settings).await?;
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
    let url = minsheng_kit::service::database_url(P::NAME, &settings.common.database, folder);
    let database = Database::open::<P::Migrator>(&url).await?;
    database.close().await.map_err(|error| StartError::Other(error.to_string()))
}
