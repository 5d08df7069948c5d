//! A province's month by village: every village times 26 measures, filed in bulk and certified by batch through the
//! services, against the same values as plain rows; and what the tier holds of memory before and after.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use jiff::tz::{TimeZone, offset};
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_proto::catalogue::v1::{AllocationColumn, AllocationRow, AllocationTable, DivisionLevel, Programme};
use minsheng_proto::common::v1::{BulkMode, Quantity, Value, value::State};
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::reporting::v1::{BatchFileReportsRequest, DivisionValue, FileReportRow, ReportContent};
use minsheng_proto::verification::v1::certification_service_client::CertificationServiceClient;
use minsheng_proto::verification::v1::{BatchDecideRequest, CaseState, DecideRow, Decision, ListCasesRequest};
use minsheng_testkit::Postgres;
use minsheng_tests::small;
use minsheng_tests::{Client, Program};

use crate::figures::{MEASURES, Territory};
use crate::table::{Figure, Goal, Table};
use crate::{filing, machine, plain, tier};

/// MiB that an idle tier may hold.
const IDLE_MIB: f64 = 60.0;
/// Reports of a call; each holds a value of every village.
const REPORTS_A_CALL: usize = 2;
/// Calls at the same time.
const CALLS: usize = 2;
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
    let divisions = territory.divisions(DivisionLevel::Village);
    tier::prepare(&program, 1, divisions, programme(year.into(), territory)).await?;
    table.fact(
        "province",
        format!(
            "{} villages x {MEASURES} measures; divisions and programme were imported in {:.1} s",
            territory.villages.len(),
            begin.elapsed().as_secs_f64()
        ),
    );

    let values = (territory.villages.len() * MEASURES) as f64;
    let plain = values / plain::insert(folder, postgres, territory).await?.as_secs_f64();
    let filed = values / file(&program, &format!("programmes/430000-{year}"), &month, territory).await?.as_secs_f64();
    let goal = Goal::AtLeast(0.25);
    table.add(
        Figure::new("province's month, filed in bulk", filed, "values/s")
            .against("plain insert_many", plain)
            .goal(goal),
    );
    let decided = decide(&program, &format!("programmes/430000-{year}"), &month).await?;
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

/// As many indicators as measures, each allocated to all villages.
fn programme(year: i32, territory: &Territory) -> Programme {
    let mut programme = small::programme(year, MEASURES);
    filing::complete(&mut programme);
    programme.division = "430000".into();
    programme.division_name = "湖南省".into();
    let measures = programme.projects.iter_mut().flat_map(|project| &mut project.indicators);
    for (number, measure) in measures.flat_map(|indicator| &mut indicator.measures).enumerate() {
        measure.target = territory.target_sum(number).to_string();
    }
    let column = |number: usize| AllocationColumn {
        measure: format!("1.{}-1", number + 1),
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
        rows: territory.villages.iter().map(row).collect(),
        ..AllocationTable::default()
    });
    programme
}

fn quantity(number: i64) -> Option<Value> {
    Some(Value { state: Some(State::Quantity(Quantity { value: number.to_string(), unit: UNIT.into() })) })
}

fn content(measure: usize, territory: &Territory) -> ReportContent {
    let mut content = small::content(measure + 1, 0);
    for value in &mut content.values {
        value.value = quantity(territory.value_sum(measure));
        let share = |village: &usize| DivisionValue {
            division: territory.codes[*village].clone(),
            value: quantity(territory.value(measure, *village)),
        };
        value.breakdown = territory.villages.iter().map(share).collect();
    }
    content
}

/// Files all reports of the month and says how long it took.
async fn file(program: &Program, programme: &str, month: &str, territory: &Territory) -> anyhow::Result<Duration> {
    let head = tier::log_in(program, &crate::load::account(0)).await?;
    let row = |measure: usize| FileReportRow {
        id: measure.to_string(),
        name: format!("{programme}/indicators/1.{}/reports/{month}", measure + 1),
        content: Some(content(measure, territory)),
    };
    let rows: Vec<FileReportRow> = (0..MEASURES).map(row).collect();
    let request = |(number, rows): (usize, &[FileReportRow])| BatchFileReportsRequest {
        rows: rows.to_vec(),
        mode: BulkMode::AllOrNothing.into(),
        request_id: format!("file-{number}"),
    };
    let mut requests: Vec<_> = rows.chunks(REPORTS_A_CALL).enumerate().map(request).collect();
    let begin = Instant::now();
    let mut calls = Vec::new();
    while !requests.is_empty() {
        let rest = requests.split_off(requests.len().min(MEASURES.div_ceil(CALLS * REPORTS_A_CALL)));
        let mine = std::mem::replace(&mut requests, rest);
        calls.push(tokio::spawn(file_some(head.clone(), mine)));
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
        let answer = service.batch_file_reports(request).await?.into_inner();
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
async fn decide(program: &Program, programme: &str, month: &str) -> anyhow::Result<Decided> {
    let begin = Instant::now();
    let office = tier::log_in(program, "office").await?;
    let certifier = tier::log_in(program, "certifier").await?;
    let rows = loop {
        let rows = cases(&office, programme, month, CaseState::ToCheck, Decision::Pass).await?;
        if rows.len() == MEASURES {
            break rows;
        }
        ensure!(begin.elapsed() < Duration::from_secs(120), "{} of {MEASURES} cases after two minutes", rows.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let followed = begin.elapsed();
    let passed = batch(&office, rows, "pass").await?;
    let rows = cases(&certifier, programme, month, CaseState::Fast, Decision::Certify).await?;
    ensure!(rows.len() == MEASURES, "{} of {MEASURES} cases are passed", rows.len());
    let certified = batch(&certifier, rows, "certify").await?;
    Ok(Decided { followed, passed, certified })
}

async fn cases(
    caller: &Client,
    programme: &str,
    month: &str,
    state: CaseState,
    decision: Decision,
) -> anyhow::Result<Vec<DecideRow>> {
    let mut service = CertificationServiceClient::new(caller.door()).max_decoding_message_size(usize::MAX);
    let asked = ListCasesRequest {
        programme: programme.into(),
        period: month.into(),
        states: vec![state.into()],
        page_size: 1000,
        page_token: String::new(),
    };
    let cases = service.list_cases(asked).await.context("cases")?.into_inner().cases;
    let row = |(number, case): (usize, minsheng_proto::verification::v1::Case)| DecideRow {
        id: number.to_string(),
        name: case.name,
        etag: case.etag,
        decision: decision.into(),
    };
    Ok(cases.into_iter().enumerate().map(row).collect())
}

async fn batch(caller: &Client, rows: Vec<DecideRow>, request_id: &str) -> anyhow::Result<Duration> {
    let mut service = CertificationServiceClient::new(caller.door()).max_decoding_message_size(usize::MAX);
    let asked = BatchDecideRequest { rows, mode: BulkMode::AllOrNothing.into(), request_id: request_id.into() };
    let begin = Instant::now();
    let answer = service.batch_decide(asked).await.context("a batch of decisions")?.into_inner();
    ensure!(answer.failures.is_empty(), "decisions refused: {:?}", answer.failures.first());
    Ok(begin.elapsed())
}
