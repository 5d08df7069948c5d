//! DivisionService.

use minsheng_kit::convert::name;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity;
use minsheng_kit::page::{self, Page};
use minsheng_kit::writer::Call;
use minsheng_proto::catalogue::v1::division_service_server::DivisionService;
use minsheng_proto::catalogue::v1::{
    GetDivisionRequest, GetDivisionResponse, ImportDivisionsRequest, ImportDivisionsResponse, ListDivisionsRequest,
    ListDivisionsResponse,
};
use tonic::{Request, Response, Status};

use super::{Divisions, may_read_reference};
use crate::command::ImportDivisions;
use crate::entity::division;
use crate::store;

#[tonic::async_trait]
impl DivisionService for Divisions {
    async fn import_divisions(
        &self,
        request: Request<ImportDivisionsRequest>,
    ) -> Result<Response<ImportDivisionsResponse>, Status> {
        const METHOD: &str = "DivisionService/ImportDivisions";
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = match request.validate_only {
            true => Call::validate_only(caller, METHOD),
            false => Call::new(caller, METHOD, &request.request_id, &request)?,
        };
        Ok(Response::new(self.0.writer.run(ImportDivisions(request), call).await?.answer))
    }

    async fn get_division(
        &self,
        request: Request<GetDivisionRequest>,
    ) -> Result<Response<GetDivisionResponse>, Status> {
        may_read_reference(&self.0, &identity::caller(&request)?)?;
        let code = name::division("name", &request.get_ref().name)?;
        let found = store::division(code, self.0.database.reader()).await?;
        let found = found.ok_or_else(|| Refusal::new(Reason::DivisionUnknown).with("division", code))?;
        Ok(Response::new(GetDivisionResponse { division: Some(found.shown()) }))
    }

    async fn list_divisions(
        &self,
        request: Request<ListDivisionsRequest>,
    ) -> Result<Response<ListDivisionsResponse>, Status> {
        may_read_reference(&self.0, &identity::caller(&request)?)?;
        let request = request.into_inner();
        let parent = match request.parent.as_str() {
            "" => "",
            parent => name::division("parent", parent)?,
        };
        let page = Page::parse(page::LIST, &["ListDivisions", parent], request.page_size, &request.page_token)?;
        let mut rows = store::divisions(parent, &page, self.0.database.reader()).await?;
        let next_page_token = page.cut(&mut rows, |row| row.code.clone());
        let divisions = rows.into_iter().map(division::Model::shown).collect();
        Ok(Response::new(ListDivisionsResponse { divisions, next_page_token }))
    }
}
