//! What a token proves, and what it must not.
#![allow(clippy::unwrap_used)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rand_core::OsRng;
use tempfile::TempDir;

use super::*;
use crate::error::Reason;

fn now() -> Timestamp {
    "2023-06-20T10:00:00+08:00".parse().unwrap()
}

fn reporter() -> Caller {
    Caller {
        account: "jyj-tb".into(),
        person: "P017".into(),
        unit: "jyj".into(),
        division: "430923".into(),
        roles: [Role::Reporter, Role::Reviewer].into(),
        service: None,
        session: "s1".into(),
    }
}

fn ring() -> (TempDir, KeyRing) {
    let folder = tempfile::tempdir().unwrap();
    let ring = KeyRing::ensure(&folder.path().join("keys"), &[GATEWAY, "reporting", "catalogue"]).unwrap();
    (folder, ring)
}

#[test]
fn a_token_of_the_gateway_proves_the_caller_to_one_service_for_a_minute() {
    let (_folder, ring) = ring();
    let verifier = Verifier::open("reporting", &ring.trusted_dir()).unwrap();
    let token = ring.signer(GATEWAY).unwrap().sign(&reporter(), "reporting", now()).unwrap();
    for seconds in [0, 30, 59] {
        let later = now() + SignedDuration::from_secs(seconds);
        assert_eq!(*verifier.verify(&token, later).unwrap(), reporter());
    }
    // The second time it comes from the kept ones, and is refused all the same.
    for _ in 0..2 {
        let refusal = verifier.verify(&token, now() + SignedDuration::from_secs(60)).unwrap_err();
        assert_eq!(refusal.reason, Reason::TokenInvalid);
    }
}

#[test]
fn whatever_is_wrong_the_answer_is_the_same() {
    let (_folder, ring) = ring();
    let verifier = Verifier::open("reporting", &ring.trusted_dir()).unwrap();
    let gateway = ring.signer(GATEWAY).unwrap();
    let good = gateway.sign(&reporter(), "reporting", now()).unwrap();
    let payload: Vec<&str> = good.split('.').collect();
    let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"gateway"}"#), payload[1]);
    let public = std::fs::read(ring.trusted_dir().join("gateway.pub")).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload[1]).unwrap()).unwrap();
    let mut symmetric = Header::new(Algorithm::HS256);
    symmetric.kid = Some(GATEWAY.into());
    let confused = jsonwebtoken::encode(&symmetric, &claims, &EncodingKey::from_secret(&public)).unwrap();
    let stranger = Signer::new("stranger", &SigningKey::generate(&mut OsRng)).unwrap();
    let impostor = Signer::new(GATEWAY, &SigningKey::generate(&mut OsRng)).unwrap();
    let mut changed = good.clone().into_bytes();
    let middle = payload[0].len() + 20;
    changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
    let hour = SignedDuration::from_secs(3600);
    let cases = [
        ("expired", gateway.sign(&reporter(), "reporting", now() - hour).unwrap()),
        ("not yet valid", gateway.sign(&reporter(), "reporting", now() + hour).unwrap()),
        ("wrong audience", gateway.sign(&reporter(), "catalogue", now()).unwrap()),
        ("unknown key id", stranger.sign(&reporter(), "reporting", now()).unwrap()),
        ("wrong key", impostor.sign(&reporter(), "reporting", now()).unwrap()),
        ("alg none", unsigned),
        ("HS256 with the public key", confused),
        ("changed", String::from_utf8(changed).unwrap()),
        (
            "a service speaks for an account",
            ring.signer("catalogue").unwrap().sign(&reporter(), "reporting", now()).unwrap(),
        ),
        (
            "a service speaks for another",
            ring.signer("catalogue").unwrap().sign(&Caller::service("ranking", "430923"), "reporting", now()).unwrap(),
        ),
        ("empty", String::new()),
        ("long", "a.".repeat(5000)),
    ];
    let expected = crate::error::Refusal::new(Reason::TokenInvalid);
    for (what, token) in cases {
        assert_eq!(verifier.verify(&token, now()).unwrap_err(), expected, "{what}");
    }
}

#[test]
fn a_service_speaks_for_itself() {
    let (_folder, ring) = ring();
    let verifier = Verifier::open("reporting", &ring.trusted_dir()).unwrap();
    let itself = Caller::service("catalogue", "430923");
    let token = ring.signer("catalogue").unwrap().sign(&itself, "reporting", now()).unwrap();
    let proven = verifier.verify(&token, now()).unwrap();
    assert!(proven.is_service());
    assert_eq!(*proven, itself);
}

#[test]
fn keys_are_made_once_and_only_their_owner_may_read_them() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, ring) = ring();
    let again = KeyRing::ensure(&folder.path().join("keys"), &[GATEWAY, "reporting"]).unwrap();
    assert_eq!(ring.ledger_key("reporting").unwrap(), again.ledger_key("reporting").unwrap());
    assert_ne!(ring.ledger_key("reporting").unwrap(), ring.ledger_key("catalogue").unwrap());
    let file = ring.identity_key_file("reporting");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(load_signing_key(&file), Err(KeyError::Exposed(_))));
}

#[test]
fn identities_claimed_in_other_headers_are_taken_away() {
    let mut headers = http::HeaderMap::new();
    for name in ["x-user-id", "x-forwarded-client-cert", "x-forwarded-for", "forwarded", "x-real-ip", "grpc-timeout"] {
        headers.insert(name, "x".parse().unwrap());
    }
    strip_claims_of_others(&mut headers);
    assert_eq!(headers.len(), 1);
    headers.append("authorization", "Bearer a".parse().unwrap());
    assert_eq!(bearer(&headers).unwrap(), "a");
    headers.append("authorization", "Bearer b".parse().unwrap());
    assert!(bearer(&headers).is_err());
}

#[test]
fn keys_that_are_there_are_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    KeyRing::ensure(&keys, &["reporting"]).unwrap();
    let changed =
        || [&keys, &keys.join("trusted")].map(|folder| std::fs::metadata(folder).unwrap().modified().unwrap());
    let before = changed();
    KeyRing::ensure(&keys, &["reporting"]).unwrap();
    assert_eq!(changed(), before, "the folder may be mounted read-only");
}
