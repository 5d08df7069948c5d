//! A service whose ledger is followed over a real connection, and copies of a service that follows it, each on a runtime of
//! its own, so that one can die or fall asleep while the others go on.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use minsheng_kit::clock::SystemClock;
use minsheng_kit::error::Refusal;
use minsheng_kit::follower::{Follow, Followed, FollowerState};
use minsheng_kit::policy::Policies;
use minsheng_kit::server::{BoundServer, Services};
use minsheng_kit::service::{Opened, Service, Surroundings};
use minsheng_kit::settings::{CommonSettings, load_service};
use minsheng_kit::store::Wants;
use minsheng_kit::telemetry::Readiness;
use minsheng_kit::writer::Context;
use minsheng_testkit::TestDatabase;
use sea_orm::{ConnectionTrait, Database};
use serde::de::IgnoredAny;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::notes::{Learn, Migrator, WriteNote, call, notes_of};

pub const LEASE_SECONDS: u32 = 2;

/// The followed service.
pub struct Source {
    folder: TempDir,
    service: Service,
    address: SocketAddr,
    written: AtomicU64,
}

fn settings(database: &str) -> CommonSettings {
    let given = |key: &str, value: String| (format!("MINSHENG__{key}"), value);
    let given = [
        given("DATABASE__URL", database.to_owned()),
        given("SERVER__LISTEN", "127.0.0.1:0".into()),
        given("LEASE__SECONDS", LEASE_SECONDS.to_string()),
    ];
    load_service::<IgnoredAny>("", None, given).unwrap().common
}

async fn open(name: &'static str, settings: &CommonSettings, folder: &Path, cancel: &CancellationToken) -> Opened {
    let surroundings = Surroundings {
        folder: folder.to_owned(),
        clock: Arc::new(SystemClock),
        policies: Arc::new(Policies::load().unwrap()),
        cancel: cancel.clone(),
        near: Arc::default(),
    };
    Service::open::<Migrator>(name, settings, Readiness::default(), &surroundings).await.unwrap()
}

impl Source {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("catalogue.db").display());
        let settings = settings(&url);
        let cancel = CancellationToken::new();
        let opened = open("catalogue", &settings, folder.path(), &cancel).await;
        let bound = BoundServer::bind(&settings.server, Readiness::default()).await.unwrap();
        let address = bound.addr();
        let services = Services::new().with(opened.service.ledger_api());
        tokio::spawn(bound.serve(services, opened.callers, cancel));
        Self { folder, service: opened.service, address, written: AtomicU64::new(0) }
    }

    /// Writes so many entries.
    pub async fn write(&self, entries: u64) {
        for _ in 0..entries {
            let number = self.written.fetch_add(1, Ordering::SeqCst);
            let note = WriteNote::new(number, "a");
            self.service.writer.run(note, call(&format!("r{number}"), number)).await.unwrap();
        }
    }
}

/// Learns, and counts what it has applied.
struct Counting(Arc<AtomicU64>);

impl Follow for Counting {
    fn wants(&self, source: &str, entry: &Followed, wants: &mut Wants) {
        Learn.wants(source, entry, wants);
    }

    fn apply(&self, source: &str, entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal> {
        Learn.apply(source, entry, context)
    }

    fn applied(&self, _source: &str, entries: &[Followed]) {
        self.0.fetch_add(entries.len() as u64, Ordering::SeqCst);
    }
}

/// A copy of a service that follows.
pub struct Copy {
    pub service: Service,
    runtime: Option<Runtime>,
    cancel: CancellationToken,
    state: watch::Receiver<FollowerState>,
    applied: Arc<AtomicU64>,
}

impl Copy {
    /// Opens it on a runtime of one thread.
    pub fn start(source: &Source, database: &TestDatabase) -> Self {
        let mut settings = settings(database.url());
        let peer = serde_json::json!({ "url": format!("http://{}", source.address) });
        settings.peers.insert("catalogue".into(), serde_json::from_value(peer).unwrap());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (cancel, applied) = (CancellationToken::new(), Arc::new(AtomicU64::new(0)));
        let (folder, counting, stop) = (source.folder.path().to_owned(), Counting(applied.clone()), cancel.clone());
        let opening = runtime.spawn(async move {
            let service = open("reporting", &settings, &folder, &stop).await.service;
            let state = service.follow("catalogue", Arc::new(counting)).unwrap();
            (service, state)
        });
        let opened = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(opening));
        let (service, state) = opened.unwrap();
        Self { service, runtime: Some(runtime), cancel, state, applied }
    }

    /// Entries that this copy has applied itself.
    pub fn applied(&self) -> u64 {
        self.applied.load(Ordering::SeqCst)
    }

    /// Waits until it knows that so many entries are there and applied, by whichever copy.
    pub async fn reaches(&self, entries: u64) {
        let mut state = self.state.clone();
        let there = state.wait_for(|state| state.applied == entries && state.known == entries);
        let there = tokio::time::timeout(Duration::from_secs(60), there).await;
        assert!(matches!(there, Ok(Ok(_))), "not {entries} but {:?}", self.state.borrow());
    }

    /// Its runtime ends in the middle of whatever it does.
    pub fn dies(mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }

    /// It stops in order.
    pub async fn stops(mut self) {
        self.cancel.cancel();
        self.service.lease.given_back().await;
        let database = self.service.database.clone();
        self.runtime.as_ref().unwrap().spawn(async move { database.close().await }).await.unwrap().unwrap();
        self.runtime.take().unwrap().shutdown_background();
    }

    /// Its one thread stands still until what is given back is dropped.
    pub async fn falls_asleep(&self) -> mpsc::Sender<()> {
        let (wake, sleep) = mpsc::channel::<()>();
        let (asleep, fallen) = tokio::sync::oneshot::channel();
        self.runtime.as_ref().unwrap().spawn(async move {
            asleep.send(()).unwrap();
            // Ends with an error when the other side is dropped.
            let _ = sleep.recv();
        });
        fallen.await.unwrap();
        wake
    }
}

/// What a copy reads of what was learned.
pub async fn learned(copy: &Copy) -> Vec<String> {
    let service = copy.service.clone();
    let reading = copy.runtime.as_ref().unwrap().spawn(async move { notes_of(&service, "learned").await });
    let mut keys: Vec<String> = reading.await.unwrap().into_iter().map(|note| note.key).collect();
    keys.sort();
    keys
}

/// The lease as it is stored.
#[derive(Debug)]
pub struct LeaseRow {
    pub holder: String,
    pub fence: i64,
    pub expires: i64,
}

pub async fn lease_row(database: &TestDatabase) -> LeaseRow {
    let connection = Database::connect(database.url()).await.unwrap();
    let row = connection
        .query_one_raw(sea_orm::Statement::from_string(connection.get_database_backend(), "SELECT * FROM lease"))
        .await
        .unwrap()
        .unwrap();
    let row = LeaseRow {
        holder: row.try_get("", "holder").unwrap(),
        fence: row.try_get("", "fence").unwrap(),
        expires: row.try_get("", "expires").unwrap(),
    };
    connection.close().await.unwrap();
    row
}

/// Waits until it holds.
pub async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), waiting).await.is_ok(), "not so: {what}");
}
