//! What is examined, in which order: settings first, then what they name.

use minsheng_kit::settings::SettingsError;
use minsheng_kit::telemetry::Telemetry;
use minsheng_tier::{Examined, TierOptions};

use super::{clock, file, port, store, words};
use crate::finding::{Finding, Level, SETTINGS};

/// Everything.
pub(super) async fn everything(options: &TierOptions, running: bool) -> Vec<Finding> {
    let examined = options.examine();
    let mut findings = before_start(options, &examined);
    findings.extend(port::taken(&examined.settled, running));
    findings.extend(store::examine(&examined.settled).await);
    let is_well = findings.iter().all(|finding| finding.level == Level::Good);
    if is_well {
        let services = examined.settled.iter().map(|settled| settled.service).collect::<Vec<_>>().join("、");
        findings.push(Finding::good(SETTINGS, "SETTINGS_WELL", format!("{services}的设置可以启动。")));
    }
    findings
}

/// What a start looks at before it begins; ports and databases it finds out about by itself.
pub(crate) fn before_start(options: &TierOptions, examined: &Examined) -> Vec<Finding> {
    let mut findings = before_migration(options, examined);
    findings.extend(port::doubled(&examined.settled));
    findings.extend(file::examine(&examined.settled));
    findings
}

/// The same for a migration, which needs the databases only: keys and certificates may lie where it cannot see them.
pub(crate) fn before_migration(options: &TierOptions, examined: &Examined) -> Vec<Finding> {
    let mut findings = settings(&examined.errors);
    if let Some(telemetry) = &examined.telemetry
        && let Err(error) = Telemetry::check(telemetry)
    {
        findings.push(words::telemetry(&error));
    }
    findings.extend(file::folders(&options.folder, &examined.settled));
    findings.extend(clock::examine());
    findings
}

/// What is wrong with the settings.
pub(super) fn settings(errors: &[(&'static str, SettingsError)]) -> Vec<Finding> {
    let named = |(service, error): &(&'static str, SettingsError)| {
        let finding = words::settings(error);
        if service.is_empty() { finding } else { finding.fact("service", "所属", *service) }
    };
    errors.iter().map(named).collect()
}
