//! JSON by HTTP/1.1 and HTTP/2: the same passage, limits and refusals as gRPC, as the Connect protocol states them.

use std::time::{Duration, Instant};

use minsheng_proto::identity::v1::Role;
use minsheng_proto::reporting::v1::FileArticleRequest;
use prost::Message;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::house::{House, within};
use crate::wire::{BOTH, Wire, refused};

const LIST: &str = "minsheng.reporting.v1.ExperienceService/ListArticles";
const FILE: &str = "minsheng.reporting.v1.ExperienceService/FileArticle";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A house with a reporter in it.
async fn inhabited() -> House {
    let house = House::open().await;
    let admin = house.admin().await;
    house.account(&admin, "jyj.tb", "jyj", &[Role::Reporter]).await;
    house
}

#[tokio::test]
async fn a_person_logs_in_and_calls() {
    let house = inhabited().await;
    for protocol in BOTH {
        let wire = Wire::to(&house, protocol).log_in("jyj.tb").await;
        let answer = wire.call(LIST, "{}").await;
        assert_eq!((answer.status.as_u16(), &answer.json()), (200, &json!({})), "{protocol}");
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        let (caller, headers) = house.seen.last();
        assert_eq!((caller.account.as_str(), caller.person.as_str()), ("jyj.tb", "person-jyj.tb"));
        assert_eq!(
            (&headers["content-type"], headers.get("connect-timeout-ms")),
            (&"application/grpc".parse().unwrap(), None)
        );

        let article = json!({ "text": "甲\u{1F33E}", "requestId": "r" }).to_string();
        let kind = ("content-type", "Application/JSON; charset=UTF-8");
        let answer = wire.post(FILE, &[kind, ("connect-protocol-version", "1")], article).await;
        assert_eq!(answer.json()["article"]["text"], "甲\u{1F33E}", "{protocol}");
        let by_name = wire.call(FILE, r#"{"text":"a","request_id":"r"}"#).await;
        assert_eq!(by_name.status, 200, "a field may stand under its name in the proto file: {by_name:?}");
        let session = wire.call("minsheng.identity.v1.SessionService/GetSession", "").await;
        assert_eq!(session.json()["account"]["name"], "accounts/jyj.tb", "{session:?}");
        let ledger = wire.call("minsheng.ledger.v1.LedgerService/GetCheckpoint", r#"{"ledger":"nobody's"}"#).await;
        assert_eq!(ledger.refusal(), refused(404, "not_found", "LEDGER_UNKNOWN"));
        let health = Wire::to(&house, protocol).call("grpc.health.v1.Health/Check", "{}").await;
        assert_eq!((health.status.as_u16(), &health.json()), (200, &json!({ "status": "SERVING" })));
    }
    house.close().await;
}

#[tokio::test]
async fn a_service_that_refuses_is_heard_whole() {
    let house = inhabited().await;
    for protocol in BOTH {
        let wire = Wire::to(&house, protocol).log_in("jyj.tb").await;
        let answer = wire.call(LIST, r#"{"period":"wrong"}"#).await;
        assert_eq!(answer.refusal(), refused(400, "invalid_argument", "FIELD_INVALID"));
        let body = answer.json();
        let detail = |kind: &str| {
            let details = body["details"].as_array().unwrap();
            details.iter().find(|detail| detail["type"] == kind).unwrap()["debug"].clone()
        };
        assert_eq!(detail("google.rpc.ErrorInfo")["metadata"]["given"], "wrong");
        let violation = detail("google.rpc.BadRequest")["fieldViolations"][0].clone();
        assert_eq!(violation["field"], "period");
        assert!(violation["description"].as_str().unwrap().starts_with("期的写法不对"));
        assert!(body["details"][0]["value"].as_str().is_some_and(|bytes| !bytes.contains('=')));

        let denied = wire.call(LIST, r#"{"period":"office"}"#).await;
        assert_eq!(denied.refusal(), refused(403, "permission_denied", "NOT_ALLOWED"));
        let down = wire.call("minsheng.catalogue.v1.CalendarService/GetCalendar", "{}").await;
        assert_eq!(down.refusal(), refused(503, "unavailable", "SERVICE_UNAVAILABLE"));
    }
    let admin = house.admin().await;
    let auditor = house.account(&admin, "auditor", "", &[Role::AuditAdmin]).await;
    within(Duration::from_secs(5), "the refusal is audited once", || async {
        let events = auditor.audit_events().await;
        let refused = events.iter().filter(|event| event.event == "CALL_REFUSED" && event.account == "jyj.tb");
        refused.filter(|event| event.method == LIST && event.source == "127.0.0.1").count() == 1
    })
    .await;
    house.close().await;
}

#[tokio::test]
async fn what_json_lets_pass_and_the_contract_does_not() {
    let house = inhabited().await;
    let before = house.seen.count();
    for protocol in BOTH {
        let wire = Wire::to(&house, protocol).log_in("jyj.tb").await;
        let field = |text: &'static str| {
            let wire = wire.clone();
            async move {
                let answer = wire.call(FILE, text).await;
                assert_eq!(answer.refusal(), refused(400, "invalid_argument", "FIELD_INVALID"), "{text}");
                answer.json()["details"][1]["debug"]["fieldViolations"][0]["field"].as_str().unwrap().to_owned()
            }
        };
        assert_eq!(field(r#"{"text":"a","text":"b"}"#).await, "text");
        assert_eq!(field(r#"{"requestId":"a","request_id":"b"}"#).await, "request_id");
        assert_eq!(field(r#"{"text":"a","colour":{}}"#).await, "colour");
        assert_eq!(field(r#"{"text":["a"]}"#).await, "text");
        for text in ["{", "[]", "{} {}", "null", "{\"text\":\"\\ud800\"}", "{\"text\":1e400}", "<a/>", " "] {
            let answer = wire.call(FILE, text).await;
            assert_eq!(answer.refusal(), refused(400, "invalid_argument", "REQUEST_INVALID"), "{text}");
        }
        let utf8 = wire.post(FILE, &[JSON], b"{\"text\":\"\xff\"}".to_vec()).await;
        assert_eq!(utf8.refusal(), refused(400, "invalid_argument", "REQUEST_INVALID"));
        // Also where the gateway itself looks into the request.
        let ledger =
            wire.call("minsheng.ledger.v1.LedgerService/GetCheckpoint", r#"{"ledger":"a","ledger":"b"}"#).await;
        assert_eq!(ledger.refusal(), refused(400, "invalid_argument", "FIELD_INVALID"));
    }
    assert_eq!(house.seen.count(), before, "nothing came through");
    house.close().await;
}

#[tokio::test]
async fn sizes_are_bounded_as_in_grpc() {
    let house = inhabited().await;
    for protocol in BOTH {
        let wire = Wire::to(&house, protocol).log_in("jyj.tb").await;
        let article = |size: usize| json!({ "text": "x".repeat(size), "requestId": "r" }).to_string();
        let answer = wire.call(FILE, &article(4_000_000)).await;
        assert_eq!(answer.json()["article"]["text"].as_str().unwrap().len(), 4_000_000);
        let answer = wire.call(FILE, &article(4_200_000)).await;
        assert_eq!(answer.refusal(), refused(429, "resource_exhausted", "TOO_LARGE"));
        // A bomb: packed it is small.
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, article(6_000_000).as_bytes()).unwrap();
        let answer = wire.post(FILE, &[JSON, ("content-encoding", "gzip")], packed.finish().unwrap()).await;
        assert_eq!(answer.refusal(), refused(429, "resource_exhausted", "TOO_LARGE"));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, article(5).as_bytes()).unwrap();
        let answer = wire.post(FILE, &[JSON, ("content-encoding", "gzip")], packed.finish().unwrap()).await;
        assert_eq!(answer.json()["article"]["text"], "xxxxx");
        // Nobody unknown may say much where it need not be said who calls.
        let wordy = json!({ "account": "a", "password": "x".repeat(100_000) }).to_string();
        let answer = Wire::to(&house, protocol).call("minsheng.identity.v1.SessionService/LogIn", &wordy).await;
        assert_eq!(answer.refusal(), refused(429, "resource_exhausted", "TOO_LARGE"));
    }
    house.close().await;
}

#[tokio::test]
async fn what_is_not_spoken_is_said_so() {
    let house = inhabited().await;
    for protocol in BOTH {
        let wire = Wire::to(&house, protocol).log_in("jyj.tb").await;
        for kind in [
            "",
            "text/plain",
            "application/jsonp",
            "application/json; charset=gbk",
            "application/connect+json",
            "application/x-www-form-urlencoded",
        ] {
            let answer = wire.post(LIST, &[("content-type", kind)], "{}").await;
            assert_eq!((answer.status.as_u16(), answer.body.len()), (415, 0), "{kind}");
            assert!(answer.headers["accept-post"].to_str().unwrap().contains("application/json"), "{kind}");
        }
        let got = wire.send("GET", LIST, &[JSON], "").await;
        assert_eq!((got.status.as_u16(), &got.headers["allow"]), (405, &"POST".parse().unwrap()));
        let streams = wire.call("minsheng.reporting.v1.EvidenceService/DownloadEvidence", "{}").await;
        assert_eq!(streams.refusal(), refused(501, "unimplemented", "METHOD_UNKNOWN"));
        for path in ["made.up.Service/Method", "", "minsheng.reporting.v1.ExperienceService/listArticles"] {
            assert_eq!(
                wire.call(path, "{}").await.refusal(),
                refused(501, "unimplemented", "METHOD_UNKNOWN"),
                "{path}"
            );
        }
        let with = |name, value| {
            let wire = wire.clone();
            async move { wire.post(LIST, &[JSON, (name, value)], "{}").await.refusal() }
        };
        let unreadable = refused(400, "invalid_argument", "REQUEST_INVALID");
        assert_eq!(with("connect-protocol-version", "2").await, unreadable);
        assert_eq!(with("connect-timeout-ms", "soon").await, unreadable);
        assert_eq!(with("content-encoding", "br").await, refused(501, "unimplemented", "METHOD_UNKNOWN"));
    }
    let grpc = Wire::to(&house, "http/1.1").post(LIST, &[("content-type", "application/grpc")], "").await;
    assert_eq!(grpc.status, 505, "gRPC needs HTTP/2");
    house.close().await;
}

#[tokio::test]
async fn protobuf_without_frames_is_spoken_too() {
    let house = inhabited().await;
    for protocol in BOTH {
        let wire = Wire::to(&house, protocol).log_in("jyj.tb").await;
        let kind = ("content-type", "application/proto");
        let article =
            FileArticleRequest { text: "甲".into(), request_id: "r".into(), ..FileArticleRequest::default() };
        let answer = wire.post(FILE, &[kind], article.encode_to_vec()).await;
        assert_eq!(answer.headers["content-type"], "application/proto");
        let answer = minsheng_proto::reporting::v1::FileArticleResponse::decode(answer.body).unwrap();
        assert_eq!(answer.article.unwrap().text, "甲");
        let refusal = wire.post(FILE, &[kind], vec![0xff; 30]).await;
        assert_eq!(refusal.refusal(), refused(400, "invalid_argument", "REQUEST_INVALID"));
    }
    house.close().await;
}

#[tokio::test]
async fn deadlines_are_kept() {
    let house = inhabited().await;
    for protocol in BOTH {
        let wire = Wire::to(&house, protocol).log_in("jyj.tb").await;
        let slow = |allowed: &'static str| {
            let wire = wire.clone();
            let headers = [JSON, ("connect-timeout-ms", allowed), ("grpc-timeout", "1n")];
            async move { wire.post(LIST, &headers, r#"{"period":"slow"}"#).await }
        };
        let late = refused(504, "deadline_exceeded", "DEADLINE_EXCEEDED");
        let started = Instant::now();
        assert_eq!(slow("400").await.refusal(), late);
        assert!(started.elapsed() < Duration::from_secs(5));
        let (_, headers) = house.seen.last();
        let passed = minsheng_kit::server::parse_timeout(&headers["grpc-timeout"]).unwrap();
        assert!(passed <= Duration::from_millis(400) && passed > Duration::from_millis(1), "{passed:?}");
        assert_eq!(slow("0").await.refusal(), late);
    }
    house.close().await;
}

#[tokio::test]
async fn a_slow_body_ends_with_the_call() {
    let house = House::open_with(|settings| settings.common.server.limits.call_seconds = 1).await;
    let wire = Wire::to(&house, "http/1.1").admin().await;
    let mut stream = wire.connect().await;
    let head = format!(
        "POST /{LIST} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\n\r\n{{\"period\":",
        wire.token.as_ref().unwrap()
    );
    let started = Instant::now();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 504 ") && answer.contains("DEADLINE_EXCEEDED"), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(house.seen.count(), 0);
    house.close().await;
}

#[tokio::test]
async fn who_does_not_say_who_calls_is_not_listened_to() {
    let house = House::open().await;
    let wire = Wire::to(&house, "http/1.1");
    for token in ["", "authorization: Bearer x\r\n"] {
        // The body never comes: whoever waited for it would not answer.
        let head = format!(
            "POST /{FILE} HTTP/1.1\r\nhost: localhost\r\n{token}content-type: application/json\r\n\
             content-length: 1000000000\r\n\r\n"
        );
        let answer = wire.raw(head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("TOKEN_INVALID"), "{answer}");
        assert!(answer.contains("www-authenticate: Bearer") && answer.contains("connection: close"), "{answer}");
        let chunked = head.replace("content-length: 1000000000", "transfer-encoding: chunked");
        let answer = wire.raw(format!("{chunked}5\r\n{{\"tex").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    house.close().await;
}

/// Two ways to say where a body ends: what one reading takes for a body is never a second call by the other.
#[tokio::test]
async fn nothing_is_smuggled_in_a_body() {
    let house = inhabited().await;
    let wire = Wire::to(&house, "http/1.1").log_in("jyj.tb").await;
    let token = wire.token.clone().unwrap();
    let head = |framing: &str| {
        format!(
            "POST /{LIST} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\n{framing}\r\n\r\n"
        )
    };
    let inner = head("connection: close\r\ncontent-length: 2").replace(LIST, FILE) + "{}";
    let before = house.seen.count();
    let malformed = [
        "content-length: 2\r\ncontent-length: 3",
        "content-length: +2",
        "content-length: 2, 2",
        "content-length: -1",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: gzip",
        "transfer-encoding : chunked",
        "content-length: 99999999999999999999",
        "bad header",
    ];
    for framing in malformed {
        let answer = wire.raw(format!("{}{{}}{inner}", head(framing)).as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{framing}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{framing}: {answer}");
    }
    assert_eq!(house.seen.count(), before);
    // Both framings: the chunks count, and what the length would have hidden or shown does not.
    let hidden = format!("{:x}\r\n{{\"period\":\"{}\"}}\r\n0\r\n\r\n", 13 + 2, "abc");
    for framing in
        ["content-length: 2\r\ntransfer-encoding: chunked", "transfer-encoding: chunked\r\ncontent-length: 2"]
    {
        let framing = format!("connection: close\r\n{framing}");
        let answer = wire.raw(format!("{}{hidden}{inner}", head(&framing)).as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{framing}: {answer}");
    }
    let reached = house.seen.count();
    assert!(reached <= before + 2, "no call was made of a body");
    // A head that is too long, or that never ends.
    let long = head(&format!("x-long: {}", "x".repeat(40_000)));
    let answer = wire.raw(long.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(house.seen.count(), reached);
    house.close().await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_not_waited_for() {
    let house = House::open_with(|settings| settings.common.server.limits.handshake_seconds = 1).await;
    let wire = Wire::to(&house, "http/1.1");
    let started = Instant::now();
    wire.raw(b"POST / HTTP/1.1\r\nhost: loc").await;
    assert!(started.elapsed() < Duration::from_secs(10));
    let started = Instant::now();
    wire.raw(b"").await;
    assert!(started.elapsed() < Duration::from_secs(10));
    house.close().await;
}

#[tokio::test]
async fn one_connection_carries_call_after_call() {
    let house = inhabited().await;
    let wire = Wire::to(&house, "http/1.1").log_in("jyj.tb").await;
    let call = |last: &str| {
        format!(
            "POST /{LIST} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n{last}\
             content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}",
            wire.token.as_ref().unwrap()
        )
    };
    let three = format!("{}{}{}", call(""), call(""), call("connection: close\r\n"));
    let answer = wire.raw(three.as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
    // A program that names no protocol speaks HTTP/1.1.
    let mut unnamed = wire.connect_with(&[]).await;
    unnamed.write_all(call("connection: close\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    unnamed.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    house.close().await;
}

#[tokio::test]
async fn pages_may_call_only_from_where_the_settings_say() {
    let closed = inhabited().await;
    let page = ("origin", "https://figures.example");
    let asks = [page, ("access-control-request-method", "POST")];
    for protocol in BOTH {
        let wire = Wire::to(&closed, protocol).log_in("jyj.tb").await;
        let asked = wire.send("OPTIONS", LIST, &asks, "").await;
        assert_eq!(asked.status, 403);
        let called = wire.post(LIST, &[JSON, page], "{}").await;
        assert!(!called.headers.contains_key("access-control-allow-origin"), "{called:?}");
    }
    closed.close().await;
    let house = House::open_with(|settings| settings.own.door.origins = vec!["https://figures.example".into()]).await;
    for protocol in BOTH {
        let wire = Wire::to(&house, protocol);
        let asked = wire.send("OPTIONS", LIST, &asks, "").await;
        assert_eq!(
            (asked.status.as_u16(), &asked.headers["access-control-allow-origin"]),
            (204, &page.1.parse().unwrap())
        );
        assert!(asked.headers["access-control-allow-headers"].to_str().unwrap().contains("authorization"));
        let called = wire.post(LIST, &[JSON, page], "{}").await;
        assert_eq!(called.refusal(), refused(401, "unauthenticated", "TOKEN_INVALID"));
        assert_eq!(
            (&called.headers["access-control-allow-origin"], &called.headers["vary"]),
            (&page.1.parse().unwrap(), &"origin".parse().unwrap())
        );
        let other = wire.post(LIST, &[JSON, ("origin", "https://other.example")], "{}").await;
        assert!(!other.headers.contains_key("access-control-allow-origin"), "{other:?}");
    }
    house.close().await;
}
