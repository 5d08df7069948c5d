//! The way down in simulated time: a municipality's catalogue gives mandates, a county's asks for them over a line on which
//! everything goes wrong. In the end the county has each entry once, in order, byte for byte, and took no fault of the line
//! for one of the municipality's.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use minsheng_kit::clock::ManualClock;
use minsheng_kit::error::Refusal;
use minsheng_kit::identity::Caller;
use minsheng_kit::service::Service;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Call, Command, Context};
use minsheng_proto::catalogue::v1::{
    AllocationColumn, AllocationRow, AllocationTable, Indicator, Measure, Programme, Project,
};
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::tier::v1::mandate_service_server::MandateService;
use minsheng_proto::tier::v1::{ListMandateEntriesRequest, MandatesGiven, MandatesReceived};
use minsheng_testkit::moment;
use minsheng_testkit::simulation::{
    ABOVE, BELOW, Course, Found, Go, LINE, Point, Stage, Store, answer, at_every_message, by_chance, call, open, read,
    serve, still, verified,
};
use prost::{Message, Name};
use tonic::Request;

use super::keep::{Heard, hear};
use super::pull::Pull;
use crate::command::{give, wants_lower};
use crate::entity::{mandate_feed, mandate_given};
use crate::{Migrator, NAME, service, store};

/// Seeds that ever failed.
const FAILED: &str = include_str!("seeds.txt");
/// Runs with a seed that nobody has seen.
const FRESH: usize = 8;
const POLL: Duration = Duration::from_secs(30);
/// As long as the task waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
const COUNTY: &str = "430923";
const MUNICIPALITY: &str = "430900";

/// A version of the municipality's programme, as far as it gives something.
struct Give {
    version: i32,
    before: Option<Programme>,
    now: Programme,
}

impl Command for Give {
    type Answer = ();

    fn wants(&self, wants: &mut Wants) {
        wants_lower(wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<(), Refusal> {
        give(&self.now, self.version, self.before.as_ref(), context)
    }
}

fn programme(county: u64, neighbour: u64) -> Programme {
    let row = |division: &str, cell: u64| AllocationRow {
        division: division.to_owned(),
        cells: vec![cell.to_string()],
        mandate: cell > 0,
        ..AllocationRow::default()
    };
    let measure = Measure { code: "3.1-1".into(), unit: "人".into(), ..Measure::default() };
    let indicator = Indicator { code: "3.1".into(), measures: vec![measure], ..Indicator::default() };
    Programme {
        name: "programmes/430900-2023".into(),
        division: MUNICIPALITY.into(),
        projects: vec![Project { indicators: vec![indicator], ..Project::default() }],
        allocation_table: Some(AllocationTable {
            columns: vec![AllocationColumn { measure: "3.1-1".into(), ..AllocationColumn::default() }],
            rows: vec![row(COUNTY, county), row("430922", neighbour)],
            ..AllocationTable::default()
        }),
        ..Programme::default()
    }
}

/// A tier's catalogue; what is not in `up` outlives it.
struct Tier {
    side: &'static str,
    division: &'static str,
    course: Course,
    store: Store,
    clock: ManualClock,
    up: RefCell<Option<Service>>,
}

impl Tier {
    fn new(side: &'static str, division: &'static str, course: &Course) -> Self {
        let clock = ManualClock::at(course.clock(side));
        Self { side, division, course: course.clone(), store: Store::default(), clock, up: RefCell::default() }
    }

    fn start(&self) {
        let (url, clock) = (self.store.url("catalogue.db"), &self.clock);
        *self.up.borrow_mut() = Some(still(open::<Migrator>(NAME, self.division, &url, clock)));
    }

    fn kill(&self) {
        self.up.borrow_mut().take();
    }

    /// The running service; none between a kill and the next start.
    fn service(&self) -> Service {
        self.clock.set(self.course.clock(self.side));
        self.up.borrow().clone().unwrap()
    }
}

/// The municipality: its office changes what it gives.
struct Above {
    tier: Tier,
    versions: RefCell<(i32, Option<Programme>)>,
    most: i32,
}

impl Above {
    async fn run(self: Rc<Self>) -> turmoil::Result {
        self.tier.start();
        let office = self.clone();
        tokio::task::spawn_local(async move { office.give().await });
        serve(move |question| self.clone().answer(question)).await
    }

    async fn give(&self) {
        while self.versions.borrow().0 < self.most {
            let course = &self.tier.course;
            tokio::time::sleep(Duration::from_secs(course.draw(1..60))).await;
            // Some at once, so that an answer has several entries; some of them are only for others.
            for _ in 0..course.draw(1..4) {
                let (version, before) = self.versions.borrow().clone();
                let now = programme(course.draw(0..4), course.draw(0..4));
                let command = Give { version: version + 1, before, now: now.clone() };
                let service = self.tier.service();
                let given = Call::internal(service.caller.clone(), "give");
                still(service.writer.run(command, given)).unwrap();
                *self.versions.borrow_mut() = (version + 1, Some(now));
            }
        }
    }

    async fn answer(self: Rc<Self>, question: Vec<u8>) -> Option<Vec<u8>> {
        let course = &self.tier.course;
        if course.at(Point::Arrived).await != Go::On {
            return None;
        }
        let mut request = Request::new(ListMandateEntriesRequest::decode(question.as_slice()).unwrap());
        request.extensions_mut().insert(std::sync::Arc::new(Caller::tier(COUNTY)));
        let mandates = service::Mandates(self.tier.service());
        let said = still(mandates.list_mandate_entries(request));
        if course.at(Point::Decided).await != Go::On {
            return None;
        }
        Some(answer(said))
    }

    fn has_given_all(&self) -> bool {
        self.versions.borrow().0 >= self.most
    }

    /// What it gave the county, as it is written.
    fn given(&self) -> Result<Vec<EntryBody>, String> {
        let mut entries = still(verified(&self.tier.service()))?;
        entries.retain(|entry| {
            entry.kind == MandatesGiven::full_name()
                && MandatesGiven::decode(entry.payload.clone()).unwrap().division == COUNTY
        });
        Ok(entries)
    }
}

/// The county, as its task asks.
async fn ask(tier: Rc<Tier>) -> turmoil::Result {
    tier.start();
    let course = &tier.course;
    let resume = || -> Pull {
        let feeds = still(store::feeds(tier.service().database.reader())).unwrap();
        Pull::new(COUNTY, feeds.iter().filter_map(mandate_feed::Model::feed))
    };
    let mut pull = resume();
    loop {
        let chance = u32::try_from(course.draw(0..1_000)).unwrap();
        tokio::time::sleep(pull.pause(POLL, chance)).await;
        let asked = pull.ask();
        course.opens(1);
        let heard = exchange(course, &asked.encode_to_vec()).await;
        let heard = if course.at(Point::Heard).await == Go::On { heard } else { None };
        match heard.and_then(|heard| read(&heard).ok()) {
            None => pull.failed(),
            Some(said) => match still(hear(&tier.service(), &mut pull, &asked, &said)) {
                Heard::Taken(_) | Heard::Nothing | Heard::Again => {}
                Heard::Unkept(_) => pull = resume(),
                Heard::Stopped(alarm) => {
                    Err(format!("a fault of the line is taken for one of the parent's: {alarm:?}"))?
                }
            },
        }
        course.closes();
        course.at(Point::Settled).await;
    }
}

async fn exchange(course: &Course, question: &[u8]) -> Option<Vec<u8>> {
    if course.at(Point::Sending).await != Go::On {
        return None;
    }
    tokio::time::timeout(PATIENCE, call(LINE, question)).await.ok()?.ok()
}

/// What the county received, as it came.
fn received(tier: &Tier) -> Result<Vec<Vec<u8>>, String> {
    let mut entries = still(verified(&tier.service()))?;
    entries.retain(|entry| entry.kind == MandatesReceived::full_name());
    let received = entries.into_iter().map(|entry| MandatesReceived::decode(entry.payload).unwrap());
    Ok(received.map(|received| received.entry.unwrap().body).collect())
}

fn run(course: &Course, versions: i32) -> Result<Found, String> {
    let below = Rc::new(Tier::new(BELOW, COUNTY, course));
    let above =
        Rc::new(Above { tier: Tier::new(ABOVE, MUNICIPALITY, course), versions: RefCell::default(), most: versions });
    let (child, parent) = (below.clone(), above.clone());
    let mut stage = Stage::new(course);
    stage.host(ABOVE, move || parent.clone().run(), || above.tier.kill());
    stage.host(BELOW, move || ask(child.clone()), || below.kill());
    let all = || {
        if above.tier.up.borrow().is_none() || below.up.borrow().is_none() {
            return false;
        }
        let last = |given: Vec<mandate_given::Model>| given.last().map(|row| row.sequence);
        let (above, below) = (above.tier.service(), below.service());
        let given = still(store::given(COUNTY, None, 1_000, above.database.reader())).unwrap();
        let feeds = still(store::feeds(below.database.reader())).unwrap();
        last(given) == feeds.first().and_then(|feed| feed.last)
    };
    stage.run(|| above.has_given_all(), all)?;
    drop(stage);
    let (given, received) = (above.given()?, received(&below)?);
    let given: Vec<Vec<u8>> = given.iter().map(Message::encode_to_vec).collect();
    if given != received {
        return Err("what was received is not what was given".to_owned());
    }
    let service = below.service();
    let newest = still(store::mandates(service.database.reader())).unwrap();
    let newest: Vec<MandatesGiven> =
        newest.iter().map(|row| MandatesGiven::decode(row.given.as_slice()).unwrap()).collect();
    let last = given.last().map(|body| EntryBody::decode(body.as_slice()).unwrap().payload);
    let last = last.map(|payload| MandatesGiven::decode(payload).unwrap());
    if newest.first() != last.as_ref() {
        return Err(format!("the newest is not what holds: {newest:?}"));
    }
    Ok(Found { filed: received.len(), found: given.len() })
}

fn begin() -> jiff::Timestamp {
    moment("2023-06-01T00:10:00+08:00")
}

#[test]
fn mandates_by_chance() {
    by_chance("mandates_by_chance", FAILED, FRESH, begin(), |course| run(course, 40));
}

#[test]
fn mandates_at_every_message() {
    at_every_message("mandates_at_every_message", begin(), |course| run(course, 4));
}
