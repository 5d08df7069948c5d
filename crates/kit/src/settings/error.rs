//! Why settings cannot be used, each in one sentence that names the key and where it was given.

use std::io;
use std::path::PathBuf;

use config::ConfigError;

use super::Source;

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
    /// A file that nobody reads.
    #[error("settings: nobody reads the file {path}{}", meant(.nearest))]
    StrayFile {
        /// The file.
        path: PathBuf,
        /// The file that may be meant.
        nearest: Option<String>,
    },
    /// A variable that nobody reads.
    #[error("settings: nobody reads the variable {name}{}", meant(.nearest))]
    StrayVariable {
        /// The variable.
        name: String,
        /// The variable that may be meant.
        nearest: Option<String>,
    },
    /// A file is no TOML.
    #[error("settings: {place} is no valid TOML: {source}")]
    Syntax {
        /// Which file.
        place: String,
        /// What is wrong with it.
        source: Box<ConfigError>,
    },
    /// A key that does not exist.
    #[error("settings: there is no key {key} (given in {place}){}", meant(.nearest))]
    Unknown {
        /// The key with its sections.
        key: String,
        /// Where it was given.
        place: Source,
        /// The key that may be meant.
        nearest: Option<String>,
    },
    /// A value of another kind than the key's.
    #[error("settings: {key} must be {expected} (given in {place})")]
    Kind {
        /// The key with its sections.
        key: String,
        /// Where it was given.
        place: Source,
        /// What it must be.
        expected: Expected,
    },
    /// The merged settings do not fit; the key is named.
    #[error("settings: {0}")]
    Shape(Box<ConfigError>),
}

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A whole number from 0 on.
    Number,
    /// true or false.
    Bool,
    /// A text.
    Text,
    /// A list of texts.
    List,
    /// A section with keys of its own.
    Section,
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Number => "an integer, 0 or more",
            Self::Bool => "true or false",
            Self::Text => "a text",
            Self::List => "a list of texts",
            Self::Section => "a section",
        })
    }
}

fn meant(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |nearest| format!("; {nearest} may be meant"))
}
