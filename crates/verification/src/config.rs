//! Settings: the sections every service has, and where the services that it follows are reached.

use minsheng_kit::settings::{
    DatabaseSettings, IdentitySettings, LedgerSettings, PeerSettings, ServerSettings, TelemetrySettings,
};
use serde::Deserialize;

/// Settings of the verification service; what each key means stands beside its default.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Code of the division whose tier this is.
    pub division: String,
    /// Where it listens and what it allows.
    pub server: ServerSettings,
    /// Where its data lies.
    pub database: DatabaseSettings,
    /// Its ledger's key.
    pub ledger: LedgerSettings,
    /// Its identity and whom it trusts.
    pub identity: IdentitySettings,
    /// What is logged.
    pub telemetry: TelemetrySettings,
    /// The services that it follows.
    pub peers: Peers,
}

/// The services that it follows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peers {
    /// Programmes: certifiers, months that are certified, allocations.
    pub catalogue: PeerSettings,
    /// Submitted versions.
    pub reporting: PeerSettings,
}

impl Settings {
    /// The service's own defaults, put after those that every service has.
    pub const DEFAULTS: &str = include_str!("defaults.toml");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_defaults_are_whole() {
        let settings: Settings = minsheng_kit::settings::load_with(Settings::DEFAULTS, None, []).unwrap();
        assert!(settings.peers.catalogue.url.starts_with("http"));
        assert_ne!(settings.peers.catalogue.url, settings.peers.reporting.url);
    }
}
