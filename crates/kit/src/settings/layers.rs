//! Merging defaults, a file and the environment: everything that is wrong with them at once, and where each key comes from.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use config::{Config, File, FileFormat, Map, Value, ValueKind};
use serde::de::DeserializeOwned;

use super::error::Expected;
use super::{SettingsError, Shown, Source};

const FILE_SUFFIX: &str = "_FILE";
/// Keys that are less alike than this are not taken for one another.
const ALIKE: f64 = 0.8;

/// A variable that sets a key.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its sections and key, as in SERVER__LISTEN.
    pub path: String,
    /// What it holds.
    pub value: String,
    /// Where it comes from.
    pub source: Source,
}

impl Given {
    /// A variable of the environment with this prefix.
    pub fn variable(prefix: &str, name: &str, value: &str) -> Option<Self> {
        let path = name.strip_prefix(prefix)?.to_owned();
        Some(Self { path, value: value.to_owned(), source: Source::Variable(name.to_owned()) })
    }
}

/// Settings from their layers.
#[derive(Clone, Debug)]
pub struct Layers {
    merged: Config,
    sources: BTreeMap<String, Source>,
}

impl Layers {
    /// Puts defaults, the file's text (with what to call it) and the variables over each other; what is wrong is left out,
    /// and told.
    pub fn merge(
        defaults: &[&str],
        file: Option<(&str, &str)>,
        variables: impl IntoIterator<Item = Given>,
    ) -> (Self, Vec<SettingsError>) {
        let mut errors = Vec::new();
        let known = defaults.iter().fold(Config::builder(), |known, text| known.add_source(parsed(text)));
        let known = known.build().unwrap_or_else(|error| {
            errors.push(shape(error));
            Config::default()
        });
        let mut over = Over { known: &known, keys: BTreeMap::new(), errors };
        if let Some((place, text)) = file {
            over.file(place, text);
        }
        for given in variables {
            over.variable(given);
        }
        let Over { keys, mut errors, .. } = over;
        let mut builder = Config::builder().add_source(known.clone());
        let mut sources = BTreeMap::new();
        for (key, (value, source)) in keys {
            match builder.clone().set_override(&key, value) {
                Ok(with) => builder = with,
                Err(error) => errors.push(shape(error)),
            }
            sources.insert(key, source);
        }
        let merged = builder.build().unwrap_or_else(|error| {
            errors.push(shape(error));
            known.clone()
        });
        (Self { merged, sources }, errors)
    }

    /// The settings as a structure.
    ///
    /// # Errors
    /// The key that does not fit.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        self.merged.clone().try_deserialize().map_err(shape)
    }

    /// Every key with its value and where it comes from, by key.
    pub fn shown(&self) -> Vec<Shown> {
        let mut leaves = BTreeMap::new();
        flatten(&self.merged.cache, "", &mut leaves);
        let source = |key: &str| self.sources.get(key).cloned().unwrap_or(Source::Default);
        leaves.into_iter().map(|(key, value)| Shown::new(&key, value, source(&key))).collect()
    }
}

fn parsed(text: &str) -> File<config::FileSourceString, FileFormat> {
    File::from_str(text, FileFormat::Toml)
}

fn shape(error: config::ConfigError) -> SettingsError {
    SettingsError::Shape(Box::new(error))
}

/// What lies over the defaults.
struct Over<'a> {
    known: &'a Config,
    keys: BTreeMap<String, (Value, Source)>,
    errors: Vec<SettingsError>,
}

impl Over<'_> {
    fn file(&mut self, place: &str, text: &str) {
        let table = Config::builder().add_source(parsed(text)).build().and_then(|given| given.cache.into_table());
        match table {
            Ok(table) => self.table(table, "", &Source::File(place.to_owned())),
            Err(error) => self.errors.push(SettingsError::Syntax { place: place.to_owned(), source: Box::new(error) }),
        }
    }

    fn table(&mut self, table: Map<String, Value>, above: &str, source: &Source) {
        for (key, value) in table {
            let key = if above.is_empty() { key } else { format!("{above}.{key}") };
            match value.kind {
                ValueKind::Table(inner) if self.is_section(&key) => self.table(inner, &key, source),
                kind => self.set(key, Value::new(None, kind), source.clone()),
            }
        }
    }

    fn variable(&mut self, given: Given) {
        let Given { path, value, source } = given;
        let key_of = |path: &str| path.to_lowercase().replace("__", ".");
        let key = key_of(&path);
        if let Ok(default) = self.known.get::<Value>(&key) {
            return self.set(key, Value::new(None, like(&default, value)), source);
        }
        let of_file = path.strip_suffix(FILE_SUFFIX).map(key_of).filter(|key| self.known.get::<Value>(key).is_ok());
        match (of_file, source) {
            (Some(key), Source::Variable(name)) => {
                let path = PathBuf::from(value);
                match fs::read_to_string(&path) {
                    Ok(secret) => {
                        self.set(key, Value::from(secret.trim_end()), Source::SecretFile(name));
                    }
                    Err(source) => self.errors.push(SettingsError::Secret { name, path, source }),
                }
            }
            (_, source) => self.unknown(key, source),
        }
    }

    fn set(&mut self, key: String, value: Value, source: Source) {
        match self.known.get::<Value>(&key) {
            Err(_) => self.unknown(key, source),
            Ok(default) => match fitted(&default, value) {
                Ok(value) => {
                    self.keys.insert(key, (value, source));
                }
                Err(expected) => self.errors.push(SettingsError::Kind { key, place: source, expected }),
            },
        }
    }

    fn unknown(&mut self, key: String, place: Source) {
        let mut leaves = BTreeMap::new();
        flatten(&self.known.cache, "", &mut leaves);
        let nearest = nearest(&key, leaves.keys().map(String::as_str));
        self.errors.push(SettingsError::Unknown { key, place, nearest });
    }

    fn is_section(&self, key: &str) -> bool {
        self.known.get::<Value>(key).is_ok_and(|known| matches!(known.kind, ValueKind::Table(_)))
    }
}

/// The one of the known names that is most like a name, if any is.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(name, known);
    let ranked = known.into_iter().map(|known| (likeness(known), known));
    let best = ranked.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(likeness, _)| *likeness >= ALIKE);
    best.map(|(_, known)| known.to_owned())
}

fn flatten<'a>(value: &'a Value, above: &str, leaves: &mut BTreeMap<String, &'a Value>) {
    match &value.kind {
        ValueKind::Table(table) => {
            for (key, value) in table {
                let key = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
                flatten(value, &key, leaves);
            }
        }
        _ => {
            leaves.insert(above.to_owned(), value);
        }
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

/// A value in the kind of its default.
fn fitted(default: &Value, value: Value) -> Result<Value, Expected> {
    let is_scalar = !matches!(value.kind, ValueKind::Array(_) | ValueKind::Table(_) | ValueKind::Nil);
    let text =
        |value: Value, expected| if is_scalar { value.into_string().map_err(|_| expected) } else { Err(expected) };
    Ok(match default.kind {
        ValueKind::Table(_) => return Err(Expected::Section),
        ValueKind::Array(_) if matches!(value.kind, ValueKind::Array(_)) => value,
        ValueKind::Array(_) => return Err(Expected::List),
        ValueKind::Boolean(_) => Value::from(value.into_bool().map_err(|_| Expected::Bool)?),
        ValueKind::I64(_) | ValueKind::U64(_) => {
            let number = text(value, Expected::Number)?.parse::<u64>();
            Value::from(number.map_err(|_| Expected::Number)?)
        }
        _ => Value::from(text(value, Expected::Text)?),
    })
}
