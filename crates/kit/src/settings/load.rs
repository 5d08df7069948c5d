//! Settings as structures: the layers over each other, or the first thing that is wrong with them.

use serde::de::DeserializeOwned;

use super::{COMMON_DEFAULTS, Given, Layers, ServiceSettings, SettingsError};

/// Variables of a service that runs alone.
pub const PREFIX: &str = "MINSHENG__";

/// Settings over the common defaults and these, with the file's text (and what to call it in errors) and the environment
/// given.
///
/// # Errors
/// One sentence that names the key or file at fault.
pub fn load_with<T: DeserializeOwned>(
    defaults: &str,
    overlay: Option<(&str, &str)>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<T, SettingsError> {
    merge(defaults, overlay, environment)?.read()
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
    ServiceSettings::of(&merge(defaults, overlay, environment)?)
}

impl<S: DeserializeOwned> ServiceSettings<S> {
    /// From their layers.
    ///
    /// # Errors
    /// The key that does not fit.
    pub fn of(layers: &Layers) -> Result<Self, SettingsError> {
        Ok(Self { common: layers.read()?, own: layers.read()? })
    }
}

fn merge(
    defaults: &str,
    overlay: Option<(&str, &str)>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Layers, SettingsError> {
    let variables = environment.into_iter().filter_map(|(name, value)| Given::variable(PREFIX, &name, &value));
    let (layers, errors) = Layers::merge(&[COMMON_DEFAULTS, defaults], overlay, variables);
    errors.into_iter().next().map_or(Ok(layers), Err)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

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
        peers: Peers,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Peers {
        catalogue: PeerSettings,
    }

    const DEFAULTS: &str =
        "[server]\nlisten = \"127.0.0.1:50052\"\n[peers.catalogue]\nurl = \"http://127.0.0.1:50051\"\n";

    fn environment(environment: &[(&str, &str)]) -> Vec<(String, String)> {
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn settings(file: Option<&str>, variables: &[(&str, &str)]) -> Result<Example, SettingsError> {
        load_with(DEFAULTS, file.map(|text| ("minsheng.toml", text)), environment(variables))
    }

    #[test]
    fn defaults_then_file_then_environment() {
        let plain = settings(None, &[]).unwrap();
        assert_eq!(plain.server.listen, "127.0.0.1:50052");
        assert_eq!(plain.server.limits.message_bytes, 4 * 1024 * 1024);
        assert_eq!((plain.division.as_str(), plain.database.wait_seconds), ("430923", 60));
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
            "settings: there is no key server.lisen (given in minsheng.toml); server.listen may be meant"
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

    #[test]
    fn everything_that_is_wrong_is_told_at_once_and_the_rest_still_counts() {
        let file = "server = 1\ndivision = [\"430923\"]\n[database]\nurl = \"sqlite:///d\"\nurll = \"x\"\n[lease]\nseconds = \"ten\"\n";
        let variables =
            [("MINSHENG__SERVER__TLS__CLIENT_AUTHORITIES", "/a, /b"), ("MINSHENG__DATABASE__URL_FILE", "/not/there")];
        let given = variables.iter().filter_map(|(name, value)| Given::variable(PREFIX, name, value));
        let (layers, errors) = Layers::merge(&[COMMON_DEFAULTS, DEFAULTS], Some(("minsheng.toml", file)), given);
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), 5, "{texts:#?}");
        for named in [
            "server must be a section",
            "division must be a text",
            "database.urll",
            "lease.seconds must be",
            "/not/there",
        ] {
            assert!(texts.iter().any(|text| text.contains(named)), "{named}: {texts:#?}");
        }
        let shown = layers.shown();
        let of = |key: &str| shown.iter().find(|shown| shown.key == key).cloned().unwrap();
        assert_eq!(of("database.url").source, Source::File("minsheng.toml".into()));
        assert_eq!(of("server.tls.client_authorities").value, "[\"/a\", \"/b\"]");
        assert_eq!((of("lease.seconds").value.as_str(), of("lease.seconds").source), ("10", Source::Default));
    }
}
