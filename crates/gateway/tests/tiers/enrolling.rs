//! How a tier comes to be known to its parent.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use jiff::SignedDuration;
use minsheng_gateway::Settings;
use minsheng_kit::authority::request_certificate;
use minsheng_kit::error::Reason;
use minsheng_kit::settings::ServiceSettings;
use minsheng_kit::tls::{certificates, fingerprint};
use minsheng_proto::identity::v1::*;
use minsheng_proto::tier::v1::enrolment_service_client::EnrolmentServiceClient;
use minsheng_proto::tier::v1::filing_service_client::FilingServiceClient;
use minsheng_proto::tier::v1::mandate_service_client::MandateServiceClient;
use minsheng_proto::tier::v1::{EnrolRequest, FigureSet, FileSetsRequest, LedgerKey, ListMandateEntriesRequest};
use prost::Message;
use tonic::Code;

use crate::house::{ABOVE, BELOW, Tier, clock, joined, reason, within};

#[tokio::test]
async fn a_tier_joins_and_its_services_are_heard_above_by_its_name() {
    let (above, below) = joined().await;
    let parent = below.parent().await;
    assert_eq!((parent.division.as_str(), parent.url.as_str()), (ABOVE, above.url().as_str()));
    let authority = above.authority().fingerprint().to_owned();
    assert_eq!(parent.pinned, authority, "by what it was known when this tier joined");
    let origins = |ledgers: &[KeptLedger]| ledgers.iter().map(|kept| kept.origin.clone()).collect::<Vec<_>>();
    let of = |division: &str| ["catalogue", "gateway", "reporting"].map(|name| format!("minsheng/{division}/{name}"));
    assert_eq!(origins(&parent.ledgers), of(ABOVE));
    let lower = above.lower(BELOW).await;
    assert_eq!(origins(&lower.ledgers), of(BELOW));
    assert_eq!(lower.certificates.len(), 1);
    assert_eq!((lower.certificates[0].fingerprint.as_str(), lower.revoked), (parent.fingerprint.as_str(), false));
    let days = |time: &prost_types::Timestamp| (time.seconds - below.service.clock.now().as_second()) / 86_400;
    assert_eq!(days(&parent.expire_time.unwrap()), 90);
    for entry in std::fs::read_dir(below.folder.path().join("parent")).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    let mut mandates = MandateServiceClient::new(below.of_service("catalogue"));
    let answer = mandates.list_mandate_entries(ListMandateEntriesRequest::default()).await.unwrap();
    assert_eq!(answer.into_inner().verifier_key, BELOW, "whose mandates is told by the certificate");
    let caller = above.catalogue.seen.all().pop().unwrap();
    assert_eq!(caller, minsheng_kit::identity::Caller::tier(BELOW));
    let mut filing = FilingServiceClient::new(below.of_service("reporting"));
    let sets = (0..200).map(|id| FigureSet { id: id.to_string(), ..FigureSet::default() });
    let sets = sets.map(|set| set.encode_to_vec().into()).collect();
    let answer = filing.file_sets(FileSetsRequest { sets, ..Default::default() }).await.unwrap().into_inner();
    assert_eq!(answer.filed.len(), 200);
    assert_eq!(above.reporting().seen.all().len(), 1);
    let mut near = MandateServiceClient::new(below.of_near_service("catalogue"));
    near.list_mandate_entries(ListMandateEntriesRequest::default()).await.expect("in one process likewise");
    assert!(above.lower(BELOW).await.certificates[0].used);
    assert_eq!(below.parent().await.last_failure, "");
    above.close().await;
    below.close().await;
}

#[tokio::test]
async fn without_a_parent_nothing_goes_up_and_a_parent_that_is_away_is_told_apart() {
    let clock = clock();
    let (above, below) = (Tier::open(ABOVE, &clock).await, Tier::open(BELOW, &clock).await);
    let mut mandates = MandateServiceClient::new(below.of_service("catalogue"));
    let ask = ListMandateEntriesRequest::default;
    let alone = mandates.list_mandate_entries(ask()).await.unwrap_err();
    assert_eq!((alone.code(), reason(&alone)), (Code::FailedPrecondition, Reason::ParentNotJoined));
    let none = below.admin().await.get_parent(GetParentRequest {}).await.unwrap_err();
    assert_eq!(reason(&none), Reason::ParentNotJoined);
    below.join(&above).await;
    mandates.list_mandate_entries(ask()).await.unwrap();
    let mut admin = below.admin().await;
    above.close().await;
    let away = mandates.list_mandate_entries(ask()).await.unwrap_err();
    assert_eq!((away.code(), reason(&away)), (Code::Unavailable, Reason::ServiceUnavailable));
    assert_eq!(below.parent().await.last_failure, "SERVICE_UNAVAILABLE");
    let leave = LeaveParentRequest { reason: "改由省直管".into(), request_id: "leave".into() };
    admin.leave_parent(leave).await.unwrap();
    assert_eq!(reason(&mandates.list_mandate_entries(ask()).await.unwrap_err()), Reason::ParentNotJoined);
    below.close().await;
}

#[tokio::test]
async fn a_code_is_good_once_for_one_division_and_for_a_while() {
    let clock = clock();
    let everywhere = |settings: &mut ServiceSettings<Settings>| settings.common.server.listen = "0.0.0.0:0".into();
    let above = Tier::open_with(ABOVE, &clock, everywhere).await;
    let below = Tier::open(BELOW, &clock).await;
    let mut admin = below.admin().await;
    let (code, fingerprint) = above.code(BELOW).await;
    let join = |code: &str, fingerprint: &str| JoinParentRequest {
        url: above.url(),
        code: code.to_owned(),
        fingerprint: fingerprint.to_owned(),
    };
    let pose = admin.join_parent(join(&code, &"ab".repeat(32))).await.unwrap_err();
    assert_eq!((pose.code(), reason(&pose)), (Code::FailedPrecondition, Reason::ParentUntrusted));
    let wrong = admin.join_parent(join("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", &fingerprint)).await.unwrap_err();
    assert_eq!((wrong.code(), reason(&wrong)), (Code::Unauthenticated, Reason::EnrolmentCodeInvalid));
    let (of_another, _) = above.code("430921").await;
    let misled = admin.join_parent(join(&of_another, &fingerprint)).await.unwrap_err();
    assert_eq!((misled.code(), reason(&misled)), (Code::InvalidArgument, Reason::FieldInvalid));
    let replaced = above.code(BELOW).await.0;
    let older = admin.join_parent(join(&code, &fingerprint)).await.unwrap_err();
    assert_eq!(reason(&older), Reason::EnrolmentCodeInvalid, "a newer code for the division took its place");
    let code = replaced;

    let typed = format!(" {} ", code.to_lowercase());
    let colons: Vec<String> =
        fingerprint.to_uppercase().as_bytes().chunks(2).map(|two| String::from_utf8_lossy(two).into()).collect();
    admin.join_parent(join(&typed, &colons.join(":"))).await.expect("the code still is good, however it is typed");
    let used = admin.join_parent(join(&code, &fingerprint)).await.unwrap_err();
    assert_eq!(reason(&used), Reason::EnrolmentCodeInvalid);
    let (late, _) = above.code(BELOW).await;
    clock.advance(SignedDuration::from_hours(72));
    let mut admin = below.admin().await;
    let expired = admin.join_parent(join(&late, &fingerprint)).await.unwrap_err();
    assert_eq!(reason(&expired), Reason::EnrolmentCodeInvalid);
    for (url, code, fingerprint, field) in [
        ("http://localhost:1", "x", fingerprint.as_str(), "url"),
        ("https://localhost:1", "", fingerprint.as_str(), "code"),
        ("https://localhost:1", "x", "abc", "fingerprint"),
    ] {
        use tonic_types::StatusExt;
        let request = JoinParentRequest { url: url.into(), code: code.into(), fingerprint: fingerprint.into() };
        let status = admin.join_parent(request).await.unwrap_err();
        let details = status.get_error_details();
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, field, "{status:?}");
    }
    let other_name =
        JoinParentRequest { url: format!("https://127.0.0.2:{}", above.addr.port()), ..join("x", &fingerprint) };
    let other_name = admin.join_parent(other_name).await.unwrap_err();
    assert_eq!(reason(&other_name), Reason::ParentUntrusted);
    let away = JoinParentRequest { url: "https://localhost:1".into(), code: "x".into(), fingerprint };
    assert_eq!(reason(&admin.join_parent(away).await.unwrap_err()), Reason::ServiceUnavailable);

    let auditor = above.account("auditor", "", &[Role::AuditAdmin]).await;
    let events = above.events(&auditor).await;
    let count = |name: &str| events.iter().filter(|(event, ..)| event == name).count();
    assert_eq!((count("ENROLMENT_CODE_CREATED"), count("TIER_ENROLLED")), (4, 1));
    assert!(events.iter().any(|(event, _, reason)| event == "TIER_REFUSED" && reason == "ENROLMENT_CODE_INVALID"));
    above.close().await;
    below.close().await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again_and_guessing_is_slowed_down() {
    let clock = clock();
    let above = Tier::open(ABOVE, &clock).await;
    let (code, told) = above.code(BELOW).await;
    let request = request_certificate(&above.folder.path().join("made/a.key"), BELOW).unwrap();
    let other = request_certificate(&above.folder.path().join("made/b.key"), BELOW).unwrap();
    let mut enrolment = EnrolmentServiceClient::new(above.line(None));
    let ask = |code: &str, request: &[u8]| EnrolRequest {
        code: code.to_owned(),
        certificate_request: request.to_vec(),
        ledgers: Vec::new(),
    };
    for wrong in [b"no request".to_vec(), Vec::new()] {
        let status = enrolment.enrol(ask(&code, &wrong)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, Reason::FieldInvalid));
    }
    let foreign = LedgerKey { origin: "minsheng/430921/reporting".into(), verifier_key: "x".into() };
    let status = enrolment.enrol(EnrolRequest { ledgers: vec![foreign], ..ask(&code, &request) }).await.unwrap_err();
    assert_eq!(reason(&status), Reason::FieldInvalid);
    let first = enrolment.enrol(ask(&code, &request)).await.unwrap().into_inner();
    let again = enrolment.enrol(ask(&code, &request)).await.unwrap().into_inner();
    assert_eq!(first.certificate_chain, again.certificate_chain);
    let chain = certificates(first.certificate_chain.as_bytes()).unwrap();
    assert_eq!(fingerprint(&chain[1]), told, "the authority behind the door's certificate");
    assert_eq!(above.lower(BELOW).await.certificates.len(), 1);
    assert_eq!(reason(&enrolment.enrol(ask(&code, &other)).await.unwrap_err()), Reason::EnrolmentCodeInvalid);
    let mut slowed = 0;
    for _ in 0..30 {
        let status = enrolment.enrol(ask("nonsense", &other)).await.unwrap_err();
        slowed += usize::from(reason(&status) == Reason::TooManyRequests);
    }
    assert!(slowed >= 20, "{slowed}");
    above.close().await;
}

#[tokio::test]
async fn the_code_is_nowhere_in_the_database_and_only_one_may_make_it() {
    let clock = clock();
    let above = Tier::open(ABOVE, &clock).await;
    let (code, _) = above.code(BELOW).await;
    let file = above.folder.path().join("gateway.db");
    let stored: Vec<u8> = ["", "-wal"]
        .iter()
        .flat_map(|suffix| std::fs::read(format!("{}{suffix}", file.display())).unwrap_or_default())
        .collect();
    let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(BELOW) && !holds(&code) && !holds(&code.replace('-', "")));
    for role in [Role::Office, Role::SystemAdmin, Role::AuditAdmin, Role::Viewer] {
        let id = format!("other-{}", i32::from(role));
        let token = above.account(&id, "", &[role]).await;
        let mut client = tier_admin_service_client::TierAdminServiceClient::new(above.way(Some(&token)));
        let request = CreateEnrolmentCodeRequest { division: BELOW.into() };
        assert_eq!(client.create_enrolment_code(request).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(client.list_tiers(ListTiersRequest::default()).await.unwrap_err().code(), Code::PermissionDenied);
    }
    let mut admin = above.admin().await;
    for division in [ABOVE, "", "43092x"] {
        let request = CreateEnrolmentCodeRequest { division: division.into() };
        assert_eq!(reason(&admin.create_enrolment_code(request).await.unwrap_err()), Reason::FieldInvalid);
    }
    above.close().await;
}

#[tokio::test]
async fn a_certificate_is_renewed_before_it_ends_without_a_restart() {
    let (above, below) = joined().await;
    let ask = ListMandateEntriesRequest::default;
    let mut mandates = MandateServiceClient::new(below.of_service("catalogue"));
    mandates.list_mandate_entries(ask()).await.unwrap();
    let before = below.parent().await;
    let first = below.key_files();
    assert_eq!(first.len(), 1);
    below.clock.advance(SignedDuration::from_hours(61 * 24));
    within(Duration::from_secs(20), "another certificate", || async {
        below.parent().await.fingerprint != before.fingerprint
    })
    .await;
    let after = below.parent().await;
    assert!(after.expire_time.unwrap().seconds > before.expire_time.unwrap().seconds + 60 * 86_400);
    below.clock.advance(SignedDuration::from_hours(40 * 24));
    let mut mandates = MandateServiceClient::new(below.of_service("catalogue"));
    mandates.list_mandate_entries(ask()).await.expect("the first one has ended by now");
    let lower = above.lower(BELOW).await;
    assert_eq!(lower.certificates.len(), 1, "the first use of the new one ended the old one");
    assert_eq!(lower.certificates[0].fingerprint, after.fingerprint);
    // Its use is the end of the old key too.
    within(Duration::from_secs(20), "the old key deleted", || async { below.key_files().len() == 1 }).await;
    assert_ne!(below.key_files(), first);
    mandates.list_mandate_entries(ask()).await.expect("the new key is the one that is left");
    let auditor = above.account("auditor", "", &[Role::AuditAdmin]).await;
    assert!(above.events(&auditor).await.iter().any(|(event, ..)| event == "TIER_RENEWED"));
    above.close().await;
    below.close().await;
}

#[tokio::test]
async fn what_a_service_asks_before_joining_is_passed_on_in_the_moment_of_joining() {
    let clock = clock();
    let (above, below) = (Tier::open(ABOVE, &clock).await, Tier::open(BELOW, &clock).await);
    let mut mandates = MandateServiceClient::new(below.of_service("catalogue"));
    let asking = tokio::spawn(async move {
        let mut request = tonic::Request::new(ListMandateEntriesRequest::default());
        request.set_timeout(Duration::from_secs(25));
        mandates.list_mandate_entries(request).await
    });
    let parent = below.join(&above).await;
    assert!(parent.exchange_time.is_none(), "joining does not wait for the exchange");
    let answer = asking.await.unwrap().unwrap().into_inner();
    assert_eq!(answer.verifier_key, BELOW, "the question that waited was answered above");
    assert_eq!(below.key_files().len(), 1);
    // A code that is no good leaves no key behind.
    let (_, fingerprint) = above.code(BELOW).await;
    let request = JoinParentRequest { url: above.url(), code: "AAAAA-AAAAA".into(), fingerprint };
    assert!(below.admin().await.join_parent(request).await.is_err());
    assert_eq!(below.key_files().len(), 1);
    above.close().await;
    below.close().await;
}
