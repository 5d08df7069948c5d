//! Merging defaults, file and environment into one table, with every error naming its key and where it came from.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::COMMON_DEFAULTS;

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
    /// A file is no TOML.
    #[error("settings: {place} is no valid TOML: {message}")]
    Syntax {
        /// Which file.
        place: String,
        /// What is wrong with it.
        message: String,
    },
    /// A key that does not exist.
    #[error("settings: there is no key {key} (given in {place})")]
    Unknown {
        /// The key with its sections.
        key: String,
        /// File or environment.
        place: String,
    },
    /// A value of another kind than the default's, or one that breaks a rule.
    #[error("settings: {key} (given in {place}) must be {expected}")]
    Kind {
        /// The key with its sections.
        key: String,
        /// File or environment.
        place: String,
        /// What it must be.
        expected: &'static str,
    },
    /// The merged settings do not fit the service.
    #[error("settings: {0}")]
    Shape(String),
}

/// Settings of a service: the common defaults, the service's own defaults, the file if there is one, the environment.
///
/// # Errors
/// One sentence that names the key or file at fault.
pub fn load<T: DeserializeOwned>(defaults: &str, file: Option<&Path>) -> Result<T, SettingsError> {
    let read = |path: &Path| {
        let text = fs::read_to_string(path);
        text.map_err(|source| SettingsError::Read {
            path: path.to_owned(),
            source,
        })
    };
    let overlay = file
        .map(|path| read(path).map(|text| (path.display().to_string(), text)))
        .transpose()?;
    let environment = std::env::vars().filter(|(name, _)| name.starts_with(PREFIX));
    load_with(
        defaults,
        overlay.as_ref().map(|(place, text)| (place.as_str(), text.as_str())),
        environment,
    )
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
    let mut table = parse("the common defaults", COMMON_DEFAULTS)?;
    extend(&mut table, parse("the service's defaults", defaults)?);
    if let Some((place, text)) = overlay {
        replace(&mut table, parse(place, text)?, place, "")?;
    }
    for (name, value) in environment {
        let Some(path) = name.strip_prefix(PREFIX) else {
            continue;
        };
        set_from_environment(&mut table, &name, path, &value)?;
    }
    T::deserialize(table).map_err(|error| SettingsError::Shape(error.message().to_owned()))
}

fn parse(place: &str, text: &str) -> Result<Table, SettingsError> {
    let parsed = text.parse::<Table>();
    parsed.map_err(|error| SettingsError::Syntax {
        place: place.to_owned(),
        message: error.message().to_owned(),
    })
}

/// Adds a service's defaults, which may bring new keys and other values.
fn extend(base: &mut Table, more: Table) {
    for (key, value) in more {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(more)) => extend(inner, more),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Replaces values of keys that exist.
fn replace(base: &mut Table, over: Table, place: &str, path: &str) -> Result<(), SettingsError> {
    for (key, value) in over {
        let full = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        let Some(present) = base.get_mut(&key) else {
            return Err(SettingsError::Unknown {
                key: full,
                place: place.to_owned(),
            });
        };
        match (present, value) {
            (Value::Table(inner), Value::Table(over)) => replace(inner, over, place, &full)?,
            (present, value) if present.same_type(&value) => *present = value,
            (present, _) => return Err(kind(full, place, present)),
        }
    }
    Ok(())
}

fn set_from_environment(table: &mut Table, name: &str, path: &str, value: &str) -> Result<(), SettingsError> {
    let segments: Vec<String> = path.split("__").map(str::to_lowercase).collect();
    if let Some(present) = find(table, &segments) {
        return assign(present, &segments, name, value);
    }
    let named = path.strip_suffix(FILE_SUFFIX);
    let segments_of_file: Option<Vec<String>> = named.map(|path| path.split("__").map(str::to_lowercase).collect());
    let secret = segments_of_file.and_then(|segments| find(table, &segments).map(|present| (segments, present)));
    let Some((segments, present)) = secret else {
        return Err(SettingsError::Unknown {
            key: segments.join("."),
            place: name.to_owned(),
        });
    };
    let text = fs::read_to_string(value).map_err(|source| SettingsError::Read {
        path: value.into(),
        source,
    })?;
    assign(present, &segments, name, text.trim_end())
}

fn find<'a>(table: &'a mut Table, segments: &[String]) -> Option<&'a mut Value> {
    let (first, rest) = segments.split_first()?;
    let value = table.get_mut(first)?;
    if rest.is_empty() {
        return Some(value);
    }
    find(value.as_table_mut()?, rest)
}

fn assign(present: &mut Value, segments: &[String], place: &str, text: &str) -> Result<(), SettingsError> {
    let parsed = match present {
        Value::String(_) => Some(Value::String(text.to_owned())),
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        Value::Array(_) => {
            let parts = text.split(',').filter(|part| !part.is_empty());
            Some(Value::Array(
                parts.map(|part| Value::String(part.trim().to_owned())).collect(),
            ))
        }
        _ => None,
    };
    match parsed {
        Some(value) => {
            *present = value;
            Ok(())
        }
        None => Err(kind(segments.join("."), place, present)),
    }
}

fn kind(key: String, place: &str, present: &Value) -> SettingsError {
    let expected = match present {
        Value::String(_) => "text",
        Value::Integer(_) => "a whole number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list",
        Value::Table(_) => "a section",
        Value::Float(_) | Value::Datetime(_) => "of the default's kind",
    };
    SettingsError::Kind {
        key,
        place: place.to_owned(),
        expected,
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
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        load_with(DEFAULTS, file.map(|text| ("minsheng.toml", text)), environment)
    }

    #[test]
    fn defaults_then_file_then_environment() {
        let plain = settings(None, &[]).unwrap();
        assert_eq!(plain.server.listen, "127.0.0.1:50052");
        assert_eq!(plain.server.limits.message_bytes, 4 * 1024 * 1024);
        assert_eq!(
            (plain.division.as_str(), plain.telemetry.format.as_str()),
            ("430923", "text")
        );
        assert!(plain.ledger.key_file.as_os_str().is_empty() && plain.identity.trusted_dir.as_os_str().is_empty());
        let file = "[server]\nlisten = \"127.0.0.1:1\"\n[server.limits]\ncall_seconds = 7\n";
        let set = settings(
            Some(file),
            &[("MINSHENG__SERVER__LISTEN", "127.0.0.1:2"), ("HOME", "/")],
        )
        .unwrap();
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
        assert_eq!(
            message(None, &[("MINSHENG__SERVER__LIMITS__CALL_SECONDS", "soon")]),
            "settings: server.limits.call_seconds (given in MINSHENG__SERVER__LIMITS__CALL_SECONDS) must be a whole number"
        );
        assert!(message(Some("[server"), &[]).starts_with("settings: minsheng.toml is no valid TOML"));
        assert!(message(Some("[server.limits]\ncall_seconds = -1\n"), &[]).contains("u32"));
    }
}
