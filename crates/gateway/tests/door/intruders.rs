//! Who comes without a token, with claims of its own, or too often.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use minsheng_kit::error::{Reason, reason_of};
use minsheng_proto::DESCRIPTORS;
use minsheng_proto::identity::v1::{GetSessionRequest, ListAccountsRequest, ListAuditEventsRequest, Role};
use minsheng_proto::ledger::v1::WatchRequest;
use minsheng_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use minsheng_proto::reporting::v1::{FileArticleRequest, ListArticlesRequest};
use tonic::{Code, Request, Status};
use tower::{Service, ServiceExt};

use crate::house::{Door, House, PASSWORD, reason, within};
use crate::wire::{Wire, refused};

async fn post(door: &Door, path: &str, headers: &[(&str, &str)], message: &[u8]) -> Status {
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    let mut request = http::Request::post(path).header("content-type", "application/grpc").header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = tonic::body::Body::new(Full::new(Bytes::from(frame)));
    let mut channel = door.channel();
    let response = channel.ready().await.unwrap().call(request.body(body).unwrap()).await.unwrap();
    let at_once = Status::from_header_map(response.headers());
    let trailers = response.into_body().collect().await.unwrap().trailers().cloned();
    at_once.or_else(|| trailers.and_then(|trailers| Status::from_header_map(&trailers))).unwrap()
}

/// A1.
#[tokio::test]
async fn without_a_token_nothing_is_open_but_health_logging_in_and_enrolling() {
    let house = House::open().await;
    let mut paths: Vec<String> = DESCRIPTORS
        .services()
        .flat_map(|service| {
            let name = service.full_name().to_owned();
            service.methods().map(|method| format!("/{name}/{}", method.name())).collect::<Vec<_>>()
        })
        .collect();
    assert!(paths.len() > 50);
    paths.push("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo".into());
    paths.push("/made.up.Service/Method".into());
    let signed = house.keys.signer("gateway").unwrap();
    let forged = minsheng_testkit::caller("jyj.tb", "P1", "jyj", &[minsheng_kit::identity::Role::Office]);
    let forged = signed.sign(&forged, "reporting", house.service.clock.now()).unwrap();
    let bearer = format!("Bearer {forged}");
    for path in &paths {
        for headers in [&[][..], &[("authorization", "Bearer x")], &[("authorization", bearer.as_str())]] {
            let status = post(&house.door(), path, headers, &[]).await;
            assert_eq!(status.code(), Code::Unauthenticated, "{path}");
            let expected = match path.rsplit('/').next().unwrap() {
                "LogIn" => Reason::CredentialsInvalid,
                "Enrol" => Reason::EnrolmentCodeInvalid,
                _ => Reason::TokenInvalid,
            };
            assert_eq!(reason_of(&status), Some(expected), "{path} {headers:?}");
        }
    }
    assert_eq!(house.seen.count(), 0, "nothing came through");
    assert_eq!(post(&house.door(), "/grpc.health.v1.Health/Check", &[], &[]).await.code(), Code::Ok);
    house.close().await;
}

/// A1 again, by JSON.
#[tokio::test]
async fn without_a_token_json_opens_no_more_than_grpc() {
    let house = House::open().await;
    let mut methods: Vec<String> = DESCRIPTORS
        .services()
        .flat_map(|service| {
            let name = service.full_name().to_owned();
            service.methods().map(|method| format!("{name}/{}", method.name())).collect::<Vec<_>>()
        })
        .collect();
    methods.push("grpc.reflection.v1.ServerReflection/ServerReflectionInfo".into());
    methods.push("made.up.Service/Method".into());
    let wire = Wire::to(&house, "http/1.1");
    let token = house.door().log_in("security-admin", PASSWORD).await.unwrap().token;
    let cookie = format!("token={token}; session={token}");
    let mut told = std::collections::BTreeSet::new();
    for method in &methods {
        for headers in [&[][..], &[("authorization", "Bearer x")], &[("cookie", cookie.as_str()), ("x-user-id", "P1")]]
        {
            let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
            let answer = wire.post(method, &headers, "{}").await;
            let expected = match method.rsplit('/').next().unwrap() {
                "LogIn" => "CREDENTIALS_INVALID",
                "Enrol" => "ENROLMENT_CODE_INVALID",
                _ => "TOKEN_INVALID",
            };
            assert_eq!(answer.refusal(), refused(401, "unauthenticated", expected), "{method} {headers:?}");
            told.insert(answer.body);
        }
    }
    assert_eq!(told.len(), 3, "the same words whatever is asked for");
    assert_eq!(house.seen.count(), 0, "nothing came through");
    house.close().await;
}

/// A8, at the gateway and straight at the service behind it.
#[tokio::test]
async fn claims_of_ones_own_are_stripped() {
    let house = House::open().await;
    let admin = house.admin().await;
    let door = house.account(&admin, "jyj.tb", "jyj", &[Role::Reporter]).await;
    let mut request = Request::new(ListArticlesRequest::default());
    for name in ["x-user-id", "x-forwarded-for", "x-forwarded-client-cert", "x-roles", "cookie", "x-real-ip"] {
        request.metadata_mut().insert(name, "P99".parse().unwrap());
    }
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    request.metadata_mut().insert("traceparent", traceparent.parse().unwrap());
    door.articles().list_articles(request).await.unwrap();
    let (caller, headers) = house.seen.last();
    assert_eq!((caller.account.as_str(), caller.person.as_str()), ("jyj.tb", "person-jyj.tb"));
    assert!(!format!("{headers:?}").contains("P99"), "{headers:?}");
    assert_eq!(headers["traceparent"], traceparent);

    let straight = tokio::net::TcpStream::connect(house.behind).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(straight)).await.unwrap();
    tokio::spawn(connection);
    let request =
        http::Request::post(format!("http://{}/minsheng.reporting.v1.ExperienceService/ListArticles", house.behind))
            .header("content-type", "application/grpc")
            .header("x-user-id", "P1")
            .header("x-forwarded-client-cert", "Subject=gateway")
            .body(Full::new(Bytes::from_static(&[0, 0, 0, 0, 0])))
            .unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = Status::from_header_map(response.headers()).unwrap();
    assert_eq!(reason(&status), Reason::TokenInvalid);
    house.close().await;
}

#[tokio::test]
async fn plain_text_is_not_spoken() {
    let house = House::open().await;
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{}", house.addr)).unwrap().connect_lazy();
    let answer = LedgerServiceClient::new(channel).watch(WatchRequest::default()).await;
    assert!(answer.is_err());
    house.close().await;
}

#[tokio::test]
async fn one_account_may_not_ask_for_everything() {
    let house = House::open_with(|settings| {
        settings.own.callers.calls_per_second = 5;
        settings.own.callers.burst = 30;
        settings.own.callers.concurrent = 4;
    })
    .await;
    let admin = house.admin().await;
    let greedy = house.account(&admin, "greedy", "", &[Role::Viewer]).await;
    let other = house.account(&admin, "other", "", &[Role::Viewer]).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        let door = greedy.clone();
        open.push(tokio::spawn(async move { door.list("slow").await }));
    }
    within(Duration::from_secs(5), "four calls are open", || async { house.seen.count() >= 4 }).await;
    let refused = greedy.list("").await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::ResourceExhausted, Reason::TooManyRequests));
    open.iter().for_each(|call| call.abort());
    within(Duration::from_secs(5), "there is room again", || async { greedy.list("").await.is_ok() }).await;
    let mut refused = 0;
    for _ in 0..100 {
        refused += usize::from(greedy.list("").await.is_err());
    }
    assert!(refused > 40, "{refused}");
    other.list("").await.expect("others are served");
    house.close().await;
}

#[tokio::test]
async fn refused_calls_are_audited_once() {
    let house = House::open().await;
    let admin = house.admin().await;
    let reporter = house.account(&admin, "jyj.tb", "jyj", &[Role::Reporter]).await;
    let auditor = house.account(&admin, "auditor", "", &[Role::AuditAdmin]).await;
    for _ in 0..50 {
        assert_eq!(reason(&reporter.list("office").await.unwrap_err()), Reason::NotAllowed);
    }
    let again = FileArticleRequest { request_id: "again".into(), ..FileArticleRequest::default() };
    assert_eq!(reason(&reporter.articles().file_article(again).await.unwrap_err()), Reason::RequestIdReused);
    assert_eq!(
        reporter.accounts().list_accounts(ListAccountsRequest::default()).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    assert_eq!(
        reporter.audit().list_audit_events(ListAuditEventsRequest::default()).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    within(Duration::from_secs(5), "all refusals are audited", || async {
        auditor.audit_events().await.iter().filter(|event| event.event == "CALL_REFUSED").count() == 4
    })
    .await;
    let events = auditor.audit_events().await;
    let refused = events.iter().find(|event| event.method == "minsheng.reporting.v1.ExperienceService/ListArticles");
    let refused = refused.unwrap();
    assert_eq!(
        (refused.account.as_str(), refused.person.as_str(), refused.reason.as_str(), refused.source.as_str()),
        ("jyj.tb", "person-jyj.tb", "NOT_ALLOWED", "127.0.0.1")
    );
    let numbers: Vec<u64> = events.iter().map(|event| event.sequence).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>(), "every entry of the ledger, in order, by pages");
    let kinds = |kind: &str| events.iter().filter(|event| event.event == kind).count();
    assert_eq!((kinds("ACCOUNT_CREATED"), kinds("LOGIN")), (3, 3));
    house.close().await;
}

#[tokio::test]
async fn a_token_is_nowhere_in_the_database() {
    let house = House::open().await;
    let session = house.door().log_in("security-admin", PASSWORD).await.unwrap();
    let door = house.door().with(&session.token);
    door.sessions().get_session(GetSessionRequest {}).await.unwrap();
    let file = house.database_file();
    let stored: Vec<u8> = ["", "-wal"]
        .iter()
        .flat_map(|suffix| std::fs::read(format!("{}{suffix}", file.display())).unwrap_or_default())
        .collect();
    let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("security-admin") && !holds(&session.token) && !holds(PASSWORD));
    house.close().await;
}
