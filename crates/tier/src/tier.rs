//! Starting services together.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use minsheng_kit::clock::SharedClock;
use minsheng_kit::identity::KeyRing;
use minsheng_kit::lease::Lease;
use minsheng_kit::line::Near;
use minsheng_kit::policy::Policies;
use minsheng_kit::service::{SERVICES, StartError, Surroundings};
use minsheng_kit::store::Database;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::part::{Bound, Part, Started, migrate};
use crate::parts::{Catalogue, Gateway, Ranking, Reporting, Verification};
use crate::sources::{Overrides, Sources, read};

/// How long a database is waited for when everything else has ended.
const CLOSING: Duration = Duration::from_secs(5);

/// What to start, and with what.
#[derive(Clone, Debug)]
pub struct TierOptions {
    /// Services by name.
    pub services: Vec<&'static str>,
    /// Folder for databases, keys and files that the settings leave open.
    pub folder: PathBuf,
    /// Folder with `<service>.toml` files.
    pub settings: Option<PathBuf>,
    /// Settings over the files.
    pub overrides: Overrides,
    /// Where time comes from.
    pub clock: SharedClock,
}

impl TierOptions {
    /// All five services in one folder.
    pub fn all(folder: impl Into<PathBuf>, clock: SharedClock) -> Self {
        Self { services: SERVICES.to_vec(), folder: folder.into(), settings: None, overrides: Vec::new(), clock }
    }

    /// The same with one setting.
    #[must_use]
    pub fn with(mut self, service: &'static str, key: &'static str, value: impl Into<String>) -> Self {
        self.overrides.push((service, key, value.into()));
        self
    }

    /// Services of one process find each other; only the gateway keeps the port of its settings.
    pub(crate) fn settle(mut self) -> Self {
        if self.services.len() > 1 {
            let inner = self.services.iter().filter(|name| **name != "gateway");
            let free: Overrides = inner.map(|name| (*name, "server.listen", "127.0.0.1:0".to_owned())).collect();
            self.overrides.splice(0..0, free);
        }
        self
    }

    pub(crate) fn sources(&self) -> Sources<'_> {
        Sources { folder: self.settings.as_deref(), overrides: &self.overrides, alone: self.services.len() == 1 }
    }
}

/// Services that run in this process.
#[derive(Debug)]
pub struct Tier {
    addresses: BTreeMap<&'static str, SocketAddr>,
    cancel: CancellationToken,
    tasks: JoinSet<()>,
    databases: Vec<(Lease, Database)>,
}

impl Tier {
    /// Starts the services; when this returns their ports answer.
    pub async fn start(options: TierOptions) -> Result<Self, StartError> {
        prepare(&options.folder)?;
        let options = options.settle();
        let sources = options.sources();
        check(sources)?;
        let wanted = |name: &str| options.services.contains(&name);
        let catalogue = bind::<Catalogue>(wanted(Catalogue::NAME), sources, &options.folder).await?;
        let reporting = bind::<Reporting>(wanted(Reporting::NAME), sources, &options.folder).await?;
        let verification = bind::<Verification>(wanted(Verification::NAME), sources, &options.folder).await?;
        let ranking = bind::<Ranking>(wanted(Ranking::NAME), sources, &options.folder).await?;
        let gateway = bind::<Gateway>(wanted(Gateway::NAME), sources, &options.folder).await?;

        let mut addresses = BTreeMap::new();
        let mut near = BTreeMap::new();
        note(&mut addresses, &mut near, &catalogue);
        note(&mut addresses, &mut near, &reporting);
        note(&mut addresses, &mut near, &verification);
        note(&mut addresses, &mut near, &ranking);
        note(&mut addresses, &mut near, &gateway);
        let cancel = CancellationToken::new();
        let surroundings = Surroundings {
            folder: options.folder.clone(),
            clock: options.clock.clone(),
            policies: Arc::new(Policies::load()?),
            cancel: cancel.clone(),
            near: Arc::new(near),
        };
        let mut tier = Self { addresses: BTreeMap::new(), cancel, tasks: JoinSet::new(), databases: Vec::new() };
        let urls: BTreeMap<&'static str, String> =
            addresses.iter().map(|(name, address)| (*name, format!("http://{address}"))).collect();
        tier.addresses = addresses;
        tier.serve(open(catalogue, &urls, &surroundings).await?);
        tier.serve(open(reporting, &urls, &surroundings).await?);
        tier.serve(open(verification, &urls, &surroundings).await?);
        tier.serve(open(ranking, &urls, &surroundings).await?);
        tier.serve(open(gateway, &urls, &surroundings).await?);
        Ok(tier)
    }

    /// Address of a service.
    pub fn address(&self, service: &str) -> Option<SocketAddr> {
        self.addresses.get(service).copied()
    }

    /// Waits until a service ends by itself, which none should.
    pub async fn wait(&mut self) {
        self.tasks.join_next().await;
    }

    /// Stops all services: calls may finish, then everything is closed; SQLite puts its journal back into the database.
    pub async fn stop(mut self) {
        self.cancel.cancel();
        while self.tasks.join_next().await.is_some() {}
        for (lease, database) in self.databases {
            let closing = async {
                lease.given_back().await;
                database.close().await
            };
            match tokio::time::timeout(CLOSING, closing).await {
                Ok(Ok(())) => {}
                Ok(Err(failure)) => error!(%failure, "a database was not closed"),
                Err(_) => error!("a database was still in use and was not closed"),
            }
        }
    }

    fn serve(&mut self, started: Option<Started>) {
        let Some(Started { service, server, served }) = started else { return };
        info!(service = service.name, address = %server.addr(), "serving");
        let cancel = self.cancel.clone();
        self.databases.push((service.lease.clone(), service.database.clone()));
        self.tasks.spawn(async move {
            if let Err(failure) = server.serve(served.services, served.authenticate, cancel).await {
                error!(service = service.name, %failure, "server ended");
            }
            service.cancel.cancel();
        });
    }
}

impl TierOptions {
    /// Brings the databases of the services up to date and closes them again.
    pub async fn migrate(&self) -> Result<(), StartError> {
        prepare(&self.folder)?;
        let sources = self.sources();
        check(sources)?;
        let folder = &self.folder;
        for service in &self.services {
            match *service {
                Catalogue::NAME => migrate::<Catalogue>(&read::<Catalogue>(sources)?, folder).await?,
                Reporting::NAME => migrate::<Reporting>(&read::<Reporting>(sources)?, folder).await?,
                Verification::NAME => migrate::<Verification>(&read::<Verification>(sources)?, folder).await?,
                Ranking::NAME => migrate::<Ranking>(&read::<Ranking>(sources)?, folder).await?,
                _ => migrate::<Gateway>(&read::<Gateway>(sources)?, folder).await?,
            }
        }
        Ok(())
    }
}

fn check(sources: Sources<'_>) -> Result<(), StartError> {
    sources.strays().into_iter().next().map_or(Ok(()), |stray| Err(stray.into()))
}

fn note<P: Part>(
    addresses: &mut BTreeMap<&'static str, SocketAddr>,
    near: &mut BTreeMap<&'static str, Near>,
    bound: &Option<Bound<P>>,
) {
    if let Some(bound) = bound {
        near.insert(P::NAME, bound.server().near());
        addresses.insert(P::NAME, bound.server().addr());
    }
}

async fn bind<P: Part>(wanted: bool, sources: Sources<'_>, folder: &Path) -> Result<Option<Bound<P>>, StartError> {
    if !wanted {
        return Ok(None);
    }
    let settings = read::<P>(sources).map_err(|error| StartError::from(error).of(P::NAME))?;
    Bound::new(settings, folder).await.map(Some)
}

async fn open<P: Part>(
    bound: Option<Bound<P>>,
    urls: &BTreeMap<&'static str, String>,
    surroundings: &Surroundings,
) -> Result<Option<Started>, StartError> {
    match bound {
        Some(bound) => bound.open(urls, surroundings).await.map(Some),
        None => Ok(None),
    }
}

/// The folder must be there, for its owner alone; the tier's keys are made in it when missing.
fn prepare(folder: &Path) -> Result<(), StartError> {
    KeyRing::ensure(&folder.join("keys"), &SERVICES)?;
    Ok(())
}
