//! What an authority signs, and what it refuses.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{CertificateError, Error, RootCertStore};

use super::*;
use crate::error::Reason;
use crate::tls::{PeerCertificate, certificates};

fn moment() -> Timestamp {
    "2023-06-20T09:00:00+08:00".parse().unwrap()
}

fn judged(chain: &[CertificateDer<'static>], authority: &Authority, at: Timestamp) -> Result<(), Error> {
    crate::tls::install_crypto();
    let mut roots = RootCertStore::empty();
    roots.add(certificates(authority.pem().as_bytes()).unwrap().remove(0)).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(at.as_second().try_into().unwrap()));
    verifier.verify_client_cert(&chain[0], &chain[1..], at).map(drop)
}

#[test]
fn a_tier_gets_a_certificate_that_names_its_division_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::ensure(folder.path(), "430900").unwrap();
    let key_file = folder.path().join("tier/one.key");
    let request = request_certificate(&key_file, "111111").unwrap();
    let until = moment() + SignedDuration::from_hours(24);
    let issued = authority.issue(&request, "430923", moment(), until).unwrap();
    assert_eq!(issued.expires, until);
    let chain = certificates(issued.chain.as_bytes()).unwrap();
    assert_eq!(chain.len(), 2);
    let peer = PeerCertificate::of(&chain[0]);
    assert_eq!(peer.uris, ["minsheng://430923"], "what the request names is left out");
    assert_eq!((division_of(&peer.uris[0]), peer.fingerprint), (Some("430923"), issued.fingerprint));
    assert_eq!(judged(&chain, &authority, moment()), Ok(()));
    let ended = judged(&chain, &authority, until + SignedDuration::from_secs(1));
    assert!(matches!(ended, Err(Error::InvalidCertificate(CertificateError::ExpiredContext { .. }))), "{ended:?}");
    let early = judged(&chain, &authority, moment() - SignedDuration::from_secs(1));
    assert!(matches!(early, Err(Error::InvalidCertificate(CertificateError::NotValidYetContext { .. }))), "{early:?}");
    let other = Authority::ensure(&folder.path().join("other"), "430900").unwrap();
    assert!(judged(&chain, &other, moment()).is_err());
}

#[test]
fn keys_are_for_their_owner_and_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = Authority::ensure(folder.path(), "430900").unwrap();
    let again = Authority::ensure(folder.path(), "430900").unwrap();
    assert_eq!((first.fingerprint(), first.pem()), (again.fingerprint(), again.pem()));
    let (_, key) = Authority::files(folder.path());
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let server = first.ensure_server_certificate(folder.path(), &[]).unwrap();
    assert_eq!(std::fs::metadata(&server.key_file).unwrap().permissions().mode() & 0o777, 0o600);
    let shown = crate::tls::read_certificates(&server.certificate_file).unwrap();
    assert!(judged(&shown, &first, moment()).is_err(), "a server's certificate is no client's");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(Authority::ensure(folder.path(), "430900").is_err(), "a key that everybody may read");
}

#[test]
fn an_operators_authority_is_used_if_it_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    Authority::ensure(&one, "430900").unwrap();
    let server = Authority::ensure(&two, "430900").unwrap().ensure_server_certificate(&two, &[]).unwrap();
    let (certificate, key) = Authority::files(&one);
    Authority::open(&certificate, &key).unwrap();
    let (_, other_key) = Authority::files(&two);
    assert!(Authority::open(&certificate, &other_key).unwrap_err().to_string().contains("is not the key of"));
    let no_authority = Authority::open(&server.certificate_file, &server.key_file).unwrap_err();
    assert!(no_authority.to_string().contains("is no authority"), "{no_authority}");
}

#[test]
fn a_request_must_be_signed_by_its_own_key() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::ensure(folder.path(), "430900").unwrap();
    let good = request_certificate(&folder.path().join("k.key"), "430923").unwrap();
    let mut forged = good.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    for wrong in [Vec::new(), b"no request".to_vec(), good[..good.len() - 1].to_vec(), forged, vec![0x30; 100_000]] {
        let refusal = authority.issue(&wrong, "430923", moment(), moment()).unwrap_err();
        assert_eq!(refusal.reason, Reason::FieldInvalid);
        assert_eq!(refusal.violations[0].field, "certificate_request");
    }
    for uri in ["minsheng://", "minsheng://43x", "http://430923", "430923"] {
        assert_eq!(division_of(uri), None, "{uri}");
    }
}

#[test]
fn what_is_signed_by_a_certificate_s_key_is_known_by_the_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::ensure(folder.path(), "430900").unwrap();
    let key_file = folder.path().join("tier/one.key");
    let request = request_certificate(&key_file, "430923").unwrap();
    let issued = authority.issue(&request, "430923", moment(), moment() + SignedDuration::from_hours(24)).unwrap();
    let chain = certificates(issued.chain.as_bytes()).unwrap();
    let (of_tier, of_authority) = (sign(&key_file, b"message").unwrap(), authority.sign(b"message").unwrap());
    assert!(is_signed_by(&chain[0], b"message", &of_tier) && is_signed_by(&chain[1], b"message", &of_authority));
    assert!(!is_signed_by(&chain[1], b"message", &of_tier) && !is_signed_by(&chain[0], b"message", &of_authority));
    assert!(!is_signed_by(&chain[0], b"massage", &of_tier) && !is_signed_by(&chain[0], b"message", &of_tier[1..]));
    assert!(!is_signed_by(b"no certificate", b"message", &of_tier) && !is_signed_by(&chain[0], b"message", b""));
    assert!(is_key_of(&key_file, &chain[0]).unwrap() && !is_key_of(&key_file, &chain[1]).unwrap());
}

#[test]
fn a_seal_is_made_by_the_secret_and_for_the_message_alone() {
    // RFC 4231, test case 2.
    let made = seal(b"Jefe", b"what do ya want for nothing?").unwrap();
    assert_eq!(hex::encode(&made), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert!(is_sealed(b"Jefe", b"what do ya want for nothing?", &made));
    assert!(!is_sealed(b"jefe", b"what do ya want for nothing?", &made));
    assert!(!is_sealed(b"Jefe", b"what do ya want for something?", &made) && !is_sealed(b"Jefe", b"", &made[..31]));
}
