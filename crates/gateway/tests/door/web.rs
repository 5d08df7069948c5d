//! gRPC-Web: single calls and streams of answers, with the trailers as the last message.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minsheng_kit::error::{Reason, reason_of};
use minsheng_proto::identity::v1::Role;
use minsheng_proto::reporting::v1::{
    DownloadEvidenceRequest, DownloadEvidenceResponse, FileArticleRequest, FileArticleResponse, ListArticlesRequest,
};
use prost::Message;
use tonic::{Code, Status};

use crate::house::House;
use crate::wire::{Answer, BOTH, Wire};

const FILE: &str = "minsheng.reporting.v1.ExperienceService/FileArticle";
const LIST: &str = "minsheng.reporting.v1.ExperienceService/ListArticles";
const DOWNLOAD: &str = "minsheng.reporting.v1.EvidenceService/DownloadEvidence";
const BINARY: &str = "application/grpc-web+proto";
const TEXT: &str = "application/grpc-web-text";

fn frame(message: &impl Message) -> Vec<u8> {
    let message = message.encode_to_vec();
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    frame
}

/// Base64 whose pieces may each be padded.
fn unpacked(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    for piece in text.chunks(4) {
        plain.extend(STANDARD.decode(piece).unwrap());
    }
    plain
}

/// The messages of an answer, and the status that closes it.
fn read(answer: &Answer, kind: &str) -> (Vec<Vec<u8>>, Status) {
    assert_eq!(answer.status, 200);
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with(kind), "{answer:?}");
    assert!(answer.trailers.is_empty(), "nobody reads trailers here");
    if let Some(status) = Status::from_header_map(&answer.headers) {
        assert!(answer.body.is_empty());
        return (Vec::new(), status);
    }
    let plain = if kind == TEXT { unpacked(&answer.body) } else { answer.body.to_vec() };
    let (mut rest, mut messages) = (plain.as_slice(), Vec::new());
    loop {
        let length = u32::from_be_bytes(rest[1..5].try_into().unwrap()) as usize;
        let (message, after) = rest[5..].split_at(length);
        if rest[0] == 0x80 {
            assert!(after.is_empty(), "trailers come last");
            let text = std::str::from_utf8(message).unwrap();
            let lines = text.split_terminator("\r\n").map(|line| line.split_once(':').unwrap());
            let trailers: BTreeMap<&str, &str> = lines.collect();
            let trailers = trailers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            return (messages, Status::from_header_map(&trailers.collect()).unwrap());
        }
        messages.push(message.to_vec());
        rest = after;
    }
}

async fn call(wire: &Wire, kind: &str, method: &str, message: &impl Message) -> (Vec<Vec<u8>>, Status) {
    let frame = frame(message);
    let body = if kind == TEXT { STANDARD.encode(frame).into_bytes() } else { frame };
    let headers = [("content-type", kind), ("x-grpc-web", "1"), ("accept", kind)];
    read(&wire.post(method, &headers, body).await, kind)
}

#[tokio::test]
async fn calls_and_streams_come_with_their_end() {
    let house = House::open().await;
    let admin = house.admin().await;
    house.account(&admin, "jyj.tb", "jyj", &[Role::Reporter]).await;
    for (protocol, kind) in BOTH.iter().flat_map(|protocol| [(*protocol, BINARY), (*protocol, TEXT)]) {
        let wire = Wire::to(&house, protocol).log_in("jyj.tb").await;
        let article = FileArticleRequest { text: "甲".repeat(100_000), request_id: "r".into(), ..Default::default() };
        let (messages, status) = call(&wire, kind, FILE, &article).await;
        assert_eq!((status.code(), messages.len()), (Code::Ok, 1), "{protocol} {kind}");
        let answer = FileArticleResponse::decode(messages[0].as_slice()).unwrap();
        assert_eq!(answer.article.unwrap().text, article.text);

        for (word, end) in [("plain", None), ("refused", Some(Reason::EvidenceUnknown))] {
            let (messages, status) =
                call(&wire, kind, DOWNLOAD, &DownloadEvidenceRequest { sha256: word.into() }).await;
            assert_eq!(reason_of(&status), end, "{status:?}");
            assert_eq!(status.code() == Code::Ok, end.is_none());
            let chunks =
                messages.iter().map(|message| DownloadEvidenceResponse::decode(message.as_slice()).unwrap().chunk);
            assert!(chunks.eq((0..3).map(|byte| vec![byte; 100_000])), "{protocol} {kind} {word}");
        }
        let request = ListArticlesRequest { period: "wrong".into(), ..ListArticlesRequest::default() };
        let (messages, status) = call(&wire, kind, LIST, &request).await;
        assert_eq!((messages.len(), reason_of(&status)), (0, Some(Reason::FieldInvalid)));
        let (_, status) = call(&Wire::to(&house, protocol), kind, LIST, &request).await;
        assert_eq!(reason_of(&status), Some(Reason::TokenInvalid));
    }
    house.close().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_the_callers_fault() {
    let house = House::open().await;
    let wire = Wire::to(&house, "http/1.1").admin().await;
    let before = house.seen.count();
    for body in ["AAAAA", "AAAA=", "*&^%", "AA==AAAA"] {
        let (_, status) = read(&wire.post(LIST, &[("content-type", TEXT)], body).await, TEXT);
        assert_eq!(reason_of(&status), Some(Reason::RequestInvalid), "{body} {status:?}");
    }
    let large = FileArticleRequest { text: "x".repeat(4_300_000), ..FileArticleRequest::default() };
    let (_, status) = call(&wire, BINARY, FILE, &large).await;
    assert_eq!(reason_of(&status), Some(Reason::TooLarge));
    assert_eq!(house.seen.count(), before);
    house.close().await;
}
