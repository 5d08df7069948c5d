//! CertificationService. Reading decides by the policies on each case; lists by what the policies let the caller see.

use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::convert::period;
use minsheng_kit::error::Refusal;
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::page::{self, Page};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::service::Service;
use minsheng_kit::writer::Call;
use minsheng_proto::verification::v1::certification_service_server::CertificationService;
use minsheng_proto::verification::v1::{
    ApproveCorrectionRequest, ApproveCorrectionResponse, BatchDecideRequest, BatchDecideResponse, CaseState,
    CertifyReportRequest, CertifyReportResponse, GetCaseRequest, GetCaseResponse, ListCasesRequest, ListCasesResponse,
    PassReportRequest, PassReportResponse, RefuseCorrectionRequest, RefuseCorrectionResponse, ReturnReportRequest,
    ReturnReportResponse,
};
use tonic::{Request, Response, Status};

use crate::command::{
    ApproveCorrection, BatchDecide, CertifyReport, PassReport, RefuseCorrection, ReturnReport, unknown,
};
use crate::earlier;
use crate::programmes::{Programmes, internal};
use crate::store::{self, CaseQuery, Scope};

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct Certification {
    service: Service,
    programmes: Programmes,
}

impl Certification {
    pub(crate) fn new(service: Service, programmes: Programmes) -> Self {
        Self { service, programmes }
    }

    /// Whose cases the caller may see, as the policies say it.
    fn scope(&self, caller: &Caller) -> Result<Scope, Refusal> {
        let may = |resource: Resource| self.service.policies.check(caller, Action::ReadCase, &resource);
        let Err(refusal) = may(Resource::new("case")) else {
            return Ok(Scope { all: true, ..Scope::default() });
        };
        let unit = (!caller.unit.is_empty()).then(|| caller.unit.clone());
        let scope = Scope {
            all: false,
            led_by: unit.clone().filter(|unit| may(Resource::new("case").of_unit(unit.as_str())).is_ok()),
            certified_by: unit.filter(|unit| may(Resource::new("case").certified_by(unit.as_str())).is_ok()),
        };
        if scope.is_empty() { Err(refusal) } else { Ok(scope) }
    }

    async fn list(&self, caller: &Caller, request: &ListCasesRequest) -> Result<ListCasesResponse, Refusal> {
        let scope = self.scope(caller)?;
        if request.programme.is_empty() {
            return Err(Refusal::required("programme"));
        }
        ProgrammeName::parse("programme", &request.programme)?;
        if !request.period.is_empty() {
            period::month("period", &request.period)?;
        }
        let states = states(&request.states)?;
        let filters: Vec<String> = states.iter().map(|state| state.as_str_name().to_owned()).collect();
        let filters = filters.join(",");
        let scope_name = format!("{scope:?}");
        let query_name = ["ListCases", &scope_name, &request.programme, &request.period, &filters];
        let page = Page::parse(page::LIST, &query_name, request.page_size, &request.page_token)?;
        let query = CaseQuery { programme: &request.programme, period: &request.period, states: &states };
        let connection = self.service.database.reader();
        let mut rows = store::list(&scope, &query, &page, connection).await?;
        let next_page_token = page.cut(&mut rows, |row| row.name.clone());
        let mut cases = rows.iter().map(|row| row.shown()).collect::<Result<Vec<_>, _>>()?;
        earlier::add(&rows, &mut cases, connection).await?;
        Ok(ListCasesResponse { cases, next_page_token })
    }

    async fn get(&self, caller: &Caller, request: &GetCaseRequest) -> Result<GetCaseResponse, Refusal> {
        let connection = self.service.database.reader();
        let row = store::find(&request.name, connection).await?;
        let row = row.ok_or_else(|| unknown(&request.name))?;
        self.service.policies.check(caller, Action::ReadCase, &row.resource(&[]))?;
        let mut cases = [row.shown()?];
        earlier::add(std::slice::from_ref(&row), &mut cases, connection).await?;
        let [mut case] = cases;
        let content = store::content(&row.name, connection).await?;
        case.content = Some(content.ok_or_else(|| internal("a case without its submission"))?);
        let items = store::items(&row.name, connection).await?;
        Ok(GetCaseResponse { case: Some(case), items })
    }
}

fn states(given: &[i32]) -> Result<Vec<CaseState>, Refusal> {
    let read = |(place, number): (usize, &i32)| match CaseState::try_from(*number) {
        Ok(state) if state != CaseState::Unspecified => Ok(state),
        _ => Err(Refusal::invalid(format!("states[{place}]"), "没有这种状态", "is no state")),
    };
    given.iter().enumerate().map(read).collect()
}

#[tonic::async_trait]
impl CertificationService for Certification {
    async fn list_cases(&self, request: Request<ListCasesRequest>) -> Result<Response<ListCasesResponse>, Status> {
        let caller = identity::caller(&request)?.clone();
        Ok(Response::new(self.list(&caller, request.get_ref()).await?))
    }

    async fn get_case(&self, request: Request<GetCaseRequest>) -> Result<Response<GetCaseResponse>, Status> {
        let caller = identity::caller(&request)?.clone();
        Ok(Response::new(self.get(&caller, request.get_ref()).await?))
    }

    async fn pass_report(&self, request: Request<PassReportRequest>) -> Result<Response<PassReportResponse>, Status> {
        let caller = identity::caller(&request)?.clone();
        let request = request.into_inner();
        let call = Call::new(caller, "CertificationService/PassReport", &request.request_id, &request)?;
        let outcome = self.service.writer.run(PassReport(request), call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(PassReportResponse { receipt, ..outcome.answer }))
    }

    async fn certify_report(
        &self,
        request: Request<CertifyReportRequest>,
    ) -> Result<Response<CertifyReportResponse>, Status> {
        let caller = identity::caller(&request)?.clone();
        let request = request.into_inner();
        let call = Call::new(caller, "CertificationService/CertifyReport", &request.request_id, &request)?;
        let command = CertifyReport { request, programmes: self.programmes.clone() };
        let outcome = self.service.writer.run(command, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(CertifyReportResponse { receipt, ..outcome.answer }))
    }

    async fn return_report(
        &self,
        request: Request<ReturnReportRequest>,
    ) -> Result<Response<ReturnReportResponse>, Status> {
        let caller = identity::caller(&request)?.clone();
        let request = request.into_inner();
        let call = Call::new(caller, "CertificationService/ReturnReport", &request.request_id, &request)?;
        let outcome = self.service.writer.run(ReturnReport(request), call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(ReturnReportResponse { receipt, ..outcome.answer }))
    }

    async fn batch_decide(
        &self,
        request: Request<BatchDecideRequest>,
    ) -> Result<Response<BatchDecideResponse>, Status> {
        let caller = identity::caller(&request)?.clone();
        let request = request.into_inner();
        let call = Call::new(caller, "CertificationService/BatchDecide", &request.request_id, &request)?;
        let outcome = self.service.writer.run(BatchDecide::new(request)?, call).await?;
        let mut answer = outcome.answer;
        for (success, receipt) in answer.successes.iter_mut().zip(outcome.receipts) {
            success.receipt = Some(receipt);
        }
        Ok(Response::new(answer))
    }

    async fn approve_correction(
        &self,
        request: Request<ApproveCorrectionRequest>,
    ) -> Result<Response<ApproveCorrectionResponse>, Status> {
        let caller = identity::caller(&request)?.clone();
        let request = request.into_inner();
        let call = Call::new(caller, "CertificationService/ApproveCorrection", &request.request_id, &request)?;
        let outcome = self.service.writer.run(ApproveCorrection(request), call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(ApproveCorrectionResponse { receipt, ..outcome.answer }))
    }

    async fn refuse_correction(
        &self,
        request: Request<RefuseCorrectionRequest>,
    ) -> Result<Response<RefuseCorrectionResponse>, Status> {
        let caller = identity::caller(&request)?.clone();
        let request = request.into_inner();
        let call = Call::new(caller, "CertificationService/RefuseCorrection", &request.request_id, &request)?;
        let outcome = self.service.writer.run(RefuseCorrection(request), call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(RefuseCorrectionResponse { receipt, ..outcome.answer }))
    }
}
