//! Settings that only the door has. What each key means stands beside its default.
#![allow(missing_docs)]

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// Settings of the gateway.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    pub door: DoorSettings,
    pub session: SessionSettings,
    pub password: PasswordSettings,
    pub throttle: ThrottleSettings,
    pub callers: CallerSettings,
    pub upstream: UpstreamSettings,
    pub bootstrap: BootstrapSettings,
    pub authority: AuthoritySettings,
    pub parent: ParentSettings,
}

impl Settings {
    /// The gateway's own defaults, put after those that every service has.
    pub const DEFAULTS: &str = include_str!("defaults.toml");
}

/// How the open port speaks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoorSettings {
    pub plain_text: bool,
    pub names: Vec<String>,
    pub origins: Vec<String>,
}

/// How long sessions live.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionSettings {
    pub life_hours: u32,
    pub idle_minutes: u32,
    pub per_account: u32,
}

/// What checking a password costs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordSettings {
    pub memory_kib: u32,
    pub passes: u32,
    pub threads: u32,
}

/// How many wrong passwords are allowed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThrottleSettings {
    pub pair_burst: u32,
    pub pair_seconds: u32,
    pub account_burst: u32,
    pub account_seconds: u32,
    pub source_burst: u32,
    pub source_seconds: u32,
    pub known_days: u32,
}

/// How much one account may ask for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallerSettings {
    pub calls_per_second: u32,
    pub burst: u32,
    pub concurrent: u32,
}

/// How much is passed on at the same time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamSettings {
    pub calls: u32,
    pub connections: u32,
}

/// The first account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootstrapSettings {
    pub account: String,
    pub person: String,
    pub password: String,
}

/// Who signs lower tiers' certificates.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthoritySettings {
    pub certificate_file: PathBuf,
    pub key_file: PathBuf,
    pub certificate_days: u32,
    pub code_hours: u32,
}

/// How often the parent is looked after.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParentSettings {
    pub check_seconds: u32,
    pub exchange_seconds: u32,
}

pub(crate) fn seconds(setting: u32) -> Duration {
    Duration::from_secs(u64::from(setting))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_defaults_are_whole_and_not_weak() {
        let settings: Settings = minsheng_kit::settings::load_with(Settings::DEFAULTS, None, []).unwrap();
        assert!(!settings.door.plain_text);
        assert!(settings.password.memory_kib >= 19 * 1024 && settings.password.passes >= 2);
        assert_eq!((settings.session.life_hours, settings.session.idle_minutes), (12, 120));
        assert!(settings.bootstrap.password.is_empty());
    }
}
