//! Settings as they are shown: each key with what it comes to and where that comes from. Secrets are never shown.

use config::{Value, ValueKind};

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// What the program brings along.
    Default,
    /// A file of settings.
    File(String),
    /// A variable of the environment.
    Variable(String),
    /// A file that a variable names, for a secret.
    SecretFile(String),
    /// The program itself, for services that share a process.
    Program,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("the defaults"),
            Self::File(place) => f.write_str(place),
            Self::Variable(name) | Self::SecretFile(name) => f.write_str(name),
            Self::Program => f.write_str("the program"),
        }
    }
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// With its sections.
    pub key: String,
    /// As in TOML; a secret is hidden.
    pub value: String,
    /// Where it comes from.
    pub source: Source,
}

/// What stands for a secret.
const HIDDEN: &str = "\"******\"";

impl Shown {
    pub(super) fn new(key: &str, value: &Value, source: Source) -> Self {
        let is_empty = matches!(&value.kind, ValueKind::String(text) if text.is_empty());
        let is_secret = key.ends_with("password") || matches!(source, Source::SecretFile(_));
        let value = if is_secret && !is_empty { HIDDEN.to_owned() } else { written(value) };
        Self { key: key.to_owned(), value, source }
    }
}

fn written(value: &Value) -> String {
    match &value.kind {
        ValueKind::String(text) => format!("{:?}", without_password(text)),
        ValueKind::Array(values) => {
            let values: Vec<String> = values.iter().map(written).collect();
            format!("[{}]", values.join(", "))
        }
        _ => value.to_string(),
    }
}

/// An address without the password in it.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A password may itself hold a slash or an @.
    let at = rest[..end].rfind('@').or_else(|| rest.rfind('@'));
    let hidden =
        at.and_then(|at| rest[..at].find(':').map(|colon| format!("{}:******{}", &rest[..colon], &rest[at..])));
    let rest = hidden.unwrap_or_else(|| rest.to_owned());
    match rest.split_once("password=") {
        Some((before, after)) => {
            let after = after.split_once('&').map_or(String::new(), |(_, others)| format!("&{others}"));
            format!("{scheme}://{before}password=******{after}")
        }
        None => format!("{scheme}://{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (given, shown) in [
            ("postgres://u:secret@h:5432/d", "postgres://u:******@h:5432/d"),
            ("postgres://u:se/cr@et@h/d", "postgres://u:******@h/d"),
            ("postgres://u@h/d?password=secret&sslmode=require", "postgres://u@h/d?password=******&sslmode=require"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            ("http://[::1]:4317", "http://[::1]:4317"),
            ("/etc/minsheng", "/etc/minsheng"),
        ] {
            assert_eq!(without_password(given), shown);
        }
        let shown = |key: &str, source| Shown::new(key, &Value::from("secret"), source).value;
        assert_eq!(shown("bootstrap.password", Source::Default), HIDDEN);
        assert_eq!(shown("database.url", Source::SecretFile("X_FILE".into())), HIDDEN);
        assert_eq!(shown("bootstrap.account", Source::Default), "\"secret\"");
        assert_eq!(Shown::new("bootstrap.password", &Value::from(""), Source::Default).value, "\"\"");
    }
}
