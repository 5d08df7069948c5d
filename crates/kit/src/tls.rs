//! TLS 1.3 with ring, and the certificate that a copy makes for itself until it is given a real one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::identity::KeyError;
use crate::settings::TlsSettings;

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
    #[error("server.tls needs both certificate_file and key_file, or neither")]
    Half,
    /// They do not fit each other, or the certificate cannot be made.
    #[error("TLS: {0}")]
    Use(String),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] KeyError),
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

/// The configuration of a server with the files of the settings; none for plain text.
///
/// # Errors
/// When the files cannot be used.
pub fn server_config(settings: &TlsSettings) -> Result<Option<Arc<ServerConfig>>, TlsError> {
    let given = |path: &Path| !path.as_os_str().is_empty();
    match (given(&settings.certificate_file), given(&settings.key_file)) {
        (false, false) => return Ok(None),
        (true, true) => {}
        _ => return Err(TlsError::Half),
    }
    install_crypto();
    let failed = |path: &Path, error: &dyn std::fmt::Display| TlsError::File {
        path: path.to_owned(),
        message: error.to_string(),
    };
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_file_iter(&settings.certificate_file)
        .map_err(|error| failed(&settings.certificate_file, &error))?
        .collect();
    let chain = chain.map_err(|error| failed(&settings.certificate_file, &error))?;
    let key = PrivateKeyDer::from_pem_file(&settings.key_file).map_err(|error| failed(&settings.key_file, &error))?;
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| TlsError::Use(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Some(Arc::new(config)))
}

/// A certificate for localhost and these names in the folder, made once; clients trust the file itself.
///
/// # Errors
/// When it cannot be made or written.
pub fn ensure_self_signed(folder: &Path, names: &[&str]) -> Result<TlsSettings, TlsError> {
    let files = TlsSettings {
        certificate_file: folder.join("gateway-certificate.pem"),
        key_file: folder.join("gateway-certificate.key"),
    };
    if files.certificate_file.exists() && files.key_file.exists() {
        return Ok(files);
    }
    let unusable = |error: rcgen::Error| TlsError::Use(error.to_string());
    let subjects = ["localhost", "127.0.0.1", "::1"].iter().chain(names).map(|name| (*name).to_owned());
    let mut parameters = rcgen::CertificateParams::new(subjects.collect::<Vec<_>>()).map_err(unusable)?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "minsheng gateway");
    let key = rcgen::KeyPair::generate().map_err(unusable)?;
    let certificate = parameters.self_signed(&key).map_err(unusable)?;
    let made = fs::create_dir_all(folder);
    made.map_err(|error: io::Error| TlsError::File { path: folder.to_owned(), message: error.to_string() })?;
    crate::identity::write_once(&files.key_file, key.serialize_pem().as_bytes(), 0o600)?;
    crate::identity::write_once(&files.certificate_file, certificate.pem().as_bytes(), 0o644)?;
    Ok(files)
}
