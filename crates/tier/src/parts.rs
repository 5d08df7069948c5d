//! The five services as parts of a tier.

use std::path::Path;
use std::sync::Arc;

use minsheng_kit::identity::Authenticate;
use minsheng_kit::server::Services;
use minsheng_kit::service::{CommonSettings, Opened, Service, StartError};
use minsheng_kit::settings::PeerSettings;

use crate::part::Part;

/// The sections that every service has, of settings that have them.
macro_rules! common {
    ($settings:expr) => {
        CommonSettings {
            division: &$settings.division,
            server: &$settings.server,
            database: &$settings.database,
            ledger: &$settings.ledger,
            identity: &$settings.identity,
        }
    };
}

pub(crate) struct Catalogue;

impl Part for Catalogue {
    const NAME: &'static str = minsheng_catalogue::NAME;
    const DEFAULTS: &'static str = minsheng_catalogue::Settings::DEFAULTS;
    type Settings = minsheng_catalogue::Settings;
    type Migrator = minsheng_catalogue::Migrator;

    fn common(settings: &Self::Settings) -> CommonSettings<'_> {
        common!(settings)
    }

    fn peers(_settings: &mut Self::Settings) -> Vec<(&'static str, &mut PeerSettings)> {
        Vec::new()
    }

    async fn start(
        opened: Opened,
        settings: &Self::Settings,
    ) -> Result<(Service, Services, Arc<dyn Authenticate>), StartError> {
        let services =
            minsheng_catalogue::start(opened.service.clone(), settings).await?.with(opened.service.ledger_api());
        Ok((opened.service, services, opened.callers))
    }
}

pub(crate) struct Reporting;

impl Part for Reporting {
    const NAME: &'static str = minsheng_reporting::NAME;
    const DEFAULTS: &'static str = minsheng_reporting::Settings::DEFAULTS;
    type Settings = minsheng_reporting::Settings;
    type Migrator = minsheng_reporting::Migrator;

    fn common(settings: &Self::Settings) -> CommonSettings<'_> {
        common!(settings)
    }

    fn peers(settings: &mut Self::Settings) -> Vec<(&'static str, &mut PeerSettings)> {
        vec![("catalogue", &mut settings.peers.catalogue), ("verification", &mut settings.peers.verification)]
    }

    async fn start(
        opened: Opened,
        settings: &Self::Settings,
    ) -> Result<(Service, Services, Arc<dyn Authenticate>), StartError> {
        let services =
            minsheng_reporting::start(opened.service.clone(), settings).await?.with(opened.service.ledger_api());
        Ok((opened.service, services, opened.callers))
    }
}

pub(crate) struct Verification;

impl Part for Verification {
    const NAME: &'static str = minsheng_verification::NAME;
    const DEFAULTS: &'static str = minsheng_verification::Settings::DEFAULTS;
    type Settings = minsheng_verification::Settings;
    type Migrator = minsheng_verification::Migrator;

    fn common(settings: &Self::Settings) -> CommonSettings<'_> {
        common!(settings)
    }

    fn peers(settings: &mut Self::Settings) -> Vec<(&'static str, &mut PeerSettings)> {
        vec![("catalogue", &mut settings.peers.catalogue), ("reporting", &mut settings.peers.reporting)]
    }

    async fn start(
        opened: Opened,
        settings: &Self::Settings,
    ) -> Result<(Service, Services, Arc<dyn Authenticate>), StartError> {
        let services =
            minsheng_verification::start(opened.service.clone(), settings).await?.with(opened.service.ledger_api());
        Ok((opened.service, services, opened.callers))
    }
}

pub(crate) struct Ranking;

impl Part for Ranking {
    const NAME: &'static str = minsheng_ranking::NAME;
    const DEFAULTS: &'static str = minsheng_ranking::Settings::DEFAULTS;
    type Settings = minsheng_ranking::Settings;
    type Migrator = minsheng_ranking::Migrator;

    fn common(settings: &Self::Settings) -> CommonSettings<'_> {
        common!(settings)
    }

    fn peers(settings: &mut Self::Settings) -> Vec<(&'static str, &mut PeerSettings)> {
        vec![
            ("catalogue", &mut settings.peers.catalogue),
            ("reporting", &mut settings.peers.reporting),
            ("verification", &mut settings.peers.verification),
        ]
    }

    async fn start(
        opened: Opened,
        settings: &Self::Settings,
    ) -> Result<(Service, Services, Arc<dyn Authenticate>), StartError> {
        let services =
            minsheng_ranking::start(opened.service.clone(), settings).await?.with(opened.service.ledger_api());
        Ok((opened.service, services, opened.callers))
    }
}

pub(crate) struct Gateway;

impl Part for Gateway {
    const NAME: &'static str = minsheng_gateway::NAME;
    const DEFAULTS: &'static str = minsheng_gateway::Settings::DEFAULTS;
    type Settings = minsheng_gateway::Settings;
    type Migrator = minsheng_gateway::Migrator;

    fn common(settings: &Self::Settings) -> CommonSettings<'_> {
        common!(settings)
    }

    fn peers(settings: &mut Self::Settings) -> Vec<(&'static str, &mut PeerSettings)> {
        vec![
            ("catalogue", &mut settings.peers.catalogue),
            ("reporting", &mut settings.peers.reporting),
            ("verification", &mut settings.peers.verification),
            ("ranking", &mut settings.peers.ranking),
        ]
    }

    /// Without a certificate of the operator's one is made, once, in the folder.
    fn prepare(settings: &mut Self::Settings, folder: &Path) -> Result<(), StartError> {
        settings.server = minsheng_gateway::server_settings(settings, folder)?;
        Ok(())
    }

    async fn start(
        opened: Opened,
        settings: &Self::Settings,
    ) -> Result<(Service, Services, Arc<dyn Authenticate>), StartError> {
        let Opened { service, identity, .. } = opened;
        let (services, authenticate) =
            minsheng_gateway::start(service.clone(), settings, identity, &service.folder).await?;
        Ok((service, services, authenticate))
    }
}
