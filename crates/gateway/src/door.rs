//! How the open port speaks: always TLS, with the certificate of the settings or one made for this copy, and with the
//! certificates of lower tiers for those who show one.

use std::path::Path;

use minsheng_kit::authority::Authority;
use minsheng_kit::error::Refusal;
use minsheng_kit::server::BindError;
use minsheng_kit::settings::{ServiceSettings, TlsSettings};
use minsheng_kit::tls::{TlsError, fingerprint, read_certificates};

use crate::config::Settings;

/// Completes the settings of the server to bind: with a certificate made in the folder where none is given, and without
/// one only where plain text is asked for.
///
/// # Errors
/// When the certificate cannot be made.
pub fn prepare(settings: &mut ServiceSettings<Settings>, folder: &Path) -> Result<(), BindError> {
    if settings.own.door.plain_text {
        return Ok(());
    }
    let authority = authority(settings, folder)?;
    let tls = &mut settings.common.server.tls;
    if !is_given(&tls.certificate_file) && !is_given(&tls.key_file) {
        let made = authority.ensure_server_certificate(folder, &settings.own.door.names)?;
        tls.certificate_file = made.certificate_file;
        tls.key_file = made.key_file;
    }
    // After a change to the operator's authority certificates of the own one stay good until they end.
    let (own, _) = Authority::files(folder);
    for file in [authority.certificate_file().to_owned(), own] {
        if file.exists() && !tls.client_authorities.contains(&file) {
            tls.client_authorities.push(file);
        }
    }
    Ok(())
}

/// Who signs lower tiers' certificates.
pub(crate) fn authority(settings: &ServiceSettings<Settings>, folder: &Path) -> Result<Authority, TlsError> {
    let given = &settings.own.authority;
    match (is_given(&given.certificate_file), is_given(&given.key_file)) {
        (false, false) => Authority::ensure(folder, &settings.common.division),
        (true, true) => Authority::open(&given.certificate_file, &given.key_file),
        _ => Err(TlsError::Half("authority")),
    }
}

/// The fingerprint by which a lower tier may know this door: of the last certificate that it shows, so that the door's own
/// may be replaced. Empty for plain text.
pub(crate) fn fingerprint_to_tell(tls: &TlsSettings) -> Result<String, Refusal> {
    if !is_given(&tls.certificate_file) {
        return Ok(String::new());
    }
    let shown = read_certificates(&tls.certificate_file).map_err(|error| {
        tracing::error!(%error, "the door's certificate cannot be read");
        Refusal::new(minsheng_kit::error::Reason::Internal)
    })?;
    Ok(shown.last().map(|last| fingerprint(last)).unwrap_or_default())
}

fn is_given(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}
