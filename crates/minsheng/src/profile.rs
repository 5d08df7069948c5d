//! The clerk's profile: which gateway, which certificate to trust, the session's token, the ledgers' keys seen so far.
//! One TOML file, readable by its owner only.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Kind, Outcome};
use crate::file;

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Profile {
    /// Address of the gateway, for example `https://127.0.0.1:50443`.
    pub(crate) gateway: String,
    /// Certificate to trust, PEM; empty for plain text on this machine.
    pub(crate) ca_file: PathBuf,
    /// Account logged in.
    pub(crate) account: String,
    /// Token of the session; empty after logging out.
    pub(crate) token: String,
    /// Programme that commands mean when none is given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) programme: String,
    /// Verifier keys by ledger, kept when first seen; a ledger that shows another key later is not believed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) ledger_keys: BTreeMap<String, String>,
}

impl Profile {
    /// The file used when `--profile` names none.
    pub(crate) fn default_path() -> Outcome<PathBuf> {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
        let folder = folder.ok_or_else(|| Failure::usage("找不到用户目录，请用 --profile 指定登录文件"))?;
        Ok(folder.join("minsheng/profile.toml"))
    }

    /// Reads the file; one that is not there is empty.
    pub(crate) fn load(path: &Path) -> Outcome<Self> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = file::text(path)?;
        toml::from_str(&text).map_err(|error| Failure::file(path, error))
    }

    /// Writes the file for its owner only.
    pub(crate) fn save(&self, path: &Path) -> Outcome {
        let text = toml::to_string_pretty(self).map_err(|error| Failure::new(Kind::Other, error.to_string()))?;
        file::write(path, text.as_bytes(), 0o600)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_was_saved_is_read_back_and_a_foreign_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profile.toml");
        assert_eq!(Profile::load(&path).unwrap(), Profile::default());
        let mut profile = Profile { gateway: "https://127.0.0.1:1".into(), token: "t".into(), ..Profile::default() };
        profile.ledger_keys.insert("reporting".into(), "k".into());
        profile.save(&path).unwrap();
        assert_eq!(Profile::load(&path).unwrap(), profile);
        std::fs::write(&path, "gatway = \"x\"\n").unwrap();
        assert_eq!(Profile::load(&path).unwrap_err().kind, Kind::Usage);
    }
}
