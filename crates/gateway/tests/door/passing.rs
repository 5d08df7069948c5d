//! Calls that are passed on: as they came, both ways, and no longer than they may take.

use std::time::{Duration, Instant};

use minsheng_kit::error::Reason;
use minsheng_proto::catalogue::v1::GetCalendarRequest;
use minsheng_proto::catalogue::v1::calendar_service_client::CalendarServiceClient;
use minsheng_proto::identity::v1::{LogOutRequest, Role};
use minsheng_proto::ledger::v1::{GetCheckpointRequest, GetEntryRequest, WatchRequest};
use minsheng_proto::reporting::v1::{
    DownloadEvidenceRequest, FileArticleRequest, ListArticlesRequest, UploadEvidenceRequest,
    upload_evidence_request::Part,
};
use tonic::{Code, Request};

use crate::house::{House, reason, within};

fn article(bytes: usize) -> FileArticleRequest {
    FileArticleRequest { text: "x".repeat(bytes), request_id: "r".into(), ..FileArticleRequest::default() }
}

#[tokio::test]
async fn large_messages_pass_both_ways_and_larger_ones_do_not() {
    let house = House::open().await;
    let admin = house.admin().await;
    let door = house.account(&admin, "jyj.tb", "jyj", &[Role::Reporter]).await;
    let large = 4_000_000;
    let answer = door.articles().file_article(article(large)).await.unwrap().into_inner();
    assert_eq!(answer.article.unwrap().text.len(), large);
    let refused = door.articles().file_article(article(4_300_000)).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused)), (Code::ResourceExhausted, Reason::TooLarge));
    house.close().await;
}

#[tokio::test]
async fn what_a_service_says_is_wrong_arrives_whole() {
    use tonic_types::StatusExt;
    let house = House::open().await;
    let admin = house.admin().await;
    let door = house.account(&admin, "jyj.tb", "jyj", &[Role::Reporter]).await;
    let status = door.list("wrong").await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::InvalidArgument, Reason::FieldInvalid));
    let details = status.get_error_details();
    assert_eq!(details.bad_request().unwrap().field_violations[0].field, "period");
    assert!(details.bad_request().unwrap().field_violations[0].description.starts_with("期的写法不对"));
    assert_eq!(details.error_info().unwrap().metadata["given"], "wrong");
    house.close().await;
}

#[tokio::test]
async fn streams_pass_with_their_end() {
    let house = House::open().await;
    let admin = house.admin().await;
    let door = house.account(&admin, "jyj.tb", "jyj", &[Role::Reporter]).await;
    for (word, end) in [("plain", None), ("refused", Some(Reason::EvidenceUnknown))] {
        let request = DownloadEvidenceRequest { sha256: word.into() };
        let mut stream = door.evidence().download_evidence(request).await.unwrap().into_inner();
        for byte in 0..3 {
            assert_eq!(stream.message().await.unwrap().unwrap().chunk, vec![byte; 100_000]);
        }
        match end {
            None => assert!(stream.message().await.unwrap().is_none()),
            Some(end) => assert_eq!(reason(&stream.message().await.unwrap_err()), end),
        }
    }
    let chunk = |_| UploadEvidenceRequest { part: Some(Part::Chunk(vec![7; 256 * 1024])) };
    let upload = futures_util::stream::iter((0..64).map(chunk));
    let answer = door.evidence().upload_evidence(upload).await.unwrap().into_inner();
    assert_eq!(answer.size, 64 * 256 * 1024);
    house.close().await;
}

#[tokio::test]
async fn an_upload_ends_with_its_session() {
    let house = House::open().await;
    let admin = house.admin().await;
    let door = house.account(&admin, "jyj.tb", "jyj", &[Role::Reporter]).await;
    let uploader = door.clone();
    let endless =
        tokio::spawn(async move { uploader.evidence().upload_evidence(futures_util::stream::pending()).await });
    within(Duration::from_secs(5), "the upload has begun", || async { house.seen.count() == 1 }).await;
    door.sessions().log_out(LogOutRequest {}).await.unwrap();
    let started = Instant::now();
    let status = endless.await.unwrap().unwrap_err();
    assert_eq!(reason(&status), Reason::TokenInvalid);
    assert!(started.elapsed() < Duration::from_millis(1_500));
    house.close().await;
}

#[tokio::test]
async fn the_remaining_time_is_passed_on() {
    let house = House::open_with(|settings| settings.common.server.limits.call_seconds = 2).await;
    let admin = house.admin().await;
    let door = house.account(&admin, "jyj.tb", "jyj", &[Role::Reporter]).await;
    let passed = || {
        let (_, headers) = house.seen.last();
        minsheng_kit::server::parse_timeout(&headers["grpc-timeout"]).unwrap()
    };
    let slow = || ListArticlesRequest { period: "slow".into(), ..ListArticlesRequest::default() };
    let mut request = Request::new(slow());
    request.metadata_mut().insert("grpc-timeout", "400m".parse().unwrap());
    let started = Instant::now();
    let status = door.articles().list_articles(request).await.unwrap_err();
    // The client's library gives up by itself, and calls that a cancellation.
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
    assert!(passed() <= Duration::from_millis(400), "{:?}", passed());
    let status = door.articles().list_articles(slow()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::DeadlineExceeded, Reason::DeadlineExceeded));
    assert!(passed() <= Duration::from_secs(2), "the gateway's own limit: {:?}", passed());
    house.close().await;
}

#[tokio::test]
async fn a_service_that_is_down_is_unavailable() {
    let house = House::open().await;
    let admin = house.admin().await;
    let session = admin.clone();
    let request = GetCalendarRequest::default();
    let status = CalendarServiceClient::new(session.way()).get_calendar(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::Unavailable, Reason::ServiceUnavailable));
    house.close().await;
}

#[tokio::test]
async fn a_ledger_is_read_at_whoever_keeps_it() {
    let house = House::open().await;
    let admin = house.admin().await;
    let auditor = house.account(&admin, "auditor", "", &[Role::AuditAdmin]).await;
    for ledger in ["gateway", "reporting"] {
        let request = GetCheckpointRequest { ledger: ledger.into() };
        let answer = auditor.ledger().get_checkpoint(request).await.unwrap().into_inner();
        assert!(answer.checkpoint.starts_with(&format!("minsheng/430923/{ledger}\n")), "{}", answer.checkpoint);
        let request = WatchRequest { ledger: ledger.into(), after: 0 };
        let mut stream = auditor.ledger().watch(request).await.unwrap().into_inner();
        let first = stream.message().await.unwrap().unwrap();
        assert!(first.checkpoint.starts_with(&format!("minsheng/430923/{ledger}\n")));
    }
    let request = GetEntryRequest { ledger: "gateway".into(), sequence: 0 };
    let entry = auditor.ledger().get_entry(request).await.unwrap().into_inner();
    assert_eq!(entry.receipt.unwrap().origin, "minsheng/430923/gateway");
    let request = GetCheckpointRequest { ledger: "nobody's".into() };
    let status = auditor.ledger().get_checkpoint(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::LedgerUnknown);
    let request = GetCheckpointRequest { ledger: "x".repeat(100_000) };
    let status = auditor.ledger().get_checkpoint(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RequestInvalid);
    house.close().await;
}
