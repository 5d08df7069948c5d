//! A handshake that only looks: it takes whatever certificate is shown and also old protocols, so that they can be named.
//! Nothing is ever sent over such a connection; what is trusted is decided by kit's own check afterwards.

use std::sync::Arc;

use minsheng_kit::tls::{CheckServer, provider, server_verifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, Error};

/// What a server showed.
#[derive(Debug)]
pub(super) struct Shown {
    /// Its certificate first.
    pub(super) chain: Vec<CertificateDer<'static>>,
}

/// The configuration for looking.
pub(super) fn look_config() -> Result<Arc<ClientConfig>, Error> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .dangerous()
        .with_custom_certificate_verifier(server_verifier(Look))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

#[derive(Debug)]
struct Look;

impl CheckServer for Look {
    fn check(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: UnixTime,
    ) -> Result<(), Error> {
        Ok(())
    }
}
