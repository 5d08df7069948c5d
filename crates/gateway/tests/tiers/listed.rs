//! What a lower tier, and a service of the own tier, may call: every method of the contract is tried.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use minsheng_kit::client::PeerChannel;
use minsheng_kit::error::{Reason, reason_of};
use minsheng_kit::line::Line;
use minsheng_proto::DESCRIPTORS;
use minsheng_proto::identity::v1::Role;
use minsheng_proto::tier::v1::EnrolRequest;
use minsheng_proto::tier::v1::enrolment_service_client::EnrolmentServiceClient;
use tonic::Status;
use tonic::body::Body;
use tower::{Service, ServiceExt};

use crate::certificates::of_files;
use crate::house::{ABOVE, BELOW, Tier, clock, joined, reason};

fn every_path() -> Vec<String> {
    let mut paths: Vec<String> = DESCRIPTORS
        .services()
        .flat_map(|service| {
            let name = service.full_name().to_owned();
            service.methods().map(|method| format!("/{name}/{}", method.name())).collect::<Vec<_>>()
        })
        .collect();
    assert!(paths.len() > 60);
    paths.push("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo".into());
    paths.push("/made.up.Service/Method".into());
    paths.push("/minsheng.tier.v1.MandateService".into());
    paths
}

async fn post<S>(way: &mut S, path: &str, token: Option<&str>) -> Status
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Status>,
{
    let mut request = http::Request::post(path).header("content-type", "application/grpc").header("te", "trailers");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = Body::new(Full::new(Bytes::from_static(&[0; 5])).map_err(|never| match never {}));
    let answered = way.ready().await.unwrap().call(request.body(body).unwrap()).await;
    let response = match answered {
        Ok(response) => response,
        Err(status) => return status,
    };
    let at_once = Status::from_header_map(response.headers());
    let trailers = response.into_body().collect().await.unwrap().trailers().cloned();
    at_once.or_else(|| trailers.and_then(|trailers| Status::from_header_map(&trailers))).unwrap()
}

#[tokio::test]
async fn a_lower_tier_calls_what_is_listed_and_nothing_else() {
    let above = Tier::open(ABOVE, &clock()).await;
    let (code, _) = above.code(BELOW).await;
    let key_file = above.folder.path().join("made/t.key");
    let request = minsheng_kit::authority::request_certificate(&key_file, BELOW).unwrap();
    let request = EnrolRequest { code, certificate_request: request, ledgers: Vec::new() };
    let answer = EnrolmentServiceClient::new(above.line(None)).enrol(request).await.unwrap().into_inner();
    let certificate = above.folder.path().join("made/t.pem");
    std::fs::write(&certificate, answer.certificate_chain).unwrap();
    let mut line: Line = above.line(Some(of_files(&certificate, &key_file)));
    let listed = [
        "/minsheng.tier.v1.EnrolmentService/Renew",
        "/minsheng.tier.v1.WitnessService/ExchangeHeads",
        "/minsheng.tier.v1.MandateService/ListMandateEntries",
        "/minsheng.tier.v1.FilingService/FileSets",
        "/minsheng.tier.v1.FilingService/ListFilings",
    ];
    // Nor does a person's session on a tier's connection open anything.
    let session = above.log_in("security-admin").await;
    let mut tried = 0;
    for path in every_path() {
        for token in [None, Some(session.as_str())] {
            let status = post(&mut line, &path, token).await;
            if listed.contains(&path.as_str()) {
                assert_ne!(reason_of(&status), Some(Reason::NotAllowed), "{path}");
                tried += 1;
            } else {
                assert_eq!(reason_of(&status), Some(Reason::NotAllowed), "{path}: {status:?}");
            }
        }
    }
    assert_eq!(tried, 2 * listed.len());
    let health = post(&mut line, "/grpc.health.v1.Health/Check", None).await;
    assert_eq!(health.code(), tonic::Code::Ok);
    above.close().await;
}

#[tokio::test]
async fn a_service_calls_above_and_nothing_else_and_a_person_does_not() {
    let (above, below) = joined().await;
    let mut service: PeerChannel = below.of_service("reporting");
    for path in every_path() {
        let status = post(&mut service, &path, None).await;
        let above = path.contains("MandateService/") || path.contains("FilingService/");
        let open = path.ends_with("/LogIn") || path.ends_with("/Enrol");
        match (above, open) {
            (true, _) => assert_eq!(status.code(), tonic::Code::Ok, "{path}: {status:?}"),
            (_, true) => {}
            _ => assert_eq!(reason_of(&status), Some(Reason::NotAllowed), "{path}: {status:?}"),
        }
    }
    let office = below.account("ssb.zr", "ssb", &[Role::Office]).await;
    for path in every_path().iter().filter(|path| path.starts_with("/minsheng.tier.v1.") && !path.ends_with("/Enrol")) {
        let mut line = below.line(None);
        let status = post(&mut line, path, Some(&office)).await;
        assert!(matches!(reason(&status), Reason::NotAllowed | Reason::MethodUnknown), "{path}: {status:?}");
    }
    // A service's identity that was signed for another audience is none here.
    let signer = below.keys.signer("reporting").unwrap();
    let caller = minsheng_kit::identity::Caller::service("reporting", BELOW);
    let token = signer.sign(&caller, "catalogue", below.service.clock.now()).unwrap();
    let path = "/minsheng.tier.v1.MandateService/ListMandateEntries";
    assert_eq!(reason(&post(&mut below.line(None), path, Some(&token)).await), Reason::TokenInvalid);
    // Nor is one for a person, whoever signed it.
    let gateway = below.keys.signer("gateway").unwrap();
    let person = minsheng_testkit::caller("x", "P1", "", &[minsheng_kit::identity::Role::Tier]);
    let token = gateway.sign(&person, "gateway", below.service.clock.now()).unwrap();
    assert_eq!(reason(&post(&mut below.line(None), path, Some(&token)).await), Reason::TokenInvalid);
    above.close().await;
    below.close().await;
}
