//! Where settings come from: a file of the folder of settings, overrides, the environment. What nobody would read — a file of
//! no service, a variable of another form — is refused, so that nothing given is passed over in silence.

use std::path::Path;

use minsheng_kit::service::SERVICES;
use minsheng_kit::settings::{
    COMMON_DEFAULTS, Given, Layers, PREFIX, ServiceSettings, SettingsError, Source, TELEMETRY_DEFAULTS, nearest,
};

use crate::part::Part;

/// Settings put over a service's file and under the environment: service, key with its sections, value.
pub type Overrides = Vec<(&'static str, &'static str, String)>;

/// What a process logs and sends has a file and variables of this name, beside those of the services.
pub(crate) const TELEMETRY: &str = "telemetry";

/// Where a service's settings come from.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) folder: Option<&'a Path>,
    pub(crate) overrides: &'a Overrides,
    /// Services that share a process read the environment under their own name only.
    pub(crate) alone: bool,
}

impl Sources<'_> {
    /// What nobody would read.
    pub(crate) fn strays(self) -> Vec<SettingsError> {
        let mut strays = Vec::new();
        if let Some(folder) = self.folder
            && let Err(source) = stray_files(folder, &mut strays)
        {
            strays.push(SettingsError::Read { path: folder.to_owned(), source });
        }
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        strays.extend(names.filter(|name| !is_read(name, self.alone)).map(|name| {
            let nearest = meant(&name);
            SettingsError::StrayVariable { name, nearest }
        }));
        strays
    }

    /// The layers of a name's settings: its file `<name>.toml`, then overrides, then environment.
    pub(crate) fn layers(self, name: &str, defaults: &[&str]) -> (Layers, Vec<SettingsError>) {
        let mut unread = Vec::new();
        let file = self.folder.map(|folder| folder.join(format!("{name}.toml"))).filter(|file| file.exists());
        let text = file.as_ref().and_then(|file| match std::fs::read_to_string(file) {
            Ok(text) => Some((file.display().to_string(), text)),
            Err(source) => {
                unread.push(SettingsError::Read { path: file.clone(), source });
                None
            }
        });
        let overrides = self.overrides.iter().filter(|(service, _, _)| *service == name);
        let overrides = overrides.map(|(_, key, value)| Given {
            path: key.replace('.', "__"),
            value: value.clone(),
            source: Source::Program,
        });
        let own = format!("MINSHENG_{}__", name.to_uppercase());
        let plain = std::env::vars().filter(|_| self.alone && name != TELEMETRY);
        let plain = plain.filter_map(|(name, value)| Given::variable(PREFIX, &name, &value));
        let named = std::env::vars().filter_map(|(name, value)| Given::variable(&own, &name, &value));
        let text = text.as_ref().map(|(place, text)| (place.as_str(), text.as_str()));
        let (layers, errors) = Layers::merge(defaults, text, overrides.chain(plain).chain(named));
        unread.extend(errors);
        (layers, unread)
    }

    /// The layers of a service's settings.
    pub(crate) fn of<P: Part>(self) -> (Layers, Vec<SettingsError>) {
        self.layers(P::NAME, &[COMMON_DEFAULTS, P::DEFAULTS])
    }

    /// The layers of what the process logs and sends.
    pub(crate) fn telemetry(self) -> (Layers, Vec<SettingsError>) {
        self.layers(TELEMETRY, &[TELEMETRY_DEFAULTS])
    }
}

fn stray_files(folder: &Path, strays: &mut Vec<SettingsError>) -> std::io::Result<()> {
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if path.extension().is_some_and(|extension| extension == "toml") && !names().any(|name| name == stem) {
            let nearest = nearest(stem, names()).map(|name| format!("{name}.toml"));
            strays.push(SettingsError::StrayFile { path, nearest });
        }
    }
    Ok(())
}

fn names() -> impl Iterator<Item = &'static str> {
    SERVICES.into_iter().chain([TELEMETRY])
}

/// Whether a variable is some service's setting, or none at all.
fn is_read(name: &str, alone: bool) -> bool {
    if name.starts_with(PREFIX) {
        return alone;
    }
    let of = name.strip_prefix("MINSHENG_").and_then(|rest| rest.split_once("__"));
    of.is_none_or(|(service, _)| names().any(|known| known.to_uppercase() == service))
}

/// The variable that one may have meant.
fn meant(name: &str) -> Option<String> {
    let (service, rest) = name.strip_prefix("MINSHENG_")?.split_once("__")?;
    let nearest = nearest(&service.to_lowercase(), names())?;
    Some(format!("MINSHENG_{}__{rest}", nearest.to_uppercase()))
}

/// Reads a service's settings.
///
/// # Errors
/// The first thing that is wrong with them.
pub(crate) fn read<P: Part>(sources: Sources<'_>) -> Result<ServiceSettings<P::Settings>, SettingsError> {
    let (layers, errors) = sources.of::<P>();
    errors.into_iter().next().map_or_else(|| ServiceSettings::of(&layers), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_nobody_reads_is_told_from_the_others() {
        for alone in [true, false] {
            for name in ["PATH", "MINSHENG_FOLDER", "MINSHENG_GATEWAY__SERVER__LISTEN", "MINSHENG_TELEMETRY__LOG"] {
                assert!(is_read(name, alone), "{name}");
            }
            assert!(!is_read("MINSHENG_GATWAY__SERVER__LISTEN", alone));
        }
        assert!(is_read("MINSHENG__SERVER__LISTEN", true) && !is_read("MINSHENG__SERVER__LISTEN", false));
        assert_eq!(meant("MINSHENG_GATWAY__SERVER__LISTEN").as_deref(), Some("MINSHENG_GATEWAY__SERVER__LISTEN"));
        assert_eq!(meant("MINSHENG__SERVER__LISTEN"), None);
    }
}
