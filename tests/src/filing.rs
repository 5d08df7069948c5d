//! A load of reports as clerks' programs send it: each report is filed again under its request id until it is acknowledged,
//! at the next gateway when one does not answer. What was acknowledged is kept, to be looked for in the ledger afterwards.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::tz::{TimeZone, offset};
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_kit::ledger::{LedgerCheck, LedgerVerifier};
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::identity::v1::Role;
use minsheng_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use minsheng_proto::ledger::v1::{EntryBody, GetCheckpointRequest, WatchRequest};
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::reporting::v1::{FileReportRequest, ReportSubmitted};
use prost::Message;
use tokio::task::JoinSet;
use tonic::{Code, Status};

use crate::Client;
use crate::small::{self, PASSWORD, account, load};

/// A client gives up when nothing was acknowledged for so long.
const PATIENCE: Duration = Duration::from_secs(120);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Where clients call: an address, and the certificate that it is trusted by.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Address.
    pub address: String,
    /// Certificate.
    pub certificate: String,
}

/// Clients that file until they are stopped.
#[derive(Debug)]
pub struct Load {
    known: Arc<Known>,
    clients: JoinSet<()>,
}

/// What all clients together have seen.
#[derive(Debug, Default)]
pub struct Known {
    acknowledged: Mutex<BTreeMap<String, Receipt>>,
    next: AtomicUsize,
    attempts: AtomicUsize,
    retries: Mutex<BTreeMap<String, usize>>,
    longest: Mutex<Duration>,
    stop: AtomicBool,
}

/// Makes the people, and a programme with so many indicators.
pub async fn prepare(gateway: &Gateway, first_password: &str, indicators: usize) {
    let (address, certificate) = (&gateway.address, &gateway.certificate);
    let security = Client::log_in(address, certificate, "security-admin", first_password).await.unwrap();
    account(&security, "office", "P1", "ssb", &[Role::Office]).await.unwrap();
    account(&security, "head", "P2", "jyj", &[Role::Head]).await.unwrap();
    account(&security, "audit", "P3", "", &[Role::AuditAdmin]).await.unwrap();
    let office = Client::log_in(address, certificate, "office", PASSWORD).await.unwrap();
    let (year, _) = today();
    load(&office, small::programme(year, indicators)).await.unwrap();
}

/// Year and month.
pub fn today() -> (i32, i8) {
    let now = SystemClock.now().to_zoned(TimeZone::fixed(offset(8)));
    (now.year().into(), now.month())
}

impl Load {
    /// Starts clients, each of which begins at another of the gateways.
    pub async fn start(gateways: &[Gateway], clients: usize, indicators: usize) -> Self {
        let known = Arc::new(Known::default());
        let mut doors = Vec::new();
        for gateway in gateways {
            doors.push(Client::log_in(&gateway.address, &gateway.certificate, "head", PASSWORD).await.unwrap());
        }
        let mut all = JoinSet::new();
        for client in 0..clients {
            all.spawn(known.clone().file(doors.clone(), client, indicators));
        }
        Self { known, clients: all }
    }

    /// What is known so far.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Waits until so many more reports are acknowledged.
    pub async fn more(&self, reports: usize) {
        let end = Instant::now() + PATIENCE;
        let wanted = self.known.acknowledged() + reports;
        while self.known.acknowledged() < wanted {
            assert!(Instant::now() < end, "nothing is acknowledged any more: {:?}", self.known.retries());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// No client begins another report; all that are under way are brought to their end.
    pub async fn stop(mut self) -> Arc<Known> {
        self.known.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = self.clients.join_next().await {
            ended.unwrap();
        }
        self.known
    }
}

impl Known {
    /// How many are acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// How many calls it took.
    pub fn attempts(&self) -> usize {
        self.attempts.load(Ordering::SeqCst)
    }

    /// Calls that had to be made again, by what they were told.
    pub fn retries(&self) -> BTreeMap<String, usize> {
        self.retries.lock().unwrap().clone()
    }

    /// The longest that a report took since the last look, with all its retries.
    pub fn longest(&self) -> Duration {
        std::mem::take(&mut self.longest.lock().unwrap())
    }

    async fn file(self: Arc<Self>, doors: Vec<Client>, client: usize, indicators: usize) {
        let (year, months) = today();
        let mut turn = client;
        while !self.stop.load(Ordering::SeqCst) {
            let next = self.next.fetch_add(1, Ordering::SeqCst);
            let (month, indicator) = (next / indicators + 1, next % indicators + 1);
            assert!(
                month <= usize::from(months.unsigned_abs()),
                "more is filed than there is: more indicators are wanted"
            );
            let name =
                format!("programmes/430923-{year}/indicators/{}/reports/{year}-{month:02}", small::code(indicator));
            let asked = FileReportRequest {
                name: name.clone(),
                // Another figure each month: the same again would ask for an explanation.
                content: Some(small::content(indicator, 10 * month as u64 + next as u64 % 7)),
                request_id: format!("file-{next}"),
            };
            let begin = Instant::now();
            let mut pause = FIRST_PAUSE;
            let receipt = loop {
                self.attempts.fetch_add(1, Ordering::SeqCst);
                let door = doors[turn % doors.len()].door();
                match ReportServiceClient::new(door).file_report(asked.clone()).await {
                    Ok(answer) => break answer.into_inner().receipt.expect("a reply carries its receipt"),
                    Err(status) => self.note(&status),
                }
                assert!(begin.elapsed() < PATIENCE, "{name} does not get through: {:?}", self.retries());
                turn += 1;
                tokio::time::sleep(rand::random_range(pause / 2..=pause)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            };
            let mut longest = self.longest.lock().unwrap();
            *longest = begin.elapsed().max(*longest);
            self.acknowledged.lock().unwrap().insert(name, receipt);
        }
    }

    /// What an ordinary client tries again: no answer, no connection, and that the programme has not come yet.
    fn note(&self, status: &Status) {
        let reason = minsheng_kit::error::reason_of(status).map(|reason| format!("{reason}"));
        let said = format!("{:?} {}", status.code(), reason.as_deref().unwrap_or("-"));
        // A connection that breaks off comes out as Unknown or Cancelled here, since no server has said anything.
        let is_broken = matches!(status.code(), Code::Unknown | Code::Cancelled) && reason.is_none();
        let may_again =
            matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::NotFound) || is_broken;
        assert!(may_again, "no ordinary client tries this again: {status:?}");
        *self.retries.lock().unwrap().entry(said).or_default() += 1;
    }

    /// Every acknowledged report is in the ledger, under the number of its receipt, and none is there twice.
    pub async fn look_for(&self, gateway: &Gateway) -> usize {
        let found = submitted(gateway).await;
        for (report, receipt) in self.acknowledged.lock().unwrap().iter() {
            assert_eq!(found.get(report), Some(&receipt.sequence), "{report} was acknowledged");
        }
        // All were brought to their end.
        assert_eq!(found.len(), self.acknowledged());
        found.len()
    }
}

/// Reads the whole reporting ledger, verifies it, and gives the entry of each submitted report; twice is a failure.
pub async fn submitted(gateway: &Gateway) -> BTreeMap<String, u64> {
    let audit = Client::log_in(&gateway.address, &gateway.certificate, "audit", PASSWORD).await.unwrap();
    let mut ledger = LedgerServiceClient::new(audit.door()).max_decoding_message_size(usize::MAX);
    let ask = GetCheckpointRequest { ledger: "reporting".into() };
    let head = ledger.get_checkpoint(ask).await.unwrap().into_inner();
    let verifier = LedgerVerifier::new(&head.verifier_key).unwrap();
    let size = verifier.verify(&head.checkpoint).unwrap().size;
    let mut check = LedgerCheck::begin(&head.checkpoint, &verifier).unwrap();
    let mut stream = ledger.watch(WatchRequest { ledger: "reporting".into(), after: 0 }).await.unwrap().into_inner();
    let mut found = BTreeMap::new();
    let mut read = 0;
    while read < size {
        for entry in stream.message().await.unwrap().expect("the ledger is long enough").entries {
            check.entry(&entry.body, None).unwrap();
            read += 1;
            let body = EntryBody::decode(entry.body).unwrap();
            if body.kind == "minsheng.reporting.v1.ReportSubmitted" {
                let submitted = ReportSubmitted::decode(body.payload).unwrap();
                assert!(
                    found.insert(submitted.report.clone(), entry.sequence).is_none(),
                    "{} is there twice",
                    submitted.report
                );
            }
        }
    }
    check.finish().unwrap();
    found
}
