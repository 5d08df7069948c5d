//! How the open port speaks: always TLS, with the certificate of the settings or one made for this copy.

use std::path::Path;

use minsheng_kit::server::BindError;
use minsheng_kit::settings::ServerSettings;
use minsheng_kit::tls::ensure_self_signed;

use crate::config::Settings;

/// The settings of the server to bind: with a certificate made in the folder where none is given, and without one only
/// where plain text is asked for.
///
/// # Errors
/// When the certificate cannot be made.
pub fn server_settings(settings: &Settings, folder: &Path) -> Result<ServerSettings, BindError> {
    let mut server = settings.server.clone();
    let given = |path: &Path| !path.as_os_str().is_empty();
    if settings.door.plain_text || given(&server.tls.certificate_file) || given(&server.tls.key_file) {
        return Ok(server);
    }
    let names: Vec<&str> = settings.door.names.iter().map(String::as_str).collect();
    server.tls = ensure_self_signed(folder, &names)?;
    Ok(server)
}
