//! The five services as parts of a tier.

use std::path::{Path, PathBuf};

use minsheng_kit::authority::Authority;
use minsheng_kit::service::{Opened, StartError};
use minsheng_kit::settings::ServiceSettings;
use serde::de::IgnoredAny;

use crate::examine::{Need, NeedKind};
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

    fn needs(settings: &ServiceSettings<Self::Settings>, folder: &Path) -> Vec<Need> {
        let path = settings.own.evidence.dir_in(folder);
        vec![Need { key: "evidence.dir".to_owned(), path, kind: NeedKind::Written }]
    }

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

    fn needs(settings: &ServiceSettings<Self::Settings>, folder: &Path) -> Vec<Need> {
        let path = settings.own.files_dir(folder);
        let files = Need { key: "files.dir".to_owned(), path, kind: NeedKind::Written };
        Need::given("worker.program", &settings.own.worker.program, NeedKind::File).into_iter().chain([files]).collect()
    }

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

    /// The certificate that was made at an earlier start ends some day, too.
    fn needs(settings: &ServiceSettings<Self::Settings>, folder: &Path) -> Vec<Need> {
        let (own, authority) = (&settings.own, &settings.own.authority);
        let is_given = !settings.common.server.tls.certificate_file.as_os_str().is_empty();
        let made = Authority::server_certificate_file(folder);
        let made = if is_given || own.door.plain_text || !made.exists() { PathBuf::new() } else { made };
        [
            Need::given("server.tls.certificate_file", &made, NeedKind::Certificate),
            Need::given("authority.certificate_file", &authority.certificate_file, NeedKind::Certificate),
            Need::given("authority.key_file", &authority.key_file, NeedKind::Secret),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

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
