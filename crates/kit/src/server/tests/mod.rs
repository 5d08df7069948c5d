//! A real server that answers by a word, for what people do to it.
#![allow(clippy::unwrap_used)]

mod calls;
mod limits;

use std::collections::HashMap;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use minsheng_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use minsheng_proto::ledger::v1::ledger_service_server::{LedgerService, LedgerServiceServer};
use minsheng_proto::ledger::v1::*;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status};

use super::*;
use crate::client::{DEADLINE, PeerChannel};
use crate::clock::{SharedClock, SystemClock};
use crate::error::{Reason, reason_of};
use crate::identity::{GATEWAY, KeyRing, Role, SignedIdentities, Verifier, caller};
use crate::line::{Line, Near};
use crate::settings::{self, ServerSettings};
use crate::telemetry::Readiness;

/// Answers by the word in `ledger`.
#[derive(Clone, Default)]
struct Words {
    working: Arc<AtomicUsize>,
}

struct Working(Arc<AtomicUsize>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

type Watched = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

#[tonic::async_trait]
impl LedgerService for Words {
    type WatchStream = Watched;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Watched>, Status> {
        let flood = request.get_ref().ledger == "flood";
        let first = WatchResponse { checkpoint: "x".repeat(16 * 1024), ..WatchResponse::default() };
        if flood {
            return Ok(Response::new(Box::pin(futures_util::stream::repeat(Ok(first)))));
        }
        let then_nothing = futures_util::stream::once(async { Ok(first) }).chain(futures_util::stream::pending());
        Ok(Response::new(Box::pin(then_nothing)))
    }

    async fn get_entry(&self, _: Request<GetEntryRequest>) -> Result<Response<GetEntryResponse>, Status> {
        Err(crate::error::Refusal::new(Reason::EntryUnknown).into())
    }

    async fn get_entries(&self, _: Request<GetEntriesRequest>) -> Result<Response<GetEntriesResponse>, Status> {
        Err(crate::error::Refusal::new(Reason::EntryUnknown).into())
    }

    async fn get_checkpoint(
        &self,
        request: Request<GetCheckpointRequest>,
    ) -> Result<Response<GetCheckpointResponse>, Status> {
        let caller = caller(&request)?;
        let answer = match request.get_ref().ledger.as_str() {
            "sleep" => {
                self.working.fetch_add(1, Ordering::SeqCst);
                let _working = Working(self.working.clone());
                tokio::time::sleep(Duration::from_secs(60)).await;
                String::new()
            }
            "panic" => panic!("on purpose"),
            "large" => "x".repeat(9 * 1024 * 1024),
            "headers" => format!("{:?}", request.metadata()),
            _ => caller.account,
        };
        Ok(Response::new(GetCheckpointResponse { checkpoint: answer, verifier_key: String::new() }))
    }

    async fn get_inclusion_proof(
        &self,
        _: Request<GetInclusionProofRequest>,
    ) -> Result<Response<GetInclusionProofResponse>, Status> {
        Err(Status::internal("a library's words with a secret"))
    }

    async fn get_consistency_proof(
        &self,
        _: Request<GetConsistencyProofRequest>,
    ) -> Result<Response<GetConsistencyProofResponse>, Status> {
        Ok(Response::new(GetConsistencyProofResponse::default()))
    }
}

struct Running {
    url: String,
    near: Near,
    words: Words,
    keys: KeyRing,
    readiness: Readiness,
    shutdown: CancellationToken,
    serving: tokio::task::JoinHandle<Result<(), BindError>>,
    _folder: tempfile::TempDir,
}

fn clock() -> SharedClock {
    Arc::new(SystemClock)
}

fn server_settings(change: impl FnOnce(&mut ServerSettings)) -> ServerSettings {
    #[derive(serde::Deserialize)]
    struct All {
        server: ServerSettings,
    }
    let mut all: All = settings::load_with("", None, []).unwrap();
    change(&mut all.server);
    all.server
}

async fn run(change: impl FnOnce(&mut ServerSettings)) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyRing::ensure(folder.path(), &[GATEWAY, "reporting", "catalogue"]).unwrap();
    let verifier = Verifier::open("catalogue", &keys.trusted_dir()).unwrap();
    let readiness = Readiness::default();
    let bound = BoundServer::bind(&server_settings(change), readiness.clone()).await.unwrap();
    let url = format!("http://{}", bound.addr());
    let near = bound.near();
    let words = Words::default();
    let services = Services::new().with(LedgerServiceServer::new(words.clone()));
    let shutdown = CancellationToken::new();
    let identities = Arc::new(SignedIdentities { verifier, clock: clock() });
    let serving = tokio::spawn(bound.serve(services, identities, shutdown.clone()));
    Running { url, near, words, keys, readiness, shutdown, serving, _folder: folder }
}

impl Running {
    fn peer(&self) -> PeerChannel {
        self.peer_over(Line::far(&self.url).unwrap())
    }

    fn peer_over(&self, line: Line) -> PeerChannel {
        let signer = self.keys.signer("reporting").unwrap();
        PeerChannel::new(line, "catalogue", signer, "430923", clock())
    }

    /// Both ways lead through the same door.
    fn clients(&self) -> [LedgerServiceClient<PeerChannel>; 2] {
        [self.client(), LedgerServiceClient::new(self.peer_over(Line::Near(self.near.clone())))]
    }

    fn client(&self) -> LedgerServiceClient<PeerChannel> {
        LedgerServiceClient::new(self.peer())
    }

    fn token(&self) -> String {
        let reporter = crate::identity::Caller {
            account: "jyj-tb".into(),
            person: "P1".into(),
            unit: "jyj".into(),
            division: "430923".into(),
            roles: [Role::Reporter].into(),
            service: None,
            session: "s".into(),
        };
        self.keys.signer(GATEWAY).unwrap().sign(&reporter, "catalogue", clock().now()).unwrap()
    }

    /// Posts one framed message as it is and gives the status that came back.
    async fn post(&self, path: &str, headers: &[(&str, &str)], frame: Bytes) -> Status {
        // Not tonic's channel: that one keeps deadlines by itself, and the server's is what is tried.
        let stream = TcpStream::connect(self.url.trim_start_matches("http://")).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = http::Request::post(format!("{}{path}", self.url)).header("content-type", "application/grpc");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = sender.send_request(request.body(Full::new(frame)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let trailers = body.collect().await.unwrap().trailers().cloned();
        let at_once = Status::from_header_map(&parts.headers);
        at_once.or_else(|| trailers.and_then(|trailers| Status::from_header_map(&trailers))).unwrap()
    }

    async fn checkpoint(&self, word: &str, headers: &[(&str, &str)]) -> Status {
        let bearer = format!("Bearer {}", self.token());
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers);
        self.post(CHECKPOINT, &all, frame(0, &GetCheckpointRequest { ledger: word.into() }.encode_to_vec())).await
    }
}

const CHECKPOINT: &str = "/minsheng.ledger.v1.LedgerService/GetCheckpoint";

fn frame(flag: u8, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(flag);
    frame.put_u32(u32::try_from(message.len()).unwrap());
    frame.put_slice(message);
    frame.freeze()
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn ask(ledger: &str) -> GetCheckpointRequest {
    GetCheckpointRequest { ledger: ledger.into() }
}

async fn closes(stream: &mut TcpStream, within: Duration) -> bool {
    let mut rest = Vec::new();
    tokio::time::timeout(within, stream.read_to_end(&mut rest)).await.is_ok()
}
