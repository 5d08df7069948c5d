//! A province's month by village: every village times 26 measures, a programme a county, filed in bulk and certified by
//! batch through the services, against the same values as plain rows; and what the tier holds of memory before and after.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use jiff::tz::{TimeZone, offset};
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_proto::catalogue::v1::{AllocationColumn, AllocationRow, AllocationTable, DivisionLevel, Programme};
use minsheng_proto::common::v1::{BulkMode, Quantity, Value, value::State};
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::reporting::v1::{BatchFileReportsRequest, DivisionValue, FileReportRow, ReportContent};
use minsheng_proto::verification::v1::certification_service_client::CertificationServiceClient;
use minsheng_proto::verification::v1::{BatchDecideRequest, Case, CaseState, DecideRow, Decision, ListCasesRequest};
use minsheng_testkit::Postgres;
use minsheng_tests::small;
use minsheng_tests::{Client, Program};

use crate::figures::{MEASURES, Territory};
use crate::table::{Figure, Goal, Table};
use crate::{filing, machine, plain, tier};

/// MiB that an idle tier may hold.
const IDLE_MIB: f64 = 60.0;
/// Calls at the same time; each files all of a county's reports.
const CALLS: usize = 4;
/// Cases of a batch.
const CASES: usize = 500;
const UNIT: &str = "个";

/// Measures and adds the figures.
pub async fn run(
    folder: &Path,
    postgres: Option<&Postgres>,
    territory: &Territory,
    table: &mut Table,
) -> anyhow::Result<()> {
    let program = tier::start("430000", &folder.join("province"), postgres)?;
    machine::settle(program.id(), Duration::from_secs(20)).await?;
    let (idle, _) = machine::memory(program.id())?;
    table.add(
        Figure::new("memory of an idle tier of five services", idle, "MiB")
            .against("goal", IDLE_MIB)
            .goal(Goal::AtMost(1.0)),
    );

    let today = SystemClock.now().to_zoned(TimeZone::fixed(offset(8)));
    let (year, month) = (today.year(), format!("{}-{:02}", today.year(), today.month()));
    let begin = Instant::now();
    let counties = territory.counties();
    // A table that goes down to villages stands where the catalogue does not know the townships between.
    let content = tier::Content {
        division: "430000",
        divisions: territory.divisions(DivisionLevel::County),
        programmes: counties
            .iter()
            .map(|(county, villages)| programme(year.into(), *county, villages, territory))
            .collect(),
        heads: CALLS,
    };
    tier::prepare(&program, content).await?;
    table.fact(
        "province",
        format!(
            "{} villages x {MEASURES} measures, {} counties with a programme each, imported and issued in {:.1} s",
            territory.villages.len(),
            counties.len(),
            begin.elapsed().as_secs_f64()
        ),
    );

    let values = (territory.villages.len() * MEASURES) as f64;
    let plain = values / plain::insert(folder, postgres, territory).await?.as_secs_f64();
    let filed = values / file(&program, &requests(&month, territory)).await?.as_secs_f64();
    let goal = Goal::AtLeast(0.25);
    table.add(
        Figure::new("province's month, filed in bulk", filed, "values/s")
            .against("plain insert_many", plain)
            .goal(goal),
    );
    let decided = decide(&program, &month, territory).await?;
    table.fact(
        "province, followed",
        format!(
            "all cases were before the office {:.1} s after the last report was filed",
            decided.followed.as_secs_f64()
        ),
    );
    table.fact(
        "province, decided",
        format!(
            "passed in {:.1} s, certified in {:.1} s",
            decided.passed.as_secs_f64(),
            decided.certified.as_secs_f64()
        ),
    );
    let certified = values / (decided.passed + decided.certified).as_secs_f64();
    table.add(
        Figure::new("province's month, passed and certified by batch", certified, "values/s")
            .against("plain insert_many", plain)
            .goal(goal),
    );

    machine::settle(program.id(), Duration::from_secs(120)).await?;
    let (after, most) = machine::memory(program.id())?;
    table.add(Figure::new("memory after the province's month", after, "MiB"));
    table.add(Figure::new("most memory held during it", most, "MiB"));
    Ok(())
}

fn programme_name(county: usize, month: &str, territory: &Territory) -> String {
    format!("programmes/{}-{}", territory.codes[county], &month[..4])
}

/// A county's programme: as many indicators as measures, each allocated to all its villages.
fn programme(year: i32, county: usize, villages: &[usize], territory: &Territory) -> Programme {
    let mut programme = small::programme(year, MEASURES);
    filing::complete(&mut programme);
    programme.division = territory.codes[county].clone();
    programme.division_name = territory.names[county].clone();
    let indicators = programme.projects.iter_mut().flat_map(|project| &mut project.indicators);
    for (number, measure) in indicators.flat_map(|indicator| &mut indicator.measures).enumerate() {
        measure.target = villages.iter().map(|village| territory.target(number, *village)).sum::<i64>().to_string();
    }
    let column = |number: usize| AllocationColumn {
        measure: format!("{}-1", small::code(number + 1)),
        heading: format!("计量项{}", number + 1),
        unit: UNIT.into(),
    };
    let row = |village: &usize| AllocationRow {
        division: territory.codes[*village].clone(),
        display_name: territory.names[*village].clone(),
        cells: (0..MEASURES).map(|measure| territory.target(measure, *village).to_string()).collect(),
    };
    programme.allocation_table = Some(AllocationTable {
        columns: (0..MEASURES).map(column).collect(),
        rows: villages.iter().map(row).collect(),
        printed_totals: vec![String::new(); MEASURES],
        ..AllocationTable::default()
    });
    programme
}

fn quantity(number: i64) -> Option<Value> {
    Some(Value { state: Some(State::Quantity(Quantity { value: number.to_string(), unit: UNIT.into() })) })
}

fn content(measure: usize, villages: &[usize], territory: &Territory) -> ReportContent {
    let mut content = small::content(measure + 1, 0);
    for value in &mut content.values {
        value.value = quantity(villages.iter().map(|village| territory.value(measure, *village)).sum());
        let share = |village: &usize| DivisionValue {
            division: territory.codes[*village].clone(),
            value: quantity(territory.value(measure, *village)),
        };
        value.breakdown = villages.iter().map(share).collect();
    }
    content
}

/// All reports of the month, a call a county.
fn requests(month: &str, territory: &Territory) -> Vec<BatchFileReportsRequest> {
    let request = |(county, villages): (usize, Vec<usize>)| {
        let programme = programme_name(county, month, territory);
        let row = |measure: usize| FileReportRow {
            id: measure.to_string(),
            name: format!("{programme}/indicators/{}/reports/{month}", small::code(measure + 1)),
            content: Some(content(measure, &villages, territory)),
        };
        BatchFileReportsRequest {
            rows: (0..MEASURES).map(row).collect(),
            mode: BulkMode::AllOrNothing.into(),
            request_id: format!("file-{county}"),
        }
    };
    territory.counties().into_iter().map(request).collect()
}

/// Files all and says how long it took.
async fn file(program: &Program, requests: &[BatchFileReportsRequest]) -> anyhow::Result<Duration> {
    let mut heads = Vec::new();
    for call in 0..CALLS {
        heads.push(tier::log_in(program, &crate::load::account(call)).await?);
    }
    let begin = Instant::now();
    let mut calls = Vec::new();
    for (head, mine) in heads.into_iter().zip(requests.chunks(requests.len().div_ceil(CALLS))) {
        calls.push(tokio::spawn(file_some(head, mine.to_vec())));
    }
    for call in calls {
        call.await??;
    }
    Ok(begin.elapsed())
}

async fn file_some(head: Client, requests: Vec<BatchFileReportsRequest>) -> anyhow::Result<()> {
    let mut service = ReportServiceClient::new(head.door())
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    for request in requests {
        let answer = service.batch_file_reports(request).await.map_err(tier::refused)?.into_inner();
        ensure!(answer.failures.is_empty(), "reports refused: {:?}", answer.failures.first());
        ensure!(answer.successes.iter().all(|success| success.receipt.is_some()), "a report without its receipt");
    }
    Ok(())
}

struct Decided {
    followed: Duration,
    passed: Duration,
    certified: Duration,
}

/// Waits for the cases, passes all as the office and certifies all as the certifier.
async fn decide(program: &Program, month: &str, territory: &Territory) -> anyhow::Result<Decided> {
    let begin = Instant::now();
    let office = tier::log_in(program, "office").await?;
    let certifier = tier::log_in(program, "certifier").await?;
    let programmes: Vec<String> =
        territory.counties().keys().map(|county| programme_name(*county, month, territory)).collect();
    let all = programmes.len() * MEASURES;
    let mut rows = Vec::new();
    for programme in &programmes {
        rows.extend(cases(&office, programme, month, CaseState::ToCheck, Decision::Pass).await?);
    }
    let followed = begin.elapsed();
    ensure!(rows.len() == all, "{} of {all} cases", rows.len());
    let passed = batches(&office, rows, "pass").await?;
    let mut rows = Vec::new();
    for programme in &programmes {
        rows.extend(cases(&certifier, programme, month, CaseState::Fast, Decision::Certify).await?);
    }
    ensure!(rows.len() == all, "{} of {all} cases are passed", rows.len());
    let certified = batches(&certifier, rows, "certify").await?;
    Ok(Decided { followed, passed, certified })
}

/// The cases of a programme, once they are all in a state.
async fn cases(
    caller: &Client,
    programme: &str,
    month: &str,
    state: CaseState,
    decision: Decision,
) -> anyhow::Result<Vec<DecideRow>> {
    let mut service = CertificationServiceClient::new(caller.door()).max_decoding_message_size(usize::MAX);
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let asked = ListCasesRequest {
            programme: programme.into(),
            period: month.into(),
            states: vec![state.into()],
            page_size: 1000,
            page_token: String::new(),
        };
        let cases = service.list_cases(asked).await.map_err(tier::refused)?.into_inner().cases;
        if cases.len() >= MEASURES {
            let row = |(number, case): (usize, Case)| DecideRow {
                id: number.to_string(),
                name: case.name,
                etag: case.etag,
                decision: decision.into(),
            };
            return Ok(cases.into_iter().enumerate().map(row).collect());
        }
        ensure!(Instant::now() < end, "{programme}: {} of {MEASURES} cases after two minutes", cases.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Decides in batches, each row under an id of its own, and says how long it took.
async fn batches(caller: &Client, mut rows: Vec<DecideRow>, what: &str) -> anyhow::Result<Duration> {
    let mut service = CertificationServiceClient::new(caller.door()).max_decoding_message_size(usize::MAX);
    for (number, row) in rows.iter_mut().enumerate() {
        row.id = number.to_string();
    }
    let begin = Instant::now();
    for (number, rows) in rows.chunks(CASES).enumerate() {
        let request_id = format!("{what}-{number}");
        let asked = BatchDecideRequest { rows: rows.to_vec(), mode: BulkMode::AllOrNothing.into(), request_id };
        let answer = service.batch_decide(asked).await.map_err(tier::refused)?.into_inner();
        ensure!(answer.failures.is_empty(), "decisions refused: {:?}", answer.failures.first());
    }
    Ok(begin.elapsed())
}
