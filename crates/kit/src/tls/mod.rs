//! TLS 1.3 with ring, and nothing older: what a server shows and whom it lets in, what a client trusts and shows. Time is
//! the service's clock's, files are read again while the server runs.

mod client;
mod peer;
mod server;
mod server_check;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::time_provider::TimeProvider;

use crate::clock::{SharedClock, SystemClock};
use crate::identity::KeyError;

pub(crate) use client::connect_securely;
pub use client::{ClientIdentity, ShakeError, Trust, client_config, shake_hands};
pub use peer::{PeerCertificate, fingerprint};
pub use server::ServerTls;
pub use server_check::{CheckServer, server_verifier};

/// Certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or holds no PEM of its kind.
    #[error("TLS file {path}: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// Only one of the two is given.
    #[error("{0} needs both certificate_file and key_file, or neither")]
    Half(&'static str),
    /// They do not fit each other, or the certificate cannot be made.
    #[error("TLS: {0}")]
    Use(String),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] KeyError),
}

impl TlsError {
    pub(crate) fn file(path: &Path, error: &dyn std::fmt::Display) -> Self {
        Self::File { path: path.to_owned(), message: error.to_string() }
    }
}

/// Makes ring the provider of the process, once.
pub fn install_crypto() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        if ring::default_provider().install_default().is_err() {
            tracing::debug!("a crypto provider is installed already");
        }
    });
}

/// The provider of the process, made when it is first asked for.
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    install_crypto();
    PROVIDER.get_or_init(|| Arc::new(ring::default_provider())).clone()
}

/// The certificates of a PEM file, at least one.
///
/// # Errors
/// When the file cannot be read or holds none.
pub fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = std::fs::read(path).map_err(|error| TlsError::file(path, &error))?;
    certificates(&pem).map_err(|message| TlsError::file(path, &message))
}

/// The certificates of a PEM text, at least one.
///
/// # Errors
/// What is wrong with it.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err("holds no certificate in PEM".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The private key of a PEM file.
///
/// # Errors
/// When the file cannot be read or holds none.
pub fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| TlsError::file(path, &error))
}

fn is_given(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

fn unusable(error: impl std::fmt::Display) -> TlsError {
    TlsError::Use(error.to_string())
}

/// The moment that certificates are judged by: the machine's clock until another one is given.
#[derive(Debug)]
struct JudgedBy(RwLock<SharedClock>);

impl JudgedBy {
    fn new(clock: SharedClock) -> Arc<Self> {
        Arc::new(Self(RwLock::new(clock)))
    }

    fn the_machine() -> Arc<Self> {
        Self::new(Arc::new(SystemClock))
    }

    fn set(&self, clock: SharedClock) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = clock;
    }
}

impl TimeProvider for JudgedBy {
    fn current_time(&self) -> Option<UnixTime> {
        let now = self.0.read().unwrap_or_else(PoisonError::into_inner).now();
        let seconds = u64::try_from(now.as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
