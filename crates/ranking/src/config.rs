//! Settings that only this service has: the documents' worker, issued files, and what stands on every bulletin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minsheng_documents::typeset::{Families, FontError, FontSet};
use serde::Deserialize;

/// Settings of the ranking service; what each key means stands beside its default.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// The documents' worker.
    pub worker: WorkerSettings,
    /// Where issued files lie.
    pub files: FileSettings,
    /// Fonts that PDFs are set in.
    pub fonts: FontSettings,
    /// What stands on every bulletin.
    pub bulletin: BulletinSettings,
}

/// The process that renders documents.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerSettings {
    /// Program that is run with the argument `worker`; empty for this one.
    pub program: PathBuf,
}

/// Where issued files lie.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    /// The folder.
    pub dir: PathBuf,
}

/// Fonts that PDFs are set in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FontSettings {
    /// Folder that they lie in; empty for none, and then no PDF is made.
    pub dir: PathBuf,
    /// Families by what they set.
    pub families: Families,
}

/// What stands on every bulletin.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BulletinSettings {
    /// 机关代字, or a brief's name, by kind. Kinds with the same one share its numbers.
    pub agency_words: BTreeMap<String, String>,
    /// Folder with the office's own templates; empty for none.
    pub templates: PathBuf,
    /// What stands on every brief, and when there is one.
    pub brief: BriefSettings,
    /// Agency mark (发文机关标志).
    pub office: String,
    /// Whom it is addressed to.
    pub addressees: Vec<String>,
    /// Who gets a copy.
    pub copies_to: Vec<String>,
}

/// What stands on every brief, and when there is one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BriefSettings {
    /// To whom it goes: 报.
    pub reported_to: Vec<String>,
    /// 送.
    pub sent_to: Vec<String>,
    /// 发.
    pub issued_to: Vec<String>,
    /// Copies printed; 0 is not shown.
    pub copies: u32,
    /// The monthly bulletin takes the place of a month's third brief.
    pub third_by_monthly: bool,
    /// There is a brief only when a figure differs from the brief before.
    pub only_when_moved: bool,
}

impl FontSettings {
    /// The fonts; none where no folder is set.
    ///
    /// # Errors
    /// A folder that cannot be read, or in which a family is missing.
    pub fn find(&self) -> Result<Option<FontSet>, FontError> {
        if self.dir.as_os_str().is_empty() {
            return Ok(None);
        }
        FontSet::find(&self.dir, self.families.clone()).map(Some)
    }
}

impl Settings {
    /// The service's own defaults, put after those that every service has.
    pub const DEFAULTS: &str = include_str!("defaults.toml");

    /// The folder of issued files: the one set, else one in the service's folder.
    pub fn files_dir(&self, folder: &Path) -> PathBuf {
        match self.files.dir.as_os_str().is_empty() {
            true => folder.join("bulletins"),
            false => self.files.dir.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::follow::SOURCES;

    #[test]
    fn the_defaults_are_whole() {
        let settings = minsheng_kit::settings::load_service::<Settings>(Settings::DEFAULTS, None, []).unwrap();
        assert_eq!(settings.common.peers.into_keys().collect::<Vec<_>>(), SOURCES);
        let mut settings = settings.own;
        assert_eq!(settings.bulletin.agency_words["monthly"], "安实办通报");
        assert!(settings.worker.program.as_os_str().is_empty());
        let folder = Path::new("/var/lib/minsheng");
        assert_eq!(settings.files_dir(folder), Path::new("/var/lib/minsheng/bulletins"));
        settings.files.dir = "/files".into();
        assert_eq!(settings.files_dir(folder), Path::new("/files"));
    }
}
