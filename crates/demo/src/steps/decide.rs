//! After the deadline: the office passes and returns, the certifier accepts, adjusts and returns, units file again, the
//! month is closed. Services follow each other's ledgers; each step waits until the next service knows.

use std::collections::BTreeMap;

use minsheng_domain::period::beijing_instant;
use minsheng_proto::common::v1::BulkMode;
use minsheng_proto::reporting::v1::{ClosePeriodRequest, ListReportsRequest, ReportState, ReturnReason};
use minsheng_proto::verification::v1::{
    Adjustment, BatchDecideRequest, Case, CaseState, CertifyReportRequest, DecideRow, Decision, ListCasesRequest,
    ReturnReportRequest,
};

use super::file::{confirm, file_again, file_report};
use super::{CERTIFIER, OFFICER, SECOND_OFFICER, all_taken, report_name};
use crate::error::DemoError;
use crate::generate::{Filing, MonthPlan, ReportPlan};
use crate::world::World;

/// Checks, late filings, confirmations, returns, certification: everything up to the closing.
///
/// # Errors
/// When a call is refused, or the services do not follow each other.
pub async fn decide_month(world: &World, programme: &str, plan: &MonthPlan) -> Result<(), DemoError> {
    let round = Round { world, programme, plan };
    let days = plan.days;
    world.at(beijing_instant(days.check, 9));
    let on_time: Vec<&ReportPlan> = plan.reports.iter().filter(|report| !report.late).collect();
    let entered = |report: &&&ReportPlan| matches!(report.filing, Filing::Entered { .. });
    let own: Vec<&ReportPlan> = on_time.iter().filter(|report| !entered(report)).copied().collect();
    let to_return = |report: &&&ReportPlan| report.returned.as_ref().is_some_and(|returned| !returned.by_certifier);
    let returned: Vec<&ReportPlan> = own.iter().filter(to_return).copied().collect();
    let passed: Vec<&ReportPlan> = own.iter().filter(|report| !to_return(report)).copied().collect();
    let cases = round.cases(&own, CaseState::ToCheck).await?;
    for report in &returned {
        round.return_report(SECOND_OFFICER, report, round.case(&cases, report)?).await?;
    }
    round.batch(SECOND_OFFICER, &passed, &cases, Decision::Pass).await?;

    for report in on_time.iter().filter(entered) {
        if let Filing::Entered { confirmed: Some(moment) } = report.filing {
            world.at(moment);
            round.reports(&[report], ReportState::ToConfirm).await?;
            confirm(world, programme, plan, report).await?;
        }
    }
    for report in plan.reports.iter().filter(|report| report.late) {
        world.at(report.at);
        file_report(world, programme, plan, report).await?;
    }
    for report in &returned {
        world.at(beijing_instant(days.check, 18));
        round.reports(&[report], ReportState::Returned).await?;
        file_again(world, programme, plan, report).await?;
    }
    round.certify(&passed).await?;
    let unconfirmed = plan.reports.iter().filter(|report| report.unconfirmed).count();
    let certified = plan.reports.len() - unconfirmed;
    world.voice.say(format!(
        "  实事办核为快报数，统计局认定{certified}份：退回{}份（已重报）、核减{}项、待确认{unconfirmed}份、迟报{}份、未报{}份。",
        plan.reports.iter().filter(|report| report.returned.is_some()).count(),
        plan.reports.iter().filter(|report| report.adjusted.is_some()).count(),
        plan.reports.iter().filter(|report| report.late).count(),
        plan.missing.len(),
    ));
    Ok(())
}

/// Closes the month; gives the reports that are missing.
///
/// # Errors
/// When it is refused.
pub async fn close_month(world: &World, programme: &str, plan: &MonthPlan) -> Result<Vec<String>, DemoError> {
    world.at(beijing_instant(plan.days.close, 9));
    let office = world.as_account(OFFICER).await?;
    let request =
        ClosePeriodRequest { programme: programme.to_owned(), period: plan.period.clone(), request_id: world.tick() };
    let closed = office.duties().close_period(request).await;
    let closed = closed.map_err(|status| DemoError::call(format!("封期{}", plan.period), status))?.into_inner();
    Ok(closed.missing)
}

/// A month's round of decisions.
struct Round<'a> {
    world: &'a World,
    programme: &'a str,
    plan: &'a MonthPlan,
}

/// The newest case of each report.
type Cases = BTreeMap<String, Case>;

impl Round<'_> {
    /// What came after the first check is passed; all but the unconfirmed is certified, some of it returned first.
    async fn certify(&self, passed: &[&ReportPlan]) -> Result<(), DemoError> {
        let days = self.plan.days;
        self.world.at(beijing_instant(days.certify, 9));
        let confirmed: Vec<&ReportPlan> = self.plan.reports.iter().filter(|report| !report.unconfirmed).collect();
        let came: Vec<&ReportPlan> = confirmed.iter().filter(|report| !passed.contains(report)).copied().collect();
        let cases = self.cases(&came, CaseState::ToCheck).await?;
        self.batch(SECOND_OFFICER, &came, &cases, Decision::Pass).await?;

        self.world.at(beijing_instant(days.certify, 14));
        let cases = self.cases(&confirmed, CaseState::Fast).await?;
        let to_return = |report: &&&ReportPlan| report.returned.as_ref().is_some_and(|returned| returned.by_certifier);
        let returned: Vec<&ReportPlan> = confirmed.iter().filter(to_return).copied().collect();
        for report in &returned {
            self.return_report(CERTIFIER, report, self.case(&cases, report)?).await?;
        }
        let accepted = confirmed.iter().filter(|report| report.adjusted.is_none() && !to_return(report));
        let accepted: Vec<&ReportPlan> = accepted.copied().collect();
        for report in confirmed.iter().filter(|report| report.adjusted.is_some()) {
            self.adjust(report, self.case(&cases, report)?).await?;
        }
        self.batch(CERTIFIER, &accepted, &cases, Decision::Certify).await?;

        if !returned.is_empty() {
            self.world.at(beijing_instant(days.again, 9));
            self.reports(&returned, ReportState::Returned).await?;
            for report in &returned {
                file_again(self.world, self.programme, self.plan, report).await?;
            }
            let cases = self.cases(&returned, CaseState::ToCheck).await?;
            self.batch(SECOND_OFFICER, &returned, &cases, Decision::Pass).await?;
            let cases = self.cases(&returned, CaseState::Fast).await?;
            self.batch(CERTIFIER, &returned, &cases, Decision::Certify).await?;
        }
        self.reports(&confirmed, ReportState::Certified).await
    }

    fn name(&self, report: &ReportPlan) -> String {
        report_name(self.programme, &report.indicator, &self.plan.period)
    }

    fn case<'a>(&self, cases: &'a Cases, report: &ReportPlan) -> Result<&'a Case, DemoError> {
        cases.get(&self.name(report)).ok_or(DemoError::Answer("case"))
    }

    /// Waits until verification has the reports' newest versions in a state.
    async fn cases(&self, reports: &[&ReportPlan], state: CaseState) -> Result<Cases, DemoError> {
        let office = self.world.as_account(SECOND_OFFICER).await?;
        let what = format!("{}份报送在认定服务中为{}", reports.len(), state.as_str_name());
        let wanted: Vec<String> = reports.iter().map(|report| self.name(report)).collect();
        self.world
            .wait(&what, async || {
                let request = ListCasesRequest {
                    programme: self.programme.to_owned(),
                    period: self.plan.period.clone(),
                    page_size: 1000,
                    ..ListCasesRequest::default()
                };
                let listed = office.cases().list_cases(request).await;
                let listed = listed.map_err(|status| DemoError::call("列出认定事项", status))?.into_inner().cases;
                let newest = newest(listed);
                let open = wanted.iter().filter(|name| newest.get(*name).is_none_or(|case| case.state() != state));
                let open: Vec<&str> = open.map(String::as_str).collect();
                Ok(if open.is_empty() { Ok(newest) } else { Err(format!("未到：{}", open.join("、"))) })
            })
            .await
    }

    /// Waits until reporting has the reports in a state.
    async fn reports(&self, reports: &[&ReportPlan], state: ReportState) -> Result<(), DemoError> {
        let office = self.world.as_account(SECOND_OFFICER).await?;
        let what = format!("{}份报送在报送服务中为{}", reports.len(), state.as_str_name());
        let wanted: Vec<String> = reports.iter().map(|report| self.name(report)).collect();
        self.world
            .wait(&what, async || {
                let request = ListReportsRequest {
                    programme: self.programme.to_owned(),
                    period: self.plan.period.clone(),
                    page_size: 1000,
                    ..ListReportsRequest::default()
                };
                let listed = office.reports().list_reports(request).await;
                let listed = listed.map_err(|status| DemoError::call("列出报送", status))?.into_inner().reports;
                let there = |name: &&String| listed.iter().any(|one| one.name == **name && one.state() == state);
                let open: Vec<&str> = wanted.iter().filter(|name| !there(name)).map(String::as_str).collect();
                Ok(if open.is_empty() { Ok(()) } else { Err(format!("未到：{}", open.join("、"))) })
            })
            .await
    }

    async fn batch(
        &self,
        account: &str,
        reports: &[&ReportPlan],
        cases: &Cases,
        decision: Decision,
    ) -> Result<(), DemoError> {
        let mut rows = Vec::new();
        for report in reports {
            let case = self.case(cases, report)?;
            rows.push(DecideRow {
                id: report.indicator.clone(),
                name: case.name.clone(),
                etag: case.etag.clone(),
                decision: decision.into(),
            });
        }
        if rows.is_empty() {
            return Ok(());
        }
        let mode = BulkMode::AllOrNothing.into();
        let request = BatchDecideRequest { rows, mode, request_id: self.world.tick() };
        let what = if decision == Decision::Pass { "批量核为快报数" } else { "批量认定" };
        let done = self.world.as_account(account).await?.cases().batch_decide(request).await;
        all_taken(what, &done.map_err(|status| DemoError::call(what, status))?.into_inner().failures)
    }

    async fn return_report(&self, account: &str, report: &ReportPlan, case: &Case) -> Result<(), DemoError> {
        let Some(returned) = &report.returned else {
            return Ok(());
        };
        let reason = ReturnReason {
            measure: returned.measure.clone(),
            reason: format!("【演示数据】{}", returned.reason),
            returned_by_unit: String::new(),
        };
        let request = ReturnReportRequest {
            name: case.name.clone(),
            etag: case.etag.clone(),
            reasons: vec![reason],
            request_id: self.world.tick(),
        };
        let done = self.world.as_account(account).await?.cases().return_report(request).await;
        done.map_err(|status| DemoError::call(format!("退回{}", report.indicator), status))?;
        Ok(())
    }

    async fn adjust(&self, report: &ReportPlan, case: &Case) -> Result<(), DemoError> {
        let Some(adjusted) = &report.adjusted else {
            return Ok(());
        };
        let adjustment = Adjustment {
            measure: adjusted.figure.measure.clone(),
            value: Some(adjusted.figure.wire_value(adjusted.figure.value)),
            breakdown: adjusted.figure.wire_breakdown(),
            reason: format!("【演示数据】{}", adjusted.reason),
        };
        let request = CertifyReportRequest {
            name: case.name.clone(),
            etag: case.etag.clone(),
            adjustments: vec![adjustment],
            request_id: self.world.tick(),
        };
        let done = self.world.as_account(CERTIFIER).await?.cases().certify_report(request).await;
        done.map_err(|status| DemoError::call(format!("核定{}", report.indicator), status))?;
        Ok(())
    }
}

/// The newest version's case of each report.
fn newest(cases: Vec<Case>) -> Cases {
    let number = |case: &Case| case.name.rsplit('/').next().and_then(|number| number.parse::<i32>().ok()).unwrap_or(0);
    let mut newest = Cases::new();
    for case in cases {
        if newest.get(&case.report).is_none_or(|known| number(known) < number(&case)) {
            newest.insert(case.report.clone(), case);
        }
    }
    newest
}
