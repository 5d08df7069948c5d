//! BundleMandatesService: the question that a bundle takes up, and the answers that one brings down. They go through the
//! same judgement as over a line.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, GATEWAY};
use minsheng_kit::policy::{Action, Resource};
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::tier::v1::bundle_mandates_service_server::BundleMandatesService;
use minsheng_proto::tier::v1::{
    ListMandateEntriesRequest, ListMandateEntriesResponse, MandatesAnswer, PackMandatesRequest, PackMandatesResponse,
    TakeMandatesRequest, TakeMandatesResponse,
};
use tonic::{Request, Response, Status};

use super::BundleMandates;
use crate::entity::mandate_feed;
use crate::mandate::keep::{Heard, hear};
use crate::mandate::pull::Pull;
use crate::store;

impl BundleMandates {
    fn check<T>(&self, request: &Request<T>) -> Result<(), Refusal> {
        let caller = identity::caller(request)?;
        self.0.policies.check(&caller, Action::PackParcel, &Resource::new("mandates"))?;
        match caller.service.as_deref() {
            Some(GATEWAY) => Ok(()),
            _ => Err(Refusal::new(Reason::NotAllowed)),
        }
    }

    /// What is kept of the parent's ledger.
    async fn pull(&self, parent: &str) -> Result<Pull, Refusal> {
        let origin = format!("minsheng/{parent}/catalogue");
        let feeds = store::feeds(self.0.database.reader()).await?;
        let feeds = feeds.iter().filter(|row| row.origin == origin).filter_map(mandate_feed::Model::feed);
        Ok(Pull::new(&self.0.division, feeds))
    }

    async fn take(&self, parent: &str, answer: MandatesAnswer) -> Result<TakeMandatesResponse, Refusal> {
        let mut pull = self.pull(parent).await?;
        let next = pull.ask();
        let Some(answer) = fit(answer, &next) else {
            let known = next.after.map_or_else(|| "还没有收到过".to_owned(), |after| format!("只收到第{after}号"));
            return Ok(TakeMandatesResponse {
                refused: "BUNDLE_MISSING".to_owned(),
                message: format!("缺少前面的任务条目：本级{known}。请先导入较早的数据包，或重新导出、导入一个往返"),
                ..TakeMandatesResponse::default()
            });
        };
        let Some(answer) = answer else { return Ok(TakeMandatesResponse::default()) };
        match hear(&self.0, &mut pull, &next, &answer).await {
            Heard::Taken(count) => {
                let taken = i32::try_from(count).map_err(|_| Refusal::new(Reason::Internal))?;
                Ok(TakeMandatesResponse { taken, ..TakeMandatesResponse::default() })
            }
            Heard::Nothing | Heard::Again => Ok(TakeMandatesResponse::default()),
            Heard::Stopped(alarm) => {
                Ok(TakeMandatesResponse { refused: alarm.code.to_owned(), message: alarm.zh, taken: 0 })
            }
            Heard::Unkept(refusal) => Err(refusal),
        }
    }
}

/// An answer cut to what follows the entries that are here. None when entries between are missing; none within when all of
/// it is here already.
fn fit(given: MandatesAnswer, next: &ListMandateEntriesRequest) -> Option<Option<ListMandateEntriesResponse>> {
    let after = given.asked.and_then(|asked| asked.after);
    if after > next.after {
        return None;
    }
    let mut answer = given.answer.unwrap_or_default();
    // One without a receipt is not proven, which is found when it is judged.
    let is_new = |receipt: &Receipt| next.after.is_none_or(|known| receipt.sequence > known);
    answer.entries.retain(|entry| entry.receipt.as_ref().is_none_or(is_new));
    Some((after == next.after || !answer.entries.is_empty()).then_some(answer))
}

#[tonic::async_trait]
impl BundleMandatesService for BundleMandates {
    async fn pack_mandates(
        &self,
        request: Request<PackMandatesRequest>,
    ) -> Result<Response<PackMandatesResponse>, Status> {
        self.check(&request)?;
        let pull = self.pull(&request.get_ref().parent).await?;
        Ok(Response::new(PackMandatesResponse { request: Some(pull.ask()) }))
    }

    async fn take_mandates(
        &self,
        request: Request<TakeMandatesRequest>,
    ) -> Result<Response<TakeMandatesResponse>, Status> {
        self.check(&request)?;
        let TakeMandatesRequest { parent, answer } = request.into_inner();
        Ok(Response::new(self.take(&parent, answer.unwrap_or_default()).await?))
    }
}
