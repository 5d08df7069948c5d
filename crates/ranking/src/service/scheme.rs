//! SchemeService.

use minsheng_kit::convert::name;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::page::{self, Page};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::service::Service;
use minsheng_kit::writer::Call;
use minsheng_proto::ranking::v1::scheme_service_server::SchemeService;
use minsheng_proto::ranking::v1::{
    CreateSchemeRequest, CreateSchemeResponse, GetSchemeRequest, GetSchemeResponse, ListSchemesRequest,
    ListSchemesResponse,
};
use tonic::{Request, Response, Status};

use crate::command::CreateScheme;
use crate::store;
use crate::stored::read;

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct Schemes {
    service: Service,
}

impl Schemes {
    pub(crate) fn new(service: Service) -> Self {
        Self { service }
    }

    fn may_read(&self, caller: &Caller) -> Result<(), Refusal> {
        self.service.policies.check(caller, Action::ReadScheme, &Resource::new("scheme").published(true))
    }

    async fn get(&self, caller: &Caller, request: &GetSchemeRequest) -> Result<GetSchemeResponse, Refusal> {
        self.may_read(caller)?;
        name::simple("name", "schemes", &request.name)?;
        if request.version < 0 {
            return Err(Refusal::invalid("version", "须为0或正整数", "must be 0 or more"));
        }
        let row = store::scheme(&request.name, request.version, self.service.database.reader()).await?;
        let row = row.ok_or_else(|| Refusal::new(Reason::SchemeUnknown).with("name", &request.name))?;
        Ok(GetSchemeResponse { scheme: Some(read(&row.name, &row.definition)?) })
    }

    async fn list(&self, caller: &Caller, request: &ListSchemesRequest) -> Result<ListSchemesResponse, Refusal> {
        self.may_read(caller)?;
        let page = Page::parse(page::LIST, &["ListSchemes"], request.page_size, &request.page_token)?;
        let mut rows = store::schemes(&page, self.service.database.reader()).await?;
        let next_page_token = page.cut(&mut rows, |row| row.scheme.clone());
        let schemes = rows.iter().map(|row| read(&row.name, &row.definition)).collect::<Result<_, _>>()?;
        Ok(ListSchemesResponse { schemes, next_page_token })
    }
}

#[tonic::async_trait]
impl SchemeService for Schemes {
    async fn create_scheme(
        &self,
        request: Request<CreateSchemeRequest>,
    ) -> Result<Response<CreateSchemeResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "SchemeService/CreateScheme", &request.request_id, &request)?;
        let outcome = self.service.writer.run(CreateScheme::parse(&request)?, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(CreateSchemeResponse { receipt, ..outcome.answer }))
    }

    async fn get_scheme(&self, request: Request<GetSchemeRequest>) -> Result<Response<GetSchemeResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.get(&caller, request.get_ref()).await?))
    }

    async fn list_schemes(
        &self,
        request: Request<ListSchemesRequest>,
    ) -> Result<Response<ListSchemesResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.list(&caller, request.get_ref()).await?))
    }
}
