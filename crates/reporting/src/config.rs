//! Settings that only this service has: where evidence lies, bounds of the checks.

use std::path::{Path, PathBuf};

use minsheng_domain::check::Bounds;
use serde::Deserialize;

/// Settings of the reporting service; what each key means stands beside its default.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// Evidence files.
    pub evidence: EvidenceSettings,
    /// Bounds of the automatic checks.
    pub checks: CheckSettings,
}

/// Where evidence files lie and what is taken.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceSettings {
    /// Folder; empty for one named evidence in the folder of the service.
    pub dir: PathBuf,
    /// Largest file in bytes.
    pub max_bytes: u64,
    /// Seconds without a byte after which an upload is given up.
    pub idle_seconds: u32,
}

/// Bounds of the automatic checks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckSettings {
    /// Percent above the earlier pace.
    pub jump_percent: u32,
    /// Days before the deadline.
    pub near_deadline_days: u32,
    /// Units of one account.
    pub many_units: u32,
    /// Times the target.
    pub far_beyond: u32,
}

impl CheckSettings {
    /// As the domain takes them.
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            jump_percent: self.jump_percent,
            near_deadline_days: self.near_deadline_days,
            many_units: self.many_units,
            far_beyond: self.far_beyond,
        }
    }
}

impl EvidenceSettings {
    /// The folder of the evidence files: the one set, else one in the service's folder.
    pub fn dir_in(&self, folder: &Path) -> PathBuf {
        match self.dir.as_os_str().is_empty() {
            true => folder.join("evidence"),
            false => self.dir.clone(),
        }
    }
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
    fn the_defaults_are_whole_and_the_fields_own() {
        let settings = minsheng_kit::settings::load_service::<Settings>(Settings::DEFAULTS, None, []).unwrap();
        assert_eq!(settings.common.peers.into_keys().collect::<Vec<_>>(), ["catalogue", "gateway", "verification"]);
        let settings = settings.own;
        assert_eq!(settings.checks.bounds(), Bounds::default());
        assert_eq!(settings.evidence.max_bytes, 50 * 1024 * 1024);
    }
}
