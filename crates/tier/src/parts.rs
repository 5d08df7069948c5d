//! The five services as parts of a tier.

use std::path::Path;

use minsheng_kit::service::{Opened, StartError};
use minsheng_kit::settings::ServiceSettings;
use serde::de::IgnoredAny;

use crate::part::{Part, Served};

/// For a service whose settings are those that every service has.
type NoSettings = IgnoredAny;

pub(crate) struct Catalogue;

impl Part for Catalogue {
    const NAME: &'static str = minsheng_catalogue::NAME;
    const DEFAULTS: &'static str = minsheng_catalogue::Settings::DEFAULTS;
    type Settings = minsheng_catalogue::Settings;
    type Migrator = minsheng_catalogue::Migrator;

    async fn start(opened: &Opened, settings: &ServiceSettings<Self::Settings>) -> Result<Served, StartError> {
        Ok(Served::inside(opened, minsheng_catalogue::start(opened.service.clone(), &settings.own).await?))
    }
}

pub(crate) struct Reporting;

impl Part for Reporting {
    const NAME: &'static str = minsheng_reporting::NAME;
    const DEFAULTS: &'static str = minsheng_reporting::Settings::DEFAULTS;
    type Settings = minsheng_reporting::Settings;
    type Migrator = minsheng_reporting::Migrator;

    async fn start(opened: &Opened, settings: &ServiceSettings<Self::Settings>) -> Result<Served, StartError> {
        Ok(Served::inside(opened, minsheng_reporting::start(opened.service.clone(), &settings.own).await?))
    }
}

pub(crate) struct Verification;

impl Part for Verification {
    const NAME: &'static str = minsheng_verification::NAME;
    const DEFAULTS: &'static str = minsheng_verification::DEFAULTS;
    type Settings = NoSettings;
    type Migrator = minsheng_verification::Migrator;

    async fn start(opened: &Opened, _settings: &ServiceSettings<NoSettings>) -> Result<Served, StartError> {
        Ok(Served::inside(opened, minsheng_verification::start(opened.service.clone()).await?))
    }
}

pub(crate) struct Ranking;

impl Part for Ranking {
    const NAME: &'static str = minsheng_ranking::NAME;
    const DEFAULTS: &'static str = minsheng_ranking::Settings::DEFAULTS;
    type Settings = minsheng_ranking::Settings;
    type Migrator = minsheng_ranking::Migrator;

    async fn start(opened: &Opened, settings: &ServiceSettings<Self::Settings>) -> Result<Served, StartError> {
        Ok(Served::inside(opened, minsheng_ranking::start(opened.service.clone(), &settings.own).await?))
    }
}

pub(crate) struct Gateway;

impl Part for Gateway {
    const NAME: &'static str = minsheng_gateway::NAME;
    const DEFAULTS: &'static str = minsheng_gateway::Settings::DEFAULTS;
    type Settings = minsheng_gateway::Settings;
    type Migrator = minsheng_gateway::Migrator;

    /// Without a certificate of the operator's one is made, once, in the folder.
    fn prepare(settings: &mut ServiceSettings<Self::Settings>, folder: &Path) -> Result<(), StartError> {
        Ok(minsheng_gateway::prepare(settings, folder)?)
    }

    /// The door proves its callers itself, and serves its ledger with its own services.
    async fn start(opened: &Opened, settings: &ServiceSettings<Self::Settings>) -> Result<Served, StartError> {
        let (service, identity) = (opened.service.clone(), opened.identity.clone());
        let folder = service.folder.clone();
        let callers = opened.callers.clone();
        let (services, authenticate) = minsheng_gateway::start(service, settings, identity, callers, &folder).await?;
        Ok(Served { services, authenticate })
    }
}
