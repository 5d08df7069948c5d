//! What a server shows and whom it lets in. Certificate, key and the authorities of client certificates are read again when
//! their files change; connections that are open stay. A certificate that is not good is refused in the handshake, and its
//! fingerprint logged; who shows none comes in without.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, SignatureScheme};
use tokio_rustls::TlsAcceptor;

use super::{JudgedBy, TlsError, fingerprint, is_given, private_key, provider, read_certificates, unusable};
use crate::clock::SharedClock;
use crate::settings::TlsSettings;

/// A server's side of TLS. Clones share it.
#[derive(Clone, Debug)]
pub struct ServerTls(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: TlsSettings,
    config: Arc<ServerConfig>,
    shown: Arc<Shown>,
    clients: Option<Arc<Clients>>,
    time: Arc<JudgedBy>,
    /// What the files held when they were read last.
    read: Mutex<Vec<Vec<u8>>>,
}

impl ServerTls {
    /// With the files of the settings; none for plain text.
    ///
    /// # Errors
    /// When the files cannot be used.
    pub fn open(settings: &TlsSettings) -> Result<Option<Self>, TlsError> {
        match (is_given(&settings.certificate_file), is_given(&settings.key_file)) {
            (false, false) => return Ok(None),
            (true, true) => {}
            _ => return Err(TlsError::Half("server.tls")),
        }
        let read = contents(settings)?;
        let shown = Arc::new(Shown(RwLock::new(read_shown(settings)?)));
        let clients = if settings.client_authorities.is_empty() {
            None
        } else {
            Some(Arc::new(Clients(RwLock::new(read_clients(&settings.client_authorities)?))))
        };
        let time = JudgedBy::the_machine();
        let builder = ServerConfig::builder_with_details(provider(), time.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(unusable)?;
        let mut config = match &clients {
            None => builder.with_no_client_auth(),
            Some(clients) => builder.with_client_cert_verifier(clients.clone()),
        }
        .with_cert_resolver(shown.clone());
        if clients.is_some() {
            // A resumed session would bring its certificate along without it being looked at again.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        let config = Arc::new(config);
        Ok(Some(Self(Arc::new(Inner {
            settings: settings.clone(),
            config,
            shown,
            clients,
            time,
            read: Mutex::new(read),
        }))))
    }

    /// Client certificates are judged by this clock from now on.
    pub fn judge_by(&self, clock: SharedClock) {
        self.0.time.set(clock);
    }

    /// Takes connections that speak one of these protocols, the first one rather than the next.
    pub(crate) fn acceptor(&self, protocols: &[&[u8]]) -> TlsAcceptor {
        let mut config = ServerConfig::clone(&self.0.config);
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }

    /// Reads the files again if one of them has changed, and says whether it did. What cannot be used changes nothing.
    ///
    /// # Errors
    /// When the files cannot be used.
    pub fn read_again(&self) -> Result<bool, TlsError> {
        let now = contents(&self.0.settings)?;
        let mut read = self.0.read.lock().unwrap_or_else(PoisonError::into_inner);
        if *read == now {
            return Ok(false);
        }
        let shown = read_shown(&self.0.settings)?;
        if let Some(clients) = &self.0.clients {
            *clients.0.write().unwrap_or_else(PoisonError::into_inner) =
                read_clients(&self.0.settings.client_authorities)?;
        }
        *self.0.shown.0.write().unwrap_or_else(PoisonError::into_inner) = shown;
        *read = now;
        Ok(true)
    }
}

fn contents(settings: &TlsSettings) -> Result<Vec<Vec<u8>>, TlsError> {
    let files = [&settings.certificate_file, &settings.key_file].into_iter().chain(&settings.client_authorities);
    files.map(|path| std::fs::read(path).map_err(|error| TlsError::file(path, &error))).collect()
}

fn read_shown(settings: &TlsSettings) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = read_certificates(&settings.certificate_file)?;
    let key = private_key(&settings.key_file)?;
    Ok(Arc::new(CertifiedKey::from_der(chain, key, &provider()).map_err(unusable)?))
}

fn read_clients(files: &[PathBuf]) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for file in files {
        for certificate in read_certificates(file)? {
            roots.add(certificate).map_err(|error| TlsError::file(file, &error))?;
        }
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    verifier.allow_unauthenticated().build().map_err(unusable)
}

/// The certificate shown.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Whose certificates are good.
#[derive(Debug)]
struct Clients(RwLock<Arc<dyn ClientCertVerifier>>);

impl Clients {
    fn now(&self) -> Arc<dyn ClientCertVerifier> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ClientCertVerifier for Clients {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.now().verify_client_cert(end_entity, intermediates, now).inspect_err(|error| {
            tracing::warn!(fingerprint = fingerprint(end_entity), %error, "a client certificate is refused");
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.now().verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.now().verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.now().supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::authority::Authority;

    #[test]
    fn files_that_cannot_be_used_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::ensure(folder.path(), "430923").unwrap();
        let mut settings = authority.ensure_server_certificate(folder.path(), &[]).unwrap();
        settings.client_authorities.push(authority.certificate_file().to_owned());
        let tls = ServerTls::open(&settings).unwrap().unwrap();
        let shown = || tls.0.shown.0.read().unwrap().cert[0].to_vec();
        let first = shown();
        assert!(!tls.read_again().unwrap());
        let key = std::fs::read(&settings.key_file).unwrap();
        std::fs::write(&settings.key_file, "no key").unwrap();
        assert!(tls.read_again().is_err());
        std::fs::write(&settings.key_file, key).unwrap();
        assert!(!tls.read_again().unwrap(), "as it was");
        std::fs::remove_file(&settings.key_file).unwrap();
        assert!(tls.read_again().is_err());
        std::fs::remove_file(&settings.certificate_file).unwrap();
        authority.ensure_server_certificate(folder.path(), &[]).unwrap();
        assert_eq!(shown(), first);
        assert!(tls.read_again().unwrap());
        assert_ne!(shown(), first);
        let half = TlsSettings { key_file: "".into(), ..settings };
        assert!(matches!(ServerTls::open(&half), Err(TlsError::Half(_))));
    }
}
