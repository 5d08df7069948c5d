//! Settings: the sections that every service has. The catalogue follows nobody and needs no more.

use minsheng_kit::settings::{DatabaseSettings, IdentitySettings, LedgerSettings, ServerSettings, TelemetrySettings};
use serde::Deserialize;

/// Settings of the catalogue service; what each key means stands beside its default.
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
        assert!(!settings.server.listen.is_empty());
    }
}
