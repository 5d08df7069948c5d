//! What the composition must know of a service; each service implements it in a few lines.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use minsheng_kit::identity::Authenticate;
use minsheng_kit::server::{BoundServer, Services};
use minsheng_kit::service::{CommonSettings, Opened, Service, StartError, Surroundings};
use minsheng_kit::settings::{self, PeerSettings, SettingsError};
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
    type Settings: DeserializeOwned + Send + Sync + 'static;
    type Migrator: MigratorTrait;

    fn common(settings: &Self::Settings) -> CommonSettings<'_>;
    fn peers(settings: &mut Self::Settings) -> Vec<(&'static str, &mut PeerSettings)>;

    /// What must be there before the port is bound.
    fn prepare(_settings: &mut Self::Settings, _folder: &Path) -> Result<(), StartError> {
        Ok(())
    }

    fn start(
        opened: Opened,
        settings: &Self::Settings,
    ) -> impl Future<Output = Result<(Service, Services, Arc<dyn Authenticate>), StartError>> + Send;
}

/// A service whose port is bound and whose peers are not known yet.
pub(crate) struct Bound<P: Part> {
    settings: P::Settings,
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
pub(crate) fn read<P: Part>(sources: Sources<'_>) -> Result<P::Settings, SettingsError> {
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
    settings::load_with(P::DEFAULTS, text.as_deref().map(|text| (place.as_str(), text)), overrides.chain(environment))
}

impl<P: Part> Bound<P> {
    /// Binds the port.
    pub(crate) async fn new(mut settings: P::Settings, folder: &Path) -> Result<Self, StartError> {
        P::prepare(&mut settings, folder)?;
        let readiness = Readiness::default();
        let server = BoundServer::bind(P::common(&settings).server, readiness.clone()).await?;
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
        for (peer, settings) in P::peers(&mut self.settings) {
            if let Some(url) = addresses.get(peer) {
                settings.url.clone_from(url);
            }
        }
        let peers: Vec<(&'static str, PeerSettings)> =
            P::peers(&mut self.settings).into_iter().map(|(name, peer)| (name, peer.clone())).collect();
        let peers: Vec<(&'static str, &PeerSettings)> = peers.iter().map(|(name, peer)| (*name, peer)).collect();
        let common = P::common(&self.settings);
        let opened = Service::open::<P::Migrator>(P::NAME, common, &peers, self.readiness, surroundings).await?;
        let (service, services, authenticate) = P::start(opened, &self.settings).await?;
        Ok(Started { service, server: self.server, services, authenticate })
    }
}

/// A service ready to be served.
pub(crate) struct Started {
    pub(crate) service: Service,
    pub(crate) server: BoundServer,
    pub(crate) services: Services,
    pub(crate) authenticate: Arc<dyn Authenticate>,
}

/// Brings a service's database up to date.
pub(crate) async fn migrate<P: Part>(settings: &P::Settings, folder: &Path) -> Result<(), StartError> {
    let url = minsheng_kit::service::database_url(P::NAME, P::common(settings).database, folder);
    let database = Database::open::<P::Migrator>(&url).await?;
    database.close().await.map_err(|error| StartError::Other(error.to_string()))
}
