//! A tier's gateway as far as it exchanges heads. The real exchange runs in real time; whenever it asks the parent, it stands
//! still until the simulated line has brought an answer.

use std::cell::RefCell;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use minsheng_kit::clock::ManualClock;
use minsheng_kit::identity::Caller;
use minsheng_kit::line::Line;
use minsheng_kit::service::Service;
use minsheng_kit::witness::WitnessSigner;
use minsheng_kit::writer::Call;
use minsheng_proto::identity::v1::{AuditRecorded, ExchangeNowResponse};
use minsheng_proto::tier::v1::witness_service_server::{WitnessService, WitnessServiceServer};
use minsheng_proto::tier::v1::{ExchangeHeadsRequest, ExchangeHeadsResponse};
use minsheng_testkit::simulation::{Course, Store, open, still};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use super::{COUNTY, MUNICIPALITY};
use crate::command::RecordAudit;
use crate::config::UpstreamSettings;
use crate::entity::{alarm, parent};
use crate::exchange::Exchange;
use crate::ledgers::{Ledgers, witness_name};
use crate::parent::Parent;
use crate::service::Witness;
use crate::tiers::Tiers;
use crate::{Migrator, NAME, store};

const DATABASE: &str = "gateway.db";

type Reply = oneshot::Sender<Result<ExchangeHeadsResponse, Status>>;
type Question = (ExchangeHeadsRequest, Reply);

/// Where the exchange finds its parent: each question waits here for the simulation.
struct Door(mpsc::UnboundedSender<Question>);

#[tonic::async_trait]
impl WitnessService for Door {
    async fn exchange_heads(
        &self,
        request: Request<ExchangeHeadsRequest>,
    ) -> Result<Response<ExchangeHeadsResponse>, Status> {
        let (reply, answer) = oneshot::channel();
        let gone = || Status::unavailable("killed");
        self.0.send((request.into_inner(), reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?.map(Response::new)
    }
}

/// An exchange that is going on.
pub(super) struct Going {
    questions: mpsc::UnboundedReceiver<Question>,
    task: JoinHandle<Result<ExchangeNowResponse, Status>>,
    server: JoinHandle<()>,
}

/// What an exchange does next.
pub(super) enum Event {
    Asks(ExchangeHeadsRequest, Reply),
    Ended(Result<ExchangeNowResponse, Status>),
}

impl Going {
    pub(super) fn next(&mut self) -> Event {
        let Self { questions, task, .. } = self;
        still(async {
            tokio::select! {
                Some((question, reply)) = questions.recv() => Event::Asks(question, reply),
                done = task => Event::Ended(done.unwrap()),
            }
        })
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.task.abort();
        self.server.abort();
    }
}

/// A tier; what is not in `up` outlives its gateway.
pub(super) struct Tier {
    pub(super) side: &'static str,
    pub(super) course: Course,
    division: &'static str,
    store: Store,
    old: Store,
    clock: ManualClock,
    folder: TempDir,
    witness: WitnessSigner,
    up: RefCell<Option<Service>>,
}

impl Tier {
    pub(super) fn new(side: &'static str, division: &'static str, course: &Course) -> Self {
        let seed = if division == COUNTY { 1 } else { 2 };
        Self {
            side,
            division,
            course: course.clone(),
            store: Store::default(),
            old: Store::default(),
            clock: ManualClock::at(course.clock(side)),
            folder: tempfile::tempdir().unwrap(),
            witness: WitnessSigner::new(&witness_name(division), &SigningKey::from_bytes(&[seed; 32])).unwrap(),
            up: RefCell::default(),
        }
    }

    pub(super) fn start(&self) {
        let (url, clock) = (self.store.url(DATABASE), &self.clock);
        *self.up.borrow_mut() = Some(still(open::<Migrator>(NAME, self.division, &url, clock)));
    }

    pub(super) fn kill(&self) {
        self.up.borrow_mut().take();
    }

    pub(super) fn is_up(&self) -> bool {
        self.up.borrow().is_some()
    }

    pub(super) fn service(&self) -> Service {
        self.clock.set(self.course.clock(self.side));
        self.up.borrow().clone().unwrap()
    }

    /// As a file is copied while nobody writes.
    pub(super) fn back_up(&self) {
        self.old.copy_from(DATABASE, &self.store, DATABASE);
    }

    /// Stops, puts the backup in place, and starts.
    pub(super) fn restore(&self) {
        let service = self.up.borrow_mut().take().unwrap();
        still(service.database.close()).unwrap();
        self.store.copy_from(DATABASE, &self.old, DATABASE);
        self.start();
    }

    /// Something happens at its door.
    pub(super) fn write(&self) {
        let service = self.service();
        let call = Call::internal(service.caller.clone(), "audit");
        // What happens after a restore is other than what happened before.
        let event = AuditRecorded { account: self.course.draw(0..u64::MAX).to_string(), ..AuditRecorded::default() };
        still(service.writer.run(RecordAudit(vec![event]), call)).unwrap();
    }

    pub(super) fn size(&self) -> u64 {
        if !self.is_up() {
            return 0;
        }
        still(self.service().writer.ledger().head()).unwrap().0
    }

    /// Entries of the other's ledger that it keeps a head over.
    pub(super) fn kept_of(&self, other: &Tier) -> u64 {
        if !self.is_up() {
            return 0;
        }
        let kept = still(store::kept_heads(other.division, self.service().database.reader())).unwrap();
        kept.first().map_or(0, |row| u64::try_from(row.size).unwrap())
    }

    /// Entries of its own ledger under the head that the other cosigned last.
    pub(super) fn cosigned_by(&self, other: &Tier) -> u64 {
        let cosigned = still(store::cosigned_heads(other.division, self.service().database.reader())).unwrap();
        cosigned.first().map_or(0, |row| u64::try_from(row.size).unwrap())
    }

    pub(super) fn alarms(&self) -> Vec<alarm::Model> {
        still(store::alarms(true, self.service().database.reader())).unwrap()
    }

    fn ledgers(&self) -> Ledgers {
        Ledgers { own: self.service().writer.ledger().clone(), behind: Vec::new() }
    }

    /// Begins an exchange with the parent.
    pub(super) fn exchange(&self) -> Going {
        let (service, ledgers, witness) = (self.service(), self.ledgers(), self.witness.clone());
        let folder = self.folder.path();
        let (door, questions) = mpsc::unbounded_channel();
        still(async {
            let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap().with_nodelay(Some(true));
            let line = Line::far(&format!("http://{}", incoming.local_addr().unwrap())).unwrap();
            let serving = Server::builder().add_service(WitnessServiceServer::new(Door(door)));
            let server = tokio::spawn(async move {
                let _ = serving.serve_with_incoming(incoming).await;
            });
            let upstream = UpstreamSettings { calls: 1, connections: 1 };
            let parent = Parent::open(service.clone(), ledgers.clone(), upstream, folder).await;
            let exchange = Exchange { service, parent, ledgers, witness, running: tokio::sync::Mutex::default() };
            let task = tokio::spawn(async move { exchange.with(&above(), line).await });
            Going { questions, task, server }
        })
    }

    /// Answers as the parent.
    pub(super) fn witness(&self, question: ExchangeHeadsRequest) -> Result<Response<ExchangeHeadsResponse>, Status> {
        if !self.is_up() {
            return Err(Status::unavailable("down"));
        }
        let (service, signer) = (self.service(), self.witness.clone());
        let witness = Witness { tiers: Tiers::new(service.clone()), service, ledgers: self.ledgers(), signer };
        let mut request = Request::new(question);
        request.extensions_mut().insert(Arc::new(Caller::tier(COUNTY)));
        still(witness.exchange_heads(request))
    }
}

/// The parent, as it was joined.
fn above() -> parent::Model {
    parent::Model {
        id: parent::KEY.to_owned(),
        division: MUNICIPALITY.to_owned(),
        url: String::new(),
        pinned: String::new(),
        chain: String::new(),
        key_file: String::new(),
        fingerprint: String::new(),
        issue_time: 0,
        expire_time: 0,
        join_time: 0,
        left: false,
        exchange_time: 0,
        witness_key: String::new(),
        old_key_files: String::new(),
    }
}
