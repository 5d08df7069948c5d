//! The county: its people file and decide, its reporting follows and sends. The ledgers of its other services are kept
//! outside of it, as they are in a tier.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use minsheng_kit::clock::ManualClock;
use minsheng_kit::error::Reason;
use minsheng_kit::follower::{Applier, TakeError};
use minsheng_kit::identity::{KeyRing, Signer};
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_kit::line::Line;
use minsheng_kit::service::SERVICES;
use minsheng_proto::catalogue::v1::MandateReference;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::common::v1::{Quantity, Receipt};
use minsheng_proto::ledger::v1::ledger_service_server::LedgerServiceServer;
use minsheng_proto::reporting::v1::report_service_server::ReportService;
use minsheng_proto::reporting::v1::{FileReportRequest, MeasureValue};
use minsheng_proto::tier::v1::{FileSetsResponse, MandatesGiven, MandatesReceived};
use minsheng_proto::verification::v1::{
    AdjustedValue, CorrectionApproved, ReportCertified, ReportPassed, VersionReference,
};
use minsheng_testkit::simulation::{BELOW, Course, Go, LINE, Point, Store, call, open, read, still};
use prost::Message;
use tempfile::TempDir;
use tokio::sync::Notify;
use tonic::Status;

use super::super::child::Ledger;
use super::super::programme::{programme, report_name};
use super::super::up::{Entries, serve};
use super::super::world::{by, content, head, issued, roads, value};
use super::{COUNTY, JOINTLY, Size, UPPER, follow};
use crate::NAME;
use crate::follow::Learn;
use crate::migration::Migrator;
use crate::service::Parts;
use crate::store;
use crate::uplink::{Answer, PATIENCE, Ready, Sender, place, read_failure};

const DATABASE: &str = "below.db";

/// The tier. What is not in `up` outlives its reporting.
pub(super) struct Below {
    pub(super) course: Course,
    pub(super) store: Store,
    pub(super) verification: Arc<Mutex<Ledger>>,
    clock: ManualClock,
    catalogue: Ledger,
    reports: RefCell<Vec<Reported>>,
    lines: Lines,
    up: RefCell<Option<Up>>,
    /// A replica that was not killed, but stands still: beside the next one it wakes up, and knows nothing of it.
    asleep: RefCell<Option<Up>>,
    woken: RefCell<Woken>,
}

/// What came of replicas that woke up beside the one that has the lease.
#[derive(Clone, Debug, Default)]
pub(super) struct Woken {
    /// Batches that they were about to apply, and that were refused.
    pub(super) refused: usize,
    /// Calls that they made with what they had read before.
    pub(super) calls: usize,
    /// What must not have happened.
    pub(super) fault: Option<String>,
}

struct Lines {
    verification: String,
    keys: KeyRing,
    _folder: TempDir,
}

/// What is lost when it is killed.
struct Up {
    parts: Parts,
    verification: Applier,
    sender: Sender,
}

/// A report on its way through the county.
struct Reported {
    indicator: &'static str,
    unit: &'static str,
    month: i8,
    step: usize,
    steps: usize,
    filed: Option<Receipt>,
}

impl Reported {
    fn name(&self) -> String {
        report_name(self.indicator, &self.period())
    }

    fn period(&self) -> String {
        format!("2023-{:02}", self.month)
    }

    fn version(&self) -> i32 {
        if self.step < 4 { 1 } else { 2 }
    }

    /// What is said: more each month, and a little more in the correction.
    fn values(&self) -> Vec<MeasureValue> {
        let count = i32::from(self.month) * 10 + self.version() * 2;
        match self.indicator {
            "8.1" => {
                let count = count.to_string();
                vec![roads(&count, &[("430923100", &count), ("430923101", "0"), ("430923L01", "0")])]
            }
            _ => vec![value("3.1-1", &count.to_string(), "人")],
        }
    }

    /// What it is certified as: one more than was said, so that a fast figure is never taken for the certified one.
    fn certified(&self) -> ReportCertified {
        let mut values = self.values();
        let said = values[0].value.clone();
        let State::Quantity(quantity) = values[0].value.as_mut().unwrap().state.as_mut().unwrap() else { panic!() };
        quantity.value = (quantity.value.parse::<i32>().unwrap() + 1).to_string();
        let adjusted = AdjustedValue {
            measure: values[0].measure.clone(),
            reported: said,
            certified: values[0].value.clone(),
            ..AdjustedValue::default()
        };
        ReportCertified { version: self.reference(), values, adjusted: vec![adjusted], ..ReportCertified::default() }
    }

    fn reference(&self) -> Option<VersionReference> {
        let filed = self.filed.clone().unwrap_or_default();
        Some(VersionReference {
            report: self.name(),
            version: self.version(),
            submission_sequence: filed.sequence,
            submission_leaf_hash: filed.leaf_hash,
        })
    }
}

impl Below {
    pub(super) fn new(course: &Course, size: &Size) -> Self {
        let mut below = programme();
        // Each answers an indicator of the parent alone, and both together answer another one.
        for (code, unit, jointly) in [("8.1", "公里", "9.1-2"), ("3.1", "人", "9.1-1")] {
            let found = below.projects[0].indicators.iter_mut().find(|it| it.code == code).unwrap();
            let alone = format!("{code}-1");
            let answers = [(code, alone.as_str()), (JOINTLY, jointly)].map(|(indicator, measure)| MandateReference {
                measure: format!("{UPPER}/indicators/{indicator}/measures/{measure}"),
                target: Some(Quantity { value: "60".into(), unit: unit.into() }),
                own_measure: alone.clone(),
                ..MandateReference::default()
            });
            found.mandates = answers.to_vec();
        }
        let mut catalogue = Ledger::new(COUNTY, "catalogue", 3);
        catalogue.record(&issued(below, 1, "2023-02"));
        // The parent's second version is known here before its own reporting has heard of it.
        let given = MandatesGiven { programme: UPPER.into(), programme_version: 2, ..MandatesGiven::default() };
        let mut parent = Ledger::new("430900", "catalogue", 5);
        let entry = parent.record(&given);
        catalogue.record(&MandatesReceived { entry: Some(parent.proven(entry)), ..MandatesReceived::default() });

        let months = size.months.clone().flat_map(|month| [("8.1", "jtj", month), ("3.1", "rsj", month)]);
        let reports = months.map(|(indicator, unit, month)| Reported {
            indicator,
            unit,
            month,
            step: 0,
            steps: size.steps,
            filed: None,
        });
        let verification = Arc::new(Mutex::new(Ledger::new(COUNTY, "verification", 2)));
        let entries = LedgerServiceServer::new(Entries(verification.clone()));
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyRing::ensure(folder.path(), &SERVICES).unwrap();
        Self {
            store: Store::default(),
            clock: ManualClock::at(course.clock(BELOW)),
            course: course.clone(),
            reports: RefCell::new(reports.collect()),
            lines: Lines { verification: still(serve(entries)), keys, _folder: folder },
            verification,
            catalogue,
            up: RefCell::default(),
            asleep: RefCell::default(),
            woken: RefCell::default(),
        }
    }

    pub(super) async fn run(self: Rc<Self>) -> turmoil::Result {
        self.start();
        if let Some(old) = self.asleep.borrow_mut().take() {
            let beside = self.clone();
            tokio::task::spawn_local(async move {
                if let Err(fault) = beside.wakes(old).await {
                    beside.woken.borrow_mut().fault = Some(fault);
                }
            });
        }
        let people = self.clone();
        tokio::task::spawn_local(async move { people.act().await });
        let follower = self.clone();
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(follower.course.draw(1..20))).await;
                follower.follow();
            }
        });
        self.send().await
    }

    pub(super) fn kill(&self) {
        let up = self.up.borrow_mut().take();
        if self.course.draw(0..2) == 0 {
            *self.asleep.borrow_mut() = up;
        }
    }

    /// It goes on where it stopped: applies what is new, which its fencing number keeps out, and sends what it holds for
    /// unanswered, which the parent knows already.
    async fn wakes(&self, mut old: Up) -> Result<(), String> {
        let pause = Duration::from_secs(self.course.draw(1..60));
        tokio::time::sleep(pause).await;
        let rows = still(old.sender.ready(now())).map_err(|refusal| refusal.to_string())?;
        {
            let verification = self.verification.lock().unwrap();
            let from = still(old.verification.resume()).map_err(|refusal| refusal.to_string())?;
            if let Some(batch) = verification.since(from) {
                match still(old.verification.take(batch)) {
                    Err(TakeError::Again(why)) if why.contains(Reason::LeaseLost.as_str()) => {
                        self.woken.borrow_mut().refused += 1;
                    }
                    other => return Err(format!("a replica without the lease applied a batch: {other:?}")),
                }
            }
        }
        let Ready::Sets(rows) = rows else { return Ok(()) };
        tokio::time::sleep(pause).await;
        let sent: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
        let request = still(old.sender.request(rows, place)).map_err(|status| status.to_string())?;
        let answer = self.ask(&request.encode_to_vec()).await;
        let settled = still(old.sender.settle(&sent, answer, now(), self.course.draw(0..u64::MAX)));
        self.woken.borrow_mut().calls += 1;
        settled.map_err(|refusal| refusal.to_string())
    }

    /// What came of replicas that woke up.
    pub(super) fn woken(&self) -> Woken {
        self.woken.borrow().clone()
    }

    fn start(&self) {
        self.tick();
        let Self { store, clock, catalogue: mandates, verification: decisions, lines, .. } = self;
        let up = still(async {
            let service = open::<Migrator>(NAME, COUNTY, &store.url(DATABASE), clock).await;
            service.lease.held().await;
            let parts = Parts::new(service.clone(), Default::default());
            let news = Arc::new(Notify::new());
            let learn = Arc::new(Learn::new(parts.rules.clone(), news.clone()));
            let applier =
                |source, key: &str| Applier::new(source, LedgerVerifier::new(key).unwrap(), learn.clone(), &service);
            let mut catalogue = applier("catalogue", &mandates.key().verifier_key);
            follow(&mut catalogue, mandates).await;
            let verification = applier("verification", &decisions.lock().unwrap().key().verifier_key);
            let signer = Signer::open("reporting", &lines.keys.identity_key_file("reporting")).unwrap();
            let channel = |audience: &str| {
                let line = Line::far(&lines.verification).unwrap();
                minsheng_kit::client::PeerChannel::new(line, audience, signer.clone(), COUNTY, service.clock.clone())
            };
            let sender = Sender::over(service.clone(), channel("verification"), channel("gateway"), news);
            Up { parts, verification, sender }
        });
        *self.up.borrow_mut() = Some(up);
    }

    fn tick(&self) {
        self.clock.set(self.course.clock(BELOW));
    }

    /// People take the next step of a report that they choose, for ever.
    async fn act(&self) {
        loop {
            tokio::time::sleep(Duration::from_secs(self.course.draw(1..30))).await;
            let mut reports = self.reports.borrow_mut();
            let open: Vec<usize> =
                (0..reports.len()).filter(|place| reports[*place].step < reports[*place].steps).collect();
            if open.is_empty() {
                return;
            }
            // Some at once, so that a call has several sets.
            for _ in 0..self.course.draw(1..6) {
                let chosen = open[usize::try_from(self.course.draw(0..open.len() as u64)).unwrap()];
                self.step(&mut reports[chosen]);
            }
        }
    }

    fn step(&self, report: &mut Reported) {
        if report.step == report.steps {
            return;
        }
        let record = |ledger: &Mutex<Ledger>, report: &Reported| {
            let (version, values) = (report.reference(), report.values());
            let mut ledger = ledger.lock().unwrap();
            match report.step {
                1 | 5 => ledger.record(&ReportPassed { version, values, ..ReportPassed::default() }),
                2 | 6 => ledger.record(&report.certified()),
                _ => ledger.record(&CorrectionApproved { version, opened: true, ..CorrectionApproved::default() }),
            }
        };
        if !matches!(report.step, 0 | 4) {
            record(&self.verification, report);
            report.step += 1;
            return;
        }
        self.follow();
        let request = FileReportRequest {
            name: report.name(),
            content: Some(content(report.values())),
            request_id: format!("{}-{}-{}", report.indicator, report.month, report.step),
        };
        let up = self.up.borrow();
        let parts = &up.as_ref().unwrap().parts;
        // By a clock that is a day wrong the month may not have begun.
        if let Ok(filed) = still(parts.file_report(by(&head(report.unit), request))) {
            report.filed = filed.into_inner().receipt;
            report.step += 1;
        }
    }

    fn follow(&self) {
        self.tick();
        let mut up = self.up.borrow_mut();
        let verification = self.verification.lock().unwrap();
        still(follow(&mut up.as_mut().unwrap().verification, &verification));
    }

    /// The sender's turns, with the simulated line in place of its own.
    async fn send(&self) -> turmoil::Result {
        loop {
            self.tick();
            let rows = {
                let up = self.up.borrow();
                still(up.as_ref().unwrap().sender.ready(now())).map_err(|refusal| refusal.to_string())?
            };
            let rows = match rows {
                Ready::Sets(rows) => rows,
                Ready::Later(pause) => {
                    tokio::time::sleep(pause).await;
                    continue;
                }
            };
            let sent: Vec<String> = rows.iter().map(|row| row.key.clone()).collect();
            self.course.opens(sent.len());
            let request = {
                let up = self.up.borrow();
                still(up.as_ref().unwrap().sender.request(rows, place))
            };
            let mut answer = match request {
                Ok(request) => self.ask(&request.encode_to_vec()).await,
                Err(status) => read_failure(&status),
            };
            if self.course.at(Point::Heard).await != Go::On {
                answer = Answer::Failed;
            }
            self.tick();
            let luck = self.course.draw(0..u64::MAX);
            {
                let mut up = self.up.borrow_mut();
                let settled = still(up.as_mut().unwrap().sender.settle(&sent, answer, now(), luck));
                settled.map_err(|refusal| refusal.to_string())?;
            }
            self.course.closes();
            self.course.at(Point::Settled).await;
        }
    }

    async fn ask(&self, question: &[u8]) -> Answer {
        if self.course.at(Point::Sending).await != Go::On {
            return Answer::Failed;
        }
        match tokio::time::timeout(PATIENCE, call(LINE, question)).await {
            Ok(Ok(answer)) => {
                read::<FileSetsResponse>(&answer).map_or_else(|status| read_failure(&status), Answer::Took)
            }
            Ok(Err(error)) => read_failure(&Status::unavailable(error.to_string())),
            Err(_elapsed) => Answer::Failed,
        }
    }

    /// People have nothing more to say, and reporting knows all of it.
    pub(super) fn has_said_all(&self) -> bool {
        let said = self.reports.borrow().iter().all(|report| report.step == report.steps);
        let mut up = self.up.borrow_mut();
        said && up.as_mut().is_some_and(|up| {
            let size = self.verification.lock().unwrap().size();
            still(up.verification.resume()).unwrap() == size
        })
    }

    pub(super) fn is_answered(&self) -> bool {
        let up = self.up.borrow();
        up.as_ref()
            .is_some_and(|up| still(store::outbox_pending(1, up.parts.service.database.reader())).unwrap().is_empty())
    }

    /// Its reporting, to be looked at in the end.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Parts) -> T) -> T {
        look(&self.up.borrow().as_ref().unwrap().parts)
    }
}

/// Milliseconds since the last start.
fn now() -> u64 {
    u64::try_from(turmoil::elapsed().as_millis()).unwrap()
}
