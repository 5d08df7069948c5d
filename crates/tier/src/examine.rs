//! A tier's settings before anything is started: everything that is wrong with them, what they come to and where from, and
//! which files, folders and ports the services will want. Nothing is made or opened here.

use std::path::{Path, PathBuf};

use minsheng_kit::service::{SERVICES, database_url};
use minsheng_kit::settings::{
    CommonSettings, Given, Layers, ServiceSettings, SettingsError, Shown, TELEMETRY_DEFAULTS, TelemetrySettings,
};
use minsheng_kit::store::{Looked, OpenError, look};

use crate::part::Part;
use crate::parts::{Catalogue, Gateway, Ranking, Reporting, Verification};
use crate::sources::TELEMETRY;
use crate::tier::TierOptions;

/// What is known before a start.
#[derive(Debug)]
pub struct Examined {
    /// What is wrong with the settings, each with whose they are; empty where they are nobody's.
    pub errors: Vec<(&'static str, SettingsError)>,
    /// The services whose settings can be read.
    pub settled: Vec<Settled>,
    /// What the process logs and sends, where that can be read.
    pub telemetry: Option<TelemetrySettings>,
    /// The same as it is shown.
    pub telemetry_shown: Vec<Shown>,
}

/// A service and what its settings come to.
#[derive(Debug)]
pub struct Settled {
    /// Its name.
    pub service: &'static str,
    /// What every service has.
    pub common: CommonSettings,
    /// Address of its database.
    pub database: String,
    /// What it needs of the file system.
    pub needs: Vec<Need>,
    /// Every key with its value.
    pub shown: Vec<Shown>,
}

/// Something of the file system that a service needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The key that names it.
    pub key: String,
    /// Where it is.
    pub path: PathBuf,
    /// What is done with it.
    pub kind: NeedKind,
}

/// What is done with a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedKind {
    /// A file that is read.
    File,
    /// A certificate file that is read.
    Certificate,
    /// A file that is read and that nobody else may read.
    Secret,
    /// A folder that is read.
    Folder,
    /// A folder that is written, and made when it is missing.
    Written,
}

impl Need {
    /// For a key that may be left empty.
    pub(crate) fn given(key: &str, path: &Path, kind: NeedKind) -> Option<Self> {
        let is_given = !path.as_os_str().is_empty();
        is_given.then(|| Self { key: key.to_owned(), path: path.to_owned(), kind })
    }
}

impl TierOptions {
    /// Looks through all settings.
    pub fn examine(&self) -> Examined {
        let options = self.clone().settle();
        let sources = options.sources();
        let strays = sources.strays().into_iter().map(|error| ("", error));
        let (layers, wrong) = sources.telemetry();
        let mut examined = Examined {
            errors: strays.chain(wrong.into_iter().map(|error| (TELEMETRY, error))).collect(),
            settled: Vec::new(),
            telemetry: None,
            telemetry_shown: layers.shown(),
        };
        match layers.read() {
            Ok(telemetry) => examined.telemetry = Some(telemetry),
            Err(error) => examined.errors.push((TELEMETRY, error)),
        }
        for service in SERVICES.into_iter().filter(|service| options.services.contains(service)) {
            match service {
                Catalogue::NAME => options.examine_one::<Catalogue>(&mut examined),
                Reporting::NAME => options.examine_one::<Reporting>(&mut examined),
                Verification::NAME => options.examine_one::<Verification>(&mut examined),
                Ranking::NAME => options.examine_one::<Ranking>(&mut examined),
                _ => options.examine_one::<Gateway>(&mut examined),
            }
        }
        examined
    }

    fn examine_one<P: Part>(&self, examined: &mut Examined) {
        let (layers, wrong) = self.sources().of::<P>();
        let well = wrong.is_empty();
        examined.errors.extend(wrong.into_iter().map(|error| (P::NAME, error)));
        match ServiceSettings::<P::Settings>::of(&layers) {
            Ok(settings) => {
                let database = database_url(P::NAME, &settings.common.database, &self.folder);
                let mut needs = common_needs(&settings.common);
                needs.extend(P::needs(&settings, &self.folder));
                let common = settings.common;
                examined.settled.push(Settled { service: P::NAME, common, database, needs, shown: layers.shown() });
            }
            // What is wrong with one key is said once.
            Err(error) if well => examined.errors.push((P::NAME, error)),
            Err(_) => {}
        }
    }

    /// Looks at a service's database, and changes nothing.
    ///
    /// # Errors
    /// When it cannot be reached, or a newer version made it.
    pub async fn look(settled: &Settled) -> Result<Looked, OpenError> {
        let url = &settled.database;
        match settled.service {
            Catalogue::NAME => look::<<Catalogue as Part>::Migrator>(url).await,
            Reporting::NAME => look::<<Reporting as Part>::Migrator>(url).await,
            Verification::NAME => look::<<Verification as Part>::Migrator>(url).await,
            Ranking::NAME => look::<<Ranking as Part>::Migrator>(url).await,
            _ => look::<<Gateway as Part>::Migrator>(url).await,
        }
    }
}

/// What a process without a folder of settings logs and sends: these defaults for the log, and the environment.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn telemetry_of_environment(log: &str) -> Result<TelemetrySettings, SettingsError> {
    let log = format!("log = {log:?}\n");
    let prefix = format!("MINSHENG_{}__", TELEMETRY.to_uppercase());
    let variables = std::env::vars().filter_map(|(name, value)| Given::variable(&prefix, &name, &value));
    let (layers, errors) = Layers::merge(&[TELEMETRY_DEFAULTS, &log], None, variables);
    errors.into_iter().next().map_or_else(|| layers.read(), Err)
}

fn common_needs(common: &CommonSettings) -> Vec<Need> {
    let tls = &common.server.tls;
    let peers = common.peers.iter().map(|(peer, settings)| {
        Need::given(&format!("peers.{peer}.authority_file"), &settings.authority_file, NeedKind::Certificate)
    });
    let authorities = tls
        .client_authorities
        .iter()
        .map(|path| Need::given("server.tls.client_authorities", path, NeedKind::Certificate));
    [
        Need::given("server.tls.certificate_file", &tls.certificate_file, NeedKind::Certificate),
        Need::given("server.tls.key_file", &tls.key_file, NeedKind::Secret),
        Need::given("ledger.key_file", &common.ledger.key_file, NeedKind::Secret),
        Need::given("identity.key_file", &common.identity.key_file, NeedKind::Secret),
        Need::given("identity.trusted_dir", &common.identity.trusted_dir, NeedKind::Folder),
    ]
    .into_iter()
    .chain(authorities)
    .chain(peers)
    .flatten()
    .collect()
}
