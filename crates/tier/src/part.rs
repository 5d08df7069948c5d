//! What the composition must know of a service, and everything that is the same for all of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use minsheng_kit::identity::Authenticate;
use minsheng_kit::server::{BoundServer, Services};
use minsheng_kit::service::{Opened, Service, StartError, Surroundings};
use minsheng_kit::settings::{self, ServiceSettings, SettingsError};
use minsheng_kit::store::Database;
use minsheng_kit::telemetry::Readiness;
use sea_orm_migration::MigratorTrait;
use serde::de::DeserializeOwned;

/// Settings put over a service's file and under the environment: service, key with its sections, value.
pub type Overrides = Vec<(&'static str, &'static str, String)>;

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

/// Where a service's settings come from.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) folder: Option<&'a Path>,
    pub(crate) overrides: &'a Overrides,
    /// Services that share a process read the environment under their own name.
    pub(crate) alone: bool,
}

/// Reads a service's settings: its file `<service>.toml` in the folder of settings, then overrides, then environment.
pub(crate) fn read<P: Part>(sources: Sources<'_>) -> Result<ServiceSettings<P::Settings>, SettingsError> {
    let file = sources.folder.map(|folder| folder.join(format!("{}.toml", P::NAME))).filter(|file| file.exists());
    let text = file
        .as_ref()
        .map(std::fs::read_to_string)
        .transpose()
        .map_err(|source| SettingsError::Read { path: file.clone().unwrap_or_default(), source })?;
    let place = file.map_or_else(String::new, |file| file.display().to_string());
    let overrides = sources.overrides.iter().filter(|(service, _, _)| *service == P::NAME);
    let overrides = overrides.map(|(_, key, value)| (format!("MINSHENG__{}", key.replace('.', "__")), value.clone()));
    let prefix = if sources.alone { "MINSHENG__".to_owned() } else { format!("MINSHENG_{}__", P::NAME.to_uppercase()) };
    let environment = std::env::vars()
        .filter_map(|(name, value)| name.strip_prefix(&prefix).map(|path| (format!("MINSHENG__{path}"), value)));
    settings::load_service(
        P::DEFAULTS,
        text.as_deref().map(|text| (place.as_str(), text)),
        overrides.chain(environment),
    )
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
