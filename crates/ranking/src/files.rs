//! Issued files as they were issued, kept by their SHA-256. A file is there whole and durable before anything names it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use minsheng_kit::error::{Reason, Refusal};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;

use crate::stored::sha256;

/// Two attempts at the same file never write under the same name.
static ATTEMPTS: AtomicU64 = AtomicU64::new(0);

/// The folder of issued files.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// Opens the folder, made where there is none.
    ///
    /// # Errors
    /// What the system says.
    pub async fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder).await?;
        Ok(Self { folder })
    }

    /// Stores a file and gives its SHA-256. Stored again it changes nothing.
    ///
    /// # Errors
    /// STORAGE_UNAVAILABLE.
    pub async fn put(&self, bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
        let hash = sha256(bytes);
        let name = hex::encode(&hash);
        self.write(&name, bytes).await.map_err(|error| unavailable(&name, &error))?;
        Ok(hash)
    }

    /// A stored file's bytes, which still have their hash.
    ///
    /// # Errors
    /// STORAGE_UNAVAILABLE, INTERNAL for a file whose bytes were changed.
    pub async fn get(&self, hash: &[u8]) -> Result<Vec<u8>, Refusal> {
        let name = hex::encode(hash);
        let bytes = fs::read(self.folder.join(&name)).await.map_err(|error| unavailable(&name, &error))?;
        if sha256(&bytes) != hash {
            tracing::error!(name, "an issued file no longer has the bytes that were issued");
            return Err(Refusal::new(Reason::Internal));
        }
        Ok(bytes)
    }

    /// Under another name first, so that a file under its hash is always whole.
    async fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.folder.join(name);
        if fs::read(&path).await.is_ok_and(|known| known == bytes) {
            return Ok(());
        }
        let attempt = ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.folder.join(format!("{name}.{}-{attempt}.unfinished", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&unfinished).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        fs::rename(&unfinished, &path).await?;
        sync_folder(&self.folder).await
    }
}

async fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).await?.sync_all().await
}

fn unavailable(name: &str, error: &io::Error) -> Refusal {
    tracing::error!(%error, name, "an issued file cannot be read or written");
    Refusal::new(Reason::StorageUnavailable)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_file_comes_back_as_it_was_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path().join("files")).await.unwrap();
        let hash = files.put("通报".as_bytes()).await.unwrap();
        assert_eq!(files.put("通报".as_bytes()).await.unwrap(), hash);
        assert_eq!(files.get(&hash).await.unwrap(), "通报".as_bytes());
        let path = folder.path().join("files").join(hex::encode(&hash));
        std::fs::write(path, "改过").unwrap();
        assert_eq!(files.get(&hash).await.unwrap_err().reason, Reason::Internal);
        assert_eq!(files.get(&[0; 32]).await.unwrap_err().reason, Reason::StorageUnavailable);
    }
}
