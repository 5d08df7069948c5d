//! A province's month by village: one provincial programme of 26 measures whose table has every village as a row, filed in
//! bulk and certified by batch through the services, against the same values as plain rows; and what the tier holds of
//! memory before and after.

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
/// Calls at the same time; each files its share of the reports.
const CALLS: usize = 4;
const UNIT: &str = "个";
/// The province.
const DIVISION: &str = "430000";

/// Measures and adds the figures.
pub async fn run(
    folder: &Path,
    postgres: Option<&Postgres>,
    territory: &Territory,
    table: &mut Table,
) -> anyhow::Result<()> {
    let program = tier::start(DIVISION, &folder.join("province"), postgres)?;
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
    let content = tier::Content {
        division: DIVISION,
        divisions: territory.divisions(DivisionLevel::Village),
        programmes: vec![programme(year.into(), territory)],
        heads: CALLS,
    };
    tier::prepare(&program, content).await?;
    table.fact(
        "province",
        format!(
            "one programme, a table of {} villages x {MEASURES} measures; {} divisions, the programme imported and issued in \
             {:.1} s",
            territory.villages.len(),
            territory.codes.len(),
            begin.elapsed().as_secs_f64()
        ),
    );

    let values = (territory.villages.len() * MEASURES) as f64;
    let plain = values / plain::insert(folder, postgres, territory).await?.as_secs_f64();
    let filed = values / file(&program, requests(&month, territory)).await?.as_secs_f64();
    let goal = Goal::AtLeast(0.25);
    table.add(
        Figure::new("province's month, filed in bulk", filed, "values/s")
            .against("plain insert_many", plain)
            .goal(goal),
    );
    let decided = decide(&program, &month).await?;
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

fn programme_name(month: &str) -> String {
    format!("programmes/{DIVISION}-{}", &month[..4])
}

/// The province's programme: as many indicators as measures, each allocated to all villages.
fn programme(year: i32, territory: &Territory) -> Programme {
    let mut programme = small::programme(year, MEASURES);
    filing::complete(&mut programme);
    let province = territory.codes.iter().position(|code| code == DIVISION).unwrap();
    programme.division = DIVISION.into();
    programme.division_name = territory.names[province].clone();
    let villages = &territory.villages;
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
        ..AllocationRow::default()
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

fn content(measure: usize, territory: &Territory) -> ReportContent {
    let villages = &territory.villages;
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

/// All reports of the month in as many calls as there are heads.
fn requests(month: &str, territory: &Territory) -> Vec<BatchFileReportsRequest> {
    let programme = programme_name(month);
    let row = |measure: &usize| FileReportRow {
        id: measure.to_string(),
        name: format!("{programme}/indicators/{}/reports/{month}", small::code(measure + 1)),
        content: Some(content(*measure, territory)),
    };
    let measures: Vec<usize> = (0..MEASURES).collect();
    let request = |measures: &[usize]| BatchFileReportsRequest {
        rows: measures.iter().map(row).collect(),
        mode: BulkMode::AllOrNothing.into(),
        request_id: format!("file-{}", measures[0]),
    };
    measures.chunks(MEASURES.div_ceil(CALLS)).map(request).collect()
}

/// Files all at the same time and says how long it took.
async fn file(program: &Program, requests: Vec<BatchFileReportsRequest>) -> anyhow::Result<Duration> {
    let mut heads = Vec::new();
    for call in 0..requests.len() {
        heads.push(tier::log_in(program, &crate::load::account(call)).await?);
    }
    let begin = Instant::now();
    let calls = heads.into_iter().zip(requests).map(|(head, request)| tokio::spawn(file_some(head, request)));
    let calls: Vec<_> = calls.collect();
    for call in calls {
        call.await??;
    }
    Ok(begin.elapsed())
}

async fn file_some(head: Client, request: BatchFileReportsRequest) -> anyhow::Result<()> {
    let mut service = ReportServiceClient::new(head.door())
        .max_decoding_message_size(usize::MAX)
        .max_encoding_message_size(usize::MAX);
    let answer = service.batch_file_reports(request).await.map_err(tier::refused)?.into_inner();
    ensure!(answer.failures.is_empty(), "reports refused: {:?}", answer.failures.first());
    ensure!(answer.successes.iter().all(|success| success.receipt.is_some()), "a report without its receipt");
    Ok(())
}

struct Decided {
    followed: Duration,
    passed: Duration,
    certified: Duration,
}

/// Waits for the cases, passes all as the office and certifies all as the certifier.
async fn decide(program: &Program, month: &str) -> anyhow::Result<Decided> {
    let begin = Instant::now();
    let office = tier::log_in(program, "office").await?;
    let certifier = tier::log_in(program, "certifier").await?;
    let programme = programme_name(month);
    let rows = cases(&office, &programme, month, CaseState::ToCheck, Decision::Pass).await?;
    let followed = begin.elapsed();
    let passed = batch(&office, rows, "pass").await?;
    let rows = cases(&certifier, &programme, month, CaseState::Fast, Decision::Certify).await?;
    let certified = batch(&certifier, rows, "certify").await?;
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

/// Decides all in one batch and says how long it took.
async fn batch(caller: &Client, rows: Vec<DecideRow>, what: &str) -> anyhow::Result<Duration> {
    ensure!(rows.len() == MEASURES, "{what}: {} of {MEASURES} cases", rows.len());
    let mut service = CertificationServiceClient::new(caller.door()).max_decoding_message_size(usize::MAX);
    let begin = Instant::now();
    let asked = BatchDecideRequest { rows, mode: BulkMode::AllOrNothing.into(), request_id: what.into() };
    let answer = service.batch_decide(asked).await.map_err(tier::refused)?.into_inner();
    ensure!(answer.failures.is_empty(), "decisions refused: {:?}", answer.failures.first());
    Ok(begin.elapsed())
}
