//! The file of a private key that a certificate is asked for with: gone again unless it is to be kept.

use std::path::{Path, PathBuf};

use rand_core::{OsRng, RngCore};

/// A key whose certificate is not there yet.
#[derive(Debug)]
pub(crate) struct NewKey {
    name: String,
    path: PathBuf,
    keep: bool,
}

impl NewKey {
    /// A new name in a folder.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let mut bytes = [0; 8];
        OsRng.fill_bytes(&mut bytes);
        let name = format!("{}.key", hex::encode(bytes));
        let path = folder.join(&name);
        Self { name, path, keep: false }
    }

    /// Name of the file.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its certificate is about to be stored: from here on it may be in use, whatever is heard of that.
    pub(crate) fn keep(mut self) {
        self.keep = true;
    }
}

impl Drop for NewKey {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, file = %self.path.display(), "a key of no use is not deleted");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_is_gone_unless_its_certificate_came() {
        let folder = tempfile::tempdir().unwrap();
        let files = || std::fs::read_dir(folder.path()).unwrap().count();
        for kept in [false, true] {
            let key = NewKey::in_folder(folder.path());
            std::fs::write(key.path(), "key").unwrap();
            assert_eq!(files(), 1);
            match kept {
                true => key.keep(),
                false => drop(key),
            }
            assert_eq!(files(), usize::from(kept));
        }
    }
}
