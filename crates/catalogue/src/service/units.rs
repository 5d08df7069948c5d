//! UnitService.

use minsheng_kit::convert::name;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity;
use minsheng_kit::page::{self, Page};
use minsheng_kit::writer::Call;
use minsheng_proto::catalogue::v1::unit_service_server::UnitService;
use minsheng_proto::catalogue::v1::{
    BatchUpdateUnitsRequest, BatchUpdateUnitsResponse, GetUnitRequest, GetUnitResponse, ListUnitsRequest,
    ListUnitsResponse,
};
use tonic::{Request, Response, Status};

use super::{Units, may_read_reference};
use crate::command::UpdateUnits;
use crate::entity::unit;
use crate::store;

#[tonic::async_trait]
impl UnitService for Units {
    async fn batch_update_units(
        &self,
        request: Request<BatchUpdateUnitsRequest>,
    ) -> Result<Response<BatchUpdateUnitsResponse>, Status> {
        const METHOD: &str = "UnitService/BatchUpdateUnits";
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = match request.validate_only {
            true => Call::validate_only(caller, METHOD),
            false => Call::new(caller, METHOD, &request.request_id, &request)?,
        };
        Ok(Response::new(self.0.writer.run(UpdateUnits(request), call).await?.answer))
    }

    async fn get_unit(&self, request: Request<GetUnitRequest>) -> Result<Response<GetUnitResponse>, Status> {
        may_read_reference(&self.0, &identity::caller(&request)?)?;
        let id = name::simple("name", "units", &request.get_ref().name)?;
        let found = store::unit(id, self.0.database.reader()).await?;
        let found = found.ok_or_else(|| Refusal::new(Reason::UnitUnknown).with("unit", id))?;
        Ok(Response::new(GetUnitResponse { unit: Some(found.shown()?) }))
    }

    async fn list_units(&self, request: Request<ListUnitsRequest>) -> Result<Response<ListUnitsResponse>, Status> {
        may_read_reference(&self.0, &identity::caller(&request)?)?;
        let request = request.into_inner();
        let page = Page::parse(page::LIST, &["ListUnits"], request.page_size, &request.page_token)?;
        let mut rows = store::units(&page, self.0.database.reader()).await?;
        let next_page_token = page.cut(&mut rows, |row| row.id.clone());
        let units = rows.iter().map(unit::Model::shown).collect::<Result<_, _>>()?;
        Ok(Response::new(ListUnitsResponse { units, next_page_token }))
    }
}
