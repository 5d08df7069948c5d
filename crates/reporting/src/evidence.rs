//! Files of evidence in a folder, each under its SHA-256. A file is written beside its place, synchronised, and moved; the
//! folder is synchronised too, so that what was answered for survives a power cut.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

use crate::config::EvidenceSettings;
use crate::sniff::Sniffer;

/// Where files lie.
#[derive(Clone, Debug)]
pub(crate) struct EvidenceStore {
    dir: PathBuf,
    settings: EvidenceSettings,
}

impl EvidenceStore {
    /// Makes the folder if it is not there, and clears what uploads before left unfinished.
    pub(crate) async fn open(settings: &EvidenceSettings) -> io::Result<Self> {
        if settings.dir.as_os_str().is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the folder for evidence is not set"));
        }
        let incoming = settings.dir.join("incoming");
        fs::create_dir_all(&incoming).await?;
        let mut left = fs::read_dir(&incoming).await?;
        while let Some(file) = left.next_entry().await? {
            fs::remove_file(file.path()).await?;
        }
        Ok(Self { dir: settings.dir.clone(), settings: settings.clone() })
    }

    /// What is taken.
    pub(crate) fn settings(&self) -> &EvidenceSettings {
        &self.settings
    }

    /// Begins a file.
    pub(crate) async fn begin(&self) -> io::Result<Incoming> {
        let path = self.dir.join("incoming").join(uuid::Uuid::now_v7().to_string());
        let file = File::create_new(&path).await?;
        Ok(Incoming { path, file, hasher: Sha256::new(), size: 0, sniffer: Sniffer::default(), kept: false })
    }

    /// Puts a finished file in its place; one that lies there already is the same.
    pub(crate) async fn keep(&self, mut incoming: Incoming) -> io::Result<()> {
        incoming.file.flush().await?;
        incoming.file.sync_all().await?;
        let place = self.place(&hex::encode(incoming.sha256()));
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).await?;
            fs::rename(&incoming.path, &place).await?;
            incoming.kept = true;
            sync_folder(folder).await?;
        }
        sync_folder(&self.dir).await
    }

    /// Opens a stored file.
    pub(crate) async fn read(&self, sha256: &str) -> io::Result<File> {
        File::open(self.place(sha256)).await
    }

    fn place(&self, sha256: &str) -> PathBuf {
        let folder = sha256.get(..2).unwrap_or("00");
        self.dir.join(folder).join(sha256)
    }
}

async fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).await?.sync_all().await
}

/// A file on its way in; it is removed if it is not kept.
#[derive(Debug)]
pub(crate) struct Incoming {
    path: PathBuf,
    file: File,
    hasher: Sha256,
    size: u64,
    sniffer: Sniffer,
    kept: bool,
}

impl Incoming {
    /// The next bytes.
    pub(crate) async fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.hasher.update(chunk);
        self.sniffer.feed(chunk);
        self.size += chunk.len() as u64;
        self.file.write_all(chunk).await
    }

    /// Bytes so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// SHA-256 of the bytes so far.
    pub(crate) fn sha256(&self) -> Vec<u8> {
        self.hasher.clone().finalize().to_vec()
    }

    /// Content type of the bytes so far.
    pub(crate) fn content_type(&self) -> Option<&'static str> {
        self.sniffer.content_type()
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(%error, "an unfinished upload could not be removed");
        }
    }
}
