//! The municipality: takes sets in by its real handler, hears late of its own newest version, certifies what stands there and
//! opens the corrections that are asked for.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use minsheng_kit::clock::ManualClock;
use minsheng_kit::follower::Applier;
use minsheng_kit::identity::Caller;
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_proto::catalogue::v1::{AllocationColumn, AllocationRow, Programme, TargetKind};
use minsheng_proto::reporting::v1::ReportState;
use minsheng_proto::tier::v1::FileSetsRequest;
use minsheng_proto::tier::v1::filing_service_server::FilingService;
use minsheng_proto::verification::v1::{CorrectionApproved, ReportCertified, VersionReference};
use minsheng_testkit::simulation::{ABOVE, Course, Go, Point, Store, answer as wire, open, serve, still};
use prost::Message;
use sea_orm::EntityTrait;

use super::super::child::Ledger;
use super::super::programme::{indicator, measure, programme};
use super::super::world::{by, issued};
use super::{COUNTY, UPPER, follow};
use crate::NAME;
use crate::entity::report;
use crate::follow::Learn;
use crate::migration::Migrator;
use crate::service::Parts;

const DIVISION: &str = "430900";
const DATABASE: &str = "above.db";

/// The tier. What is not in `up` outlives its reporting.
pub(super) struct Above {
    course: Course,
    store: Store,
    clock: ManualClock,
    catalogue: RefCell<Ledger>,
    verification: RefCell<Ledger>,
    up: RefCell<Option<Up>>,
}

/// What is lost when it is killed.
struct Up {
    parts: Parts,
    catalogue: Applier,
    verification: Applier,
}

/// The programme: roads, and an indicator of roads and people, are mandated to the county from the beginning, the trained only
/// by the second version.
fn upper(version: i32) -> Programme {
    let mut above = programme();
    above.name = UPPER.to_owned();
    above.division = DIVISION.to_owned();
    let both = [("9.1-1", "人"), ("9.1-2", "公里")];
    let measures = both.map(|(code, unit)| measure(code, TargetKind::AtLeast, unit, "1000"));
    above.projects[0].indicators.push(indicator("9.1", "jtj", measures.to_vec()));
    let table = above.allocation_table.as_mut().unwrap();
    let mut row = AllocationRow {
        division: COUNTY.into(),
        display_name: "安化县".into(),
        cells: vec!["60".into()],
        mandate: true,
    };
    let mut give = |code: &str, unit: &str| {
        table.columns.push(AllocationColumn { measure: code.into(), heading: code.into(), unit: unit.into() });
        table.printed_totals.push("1000".into());
        row.cells.push("1000".into());
    };
    for (code, unit) in both {
        give(code, unit);
    }
    if version > 1 {
        give("3.1-1", "人");
    }
    table.rows = vec![row];
    above
}

impl Above {
    pub(super) fn new(course: &Course) -> Self {
        let mut catalogue = Ledger::new(DIVISION, "catalogue", 5);
        catalogue.record(&issued(upper(1), 1, "2023-02"));
        Self {
            course: course.clone(),
            store: Store::default(),
            clock: ManualClock::at(course.clock(ABOVE)),
            catalogue: RefCell::new(catalogue),
            verification: RefCell::new(Ledger::new(DIVISION, "verification", 6)),
            up: RefCell::default(),
        }
    }

    pub(super) async fn run(self: Rc<Self>) -> turmoil::Result {
        self.start();
        let people = self.clone();
        tokio::task::spawn_local(async move { people.act().await });
        serve(move |question| self.clone().answer(question)).await
    }

    pub(super) fn kill(&self) {
        self.up.borrow_mut().take();
    }

    fn start(&self) {
        self.tick();
        let (Self { store, clock, .. }, mut up, catalogue) = (self, self.up.borrow_mut(), self.catalogue.borrow());
        let catalogue: &Ledger = &catalogue;
        *up = Some(still(async {
            let service = open::<Migrator>(NAME, DIVISION, &store.url(DATABASE), clock).await;
            let parts = Parts::new(service.clone(), Default::default());
            let learn = Arc::new(Learn::new(parts.rules.clone(), Arc::default()));
            let applier = |source, ledger: &Ledger| {
                let verifier = LedgerVerifier::new(&ledger.key().verifier_key).unwrap();
                Applier::new(source, verifier, learn.clone(), &service)
            };
            let mut heard = applier("catalogue", catalogue);
            follow(&mut heard, catalogue).await;
            let verification = applier("verification", &Ledger::new(DIVISION, "verification", 6));
            Up { parts, catalogue: heard, verification }
        }));
    }

    fn tick(&self) {
        self.clock.set(self.course.clock(ABOVE));
    }

    async fn act(&self) {
        tokio::time::sleep(Duration::from_secs(self.course.draw(1..200))).await;
        if self.catalogue.borrow().size() == 1 {
            self.catalogue.borrow_mut().record(&issued(upper(2), 2, "2023-02"));
        }
        loop {
            self.hear();
            tokio::time::sleep(Duration::from_secs(self.course.draw(5..90))).await;
            if self.course.is_calm() || self.course.draw(0..3) == 0 {
                self.decide();
            }
        }
    }

    fn hear(&self) {
        self.tick();
        let mut up = self.up.borrow_mut();
        let up = up.as_mut().unwrap();
        still(follow(&mut up.catalogue, &self.catalogue.borrow()));
        still(follow(&mut up.verification, &self.verification.borrow()));
    }

    pub(super) fn reports(&self) -> Vec<report::Model> {
        let up = self.up.borrow();
        still(report::Entity::find().all(up.as_ref().unwrap().parts.service.database.reader())).unwrap()
    }

    /// Certifies what stands, or opens a correction; reporting hears of it later.
    fn decide(&self) {
        let mut ledger = self.verification.borrow_mut();
        for row in self.reports() {
            let reference = |version, submission: i64| {
                Some(VersionReference {
                    report: row.name.clone(),
                    version,
                    submission_sequence: u64::try_from(submission).unwrap(),
                    ..VersionReference::default()
                })
            };
            if row.state() == ReportState::Certified && row.correction_asked {
                let version = reference(row.certified_version, row.certified_submission);
                ledger.record(&CorrectionApproved { version, opened: true, ..CorrectionApproved::default() });
            } else if row.state() == ReportState::Submitted && self.course.draw(0..3) == 0 {
                let version = reference(row.version, row.submission_sequence);
                let values = row.filed().unwrap().values;
                ledger.record(&ReportCertified { version, values, ..ReportCertified::default() });
            }
        }
    }

    async fn answer(self: Rc<Self>, question: Vec<u8>) -> Option<Vec<u8>> {
        if self.course.at(Point::Arrived).await != Go::On {
            return None;
        }
        self.tick();
        let request = FileSetsRequest::decode(question.as_slice()).unwrap();
        let answer = {
            let up = self.up.borrow();
            let parts = &up.as_ref()?.parts;
            still(parts.file_sets(by(&Caller::tier(COUNTY), request)))
        };
        if self.course.at(Point::Decided).await != Go::On {
            return None;
        }
        Some(wire(answer))
    }

    /// No correction is asked for, and all decisions are known.
    pub(super) fn is_settled(&self) -> bool {
        let mut up = self.up.borrow_mut();
        let Some(known) = up.as_mut() else { return false };
        let (catalogue, verification) = (self.catalogue.borrow().size(), self.verification.borrow().size());
        let known = (still(known.catalogue.resume()).unwrap(), still(known.verification.resume()).unwrap());
        drop(up);
        let knows = known == (catalogue, verification);
        knows && self.reports().iter().all(|row| !row.correction_asked && row.state() != ReportState::Correction)
    }

    /// Its reporting, to be looked at in the end.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Parts) -> T) -> T {
        look(&self.up.borrow().as_ref().unwrap().parts)
    }
}
