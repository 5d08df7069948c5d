//! The certificate that the other side of a connection showed: what is known of it once the handshake has proven it.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;

/// A client's certificate, in the extensions of each request that came over its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// SHA-256 of the certificate, in hex.
    pub fingerprint: String,
    /// The URIs among its names.
    pub uris: Vec<String>,
}

impl PeerCertificate {
    /// What a certificate in DER says.
    pub fn of(certificate: &[u8]) -> Self {
        let parsed = x509_parser::parse_x509_certificate(certificate).ok().map(|(_, parsed)| parsed);
        let names = parsed.as_ref().and_then(|parsed| parsed.subject_alternative_name().ok().flatten());
        let uris = names.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
            GeneralName::URI(uri) => Some((*uri).to_owned()),
            _ => None,
        });
        Self { fingerprint: fingerprint(certificate), uris: uris.collect() }
    }
}

/// SHA-256 of a certificate in DER, in hex.
pub fn fingerprint(certificate: &[u8]) -> String {
    Sha256::digest(certificate).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
