//! Settings that only this service has: how often the parent is asked for mandates.

use std::time::Duration;

use serde::Deserialize;

/// Settings of the catalogue; what each key means stands beside its default.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// Mandates of the parent.
    pub mandates: MandateSettings,
}

/// How mandates are asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateSettings {
    /// Longest time between two questions; 0 for none at all.
    pub poll_seconds: u32,
}

impl MandateSettings {
    pub(crate) fn poll(&self) -> Option<Duration> {
        (self.poll_seconds > 0).then(|| Duration::from_secs(self.poll_seconds.into()))
    }
}

impl Settings {
    /// The service's own defaults, put after those that every service has.
    pub const DEFAULTS: &str = include_str!("defaults.toml");
}
