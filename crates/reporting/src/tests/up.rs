//! A county and its municipality over real connections: what is decided below is above exactly once, though calls and answers
//! are lost and the sender is started anew.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use minsheng_kit::client::PeerChannel;
use minsheng_kit::follower::Applier;
use minsheng_kit::identity::{Caller, KeyRing, Signer};
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_kit::line::Line;
use minsheng_kit::service::SERVICES;
use minsheng_kit::witness::{self, LedgerKeys, descend};
use minsheng_proto::catalogue::v1::{AllocationRow, MandateReference};
use minsheng_proto::common::v1::Quantity;
use minsheng_proto::ledger::v1::ledger_service_server::{LedgerService, LedgerServiceServer};
use minsheng_proto::ledger::v1::{
    Entry, EntryBody, GetCheckpointRequest, GetCheckpointResponse, GetConsistencyProofRequest,
    GetConsistencyProofResponse, GetEntriesRequest, GetEntriesResponse, GetEntryRequest, GetEntryResponse,
    GetInclusionProofRequest, GetInclusionProofResponse, WatchRequest, WatchResponse,
};
use minsheng_proto::reporting::v1::ReportState;
use minsheng_proto::tier::v1::filing_service_server::{FilingService, FilingServiceServer};
use minsheng_proto::tier::v1::{
    FigureMark, FigureSetReceived, FileSetsRequest, FileSetsResponse, ListFilingsRequest, ListFilingsResponse,
    MandatesGiven, MandatesReceived,
};
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed, VersionReference};
use prost::{Message, Name};
use tokio::sync::Notify;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use super::child::{Child, Ledger, read};
use super::programme::{programme, report_name};
use super::world::*;
use crate::follow::Learn;
use crate::service::Parts;
use crate::store;
use crate::uplink::Sender;

const ABOVE: &str = "programmes/430900-2023";

/// The county's verification as far as it is asked for entries.
#[derive(Clone)]
pub(super) struct Entries(pub(super) Arc<Mutex<Ledger>>);

#[tonic::async_trait]
impl LedgerService for Entries {
    type WatchStream = futures_util::stream::Empty<Result<WatchResponse, Status>>;

    async fn watch(&self, _: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Ok(Response::new(futures_util::stream::empty()))
    }

    async fn get_entry(&self, request: Request<GetEntryRequest>) -> Result<Response<GetEntryResponse>, Status> {
        let sequence = request.get_ref().sequence;
        let proven = self.0.lock().unwrap().proven(sequence);
        let entry = Some(Entry { sequence, body: proven.body.into(), ..Entry::default() });
        Ok(Response::new(GetEntryResponse { entry, receipt: proven.receipt }))
    }

    async fn get_entries(&self, request: Request<GetEntriesRequest>) -> Result<Response<GetEntriesResponse>, Status> {
        let ledger = self.0.lock().unwrap();
        let entries = request.get_ref().sequences.iter().map(|sequence| {
            let proven = ledger.proven(*sequence);
            let entry = Some(Entry { sequence: *sequence, body: proven.body.into(), ..Entry::default() });
            GetEntryResponse { entry, receipt: proven.receipt }
        });
        Ok(Response::new(GetEntriesResponse { entries: entries.collect() }))
    }

    async fn get_checkpoint(
        &self,
        _: Request<GetCheckpointRequest>,
    ) -> Result<Response<GetCheckpointResponse>, Status> {
        let verifier_key = self.0.lock().unwrap().key().verifier_key;
        Ok(Response::new(GetCheckpointResponse { verifier_key, ..GetCheckpointResponse::default() }))
    }

    async fn get_inclusion_proof(
        &self,
        _: Request<GetInclusionProofRequest>,
    ) -> Result<Response<GetInclusionProofResponse>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn get_consistency_proof(
        &self,
        _: Request<GetConsistencyProofRequest>,
    ) -> Result<Response<GetConsistencyProofResponse>, Status> {
        Err(Status::unimplemented("not asked for"))
    }
}

/// The municipality behind its gateway, which knows the county by its certificate. Of each three calls the first is lost on
/// the way, and of the second the answer.
struct Municipality {
    parts: Parts,
    calls: Arc<AtomicUsize>,
}

#[tonic::async_trait]
impl FilingService for Municipality {
    async fn file_sets(&self, mut request: Request<FileSetsRequest>) -> Result<Response<FileSetsResponse>, Status> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) % 3;
        if call == 0 {
            return Err(Status::unavailable("cut before"));
        }
        request.extensions_mut().insert(Arc::new(Caller::tier("430923")));
        let answer = self.parts.file_sets(request).await;
        if call == 1 { Err(Status::unavailable("cut after")) } else { answer }
    }

    async fn list_filings(
        &self,
        request: Request<ListFilingsRequest>,
    ) -> Result<Response<ListFilingsResponse>, Status> {
        self.parts.list_filings(request).await
    }
}

pub(super) async fn municipality() -> World {
    let mut world = World::new().await;
    let mut above = programme();
    above.name = ABOVE.to_owned();
    above.division = "430900".to_owned();
    above.allocation_table.as_mut().unwrap().rows = vec![AllocationRow {
        division: "430923".into(),
        display_name: "安化县".into(),
        cells: vec!["60".into()],
        mandate: true,
    }];
    world.issue(above, 1, "2023-02").await;
    world
}

/// The county, whose roads answer the municipality's; townships that are tiers of their own report shares of them.
pub(super) async fn county(tiers: &[&str]) -> World {
    let mut world = World::new().await;
    let mut below = programme();
    for row in &mut below.allocation_table.as_mut().unwrap().rows {
        row.mandate = tiers.contains(&row.division.as_str());
    }
    let roads = below.projects[0].indicators.iter_mut().find(|it| it.code == "8.1").unwrap();
    roads.mandates = vec![MandateReference {
        measure: format!("{ABOVE}/indicators/8.1/measures/8.1-1"),
        target: Some(Quantity { value: "60".into(), unit: "公里".into() }),
        own_measure: "8.1-1".into(),
        ..MandateReference::default()
    }];
    world.issue(below, 2, "2023-02").await;
    let given = MandatesGiven { programme: ABOVE.into(), programme_version: 1, ..MandatesGiven::default() };
    let mut ledger = Ledger::new("430900", "catalogue", 5);
    let entry = ledger.record_as(&MandatesGiven::full_name(), given.encode_to_vec());
    let received = MandatesReceived { entry: Some(ledger.proven(entry)), ..MandatesReceived::default() };
    let now = world.now();
    world.catalogue.entry("mandates", now, &received).await;
    world
}

pub(super) async fn serve<S>(service: S) -> String
where
    S: tonic::codegen::Service<
            http::Request<tonic::body::Body>,
            Response = http::Response<tonic::body::Body>,
            Error = std::convert::Infallible,
        > + tonic::server::NamedService
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send + 'static,
{
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap().with_nodelay(Some(true));
    let address = incoming.local_addr().unwrap();
    tokio::spawn(Server::builder().add_service(service).serve_with_incoming(incoming));
    format!("http://{address}")
}

/// Verification's ledger of the county, followed by its reporting.
pub(super) struct Decisions {
    ledger: Arc<Mutex<Ledger>>,
    applier: Applier,
}

impl Decisions {
    pub(super) fn new(world: &World, news: Arc<Notify>) -> Self {
        let ledger = Ledger::new("430923", "verification", 2);
        let verifier = LedgerVerifier::new(&ledger.key().verifier_key).unwrap();
        let learn = Arc::new(Learn::new(world.parts.rules.clone(), news));
        let applier = Applier::new("verification", verifier, learn, &world.parts.service);
        Self { ledger: Arc::new(Mutex::new(ledger)), applier }
    }

    pub(super) async fn decide<M: Message + Name>(&mut self, decision: &M) {
        let (sequence, proven) = {
            let mut ledger = self.ledger.lock().unwrap();
            let sequence = ledger.record(decision);
            (sequence, ledger.proven(sequence))
        };
        let entry = Entry { sequence, body: proven.body.into(), ..Entry::default() };
        let checkpoint = proven.receipt.unwrap().checkpoint;
        let batch = WatchResponse { entries: vec![entry], checkpoint, ledger_size: sequence + 1 };
        self.applier.take(batch).await.unwrap();
    }
}

pub(super) fn reference(number: i32, receipt: &minsheng_proto::common::v1::Receipt) -> Option<VersionReference> {
    Some(VersionReference {
        report: report_name("8.1", "2023-06"),
        version: number,
        submission_sequence: receipt.sequence,
        submission_leaf_hash: receipt.leaf_hash.clone(),
    })
}

pub(super) async fn all_answered(world: &World) {
    for _ in 0..600 {
        if store::outbox_pending(10, world.parts.service.database.reader()).await.unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the parent has not answered");
}

pub(super) async fn received(world: &World) -> Vec<FigureSetReceived> {
    let stored = world.parts.service.writer.ledger().entries(0, 1_000, usize::MAX).await.unwrap();
    let bodies = stored.iter().map(|entry| EntryBody::decode(entry.body.as_slice()).unwrap());
    let kept = bodies.filter(|body| body.kind == FigureSetReceived::full_name());
    kept.map(|body| FigureSetReceived::decode(body.payload).unwrap()).collect()
}

/// The county's lines to its own verification and, by its gateway, to the municipality.
pub(super) struct Lines {
    pub(super) verification: PeerChannel,
    pub(super) gateway: PeerChannel,
    calls: Arc<AtomicUsize>,
}

impl Lines {
    pub(super) async fn new(below: &World, above: &World, decisions: &Decisions) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let gateway = Municipality { parts: above.parts.clone(), calls: calls.clone() };
        let gateway = serve(FilingServiceServer::new(gateway)).await;
        let verification = serve(LedgerServiceServer::new(Entries(decisions.ledger.clone()))).await;
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyRing::ensure(folder.path(), &SERVICES).unwrap();
        let signer = Signer::open("reporting", &keys.identity_key_file("reporting")).unwrap();
        let channel = |audience: &str, url: &str| {
            let clock = below.parts.service.clock.clone();
            PeerChannel::new(Line::far(url).unwrap(), audience, signer.clone(), "430923", clock)
        };
        Self { verification: channel("verification", &verification), gateway: channel("gateway", &gateway), calls }
    }

    fn sender(&self, below: &World, news: &Arc<Notify>) -> tokio::task::JoinHandle<()> {
        let (verification, gateway) = (self.verification.clone(), self.gateway.clone());
        tokio::spawn(Sender::over(below.parts.service.clone(), verification, gateway, news.clone()).run())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_decided_below_is_above_once() {
    let (above, below) = (municipality().await, county(&[]).await);
    let news = Arc::new(Notify::new());
    let mut decisions = Decisions::new(&below, news.clone());
    let roads = vec![roads("12.5", &[("430923100", "12.5"), ("430923101", "0"), ("430923L01", "0")])];
    let filed = below.file(&head("jtj"), "8.1", "2023-06", content(roads.clone())).await.unwrap();
    let receipt = filed.receipt.unwrap();
    let passed = ReportPassed { version: reference(1, &receipt), values: roads.clone(), ..ReportPassed::default() };
    decisions.decide(&passed).await;

    let lines = Lines::new(&below, &above, &decisions).await;
    let first = lines.sender(&below, &news);
    all_answered(&below).await;
    let report = "8.1@430923";
    let name = format!("{ABOVE}/indicators/{report}/reports/2023-06");
    let kept = received(&above).await;
    assert_eq!((kept.len(), kept[0].report.as_str(), kept[0].division.as_str()), (1, name.as_str(), "430923"));
    let set = &read(&kept[0].set);
    assert_eq!((set.programme_version, set.mark()), (1, FigureMark::Fast));
    assert!(lines.calls.load(Ordering::SeqCst) >= 3, "a call and an answer were lost");

    // The sender ends; what is decided meanwhile waits for the next one.
    first.abort();
    let certified = ReportCertified { version: reference(1, &receipt), values: roads, ..ReportCertified::default() };
    decisions.decide(&certified).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(received(&above).await.len(), 1);
    let second = lines.sender(&below, &news);
    all_answered(&below).await;
    second.abort();
    let kept = received(&above).await;
    let marks: Vec<FigureMark> = kept.iter().map(|kept| read(&kept.set).mark()).collect();
    assert_eq!(marks, [FigureMark::Fast, FigureMark::Certified]);
    let reports = store::reports(&[name], above.parts.service.database.reader()).await.unwrap();
    assert_eq!((reports[0].state(), reports[0].version), (ReportState::Submitted, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_goes_up_with_the_entries_that_it_rests_on() {
    let (above, below) = (municipality().await, county(&["430923100", "430923101"]).await);
    let news = Arc::new(Notify::new());
    let mut decisions = Decisions::new(&below, news.clone());
    let mut township = Child::new("430923100");
    let set = township.fast("12.5");
    township.kept(&below, set).await;
    let report = township.report("2023-06");
    let ledger = below.parts.service.writer.ledger();
    let submitted = ledger.receipt(1).await.unwrap().unwrap();
    let passed = ReportPassed {
        version: Some(VersionReference {
            report,
            version: 1,
            submission_sequence: submitted.sequence,
            submission_leaf_hash: submitted.leaf_hash,
        }),
        values: vec![value("8.1@430923100-1", "12.5", "公里")],
        ..ReportPassed::default()
    };
    decisions.decide(&passed).await;
    let lines = Lines::new(&below, &above, &decisions).await;
    let sender = lines.sender(&below, &news);
    all_answered(&below).await;
    sender.abort();
    let kept = received(&above).await;
    assert_eq!(kept.len(), 1);
    let set = &read(&kept[0].set);
    assert_eq!(
        (set.values.as_slice(), set.missing.as_slice()),
        (&[value("8.1-1", "12.5", "公里")][..], &["430923101".to_owned()][..])
    );
    assert!(set.submission.is_none() && set.mark() == FigureMark::Fast);
    let origins: Vec<_> = set.attachments.iter().map(|it| it.receipt.as_ref().unwrap().origin.as_str()).collect();
    let own = ["minsheng/430923/verification", "minsheng/430923/reporting"];
    assert_eq!(origins, [own, ["minsheng/430923100/verification", "minsheng/430923100/reporting"]].concat());
    let name = format!("{ABOVE}/indicators/8.1@430923/reports/2023-06");
    let connection = above.parts.service.database.reader();
    let report = store::reports(&[name], connection).await.unwrap().remove(0);
    assert_eq!(report.state(), ReportState::Submitted);

    // Whoever has the report, the set and the keys comes down to the township's own submission.
    let keys = store::tier_keys(connection).await.unwrap();
    let keys: LedgerKeys = keys.iter().map(|row| LedgerVerifier::new(&row.verifier_key).unwrap()).collect();
    let ledger = above.parts.service.writer.ledger();
    let submitted = store::submitted(report.submission_sequence, ledger).await.unwrap().unwrap();
    let below = descend(&submitted, &witness::Entries::of_set(set, &keys).unwrap()).unwrap();
    assert!(below.composed && below.decided.decision.is_some());
    let township = below.parts[0].lower.as_ref().unwrap();
    let figure = township.decided.figure.as_ref().unwrap();
    assert_eq!(figure.submitted.report, "programmes/430923100-2023/indicators/2.1/reports/2023-06");
}
