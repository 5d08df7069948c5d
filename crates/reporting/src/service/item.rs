//! ItemService: the lists behind counts.

use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::page::{self, Page};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::writer::Call;
use minsheng_proto::reporting::v1::item_service_server::ItemService;
use minsheng_proto::reporting::v1::{
    BatchUpdateItemsRequest, BatchUpdateItemsResponse, Item, ListItemsRequest, ListItemsResponse,
};
use tonic::{Request, Response, Status};

use super::Parts;
use crate::command::BatchUpdateItems;
use crate::{items, names, programme, store};

impl Parts {
    async fn items(&self, caller: &Caller, request: &ListItemsRequest) -> Result<ListItemsResponse, Refusal> {
        ProgrammeName::parse("programme", &request.programme)?;
        let query = ["ListItems", &request.programme, &request.measure];
        let page = Page::parse(page::LIST, &query, request.page_size, &request.page_token)?;
        let connection = self.service.database.reader();
        let in_force = programme::load(&self.rules.programmes, &request.programme, None, connection).await?;
        let unknown = || Refusal::new(Reason::MeasureUnknown).with("measure", &request.measure);
        let (indicator, _) = in_force.measure(&request.measure).ok_or_else(unknown)?;
        let resource = Resource::new("items").of_unit(&indicator.lead_unit).certified_by(&indicator.certifier);
        self.service.policies.check(caller, Action::ReadItems, &resource)?;
        let row = store::item_list(&names::item_list(&request.programme, &request.measure), connection).await?;
        let listed = row.as_ref().map(items::stored).transpose()?.unwrap_or_default().items;
        let rest = listed.into_iter().skip_while(|item| page.after.as_ref().is_some_and(|after| item.serial <= *after));
        let mut found: Vec<Item> = rest.take(page.size as usize + 1).collect();
        let next_page_token = page.cut(&mut found, |item| item.serial.clone());
        Ok(ListItemsResponse { items: found, next_page_token })
    }
}

#[tonic::async_trait]
impl ItemService for Parts {
    async fn batch_update_items(
        &self,
        request: Request<BatchUpdateItemsRequest>,
    ) -> Result<Response<BatchUpdateItemsResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "ItemService/BatchUpdateItems", &request.request_id, &request)?;
        let outcome = self.service.writer.run(BatchUpdateItems::new(request, self.rules.clone())?, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(BatchUpdateItemsResponse { receipt, ..outcome.answer }))
    }

    async fn list_items(&self, request: Request<ListItemsRequest>) -> Result<Response<ListItemsResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.items(&caller, request.get_ref()).await?))
    }
}
