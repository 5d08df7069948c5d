//! Where a tier's data lies by its settings: for who copies it while the services run. Nothing is made or opened here.

use std::path::PathBuf;

use minsheng_kit::service::database_url;
use minsheng_kit::settings::{CommonSettings, SettingsError};

use crate::part::Part;
use crate::parts::{Catalogue, Gateway, Ranking, Reporting, Verification};
use crate::sources::read;
use crate::tier::TierOptions;

/// A service's database and the public key of its ledger.
#[derive(Clone, Debug)]
pub struct Place {
    /// The service.
    pub service: &'static str,
    /// Code of the division whose tier it serves.
    pub division: String,
    /// Address of its database.
    pub database: String,
    /// Public key of its ledger, PEM.
    pub ledger_key: PathBuf,
}

/// Where everything of a tier lies.
#[derive(Clone, Debug)]
pub struct Places {
    /// The services.
    pub services: Vec<Place>,
    /// Folder of the evidence files.
    pub evidence: PathBuf,
    /// Folder of the issued files.
    pub bulletins: PathBuf,
}

impl TierOptions {
    /// Where the data of all five services lies.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn places(&self) -> Result<Places, SettingsError> {
        let sources = self.sources();
        let catalogue = read::<Catalogue>(sources)?;
        let reporting = read::<Reporting>(sources)?;
        let verification = read::<Verification>(sources)?;
        let ranking = read::<Ranking>(sources)?;
        let gateway = read::<Gateway>(sources)?;
        let evidence = reporting.own.evidence.dir_in(&self.folder);
        let services = vec![
            self.place(Catalogue::NAME, &catalogue.common),
            self.place(Reporting::NAME, &reporting.common),
            self.place(Verification::NAME, &verification.common),
            self.place(Ranking::NAME, &ranking.common),
            self.place(Gateway::NAME, &gateway.common),
        ];
        Ok(Places { services, evidence, bulletins: ranking.own.files_dir(&self.folder) })
    }

    fn place(&self, service: &'static str, settings: &CommonSettings) -> Place {
        let trusted = match settings.identity.trusted_dir.as_os_str().is_empty() {
            true => self.folder.join("keys").join("trusted"),
            false => settings.identity.trusted_dir.clone(),
        };
        Place {
            service,
            division: settings.division.clone(),
            database: database_url(service, &settings.database, &self.folder),
            ledger_key: trusted.join(format!("{service}-ledger.pem")),
        }
    }
}
