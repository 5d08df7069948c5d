//! Certificates of lower tiers: what a tier asks with, and what it gets. The certificate's one name is a URI with the code
//! of the division; whatever else the request names is left out.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rand_core::{OsRng, RngCore};
use rcgen::string::Ia5String;
use rcgen::{
    CertificateParams, CertificateSigningRequestParams, ExtendedKeyUsagePurpose, KeyUsagePurpose, SanType,
    SerialNumber, date_time_ymd,
};

use super::{Authority, ensure_key, named, unusable};
use crate::error::Refusal;
use crate::tls::{TlsError, fingerprint};

const SCHEME: &str = "minsheng://";
const SERIAL_BYTES: usize = 16;
/// Larger requests are not read.
const MOST_REQUEST_BYTES: usize = 16 * 1024;

/// A certificate that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The certificate, then the authority's, PEM.
    pub chain: String,
    /// SHA-256 of the certificate, in hex.
    pub fingerprint: String,
    /// Until when it is good.
    pub expires: Timestamp,
}

/// The URI by which a certificate names a division.
pub fn tier_uri(division: &str) -> String {
    format!("{SCHEME}{division}")
}

/// The division that a URI names.
pub fn division_of(uri: &str) -> Option<&str> {
    uri.strip_prefix(SCHEME).filter(|code| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A signing request, DER, with the key of this file, which is made when it is missing.
///
/// # Errors
/// When the key cannot be made or used.
pub fn request_certificate(key_file: &Path, division: &str) -> Result<Vec<u8>, TlsError> {
    let key = ensure_key(key_file)?;
    let request = parameters(division)?.serialize_request(&key).map_err(unusable)?;
    Ok(request.der().to_vec())
}

fn parameters(division: &str) -> Result<CertificateParams, TlsError> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = named(&format!("minsheng tier {division}"));
    let uri = Ia5String::try_from(tier_uri(division)).map_err(unusable)?;
    parameters.subject_alt_names = vec![SanType::URI(uri)];
    Ok(parameters)
}

impl Authority {
    /// Signs a certificate for the key of a request, for a division, from a moment until another.
    ///
    /// # Errors
    /// FIELD_INVALID for a request that is none; INTERNAL when signing fails.
    pub fn issue(&self, request: &[u8], division: &str, from: Timestamp, until: Timestamp) -> Result<Issued, Refusal> {
        let wrong = || {
            Refusal::invalid(
                "certificate_request",
                "须为DER编码的证书请求，由其自身的私钥签名",
                "must be a certificate signing request in DER, signed by its own key",
            )
        };
        if request.len() > MOST_REQUEST_BYTES {
            return Err(wrong());
        }
        let request = CertificateSigningRequestParams::from_der(&request.into()).map_err(|_| wrong())?;
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a certificate cannot be signed");
            Refusal::new(crate::error::Reason::Internal)
        };
        let mut parameters = parameters(division).map_err(|error| failed(&error))?;
        let mut serial = [0; SERIAL_BYTES];
        OsRng.fill_bytes(&mut serial);
        // The number stays positive and of one length.
        serial[0] = serial[0] & 0x3f | 0x40;
        parameters.serial_number = Some(SerialNumber::from_slice(&serial));
        parameters.not_before = date_time_ymd(1970, 1, 1) + since_1970(from);
        parameters.not_after = date_time_ymd(1970, 1, 1) + since_1970(until);
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        parameters.use_authority_key_identifier_extension = true;
        let signed = parameters.signed_by(&request.public_key, &self.issuer).map_err(|error| failed(&error))?;
        let expires = Timestamp::from_second(until.as_second()).map_err(|error| failed(&error))?;
        let chain = format!("{}{}", signed.pem(), self.pem);
        Ok(Issued { chain, fingerprint: fingerprint(signed.der()), expires })
    }
}

fn since_1970(moment: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(moment.as_second()).unwrap_or(0))
}
