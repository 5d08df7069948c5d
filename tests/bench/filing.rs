//! Filing one report through the gateway, against the bare server and against FastAPI, with 1, 16 and 128 clients.

use std::path::Path;

use anyhow::Context as _;
use jiff::tz::{TimeZone, offset};
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_proto::catalogue::v1::{DivisionLevel, IndicatorStatements, Programme, ReportingRules};
use minsheng_testkit::Postgres;
use minsheng_tests::small;

use crate::figures::Territory;
use crate::load::{Measured, Peer, Plan, Reports, measure};
use crate::table::{Figure, Goal, Table};
use crate::{fastapi, machine, tier};

/// Clients at the same time, and which share of the reports they may use up.
const LEVELS: [(usize, u64, u64); 3] = [(1, 0, 5), (16, 5, 25), (128, 25, 100)];
const MOST_CLIENTS: usize = 128;
/// So many reports for a second of measuring, that no level runs out of them.
const REPORTS_A_SECOND: u64 = 12_000;

/// More than any server files.
const ENDLESS: u64 = 10_000_000;

/// What this part is told.
pub struct Options<'a> {
    /// Folder for databases.
    pub folder: &'a Path,
    /// Divisions that are known.
    pub territory: &'a Territory,
    /// PostgreSQL instead of SQLite.
    pub postgres: Option<&'a Postgres>,
    /// Seconds a level.
    pub seconds: u64,
    /// Python with what the FastAPI service needs; none to leave it out.
    pub python: Option<&'a Path>,
    /// Its worker processes.
    pub workers: usize,
}

/// Measures and adds the figures.
pub async fn run(options: &Options<'_>, table: &mut Table) -> anyhow::Result<()> {
    let tier = of_tier(options, table).await?;
    let bare = of_bare(options, table).await?;
    let fastapi = of_fastapi(options, table).await?;
    for (place, (clients, _, _)) in LEVELS.into_iter().enumerate() {
        let (tier, bare, fastapi) = (&tier[place], &bare[place], fastapi.get(place));
        let name = |what: &str| format!("filing, {clients} clients, {what}");
        let many = clients == MOST_CLIENTS;
        let rate = Figure::new(name("reports"), tier.rate(), "/s").against("bare", bare.rate());
        table.add(if many { rate.goal(Goal::AtLeast(0.25)) } else { rate });
        let median = Figure::new(name("median"), tier.p50, "us").against("bare", bare.p50);
        table.add(if clients == 1 { median.goal(Goal::AtMost(3.0)) } else { median });
        table.add(Figure::new(name("99 of 100"), tier.p99, "us").against("bare", bare.p99));
        let Some(fastapi) = fastapi else { continue };
        let rate = Figure::new(name("reports"), tier.rate(), "/s").against("FastAPI", fastapi.rate());
        table.add(if many { rate.goal(Goal::AtLeast(12.0)) } else { rate });
        let slowest = Figure::new(name("99 of 100"), tier.p99, "us").against("FastAPI", fastapi.p99);
        table.add(if many { slowest.goal(Goal::AtMost(0.1)) } else { slowest });
    }
    Ok(())
}

/// Reports of this year: as many indicators as need be, so that each request files a report that nobody has filed.
fn reports(seconds: u64) -> Reports {
    let today = SystemClock.now().to_zoned(TimeZone::fixed(offset(8)));
    let month = u64::from(today.month().unsigned_abs());
    let needed = REPORTS_A_SECOND * (seconds + 1);
    Reports { year: today.year(), month, indicators: (needed / month).clamp(1_000, 12_000) }
}

fn programme(reports: Reports) -> Programme {
    let indicators = usize::try_from(reports.indicators).unwrap_or(usize::MAX);
    let mut programme = small::programme(reports.year.into(), indicators);
    complete(&mut programme);
    programme
}

/// Leaves nothing out that the catalogue would have findings on, indicator by indicator.
pub fn complete(programme: &mut Programme) {
    for indicator in programme.projects.iter_mut().flat_map(|project| &mut project.indicators) {
        indicator.statements = Some(IndicatorStatements {
            verification: "现场核查".into(),
            source: "部门台账".into(),
            accuracy: "全数".into(),
            limits: "无".into(),
            remedy: "无".into(),
        });
        for measure in &mut indicator.measures {
            measure.counted = "年内建成并通过验收的个数。".into();
        }
    }
    // Nearly always on time in the month that it is.
    programme.reporting_rules = programme.reporting_rules.map(|rules| ReportingRules { due_day: 28, ..rules });
}

/// All levels of a peer, one after the other on fresh reports.
async fn levels(peer: Peer, process: u32, mut plan: Plan, table: &mut Table) -> anyhow::Result<Vec<Measured>> {
    let mut measured = Vec::new();
    let all = plan.reports.count();
    for (clients, from, to) in LEVELS {
        plan.clients = clients;
        plan.first = measured.last().map_or(all * from / 100, |last: &Measured| last.next);
        plan.end = all * to / 100;
        let (level, processor) = measure(&plan, process).await?;
        let in_all = (level.next - plan.first) as f64;
        let cost = if processor > 0.0 {
            format!(", {:.0} us of processor a request", processor * 1e6 / in_all)
        } else {
            String::new()
        };
        table.fact(
            format!("{peer:?}, {clients} clients"),
            format!(
                "{:.0}/s in {:.1} s, p50 {:.0} us, p99 {:.0} us{cost}",
                level.rate(),
                level.seconds,
                level.p50,
                level.p99
            ),
        );
        measured.push(level);
    }
    Ok(measured)
}

fn plan(options: &Options<'_>, peer: Peer, address: &str, certificate: String) -> Plan {
    let (address, seconds) = (address.to_owned(), options.seconds);
    let mut reports = reports(options.seconds);
    if peer != Peer::Tier {
        // They know no programme, so there is no end of reports.
        reports.indicators = ENDLESS;
    }
    Plan { peer, address, certificate, clients: 1, seconds, reports, first: 0, end: 0 }
}

async fn of_tier(options: &Options<'_>, table: &mut Table) -> anyhow::Result<Vec<Measured>> {
    let program = tier::start("430923", &options.folder.join("filing"), options.postgres)?;
    table.fact("tier", format!("minsheng serve all, {}; {}", database(options), tier::SETTINGS));
    let content = tier::Content {
        division: "430923",
        divisions: options.territory.divisions(DivisionLevel::County),
        programmes: vec![programme(reports(options.seconds))],
        heads: MOST_CLIENTS,
    };
    tier::prepare(&program, content).await?;
    machine::settle(program.id(), std::time::Duration::from_secs(30)).await?;
    let plan = plan(options, Peer::Tier, program.address(), program.certificate());
    levels(Peer::Tier, program.id(), plan, table).await
}

async fn of_bare(options: &Options<'_>, table: &mut Table) -> anyhow::Result<Vec<Measured>> {
    let url = match options.postgres {
        Some(server) => server.create("bare"),
        None => format!("sqlite://{}", options.folder.join("bare.db").display()),
    };
    table.fact("bare", format!("tonic, no TLS, two rows a request, groups by insert_many, {}", database(options)));
    let (child, address) = crate::bare::start(&["bare", &url]).await?;
    let process = child.id().context("the bare server has ended")?;
    levels(Peer::Bare, process, plan(options, Peer::Bare, &address, String::new()), table).await
}

async fn of_fastapi(options: &Options<'_>, table: &mut Table) -> anyhow::Result<Vec<Measured>> {
    let Some(python) = options.python else {
        table.fact("FastAPI", "left out: no --python; tests/bench/run installs it");
        return Ok(Vec::new());
    };
    let url = match options.postgres {
        Some(server) => server.create("fastapi").replace("postgres://", "postgresql+psycopg://"),
        None => format!("sqlite:///{}", options.folder.join("fastapi.db").display()),
    };
    let service = fastapi::Service::start(python, &url, options.workers).await?;
    table.fact(
        "FastAPI",
        format!("tests/bench/fastapi_peer.py, uvicorn with {} workers, {}", options.workers, service.durability),
    );
    levels(Peer::FastApi, service.id(), plan(options, Peer::FastApi, &service.address, String::new()), table).await
}

fn database(options: &Options<'_>) -> &'static str {
    if options.postgres.is_some() {
        "PostgreSQL, fsync and synchronous_commit on"
    } else {
        "SQLite, WAL, synchronous FULL"
    }
}
