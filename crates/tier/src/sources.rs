//! Where a service's settings come from: its file in the folder of settings, overrides, the environment. What nobody would
//! read — a file of no service, a variable of another form — is refused, so that nothing given is passed over in silence.

use std::path::Path;

use minsheng_kit::service::SERVICES;
use minsheng_kit::settings::{self, ServiceSettings, SettingsError};

use crate::part::Part;

/// Settings put over a service's file and under the environment: service, key with its sections, value.
pub type Overrides = Vec<(&'static str, &'static str, String)>;

/// As kit reads a variable.
const PLAIN: &str = "MINSHENG__";

/// Where a service's settings come from.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) folder: Option<&'a Path>,
    pub(crate) overrides: &'a Overrides,
    /// Services that share a process read the environment under their own name only.
    pub(crate) alone: bool,
}

impl Sources<'_> {
    /// Refuses what no service would read.
    pub(crate) fn check(self) -> Result<(), SettingsError> {
        if let Some(folder) = self.folder {
            let unreadable = |source| SettingsError::Read { path: folder.to_owned(), source };
            for file in std::fs::read_dir(folder).map_err(unreadable)? {
                let path = file.map_err(unreadable)?.path();
                let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
                if path.extension().is_some_and(|extension| extension == "toml") && !SERVICES.contains(&stem) {
                    return Err(SettingsError::StrayFile(path));
                }
            }
        }
        match std::env::vars().map(|(name, _)| name).find(|name| !is_read(name, self.alone)) {
            Some(name) => Err(SettingsError::StrayVariable(name)),
            None => Ok(()),
        }
    }
}

/// Whether a variable is some service's setting, or none at all.
fn is_read(name: &str, alone: bool) -> bool {
    if name.starts_with(PLAIN) {
        return alone;
    }
    let of = name.strip_prefix("MINSHENG_").and_then(|rest| rest.split_once("__"));
    of.is_none_or(|(service, _)| SERVICES.iter().any(|known| known.to_uppercase() == service))
}

/// Reads a service's settings: its file `<service>.toml` in the folder of settings, then overrides, then environment.
pub(crate) fn read<P: Part>(sources: Sources<'_>) -> Result<ServiceSettings<P::Settings>, SettingsError> {
    let file = sources.folder.map(|folder| folder.join(format!("{}.toml", P::NAME))).filter(|file| file.exists());
    let text = file
        .as_ref()
        .map(std::fs::read_to_string)
        .transpose()
        .map_err(|source| SettingsError::Read { path: file.clone().unwrap_or_default(), source })?;
    let place = file.map_or_else(String::new, |file| file.display().to_string());
    let overrides = sources.overrides.iter().filter(|(service, _, _)| *service == P::NAME);
    let overrides = overrides.map(|(_, key, value)| (format!("{PLAIN}{}", key.replace('.', "__")), value.clone()));
    let own = format!("MINSHENG_{}__", P::NAME.to_uppercase());
    let plain = std::env::vars().filter(|(name, _)| sources.alone && name.starts_with(PLAIN));
    let named = std::env::vars()
        .filter_map(|(name, value)| name.strip_prefix(&own).map(|path| (format!("{PLAIN}{path}"), value)));
    let text = text.as_deref().map(|text| (place.as_str(), text));
    let settings = settings::load_service(P::DEFAULTS, text, overrides.chain(plain).chain(named));
    settings.map_err(|error| error.of_variable(|name| under_its_name(name, &own)))
}

/// The name under which a variable was given.
fn under_its_name(name: &str, own: &str) -> String {
    match name.strip_prefix(PLAIN) {
        Some(path) if std::env::var_os(name).is_none() => format!("{own}{path}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_nobody_reads_is_told_from_the_others() {
        for alone in [true, false] {
            for name in ["PATH", "MINSHENG_FOLDER", "MINSHENG_GATEWAY__SERVER__LISTEN"] {
                assert!(is_read(name, alone), "{name}");
            }
            assert!(!is_read("MINSHENG_GATWAY__SERVER__LISTEN", alone));
        }
        assert!(is_read("MINSHENG__SERVER__LISTEN", true) && !is_read("MINSHENG__SERVER__LISTEN", false));
    }
}
