//! Signatures on files that travel between tiers, by the keys that their certificates are of; and the seal of a file by a
//! secret that both sides share.

use std::path::Path;

use hmac::{Hmac, Mac};
use rcgen::{KeyPair, PublicKeyData, SigningKey};
use rustls::crypto::ring;
use sha2::Sha256;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Authority, unusable};
use crate::identity::load_private_text;
use crate::tls::TlsError;

/// Signs a message by the key of this file.
///
/// # Errors
/// When the key cannot be used.
pub fn sign(key_file: &Path, message: &[u8]) -> Result<Vec<u8>, TlsError> {
    open(key_file)?.sign(message).map_err(unusable)
}

/// Whether the key of this file is the one of a certificate in DER.
///
/// # Errors
/// When the key cannot be used.
pub fn is_key_of(key_file: &Path, certificate: &[u8]) -> Result<bool, TlsError> {
    let key = open(key_file)?;
    let parsed = X509Certificate::from_der(certificate).ok();
    Ok(parsed.is_some_and(|(_, parsed)| parsed.public_key().subject_public_key.data == key.der_bytes()))
}

/// Whether a message was signed by the key of a certificate in DER.
pub fn is_signed_by(certificate: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return false };
    let key = parsed.public_key();
    let fits = |named: &[u8]| key.raw.windows(named.len()).any(|part| part == named);
    let known = ring::default_provider().signature_verification_algorithms.all;
    let mut fitting = known.iter().filter(|known| fits(known.public_key_alg_id().as_ref()));
    fitting.any(|known| known.verify_signature(&key.subject_public_key.data, message, signature).is_ok())
}

/// HMAC-SHA256 of a message.
///
/// # Errors
/// When the secret cannot be used.
pub fn seal(secret: &[u8], message: &[u8]) -> Result<Vec<u8>, TlsError> {
    Ok(sealing(secret, message)?.finalize().into_bytes().to_vec())
}

/// Whether a message has this seal; takes the same time whatever differs.
pub fn is_sealed(secret: &[u8], message: &[u8], seal: &[u8]) -> bool {
    sealing(secret, message).is_ok_and(|sealing| sealing.verify_slice(seal).is_ok())
}

fn sealing(secret: &[u8], message: &[u8]) -> Result<Hmac<Sha256>, TlsError> {
    let sealing = Hmac::<Sha256>::new_from_slice(secret).map_err(|error| TlsError::Use(error.to_string()))?;
    Ok(sealing.chain_update(message))
}

fn open(key_file: &Path) -> Result<KeyPair, TlsError> {
    KeyPair::from_pem(&load_private_text(key_file)?).map_err(|error| TlsError::file(key_file, &error))
}

impl Authority {
    /// Signs a message by the authority's own key.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TlsError> {
        self.issuer.key().sign(message).map_err(unusable)
    }
}
