//! ReportService. Reading decides by the policies on each report; a list holds what the policies let the caller see.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use minsheng_domain::calendar::Holidays;
use minsheng_kit::convert;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::page::{self, Page};
use minsheng_kit::policy::Action;
use minsheng_kit::writer::Call;
use minsheng_proto::common::v1::Finding;
use minsheng_proto::reporting::v1::report_service_server::ReportService;
use minsheng_proto::reporting::v1::{
    BatchFileReportsRequest, BatchFileReportsResponse, CheckReportRequest, CheckReportResponse, ConfirmReportRequest,
    ConfirmReportResponse, EnterReportRequest, EnterReportResponse, FileReportRequest, FileReportResponse,
    FillFromTiersRequest, FillFromTiersResponse, FillUnchangedRequest, FillUnchangedResponse, GetReportRequest,
    GetReportResponse, ListReportsRequest, ListReportsResponse, ReportContent, RequestCorrectionRequest,
    RequestCorrectionResponse, ReviewReportRequest, ReviewReportResponse, SignReportRequest, SignReportResponse,
    SubmitReportRequest, SubmitReportResponse, UpdateDraftRequest, UpdateDraftResponse,
};
use tonic::{Request, Response, Status};

use super::{Parts, month_of};
use crate::check::{self, Scene};
use crate::command::{
    BatchFileReports, ConfirmReport, EnterReport, FileReport, FillFromTiers, FillUnchanged, RequestCorrection,
    ReviewReport, SignReport, SubmitReport, UpdateDraft,
};
use crate::content::{self, Wholeness};
use crate::entity::report;
use crate::names::{self, ReportName};
use crate::programme::{self, InForce, LedIndicator};
use crate::store;

/// A report as read, with what surrounds it.
pub(super) struct Read {
    name: ReportName,
    in_force: Arc<InForce>,
    holidays: Arc<Holidays>,
    /// All months of its indicator.
    months: Vec<report::Model>,
    pub(super) row: report::Model,
}

impl Read {
    fn indicator(&self) -> Result<&LedIndicator, Refusal> {
        indicator_of(&self.in_force, &self.name)
    }
}

fn indicator_of<'a>(in_force: &'a InForce, name: &ReportName) -> Result<&'a LedIndicator, Refusal> {
    let found = in_force.indicator(&name.indicator);
    found.ok_or_else(|| Refusal::new(Reason::ReportUnknown).with("name", &name.name))
}

impl Parts {
    pub(super) async fn read(&self, caller: &Caller, name: &str) -> Result<Read, Refusal> {
        let name = ReportName::parse("name", name)?;
        let connection = self.service.database.reader();
        let in_force = programme::load(&self.rules.programmes, &name.programme, Some(name.period), connection).await?;
        let holidays = self.rules.calendars.load(name.year, connection).await?;
        let months = store::reports_of_indicator(&name.indicator_name, connection).await?;
        let known = months.iter().find(|row| row.name == name.name).cloned();
        let row = row_or_new(known, &name, indicator_of(&in_force, &name)?);
        let certifier = &indicator_of(&in_force, &name)?.certifier;
        self.service.policies.check(caller, Action::ReadReport, &row.resource(certifier))?;
        Ok(Read { name, in_force, holidays, months, row })
    }

    /// All checks on a content, as if it were filed now by the caller; or, for a submitted version, what became of the
    /// earlier figures that it was built on.
    async fn check(
        &self,
        read: &Read,
        content: &ReportContent,
        caller: &Caller,
        built_on: Option<&BTreeMap<String, i64>>,
    ) -> Result<Vec<Finding>, Refusal> {
        let indicator = read.indicator()?;
        let readings = content::read(content, indicator, Wholeness::Draft)?;
        let connection = self.service.database.reader();
        let lists = store::item_lists(&read.name.indicator_name, connection).await?;
        let hashes: Vec<String> = content.evidence.iter().map(|file| hex::encode(&file.sha256)).collect();
        let files = store::evidence(&hashes, connection).await?;
        let key = names::filer(&read.name.programme, read.name.period, &caller.account);
        let mut units: Vec<String> = match store::filer(&key, connection).await? {
            Some(filer) if built_on.is_none() => filer.units.lines().map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        if built_on.is_none() && !units.contains(&read.row.unit) {
            units.push(read.row.unit.clone());
        }
        let scene = Scene {
            name: &read.name,
            in_force: &read.in_force,
            indicator,
            holidays: &read.holidays,
            now: self.service.clock.now(),
            months: read.months.iter().collect(),
            lists: lists.iter().collect(),
            evidence: files.iter().map(|file| (file.sha256.clone(), file)).collect(),
            filer_units: units,
            bounds: self.rules.bounds,
            built_on,
        };
        Ok(check::check(content, &readings, &scene)?.to_proto())
    }

    /// What the checks say: of the draft, or of a submitted version what changed under it.
    async fn check_report(&self, caller: &Caller, name: &str) -> Result<Vec<Finding>, Refusal> {
        let read = self.read(caller, name).await?;
        if let Some(draft) = read.row.draft()? {
            return self.check(&read, &draft, caller, None).await;
        }
        let submitted = store::submitted(read.row.submission_sequence, self.service.writer.ledger()).await?;
        match submitted.and_then(|submitted| submitted.content) {
            Some(content) => {
                let built_on = read.row.filed()?.built_on;
                self.check(&read, &content, caller, Some(&built_on)).await
            }
            None => self.check(&read, &ReportContent::default(), caller, None).await,
        }
    }

    async fn get_one(&self, caller: &Caller, name: &str) -> Result<GetReportResponse, Refusal> {
        let read = self.read(caller, name).await?;
        let mut report = read.row.shown(&read.in_force, &read.name, &read.holidays)?;
        report.content = read.row.draft()?;
        if let Some(submitted) = store::submitted(read.row.submission_sequence, self.service.writer.ledger()).await? {
            report.findings = submitted.findings;
            let content = submitted.content.unwrap_or_default();
            let built_on = read.row.filed()?.built_on;
            let now = self.check(&read, &content, caller, Some(&built_on)).await?;
            let changed = now.into_iter().filter(|finding| finding.code == "PREVIOUS_CHANGED_LATER");
            report.findings.extend(changed);
            report.content = report.content.or(Some(content));
        }
        Ok(GetReportResponse { report: Some(report) })
    }

    async fn list_reports_of(
        &self,
        caller: &Caller,
        request: &ListReportsRequest,
    ) -> Result<ListReportsResponse, Refusal> {
        let (year, period) = month_of(&request.programme, &request.period)?;
        if !request.unit.is_empty() && !convert::name::is_id(&request.unit) {
            return Err(Refusal::invalid("unit", "不是单位编号", "is no id of a unit"));
        }
        let query = ["ListReports", caller.account.as_str(), &request.programme, &request.period, &request.unit];
        let page = Page::parse(page::LIST, &query, request.page_size, &request.page_token)?;
        let connection = self.service.database.reader();
        let in_force = programme::load(&self.rules.programmes, &request.programme, Some(period), connection).await?;
        let holidays = self.rules.calendars.load(year, connection).await?;
        let rows = store::reports_of_month(&request.programme, period, connection).await?;
        let mut rows: HashMap<String, report::Model> = rows.into_iter().map(|row| (row.name.clone(), row)).collect();
        let from = page.after.as_ref().and_then(|code| in_force.indicators.iter().position(|it| it.code == *code));
        let rest = in_force.indicators.iter().skip(from.map_or(0, |place| place + 1));
        let mut reports = Vec::new();
        for indicator in rest {
            let name = ReportName::of(&request.programme, year, &indicator.code, period);
            let row = row_or_new(rows.remove(&name.name), &name, indicator);
            let wanted = request.unit.is_empty() || request.unit == row.unit;
            let resource = row.resource(&indicator.certifier);
            if wanted && self.service.policies.check(caller, Action::ReadReport, &resource).is_ok() {
                reports.push((indicator.code.clone(), row.shown(&in_force, &name, &holidays)?));
            }
            if reports.len() > page.size as usize {
                break;
            }
        }
        let next_page_token = page.cut(&mut reports, |(code, _)| code.clone());
        Ok(ListReportsResponse { reports: reports.into_iter().map(|(_, report)| report).collect(), next_page_token })
    }
}

/// The row, or one as nobody has begun it; before its first version it is its present lead unit's.
fn row_or_new(known: Option<report::Model>, name: &ReportName, indicator: &LedIndicator) -> report::Model {
    let mut row = known.unwrap_or_else(|| report::Model::new(name, indicator));
    if row.version == 0 {
        row.unit.clone_from(&indicator.lead_unit);
    }
    row
}

#[tonic::async_trait]
impl ReportService for Parts {
    async fn get_report(&self, request: Request<GetReportRequest>) -> Result<Response<GetReportResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.get_one(&caller, &request.get_ref().name).await?))
    }

    async fn list_reports(
        &self,
        request: Request<ListReportsRequest>,
    ) -> Result<Response<ListReportsResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.list_reports_of(&caller, request.get_ref()).await?))
    }

    async fn check_report(
        &self,
        request: Request<CheckReportRequest>,
    ) -> Result<Response<CheckReportResponse>, Status> {
        let caller = identity::caller(&request)?;
        let findings = Parts::check_report(self, &caller, &request.get_ref().name).await?;
        Ok(Response::new(CheckReportResponse { findings }))
    }

    async fn update_draft(
        &self,
        request: Request<UpdateDraftRequest>,
    ) -> Result<Response<UpdateDraftResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "ReportService/UpdateDraft", &request.request_id, &request)?;
        let command = UpdateDraft::new(request, self.rules.clone())?;
        Ok(Response::new(self.service.writer.run(command, call).await?.answer))
    }

    async fn fill_unchanged(
        &self,
        request: Request<FillUnchangedRequest>,
    ) -> Result<Response<FillUnchangedResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "ReportService/FillUnchanged", &request.request_id, &request)?;
        let command = FillUnchanged::new(request, self.rules.clone())?;
        Ok(Response::new(self.service.writer.run(command, call).await?.answer))
    }

    async fn fill_from_tiers(
        &self,
        request: Request<FillFromTiersRequest>,
    ) -> Result<Response<FillFromTiersResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "ReportService/FillFromTiers", &request.request_id, &request)?;
        let command = FillFromTiers::new(request, self.rules.clone())?;
        Ok(Response::new(self.service.writer.run(command, call).await?.answer))
    }

    async fn review_report(
        &self,
        request: Request<ReviewReportRequest>,
    ) -> Result<Response<ReviewReportResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "ReportService/ReviewReport", &request.request_id, &request)?;
        let command = ReviewReport::new(request, self.rules.clone())?;
        Ok(Response::new(self.service.writer.run(command, call).await?.answer))
    }

    async fn sign_report(&self, request: Request<SignReportRequest>) -> Result<Response<SignReportResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "ReportService/SignReport", &request.request_id, &request)?;
        let command = SignReport::new(request, self.rules.clone())?;
        Ok(Response::new(self.service.writer.run(command, call).await?.answer))
    }

    async fn submit_report(
        &self,
        request: Request<SubmitReportRequest>,
    ) -> Result<Response<SubmitReportResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let account = caller.account.clone();
        let call = Call::new(caller, "ReportService/SubmitReport", &request.request_id, &request)?;
        let command = SubmitReport::new(request, &account, self.rules.clone())?;
        let outcome = self.service.writer.run(command, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(SubmitReportResponse { receipt, ..outcome.answer }))
    }

    async fn file_report(&self, request: Request<FileReportRequest>) -> Result<Response<FileReportResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let account = caller.account.clone();
        let call = Call::new(caller, "ReportService/FileReport", &request.request_id, &request)?;
        let command = FileReport::new(request, &account, self.rules.clone())?;
        let outcome = self.service.writer.run(command, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(FileReportResponse { receipt, ..outcome.answer }))
    }

    async fn batch_file_reports(
        &self,
        request: Request<BatchFileReportsRequest>,
    ) -> Result<Response<BatchFileReportsResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let account = caller.account.clone();
        let call = Call::new(caller, "ReportService/BatchFileReports", &request.request_id, &request)?;
        let command = BatchFileReports::new(request, &account, self.rules.clone())?;
        let outcome = self.service.writer.run(command, call).await?;
        let mut answer = outcome.answer;
        for (success, receipt) in answer.successes.iter_mut().zip(outcome.receipts) {
            success.receipt = Some(receipt);
        }
        Ok(Response::new(answer))
    }

    async fn enter_report(
        &self,
        request: Request<EnterReportRequest>,
    ) -> Result<Response<EnterReportResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "ReportService/EnterReport", &request.request_id, &request)?;
        let outcome = self.service.writer.run(EnterReport::new(request, self.rules.clone())?, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(EnterReportResponse { receipt, ..outcome.answer }))
    }

    async fn confirm_report(
        &self,
        request: Request<ConfirmReportRequest>,
    ) -> Result<Response<ConfirmReportResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "ReportService/ConfirmReport", &request.request_id, &request)?;
        let outcome = self.service.writer.run(ConfirmReport::new(request, self.rules.clone())?, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(ConfirmReportResponse { receipt, ..outcome.answer }))
    }

    async fn request_correction(
        &self,
        request: Request<RequestCorrectionRequest>,
    ) -> Result<Response<RequestCorrectionResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "ReportService/RequestCorrection", &request.request_id, &request)?;
        let outcome = self.service.writer.run(RequestCorrection::new(request, self.rules.clone())?, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(RequestCorrectionResponse { receipt, ..outcome.answer }))
    }
}
