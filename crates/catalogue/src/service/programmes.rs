//! ProgrammeService.

use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::convert::period;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::page::{self, Page};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::writer::Call;
use minsheng_proto::catalogue::v1::get_programme_request::Which;
use minsheng_proto::catalogue::v1::programme_service_server::ProgrammeService;
use minsheng_proto::catalogue::v1::{
    AmendProgrammeRequest, AmendProgrammeResponse, CheckProgrammeRequest, CheckProgrammeResponse, DecideFindingRequest,
    DecideFindingResponse, GetProgrammeRequest, GetProgrammeResponse, ImportProgrammeRequest, ImportProgrammeResponse,
    IssueProgrammeRequest, IssueProgrammeResponse, ListProgrammesRequest, ListProgrammesResponse,
};
use tonic::{Request, Response, Status};

use super::Programmes;
use crate::command::{AmendProgramme, DecideFinding, ImportProgramme, IssueProgramme};
use crate::entity::{finding_decision, programme, programme_version};
use crate::examine::examine;
use crate::store::{self, Scope};
use crate::version::in_force;

impl Programmes {
    fn may_read(&self, caller: &Caller, issued: bool) -> Result<(), Refusal> {
        self.0.policies.check(caller, Action::ReadProgramme, &Resource::new("programme").published(issued))
    }

    /// A programme of which the caller may read something; for others a draft is not there.
    async fn head(&self, caller: &Caller, name: &str) -> Result<programme::Model, Refusal> {
        self.may_read(caller, true)?;
        let head = store::programme(name, self.0.database.reader()).await?;
        let head = head.filter(|head| self.may_read(caller, head.newest > 0).is_ok());
        head.ok_or_else(|| Refusal::new(Reason::ProgrammeUnknown).with("programme", name))
    }

    /// A version that the caller may read.
    async fn version(&self, caller: &Caller, name: &str, number: i32) -> Result<programme_version::Model, Refusal> {
        self.may_read(caller, number > 0)?;
        let found = store::version(name, number, self.0.database.reader()).await?;
        found.ok_or_else(|| Refusal::new(Reason::ProgrammeUnknown).with("programme", name).with("version", number))
    }

    async fn decisions(&self, name: &str) -> Result<Vec<finding_decision::Model>, Refusal> {
        store::decisions(name, self.0.database.reader()).await
    }

    async fn get(&self, caller: &Caller, request: GetProgrammeRequest) -> Result<GetProgrammeResponse, Refusal> {
        let parsed = ProgrammeName::parse("name", &request.name)?;
        let head = self.head(caller, &request.name).await?;
        let found = match request.which {
            None => self.version(caller, &request.name, head.newest).await?,
            Some(Which::Version(0)) if head.newest > 0 => {
                return Err(Refusal::new(Reason::ProgrammeNotDraft).with("version", head.newest));
            }
            Some(Which::Version(number)) => self.version(caller, &request.name, number).await?,
            Some(Which::Period(month)) => {
                let month = period::month_of_year("period", &month, parsed.year)?;
                let versions = store::versions(&request.name, self.0.database.reader()).await?;
                let found = in_force(&versions, month).cloned();
                found.ok_or_else(|| Refusal::new(Reason::ProgrammeNotIssued).with("programme", &request.name))?
            }
        };
        let decisions = self.decisions(&request.name).await?;
        Ok(GetProgrammeResponse { version: Some(found.shown(&decisions)?) })
    }

    async fn check(&self, caller: &Caller, request: CheckProgrammeRequest) -> Result<CheckProgrammeResponse, Refusal> {
        ProgrammeName::parse("name", &request.name)?;
        let head = self.head(caller, &request.name).await?;
        let number = if request.version == 0 { head.newest } else { request.version };
        let document = self.version(caller, &request.name, number).await?.read()?;
        let known = store::known(&document, self.0.database.reader()).await?;
        let examined = examine(&document, &known)?;
        let decisions = self.decisions(&request.name).await?;
        Ok(CheckProgrammeResponse {
            counts: Some(examined.counts),
            findings: examined.findings,
            decisions: decisions.iter().map(finding_decision::Model::shown).collect(),
        })
    }

    async fn list(&self, caller: &Caller, request: ListProgrammesRequest) -> Result<ListProgrammesResponse, Refusal> {
        self.may_read(caller, true)?;
        let scope = if self.may_read(caller, false).is_ok() { Scope::All } else { Scope::Issued };
        let query = format!("{scope:?}");
        let page = Page::parse(page::LIST, &["ListProgrammes", &query], request.page_size, &request.page_token)?;
        let connection = self.0.database.reader();
        let mut heads = store::programmes(scope, &page, connection).await?;
        let next_page_token = page.cut(&mut heads, |head| head.name.clone());
        let mut programmes = Vec::with_capacity(heads.len());
        for version in store::newest(&heads, connection).await? {
            let decisions = store::decisions(&version.programme, connection).await?;
            programmes.push(version.head(&decisions));
        }
        Ok(ListProgrammesResponse { programmes, next_page_token })
    }
}

#[tonic::async_trait]
impl ProgrammeService for Programmes {
    async fn import_programme(
        &self,
        request: Request<ImportProgrammeRequest>,
    ) -> Result<Response<ImportProgrammeResponse>, Status> {
        const METHOD: &str = "ProgrammeService/ImportProgramme";
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = match request.validate_only {
            true => Call::validate_only(caller, METHOD),
            false => Call::new(caller, METHOD, &request.request_id, &request)?,
        };
        let outcome = self.0.writer.run(ImportProgramme::new(request), call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(ImportProgrammeResponse { receipt, ..outcome.answer }))
    }

    async fn check_programme(
        &self,
        request: Request<CheckProgrammeRequest>,
    ) -> Result<Response<CheckProgrammeResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.check(&caller, request.into_inner()).await?))
    }

    async fn decide_finding(
        &self,
        request: Request<DecideFindingRequest>,
    ) -> Result<Response<DecideFindingResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "ProgrammeService/DecideFinding", &request.request_id, &request)?;
        let outcome = self.0.writer.run(DecideFinding(request), call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(DecideFindingResponse { receipt, ..outcome.answer }))
    }

    async fn issue_programme(
        &self,
        request: Request<IssueProgrammeRequest>,
    ) -> Result<Response<IssueProgrammeResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "ProgrammeService/IssueProgramme", &request.request_id, &request)?;
        let outcome = self.0.writer.run(IssueProgramme(request), call).await?;
        // Entries for lower tiers come after the version's own.
        let receipt = outcome.receipts.first().cloned();
        Ok(Response::new(IssueProgrammeResponse { receipt, ..outcome.answer }))
    }

    async fn amend_programme(
        &self,
        request: Request<AmendProgrammeRequest>,
    ) -> Result<Response<AmendProgrammeResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "ProgrammeService/AmendProgramme", &request.request_id, &request)?;
        let outcome = self.0.writer.run(AmendProgramme(request), call).await?;
        // Entries for lower tiers come after the version's own.
        let receipt = outcome.receipts.first().cloned();
        Ok(Response::new(AmendProgrammeResponse { receipt, ..outcome.answer }))
    }

    async fn get_programme(
        &self,
        request: Request<GetProgrammeRequest>,
    ) -> Result<Response<GetProgrammeResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.get(&caller, request.into_inner()).await?))
    }

    async fn list_programmes(
        &self,
        request: Request<ListProgrammesRequest>,
    ) -> Result<Response<ListProgrammesResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.list(&caller, request.into_inner()).await?))
    }
}
