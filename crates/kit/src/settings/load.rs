//! Merging defaults, file and environment, with every error naming its key and where it came from.

use std::path::{Path, PathBuf};
use std::{fs, io};

use config::{Config, ConfigError, File, FileFormat, Map, Value, ValueKind};
use serde::de::DeserializeOwned;

use super::{COMMON_DEFAULTS, ServiceSettings};

const PREFIX: &str = "MINSHENG__";
const FILE_SUFFIX: &str = "_FILE";

/// Settings that cannot be used, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file cannot be read.
    #[error("settings: {path} cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that a variable names for a secret cannot be read.
    #[error("settings: {name} names a file that cannot be read, {path}: {source}")]
    Secret {
        /// The variable.
        name: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that no service reads.
    #[error(
        "settings: {0} is the file of no service; they are catalogue.toml, reporting.toml, verification.toml, ranking.toml, gateway.toml"
    )]
    StrayFile(PathBuf),
    /// A variable that no service reads.
    #[error(
        "settings: nobody reads the variable {0}; write MINSHENG_<SERVICE>__SECTION__KEY, or MINSHENG__SECTION__KEY for a service that runs alone"
    )]
    StrayVariable(String),
    /// A file is no TOML.
    #[error("settings: {place} is no valid TOML: {source}")]
    Syntax {
        /// Which file.
        place: String,
        /// What is wrong with it.
        source: Box<ConfigError>,
    },
    /// A key that does not exist.
    #[error("settings: there is no key {key} (given in {place})")]
    Unknown {
        /// The key with its sections.
        key: String,
        /// File or environment.
        place: String,
    },
    /// The merged settings do not fit the service; the key is named.
    #[error("settings: {0}")]
    Shape(Box<ConfigError>),
}

impl SettingsError {
    /// The same with the variable under another name.
    #[must_use]
    pub fn of_variable(self, renamed: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Unknown { key, place } => Self::Unknown { key, place: renamed(&place) },
            Self::Secret { name, path, source } => Self::Secret { name: renamed(&name), path, source },
            other => other,
        }
    }
}

/// Settings of a service: the common defaults, the service's own defaults, the file if there is one, the environment.
///
/// # Errors
/// One sentence that names the key or file at fault.
pub fn load<T: DeserializeOwned>(defaults: &str, file: Option<&Path>) -> Result<T, SettingsError> {
    let overlay = file.map(|path| read(path).map(|text| (path.display().to_string(), text))).transpose()?;
    let environment = std::env::vars().filter(|(name, _)| name.starts_with(PREFIX));
    load_with(defaults, overlay.as_ref().map(|(place, text)| (place.as_str(), text.as_str())), environment)
}

/// The same with the file's text (and what to call it in errors) and the environment given.
///
/// # Errors
/// One sentence that names the key or file at fault.
pub fn load_with<T: DeserializeOwned>(
    defaults: &str,
    overlay: Option<(&str, &str)>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<T, SettingsError> {
    merge(defaults, overlay, environment)?.try_deserialize().map_err(shape)
}

/// The same for a service: what every service has, and its own.
///
/// # Errors
/// One sentence that names the key or file at fault.
pub fn load_service<S: DeserializeOwned>(
    defaults: &str,
    overlay: Option<(&str, &str)>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<ServiceSettings<S>, SettingsError> {
    let merged = merge(defaults, overlay, environment)?;
    let common = merged.clone().try_deserialize().map_err(shape)?;
    Ok(ServiceSettings { common, own: merged.try_deserialize().map_err(shape)? })
}

fn merge(
    defaults: &str,
    overlay: Option<(&str, &str)>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, SettingsError> {
    let common = File::from_str(COMMON_DEFAULTS, FileFormat::Toml);
    let own = File::from_str(defaults, FileFormat::Toml);
    let known = Config::builder().add_source(common).add_source(own).build().map_err(shape)?;
    let mut builder = Config::builder().add_source(known.clone());
    if let Some((place, text)) = overlay {
        let source = File::from_str(text, FileFormat::Toml);
        let given = Config::builder().add_source(source).build();
        let given =
            given.map_err(|source| SettingsError::Syntax { place: place.to_owned(), source: Box::new(source) })?;
        let table = given.cache.clone().into_table().map_err(shape)?;
        refuse_unknown(&known, &table, "", place)?;
        builder = builder.add_source(given);
    }
    for (name, value) in environment {
        let Some(path) = name.strip_prefix(PREFIX) else { continue };
        let (key, value) = from_environment(&known, &name, path, value)?;
        builder = builder.set_override(key, value).map_err(shape)?;
    }
    builder.build().map_err(shape)
}

fn shape(error: ConfigError) -> SettingsError {
    SettingsError::Shape(Box::new(error))
}

fn read(path: &Path) -> Result<String, SettingsError> {
    fs::read_to_string(path).map_err(|source| SettingsError::Read { path: path.to_owned(), source })
}

fn refuse_unknown(known: &Config, table: &Map<String, Value>, above: &str, place: &str) -> Result<(), SettingsError> {
    for (key, value) in table {
        let key = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        if known.get::<Value>(&key).is_err() {
            return Err(SettingsError::Unknown { key, place: place.to_owned() });
        }
        if let ValueKind::Table(inner) = &value.kind {
            refuse_unknown(known, inner, &key, place)?;
        }
    }
    Ok(())
}

/// The key and value of a variable; a variable with the suffix names a file that holds the value.
fn from_environment(known: &Config, name: &str, path: &str, value: String) -> Result<(String, Value), SettingsError> {
    let origin = name.to_owned();
    let key_of = |path: &str| path.to_lowercase().replace("__", ".");
    let key = key_of(path);
    if let Ok(default) = known.get::<Value>(&key) {
        return Ok((key, Value::new(Some(&origin), like(&default, value))));
    }
    let of_file = path.strip_suffix(FILE_SUFFIX).map(key_of);
    match of_file.filter(|key| known.get::<Value>(key).is_ok()) {
        Some(key) => {
            let path = PathBuf::from(value);
            let secret = fs::read_to_string(&path);
            let secret = secret.map_err(|source| SettingsError::Secret { name: origin.clone(), path, source })?;
            Ok((key, Value::new(Some(&origin), secret.trim_end().to_owned())))
        }
        None => Err(SettingsError::Unknown { key, place: origin }),
    }
}

/// A variable's text as a list where the default is one.
fn like(default: &Value, text: String) -> ValueKind {
    match default.kind {
        ValueKind::Array(_) => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            ValueKind::from(parts.map(str::to_owned).collect::<Vec<_>>())
        }
        _ => ValueKind::from(text),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde::Deserialize;

    use super::super::*;
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        division: String,
        server: ServerSettings,
        database: DatabaseSettings,
        lease: LeaseSettings,
        ledger: LedgerSettings,
        identity: IdentitySettings,
        telemetry: TelemetrySettings,
        peers: Peers,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Peers {
        catalogue: PeerSettings,
    }

    const DEFAULTS: &str =
        "[server]\nlisten = \"127.0.0.1:50052\"\n[peers.catalogue]\nurl = \"http://127.0.0.1:50051\"\n";

    fn settings(file: Option<&str>, environment: &[(&str, &str)]) -> Result<Example, SettingsError> {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        load_with(DEFAULTS, file.map(|text| ("minsheng.toml", text)), environment)
    }

    #[test]
    fn defaults_then_file_then_environment() {
        let plain = settings(None, &[]).unwrap();
        assert_eq!(plain.server.listen, "127.0.0.1:50052");
        assert_eq!(plain.server.limits.message_bytes, 4 * 1024 * 1024);
        assert_eq!((plain.division.as_str(), plain.telemetry.format.as_str()), ("430923", "text"));
        assert_eq!(plain.lease.seconds, 10);
        assert!(plain.ledger.key_file.as_os_str().is_empty() && plain.identity.trusted_dir.as_os_str().is_empty());
        let file = "[server]\nlisten = \"127.0.0.1:1\"\n[server.limits]\ncall_seconds = 7\n";
        let set = settings(Some(file), &[("MINSHENG__SERVER__LISTEN", "127.0.0.1:2"), ("HOME", "/")]).unwrap();
        assert_eq!(set.server.listen, "127.0.0.1:2");
        assert_eq!(set.server.limits.call_seconds, 7);
        let set = settings(None, &[("MINSHENG__PEERS__CATALOGUE__URL", "http://c:1")]).unwrap();
        assert_eq!(set.peers.catalogue.url, "http://c:1");
    }

    #[test]
    fn a_secret_may_come_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("url");
        std::fs::write(&secret, "postgres://u:p@h/d\n").unwrap();
        let set = settings(None, &[("MINSHENG__DATABASE__URL_FILE", secret.to_str().unwrap())]).unwrap();
        assert_eq!(set.database.url, "postgres://u:p@h/d");
        let set = settings(None, &[("MINSHENG__LEDGER__KEY_FILE", "/k")]).unwrap();
        assert_eq!(set.ledger.key_file, Path::new("/k"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let message =
            |file: Option<&str>, environment: &[(&str, &str)]| settings(file, environment).unwrap_err().to_string();
        assert_eq!(
            message(Some("[server]\nlisen = \"x\"\n"), &[]),
            "settings: there is no key server.lisen (given in minsheng.toml)"
        );
        assert_eq!(
            message(None, &[("MINSHENG__SERVER__LIMITS__CALL", "1")]),
            "settings: there is no key server.limits.call (given in MINSHENG__SERVER__LIMITS__CALL)"
        );
        let kind = message(None, &[("MINSHENG__SERVER__LIMITS__CALL_SECONDS", "soon")]);
        assert!(kind.contains("server.limits.call_seconds") && kind.contains("integer"), "{kind}");
        assert!(kind.contains("MINSHENG__SERVER__LIMITS__CALL_SECONDS"), "{kind}");
        assert!(message(Some("[server"), &[]).starts_with("settings: minsheng.toml is no valid TOML"));
        let negative = message(Some("[server.limits]\ncall_seconds = -1\n"), &[]);
        assert!(negative.contains("server.limits.call_seconds"), "{negative}");
    }
}
