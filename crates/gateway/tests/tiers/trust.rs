//! Who comes with which certificate, and how long it is good.

use std::time::Duration;

use minsheng_kit::authority::Authority;
use minsheng_kit::error::{Reason, reason_of};
use minsheng_kit::line::Line;
use minsheng_proto::identity::v1::*;
use minsheng_proto::tier::v1::enrolment_service_client::EnrolmentServiceClient;
use minsheng_proto::tier::v1::mandate_service_client::MandateServiceClient;
use minsheng_proto::tier::v1::{EnrolRequest, ListMandateEntriesRequest};
use tonic::{Code, Status};

use crate::certificates::{issued, of_files};
use crate::house::{ABOVE, BELOW, Tier, clock, joined, reason, within};

async fn ask(line: &Line) -> Result<String, Status> {
    let mut client = MandateServiceClient::new(line.clone());
    Ok(client.list_mandate_entries(ListMandateEntriesRequest::default()).await?.into_inner().verifier_key)
}

/// Enrols a division by hand and gives its line.
async fn enrolled(above: &Tier, division: &str) -> Line {
    let (code, _) = above.code(division).await;
    let key_file = above.folder.path().join(format!("made/{division}.key"));
    let request = minsheng_kit::authority::request_certificate(&key_file, division).unwrap();
    let request = EnrolRequest { code, certificate_request: request, ledgers: Vec::new() };
    let answer = EnrolmentServiceClient::new(above.line(None)).enrol(request).await.unwrap().into_inner();
    let certificate = above.folder.path().join(format!("made/{division}.pem"));
    std::fs::write(&certificate, answer.certificate_chain).unwrap();
    above.line(Some(of_files(&certificate, &key_file)))
}

/// B7.
#[tokio::test]
async fn revoking_works_on_connections_that_are_open() {
    let (above, below) = joined().await;
    let other = enrolled(&above, "430921").await;
    let mut mandates = MandateServiceClient::new(below.of_service("catalogue"));
    let request = ListMandateEntriesRequest::default;
    mandates.list_mandate_entries(request()).await.unwrap();
    assert_eq!(ask(&other).await.unwrap(), "430921", "each tier is itself");
    let revoke = |division: &str, reason: &str| RevokeTierRequest {
        division: division.into(),
        reason: reason.into(),
        request_id: format!("revoke-{division}"),
    };
    let mut admin = above.admin().await;
    assert_eq!(reason(&admin.revoke_tier(revoke("430999", "没有")).await.unwrap_err()), Reason::TierNotEnrolled);
    assert_eq!(reason(&admin.revoke_tier(revoke(BELOW, " ")).await.unwrap_err()), Reason::FieldRequired);
    let (waiting, fingerprint) = above.code(BELOW).await;
    let receipt = admin.revoke_tier(revoke(BELOW, "设备遗失")).await.unwrap().into_inner().receipt;
    assert!(receipt.is_some());
    let refused = mandates.list_mandate_entries(request()).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::Unauthenticated, Reason::TierRevoked));
    assert_eq!(below.parent().await.last_failure, "TIER_REVOKED");
    assert_eq!(ask(&other).await.unwrap(), "430921", "others go on");
    let lower = above.lower(BELOW).await;
    assert_eq!((lower.revoked, lower.revoke_reason.as_str(), lower.certificates.len()), (true, "设备遗失", 0));
    let ended = JoinParentRequest { url: above.url(), code: waiting, fingerprint };
    let ended = below.admin().await.join_parent(ended).await.unwrap_err();
    assert_eq!(reason(&ended), Reason::EnrolmentCodeInvalid, "a code that was made before ends with the rest");
    below.join(&above).await;
    mandates.list_mandate_entries(request()).await.expect("with a new code it is known again");
    let auditor = above.account("auditor", "", &[Role::AuditAdmin]).await;
    within(Duration::from_secs(5), "the refusal is audited", || async {
        let events = above.events(&auditor).await;
        events.iter().any(|(event, account, reason)| {
            event == "TIER_REFUSED" && account == "minsheng://430923" && reason == "TIER_REVOKED"
        })
    })
    .await;
    above.close().await;
    below.close().await;
}

/// Another replica's change is felt as soon.
#[tokio::test]
async fn what_another_replica_revoked_is_refused_within_a_second() {
    use sea_orm::ConnectionTrait;
    let above = Tier::open(ABOVE, &clock()).await;
    let line = enrolled(&above, BELOW).await;
    ask(&line).await.unwrap();
    let statement = "UPDATE tier_certificate SET state = 'REVOKED'";
    above.service.database.reader().execute_unprepared(statement).await.unwrap();
    within(Duration::from_secs(1), "the tier is refused", || async { ask(&line).await.is_err() }).await;
    assert_eq!(reason(&ask(&line).await.unwrap_err()), Reason::TierRevoked);
    above.close().await;
}

/// B6.
#[tokio::test]
async fn no_other_certificate_comes_in() {
    let above = Tier::open(ABOVE, &clock()).await;
    let good = enrolled(&above, BELOW).await;
    ask(&good).await.unwrap();
    let authority = above.authority();
    let foreign = Authority::ensure(&above.folder.path().join("foreign"), ABOVE).unwrap();
    let unknown = ask(&above.line(Some(issued(&authority, &above, BELOW, (-1, 24))))).await.unwrap_err();
    assert_eq!((unknown.code(), reason(&unknown)), (Code::Unauthenticated, Reason::TierUnknown), "not enrolled");
    let server = of_files(&above.certificate_file(), &above.folder.path().join("gateway-certificate.key"));
    let (authority_certificate, authority_key) = Authority::files(above.folder.path());
    let refused = [
        ("expired", issued(&authority, &above, BELOW, (-48, -24))),
        ("future", issued(&authority, &above, BELOW, (24, 48))),
        ("of another authority", issued(&foreign, &above, BELOW, (-1, 24))),
        ("a server's", server),
        ("the authority's own", of_files(&authority_certificate, &authority_key)),
    ];
    for (what, identity) in refused {
        let status = ask(&above.line(Some(identity))).await.unwrap_err();
        assert_ne!(status.code(), Code::Ok, "{what}");
        assert_eq!(reason_of(&status), Some(Reason::ServiceUnavailable), "{what}: no connection comes about");
    }
    assert_eq!(above.catalogue.seen.all().len(), 1, "nothing came through");
    let none = ask(&above.line(None)).await.unwrap_err();
    assert_eq!(reason(&none), Reason::TokenInvalid);
    ask(&good).await.unwrap();
    above.close().await;
}

#[tokio::test]
async fn a_certificate_that_ends_while_its_connection_is_open_is_refused() {
    let above = Tier::open(ABOVE, &clock()).await;
    let line = enrolled(&above, BELOW).await;
    ask(&line).await.unwrap();
    above.clock.advance(jiff::SignedDuration::from_hours(90 * 24));
    assert_eq!(reason(&ask(&line).await.unwrap_err()), Reason::TierUnknown);
    above.close().await;
}

/// B10.
#[tokio::test]
async fn older_tls_and_plain_text_are_not_spoken() {
    use rustls::pki_types::ServerName;
    use tokio_rustls::TlsConnector;
    let above = Tier::open(ABOVE, &clock()).await;
    let mut roots = rustls::RootCertStore::empty();
    for certificate in minsheng_kit::tls::read_certificates(&above.certificate_file()).unwrap() {
        roots.add(certificate).unwrap();
    }
    for (version, spoken) in [(&rustls::version::TLS12, false), (&rustls::version::TLS13, true)] {
        let config = rustls::ClientConfig::builder_with_protocol_versions(&[version])
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        let stream = tokio::net::TcpStream::connect(above.addr).await.unwrap();
        let connector = TlsConnector::from(std::sync::Arc::new(config));
        let shaken = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await;
        assert_eq!(shaken.is_ok(), spoken, "{version:?}");
        if let Err(error) = shaken {
            assert!(error.to_string().contains("ProtocolVersion"), "{error}");
        }
    }
    let plain = Line::far(&format!("http://{}", above.addr)).unwrap();
    assert_eq!(reason(&ask(&plain).await.unwrap_err()), Reason::ServiceUnavailable);
    above.close().await;
}

#[tokio::test]
async fn the_doors_certificate_is_replaced_while_it_is_open() {
    let (above, below) = joined().await;
    let request = ListMandateEntriesRequest::default;
    let mut mandates = MandateServiceClient::new(below.of_service("catalogue"));
    mandates.list_mandate_entries(request()).await.unwrap();
    let key_file = above.folder.path().join("gateway-certificate.key");
    let old = std::fs::read(above.certificate_file()).unwrap();
    std::fs::remove_file(&key_file).unwrap();
    std::fs::remove_file(above.certificate_file()).unwrap();
    above.authority().ensure_server_certificate(above.folder.path(), &[]).unwrap();
    let new = std::fs::read(above.certificate_file()).unwrap();
    assert_ne!(old, new);
    let shown = || async {
        let pinned = minsheng_kit::tls::read_certificates(&above.certificate_file()).unwrap();
        let fingerprints = vec![minsheng_kit::tls::fingerprint(&pinned[0])];
        let trust = minsheng_kit::tls::Trust { fingerprints, ..Default::default() };
        let clock = std::sync::Arc::new(above.clock.clone());
        let config = minsheng_kit::tls::client_config(trust, None, clock).unwrap();
        minsheng_kit::tls::shake_hands(&above.url().parse().unwrap(), &config).await.is_ok()
    };
    within(Duration::from_secs(10), "the new certificate is shown", shown).await;
    mandates.list_mandate_entries(request()).await.expect("the open connection stays");
    below.join(&above).await;
    mandates.list_mandate_entries(request()).await.expect("a new one trusts the authority behind it");
    above.close().await;
    below.close().await;
}
