//! A tier's own authority: it signs the certificates by which lower tiers are known at its door, and the door's own where
//! the operator gives none. The operator's authority may stand in its place. Keys are made once, for their owner alone.

mod issue;
mod seal;

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::identity::{load_private_text, write_once};
use crate::settings::TlsSettings;
use crate::tls::{TlsError, fingerprint, read_certificates};

pub use issue::{Issued, division_of, request_certificate, tier_uri};
pub use seal::{is_key_of, is_sealed, is_signed_by, seal, sign};

const CERTIFICATE: &str = "authority.pem";
const KEY: &str = "authority.key";
const SERVER_CERTIFICATE: &str = "gateway-certificate.pem";
const SERVER_KEY: &str = "gateway-certificate.key";

/// Signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_file: PathBuf,
    pem: String,
    fingerprint: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl Authority {
    /// The authority of the folder, made when it is missing.
    ///
    /// # Errors
    /// When its files cannot be written or used.
    pub fn ensure(folder: &Path, division: &str) -> Result<Self, TlsError> {
        let (certificate_file, key_file) = Self::files(folder);
        if !certificate_file.exists() {
            let key = ensure_key(&key_file)?;
            let mut parameters = CertificateParams::default();
            parameters.distinguished_name = named(&format!("minsheng authority {division}"));
            parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            let certificate = parameters.self_signed(&key).map_err(unusable)?;
            write_once(&certificate_file, certificate.pem().as_bytes(), 0o644)?;
        }
        Self::open(&certificate_file, &key_file)
    }

    /// An authority whose certificate and key somebody else made.
    ///
    /// # Errors
    /// When the files cannot be used, or the key is not the certificate's.
    pub fn open(certificate_file: &Path, key_file: &Path) -> Result<Self, TlsError> {
        let certificates = read_certificates(certificate_file)?;
        let certificate = certificates.first().ok_or_else(|| TlsError::file(certificate_file, &"no certificate"))?;
        let key = KeyPair::from_pem(&load_private_text(key_file)?).map_err(|error| TlsError::file(key_file, &error))?;
        let parsed = x509_parser::parse_x509_certificate(certificate);
        let (_, parsed) = parsed.map_err(|error| TlsError::file(certificate_file, &error))?;
        if parsed.public_key().subject_public_key.data != key.public_key_raw() {
            return Err(TlsError::Use(format!(
                "{} is not the key of {}",
                key_file.display(),
                certificate_file.display()
            )));
        }
        if !parsed.is_ca() {
            return Err(TlsError::file(certificate_file, &"is no authority's certificate (CA:TRUE is missing)"));
        }
        let issuer = Issuer::from_ca_cert_der(certificate, key).map_err(unusable)?;
        let pem =
            std::fs::read_to_string(certificate_file).map_err(|error| TlsError::file(certificate_file, &error))?;
        Ok(Self { issuer, certificate_file: certificate_file.to_owned(), pem, fingerprint: fingerprint(certificate) })
    }

    /// Where certificate and key of the folder's own authority lie.
    pub fn files(folder: &Path) -> (PathBuf, PathBuf) {
        (folder.join(CERTIFICATE), folder.join(KEY))
    }

    /// Where the certificate lies that is made in a folder for a server.
    pub fn server_certificate_file(folder: &Path) -> PathBuf {
        folder.join(SERVER_CERTIFICATE)
    }

    /// The file with its certificate.
    pub fn certificate_file(&self) -> &Path {
        &self.certificate_file
    }

    /// Its certificate, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// SHA-256 of its certificate, in hex.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// A certificate for localhost and these names in the folder, made once, with this authority behind it in the file;
    /// clients trust the file itself.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub fn ensure_server_certificate(&self, folder: &Path, names: &[String]) -> Result<TlsSettings, TlsError> {
        let files = TlsSettings {
            certificate_file: Self::server_certificate_file(folder),
            key_file: folder.join(SERVER_KEY),
            ..TlsSettings::default()
        };
        if files.certificate_file.exists() && files.key_file.exists() {
            return Ok(files);
        }
        let key = ensure_key(&files.key_file)?;
        let subjects = ["localhost", "127.0.0.1", "::1"].into_iter().map(str::to_owned).chain(names.iter().cloned());
        let mut parameters = CertificateParams::new(subjects.collect::<Vec<_>>()).map_err(unusable)?;
        parameters.distinguished_name = named("minsheng gateway");
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(unusable)?;
        let chain = format!("{}{}", certificate.pem(), self.pem);
        write_once(&files.certificate_file, chain.as_bytes(), 0o644)?;
        Ok(files)
    }
}

/// The key in the file, made when it is missing: who comes second takes the first's.
fn ensure_key(file: &Path) -> Result<KeyPair, TlsError> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| TlsError::file(folder, &error))?;
    }
    if !file.exists() {
        let made = KeyPair::generate().map_err(unusable)?;
        write_once(file, made.serialize_pem().as_bytes(), 0o600)?;
    }
    KeyPair::from_pem(&load_private_text(file)?).map_err(|error| TlsError::file(file, &error))
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}

fn unusable(error: rcgen::Error) -> TlsError {
    TlsError::Use(error.to_string())
}

#[cfg(test)]
mod tests;
