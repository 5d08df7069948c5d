//! What a client trusts and shows: authorities, or certificates by their fingerprint where nothing else is known yet, and
//! a certificate of its own. A pinned authority vouches for names like any other; a pinned certificate stands for itself.

use std::io;
use std::sync::Arc;

use http::Uri;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, Error, OtherError, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{CheckServer, JudgedBy, TlsError, fingerprint, provider, server_verifier, unusable};
use crate::clock::SharedClock;

/// Whom a client trusts.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Authorities that vouch for a server's name.
    pub authorities: Vec<CertificateDer<'static>>,
    /// SHA-256 in hex of a server's certificate, or of an authority that the server shows with it.
    pub fingerprints: Vec<String>,
}

/// A client's own certificate chain with its key.
#[derive(Debug)]
pub struct ClientIdentity {
    /// The certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its private key.
    pub key: PrivateKeyDer<'static>,
}

/// The configuration of a client.
///
/// # Errors
/// When an authority is none, or the client's certificate and key do not fit.
pub fn client_config(
    trust: Trust,
    identity: Option<ClientIdentity>,
    clock: SharedClock,
) -> Result<Arc<ClientConfig>, TlsError> {
    let check = ServerCheck {
        known: known(&trust.authorities).map_err(unusable)?,
        fingerprints: trust.fingerprints.iter().map(|pinned| pinned.to_lowercase()).collect(),
    };
    let builder = ClientConfig::builder_with_details(provider(), JudgedBy::new(clock))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(unusable)?
        .dangerous()
        .with_custom_certificate_verifier(server_verifier(check));
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder.with_client_auth_cert(identity.chain, identity.key).map_err(unusable)?,
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

/// Why a server was not reached or not trusted.
#[derive(Debug, thiserror::Error)]
pub enum ShakeError {
    /// No connection, or it broke off.
    #[error("not reached: {0}")]
    Network(io::Error),
    /// Its certificate is not one that is trusted.
    #[error("its certificate is not trusted: {0}")]
    Untrusted(Error),
    /// Its certificate is trusted, but is not for this host.
    #[error("its certificate is not for this host: {0}")]
    OtherName(Error),
    /// The other side does not speak TLS 1.3, or not with this client.
    #[error("TLS: {0}")]
    Tls(Error),
}

/// Connects once and shakes hands, to learn what is wrong before any call is made.
///
/// # Errors
/// What is wrong.
pub async fn shake_hands(address: &Uri, config: &Arc<ClientConfig>) -> Result<(), ShakeError> {
    let connecting = async {
        let host = address.host().ok_or_else(|| wrong("the address has no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, address.port_u16().unwrap_or(443))).await?;
        connect_securely(config.clone(), host, stream).await
    };
    connecting.await.map(drop).map_err(|error| match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        None => ShakeError::Network(error),
        Some(
            inner @ Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ),
        ) => ShakeError::OtherName(inner.clone()),
        Some(inner @ Error::InvalidCertificate(_)) => ShakeError::Untrusted(inner.clone()),
        Some(inner) => ShakeError::Tls(inner.clone()),
    })
}

/// Shakes hands over a connection to the host, which must prove its name.
pub(crate) async fn connect_securely(
    config: Arc<ClientConfig>,
    host: &str,
    stream: TcpStream,
) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| wrong("the host is no name"))?;
    TlsConnector::from(config).connect(name, stream).await
}

fn wrong(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message.to_owned())
}

fn known(authorities: &[CertificateDer<'static>]) -> Result<Option<Arc<WebPkiServerVerifier>>, Error> {
    if authorities.is_empty() {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.clone())?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
    Ok(Some(verifier.map_err(|error| Error::General(error.to_string()))?))
}

#[derive(Debug)]
struct ServerCheck {
    known: Option<Arc<WebPkiServerVerifier>>,
    fingerprints: Vec<String>,
}

/// What a server showed is not what was told of it.
#[derive(Debug, thiserror::Error)]
#[error("the fingerprint is {0}, which is not the one that was told")]
struct OtherFingerprint(String);

impl CheckServer for ServerCheck {
    fn check(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let is_pinned = |certificate: &CertificateDer<'_>| self.fingerprints.contains(&fingerprint(certificate));
        if is_pinned(own) {
            return in_time(own, now);
        }
        let pinned: Vec<_> = others.iter().filter(|above| is_pinned(above)).cloned().collect();
        let pinned: Vec<_> = pinned.into_iter().map(CertificateDer::into_owned).collect();
        let verifier = match known(&pinned)? {
            Some(pinned) => Some(pinned),
            None => self.known.clone(),
        };
        match verifier {
            Some(verifier) => verifier.verify_server_cert(own, others, name, &[], now).map(drop),
            None => {
                let shown = others.last().unwrap_or(own);
                let other = OtherError(Arc::new(OtherFingerprint(fingerprint(shown))));
                Err(Error::InvalidCertificate(CertificateError::Other(other)))
            }
        }
    }
}

fn in_time(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let bad = || Error::InvalidCertificate(CertificateError::BadEncoding);
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).map_err(|_| bad())?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now < parsed.validity().not_before.timestamp() {
        return Err(Error::InvalidCertificate(CertificateError::NotValidYet));
    }
    if now > parsed.validity().not_after.timestamp() {
        return Err(Error::InvalidCertificate(CertificateError::Expired));
    }
    Ok(())
}
