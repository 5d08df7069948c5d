//! Key files: private keys as PKCS#8 PEM for their owner alone, public ones as PEM in a folder of trusted issuers.
//! A key is made once, completely, or not at all; several processes may start on one folder.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{SigningKey, VerifyingKey};
use rand_core::OsRng;

use super::token::Signer;

/// A key file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Reading or writing failed.
    #[error("key file {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no Ed25519 key in PEM.
    #[error("key file {0} holds no Ed25519 key in PKCS#8 PEM")]
    Format(PathBuf),
    /// Everybody on the machine may read it.
    #[error("key file {0} can be read by others: take their rights away (chmod 600)")]
    Exposed(PathBuf),
}

/// The keys of one tier in one folder: `<service>.key` (identity), `<service>-ledger.key`, and their public halves
/// `trusted/<service>.pub` and `trusted/<service>-ledger.pem`.
#[derive(Clone, Debug)]
pub struct KeyRing {
    folder: PathBuf,
}

impl KeyRing {
    /// Makes what is missing for these services and leaves what is there.
    ///
    /// # Errors
    /// When a file cannot be written or read.
    pub fn ensure(folder: &Path, services: &[&str]) -> Result<Self, KeyError> {
        let ring = Self { folder: folder.to_owned() };
        make_private_folder(folder)?;
        make_private_folder(&ring.trusted_dir())?;
        for service in services {
            let ledger = ensure_signing_key(&ring.ledger_key_file(service))?;
            publish(&ledger, ring.trusted_dir().join(format!("{service}-ledger.pem")))?;
            let identity = ensure_signing_key(&ring.identity_key_file(service))?;
            publish(&identity, ring.trusted_dir().join(format!("{service}.pub")))?;
        }
        Ok(ring)
    }

    /// The folder of trusted public keys.
    pub fn trusted_dir(&self) -> PathBuf {
        self.folder.join("trusted")
    }

    /// The identity key of a service.
    pub fn identity_key_file(&self, service: &str) -> PathBuf {
        self.folder.join(format!("{service}.key"))
    }

    /// The ledger key of a service.
    pub fn ledger_key_file(&self, service: &str) -> PathBuf {
        self.folder.join(format!("{service}-ledger.key"))
    }

    /// The signer of a service's identity.
    ///
    /// # Errors
    /// When its key cannot be read.
    pub fn signer(&self, service: &str) -> Result<Signer, KeyError> {
        Signer::open(service, &self.identity_key_file(service))
    }

    /// The key that signs a service's tree heads.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn ledger_key(&self, service: &str) -> Result<SigningKey, KeyError> {
        load_signing_key(&self.ledger_key_file(service))
    }
}

/// Reads a private key.
///
/// # Errors
/// When the file cannot be read, holds something else, or is readable by everybody.
pub fn load_signing_key(path: &Path) -> Result<SigningKey, KeyError> {
    SigningKey::from_pkcs8_pem(&load_private_text(path)?).map_err(|_| KeyError::Format(path.to_owned()))
}

/// Reads a file that holds a private key, unless everybody may.
pub(crate) fn load_private_text(path: &Path) -> Result<String, KeyError> {
    let failed = |source| KeyError::Io { path: path.to_owned(), source };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o007 != 0 {
        return Err(KeyError::Exposed(path.to_owned()));
    }
    fs::read_to_string(path).map_err(failed)
}

/// Reads the trusted public keys: every `<issuer>.pub` of the folder.
pub(super) fn load_trusted(folder: &Path) -> Result<HashMap<String, VerifyingKey>, KeyError> {
    let failed = |source| KeyError::Io { path: folder.to_owned(), source };
    let mut keys = HashMap::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_public = path.extension().is_some_and(|extension| extension == "pub");
        let Some(issuer) = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_public) else {
            continue;
        };
        keys.insert(issuer.to_owned(), load_public_key(&path)?);
    }
    Ok(keys)
}

/// Reads a public key, PEM.
///
/// # Errors
/// When the file cannot be read or holds something else.
pub fn load_public_key(path: &Path) -> Result<VerifyingKey, KeyError> {
    let pem = fs::read_to_string(path).map_err(|source| KeyError::Io { path: path.to_owned(), source })?;
    VerifyingKey::from_public_key_pem(&pem).map_err(|_| KeyError::Format(path.to_owned()))
}

fn publish(key: &SigningKey, place: PathBuf) -> Result<(), KeyError> {
    let pem = key.verifying_key().to_public_key_pem(LineEnding::LF);
    let pem = pem.map_err(|_| KeyError::Format(place.clone()))?;
    write_once(&place, pem.as_bytes(), 0o644)
}

/// The private key of a file, made for its owner alone when it is missing.
///
/// # Errors
/// When it cannot be written or read.
pub fn ensure_signing_key(path: &Path) -> Result<SigningKey, KeyError> {
    if !path.exists() {
        let made = SigningKey::generate(&mut OsRng);
        let pem = made.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Format(path.to_owned()))?;
        write_once(path, pem.as_bytes(), 0o600)?;
    }
    load_signing_key(path)
}

fn make_private_folder(folder: &Path) -> Result<(), KeyError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| KeyError::Io { path: folder.to_owned(), source })
}

/// Writes beside the place, then links: the file is whole or absent, and who comes second keeps the first's. Nothing is
/// written where the file is there: the folder may be mounted read-only by then.
pub(crate) fn write_once(path: &Path, bytes: &[u8], mode: u32) -> Result<(), KeyError> {
    if path.exists() {
        return Ok(());
    }
    let failed = |source| KeyError::Io { path: path.to_owned(), source };
    let beside = path.with_extension(format!("{}-{}", std::process::id(), uuid::Uuid::now_v7()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside).map_err(failed)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match fs::hard_link(&beside, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    fs::remove_file(&beside).map_err(failed)?;
    linked.map_err(failed)
}
