//! A tier's month as far as it is made of lower tiers: what they filed is passed and certified like any unit's, their sum is
//! filed by the lead unit and certified too, the month is closed and the lower tiers are ranked.

use std::collections::BTreeMap;

use minsheng_domain::programme::split_code;
use minsheng_proto::common::v1::BulkMode;
use minsheng_proto::reporting::v1::{
    BatchFileReportsRequest, ClosePeriodRequest, FileReportRow, FillFromTiersRequest, ListReportsRequest, MeasureValue,
    Narrative, Report, ReportContent, ReportState,
};
use minsheng_proto::tier::v1::{ListOutgoingSetsRequest, OutgoingSet, OutgoingSetState};
use minsheng_proto::verification::v1::{BatchDecideRequest, Case, CaseState, DecideRow, Decision, ListCasesRequest};

use super::file::file_signed;
use super::publish::{Published, publish, tiers_ranked};
use super::{CERTIFIER, OFFICER, SECOND_OFFICER, all_taken, report_name};
use crate::data::MARK;
use crate::error::DemoError;
use crate::generate::{InventedReport, LEAD, given_codes};
use crate::world::World;

/// More sets, reports or cases than a month or a year here has.
const ALL: i32 = 1_000;

/// An invented tier's month: filed by its lead unit, passed and certified.
///
/// # Errors
/// When a call is refused.
pub async fn invented_month(
    world: &World,
    programme: &str,
    period: &str,
    month: usize,
    reports: &[InventedReport],
) -> Result<(), DemoError> {
    let content = |report: &InventedReport| {
        let values = report.values.get(month).cloned().unwrap_or_default();
        (report_name(programme, &report.indicator, period), signed(values, "本级按计划推进。"))
    };
    file_all(world, reports.iter().map(content).collect()).await?;
    settle(world, programme, period, |_| true).await?;
    Ok(())
}

/// Passes and certifies what lower tiers have filed for a month; gives how many reports of each.
///
/// # Errors
/// When a call is refused.
pub async fn settle_tiers(world: &World, programme: &str, period: &str) -> Result<BTreeMap<String, usize>, DemoError> {
    let settled = settle(world, programme, period, |report| tier_of(report).is_some()).await?;
    let mut counts = BTreeMap::new();
    for division in settled.iter().filter_map(tier_of) {
        *counts.entry(division).or_default() += 1;
    }
    Ok(counts)
}

/// The lead unit files what the lower tiers make together; passed and certified it goes up. Gives how many reports that were,
/// and the indicators that cannot be added up yet, since a tier lacks.
///
/// # Errors
/// When a call is refused.
pub async fn compose_month(world: &World, programme: &str, period: &str) -> Result<(usize, Vec<String>), DemoError> {
    let head = world.as_account(&format!("{LEAD}.head")).await?;
    let (mut wholes, mut lacking) = (Vec::new(), Vec::new());
    for indicator in given_codes() {
        let name = report_name(programme, indicator, period);
        let request = FillFromTiersRequest { name: name.clone(), etag: String::new(), request_id: world.tick() };
        let filled = head.reports().fill_from_tiers(request).await;
        let filled = filled.map_err(|status| DemoError::call(format!("汇总{name}"), status))?.into_inner();
        if filled.missing.is_empty() {
            let values = filled.report.and_then(|report| report.content).unwrap_or_default().values;
            wholes.push((name, signed(values, "由下级认定数汇总。")));
        } else {
            lacking.push(indicator.to_owned());
        }
    }
    file_all(world, wholes).await?;
    let settled = settle(world, programme, period, |report| tier_of(report).is_none()).await?;
    Ok((settled.len(), lacking))
}

/// The lead unit files reports in one call; those with warnings again, explained.
async fn file_all(world: &World, reports: Vec<(String, ReportContent)>) -> Result<(), DemoError> {
    let head = world.as_account(&format!("{LEAD}.head")).await?;
    let row = |(place, (name, content)): (usize, &(String, ReportContent))| FileReportRow {
        id: place.to_string(),
        name: name.clone(),
        content: Some(content.clone()),
    };
    let request = BatchFileReportsRequest {
        rows: reports.iter().enumerate().map(row).collect(),
        mode: BulkMode::RowByRow.into(),
        request_id: world.tick(),
    };
    let filed = head.reports().batch_file_reports(request).await;
    let refused = filed.map_err(|status| DemoError::call("批量报送", status))?.into_inner().failures;
    let is_refused = |place: usize| refused.iter().any(|row| row.id == place.to_string());
    for (_, (name, content)) in reports.into_iter().enumerate().filter(|(place, _)| is_refused(*place)) {
        file_signed(world, &head, &name, content).await?;
    }
    Ok(())
}

/// Closes a month, publishes the standing of the lower tiers and says it.
///
/// # Errors
/// When a call is refused.
pub async fn rank_tiers(world: &World, programme: &str, period: &str) -> Result<Published, DemoError> {
    let request =
        ClosePeriodRequest { programme: programme.to_owned(), period: period.to_owned(), request_id: world.tick() };
    let closed = world.as_account(OFFICER).await?.duties().close_period(request).await;
    closed.map_err(|status| DemoError::call(format!("封期{period}"), status))?;
    let published = publish(world, programme, period).await?;
    world.voice.say(tiers_ranked(published.snapshot()?));
    Ok(published)
}

/// Sets that a tier files with its parent and that stand so, oldest first.
///
/// # Errors
/// When a call is refused.
pub async fn outgoing(world: &World, state: OutgoingSetState) -> Result<Vec<OutgoingSet>, DemoError> {
    let office = world.as_account(OFFICER).await?;
    let mut sets = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListOutgoingSetsRequest {
            state: state.into(),
            page_size: ALL,
            page_token,
            ..ListOutgoingSetsRequest::default()
        };
        let listed = office.uplink().list_outgoing_sets(request).await;
        let listed = listed.map_err(|status| DemoError::call("列出上报数据", status))?.into_inner();
        sets.extend(listed.sets);
        page_token = listed.next_page_token;
        if page_token.is_empty() {
            return Ok(sets);
        }
    }
}

/// Waits until the parent keeps all that this tier has for it.
///
/// # Errors
/// When it does not come to that, or the parent refused a set.
pub async fn all_filed(world: &World) -> Result<(), DemoError> {
    world
        .wait("待报上级的数据全部送达", async || {
            let waiting = outgoing(world, OutgoingSetState::Pending).await?.len();
            Ok(if waiting == 0 { Ok(()) } else { Err(format!("还有{waiting}组")) })
        })
        .await?;
    match outgoing(world, OutgoingSetState::Refused).await?.first() {
        Some(OutgoingSet { indicator, period, refusal, .. }) => {
            let why = refusal.as_ref().map_or("", |refusal| refusal.message.as_str());
            Err(DemoError::Unexpected(format!("上级不收{indicator}（{period}）：{why}")))
        }
        None => Ok(()),
    }
}

/// Passes and certifies the submitted reports of a month that are meant. What a lower tier filed is passed by itself where
/// there is nothing to look at; what it composed while one of its own tiers lacked is left for later.
async fn settle(
    world: &World,
    programme: &str,
    period: &str,
    is_meant: impl Fn(&Report) -> bool,
) -> Result<Vec<Report>, DemoError> {
    let mut submitted = reports(world, programme, period).await?;
    let is_open = |report: &Report| matches!(report.state(), ReportState::Submitted | ReportState::Fast);
    submitted.retain(|report| is_open(report) && is_meant(report));
    let mut known = cases(world, programme, period, &submitted, &[CaseState::ToCheck, CaseState::Fast]).await?;
    let is_whole = |case: &Case| case.findings.iter().all(|finding| finding.code != "COMPOSED_WITHOUT");
    known.retain(is_whole);
    submitted.retain(|report| known.iter().any(|case| case.report == report.name));
    known.retain(|case| case.state() == CaseState::ToCheck);
    decide(world, SECOND_OFFICER, &known, Decision::Pass).await?;
    let passed = cases(world, programme, period, &submitted, &[CaseState::Fast]).await?;
    decide(world, CERTIFIER, &passed, Decision::Certify).await?;
    world
        .wait("报送服务得知认定", async || {
            let now = reports(world, programme, period).await?;
            let is_certified =
                |name: &str| now.iter().any(|report| report.name == name && report.state() == ReportState::Certified);
            let open = submitted.iter().filter(|report| !is_certified(&report.name)).count();
            Ok(if open == 0 { Ok(()) } else { Err(format!("{open}份未到")) })
        })
        .await?;
    Ok(submitted)
}

async fn reports(world: &World, programme: &str, period: &str) -> Result<Vec<Report>, DemoError> {
    let request = ListReportsRequest {
        programme: programme.to_owned(),
        period: period.to_owned(),
        page_size: ALL,
        ..ListReportsRequest::default()
    };
    let listed = world.as_account(OFFICER).await?.reports().list_reports(request).await;
    Ok(listed.map_err(|status| DemoError::call("列出报送", status))?.into_inner().reports)
}

/// Waits until verification has these versions, each in one of the states.
async fn cases(
    world: &World,
    programme: &str,
    period: &str,
    versions: &[Report],
    states: &[CaseState],
) -> Result<Vec<Case>, DemoError> {
    let office = world.as_account(OFFICER).await?;
    world
        .wait("认定服务得知报送", async || {
            let request = ListCasesRequest {
                programme: programme.to_owned(),
                period: period.to_owned(),
                page_size: ALL,
                ..ListCasesRequest::default()
            };
            let listed = office.cases().list_cases(request).await;
            let listed = listed.map_err(|status| DemoError::call("列出认定事项", status))?.into_inner().cases;
            let case = |report: &Report| {
                let name = format!("{}/versions/{}", report.name, report.version);
                listed.iter().find(|case| case.name == name && states.contains(&case.state())).cloned()
            };
            let found: Vec<Case> = versions.iter().filter_map(case).collect();
            let open = versions.len() - found.len();
            Ok(if open == 0 { Ok(found) } else { Err(format!("{open}份未到")) })
        })
        .await
}

async fn decide(world: &World, account: &str, cases: &[Case], decision: Decision) -> Result<(), DemoError> {
    let row = |(place, case): (usize, &Case)| DecideRow {
        id: place.to_string(),
        name: case.name.clone(),
        etag: case.etag.clone(),
        decision: decision.into(),
    };
    let rows: Vec<DecideRow> = cases.iter().enumerate().map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mode = BulkMode::AllOrNothing.into();
    let request = BatchDecideRequest { rows, mode, request_id: world.tick() };
    let done = world.as_account(account).await?.cases().batch_decide(request).await;
    let done = done.map_err(|status| DemoError::call("批量核定", status))?.into_inner();
    all_taken("批量核定", &done.failures)
}

/// Division of the tier whose report it is; none for the tier's own.
fn tier_of(report: &Report) -> Option<String> {
    let indicator = report.name.split('/').nth(3)?;
    split_code(indicator).1.map(str::to_owned)
}

fn signed(values: Vec<MeasureValue>, progress: &str) -> ReportContent {
    ReportContent {
        values,
        narrative: Some(Narrative { progress: format!("【{MARK}】{progress}"), ..Narrative::default() }),
        filled_by: "填报人（演示）".to_owned(),
        reviewed_by: "审核人（演示）".to_owned(),
        head: "负责人（演示）".to_owned(),
        ..ReportContent::default()
    }
}
