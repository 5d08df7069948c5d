//! A service behind a tier's gateway: it trusts only signed identities, remembers who called, and keeps a real ledger.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use minsheng_gateway::Migrator;
use minsheng_kit::clock::ManualClock;
use minsheng_kit::error::Refusal;
use minsheng_kit::identity::{Caller, KeyRing, SignedIdentities, Verifier, caller};
use minsheng_kit::ledger::LedgerSigner;
use minsheng_kit::policy::{Action, Policies, Resource};
use minsheng_kit::server::{BoundServer, Services};
use minsheng_kit::service::Service;
use minsheng_kit::settings::{ServerSettings, load_with};
use minsheng_kit::store::{Database, Wants};
use minsheng_kit::telemetry::Readiness;
use minsheng_kit::writer::{Call, Command, Context};
use minsheng_proto::identity::v1::AuditRecorded;
use minsheng_proto::tier::v1::bundle_mandates_service_server::{BundleMandatesService, BundleMandatesServiceServer};
use minsheng_proto::tier::v1::bundle_sets_service_server::{BundleSetsService, BundleSetsServiceServer};
use minsheng_proto::tier::v1::filing_service_server::{FilingService, FilingServiceServer};
use minsheng_proto::tier::v1::mandate_service_server::{MandateService, MandateServiceServer};
use minsheng_proto::tier::v1::*;
use prost::Message;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

/// Bytes of a set that waits.
const LARGE: usize = 3 << 20;

/// Writes one entry.
#[derive(Debug)]
pub struct Note(pub String);

impl Command for Note {
    type Answer = ();

    fn wants(&self, _wants: &mut Wants) {}

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        context.record("note", &AuditRecorded { event: self.0.clone(), ..AuditRecorded::default() });
        Ok(())
    }
}

/// Writes so many entries into a service's ledger.
pub async fn write(service: &Service, word: &str, entries: usize) {
    for number in 0..entries {
        let call = Call::internal(service.caller.clone(), "Note");
        service.writer.run(Note(format!("{word} {number}")), call).await.unwrap();
    }
}

/// Opens a service of a division on a database file, with the keys of its tier.
pub async fn open(name: &'static str, division: &str, file: &Path, keys: &KeyRing, clock: &ManualClock) -> Service {
    let database = Database::open::<Migrator>(&format!("sqlite://{}", file.display())).await.unwrap();
    let key = keys.ledger_key(name).unwrap();
    let signer = LedgerSigner::new(&format!("minsheng/{division}/{name}"), &key).unwrap();
    let policies = Arc::new(Policies::load().unwrap());
    Service::start(name, division, database, signer, policies, Arc::new(clock.clone())).await.unwrap()
}

/// Who called.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Mutex<Vec<Caller>>>);

impl Seen {
    pub fn all(&self) -> Vec<Caller> {
        self.0.lock().unwrap().clone()
    }
}

/// Answers mandates and filings as a tier's catalogue and reporting would.
#[derive(Clone)]
struct Answers {
    seen: Seen,
    policies: Arc<Policies>,
    waiting: Arc<AtomicUsize>,
}

impl Answers {
    fn enter<T>(&self, request: &Request<T>, action: Action) -> Result<Caller, Status> {
        let caller = caller(request)?;
        self.seen.0.lock().unwrap().push(caller.clone());
        self.policies.check(&caller, action, &Resource::new("tier"))?;
        Ok(caller)
    }
}

#[tonic::async_trait]
impl MandateService for Answers {
    async fn list_mandate_entries(
        &self,
        request: Request<ListMandateEntriesRequest>,
    ) -> Result<Response<ListMandateEntriesResponse>, Status> {
        let caller = self.enter(&request, Action::ReadMandates)?;
        Ok(Response::new(ListMandateEntriesResponse { verifier_key: caller.division, ..Default::default() }))
    }
}

#[tonic::async_trait]
impl FilingService for Answers {
    async fn file_sets(&self, request: Request<FileSetsRequest>) -> Result<Response<FileSetsResponse>, Status> {
        self.enter(&request, Action::FileSets)?;
        let sets = request.into_inner().sets;
        let filed =
            sets.into_iter().map(|set| FiledSet { id: FigureSet::decode(set).unwrap().id, receipt: None }).collect();
        Ok(Response::new(FileSetsResponse { filed, ..Default::default() }))
    }

    async fn list_filings(
        &self,
        request: Request<ListFilingsRequest>,
    ) -> Result<Response<ListFilingsResponse>, Status> {
        self.enter(&request, Action::ReadFilings)?;
        Ok(Response::new(ListFilingsResponse::default()))
    }
}

/// Asks for mandates, and takes whatever comes.
#[tonic::async_trait]
impl BundleMandatesService for Answers {
    async fn pack_mandates(
        &self,
        request: Request<PackMandatesRequest>,
    ) -> Result<Response<PackMandatesResponse>, Status> {
        self.enter(&request, Action::PackParcel)?;
        Ok(Response::new(PackMandatesResponse { request: Some(ListMandateEntriesRequest::default()) }))
    }

    async fn take_mandates(
        &self,
        request: Request<TakeMandatesRequest>,
    ) -> Result<Response<TakeMandatesResponse>, Status> {
        self.enter(&request, Action::PackParcel)?;
        Ok(Response::new(TakeMandatesResponse::default()))
    }
}

/// Files as many sets as wait, each of them large, one a call.
#[tonic::async_trait]
impl BundleSetsService for Answers {
    async fn pack_sets(&self, request: Request<PackSetsRequest>) -> Result<Response<PackSetsResponse>, Status> {
        self.enter(&request, Action::PackParcel)?;
        let place: usize = request.get_ref().after.parse().unwrap_or_default();
        let waiting = self.waiting.load(Ordering::SeqCst);
        if place >= waiting {
            return Ok(Response::new(PackSetsResponse::default()));
        }
        let set = FigureSet { id: place.to_string(), missing: vec!["x".repeat(LARGE)], ..FigureSet::default() };
        let next = if place + 1 < waiting { (place + 1).to_string() } else { String::new() };
        let request = Some(FileSetsRequest { sets: vec![set.encode_to_vec().into()], ..FileSetsRequest::default() });
        Ok(Response::new(PackSetsResponse { request, next }))
    }

    async fn take_sets_answer(
        &self,
        request: Request<TakeSetsAnswerRequest>,
    ) -> Result<Response<TakeSetsAnswerResponse>, Status> {
        self.enter(&request, Action::PackParcel)?;
        let filed = request.into_inner().answer.unwrap_or_default().filed.len();
        Ok(Response::new(TakeSetsAnswerResponse { filed: filed.try_into().unwrap(), ..Default::default() }))
    }
}

/// A running service.
pub struct Behind {
    pub addr: SocketAddr,
    pub service: Service,
    pub seen: Seen,
    /// Sets that wait for the parent.
    pub waiting: Arc<AtomicUsize>,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Behind {
    pub async fn start(service: Service, keys: &KeyRing, listen: &str, clock: &ManualClock) -> Self {
        #[derive(serde::Deserialize)]
        struct All {
            server: ServerSettings,
        }
        let mut all: All = load_with("", None, []).unwrap();
        all.server.listen = listen.to_owned();
        let seen = Seen::default();
        let waiting = Arc::<AtomicUsize>::default();
        let answers = Answers { seen: seen.clone(), policies: service.policies.clone(), waiting: waiting.clone() };
        let services = Services::new()
            .with(MandateServiceServer::new(answers.clone()))
            .with(FilingServiceServer::new(answers.clone()))
            .with(BundleMandatesServiceServer::new(answers.clone()))
            .with(BundleSetsServiceServer::new(answers))
            .with(service.ledger_api());
        let verifier = Verifier::open(service.name, &keys.trusted_dir()).unwrap();
        let identities = Arc::new(SignedIdentities { verifier, clock: Arc::new(clock.clone()) });
        let bound = BoundServer::bind(&all.server, Readiness::default()).await.unwrap();
        let addr = bound.addr();
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        let serving = tokio::spawn(async move { bound.serve(services, identities, stopping).await.unwrap() });
        Self { addr, service, seen, waiting, stop, serving }
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.serving.await.unwrap();
    }
}
