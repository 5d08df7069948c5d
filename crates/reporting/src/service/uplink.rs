//! UplinkService: what this tier files with its parent, and what the parent answered.

use jiff::Timestamp;
use minsheng_kit::clock;
use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::Refusal;
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::page::{self, Page};
use minsheng_kit::policy::{Action, Resource};
use minsheng_proto::common::v1::{Receipt, RowFailure};
use minsheng_proto::tier::v1::FigureSet;
use minsheng_proto::tier::v1::uplink_service_server::UplinkService;
use minsheng_proto::tier::v1::{ListOutgoingSetsRequest, ListOutgoingSetsResponse, OutgoingSet, OutgoingSetState};
use prost::Message;
use tonic::{Request, Response, Status};

use super::Parts;
use crate::entity::outbox;
use crate::programme::internal;
use crate::store;
use crate::uplink::OutboxState;

impl Parts {
    async fn outgoing(
        &self,
        caller: &Caller,
        request: &ListOutgoingSetsRequest,
    ) -> Result<ListOutgoingSetsResponse, Refusal> {
        self.service.policies.check(caller, Action::ReadReport, &Resource::new("outgoing set"))?;
        if !request.programme.is_empty() {
            ProgrammeName::parse("programme", &request.programme)?;
        }
        let state = OutgoingSetState::try_from(request.state)
            .map_err(|_| Refusal::invalid("state", "没有这种状态", "is no state"))?;
        let query = ["ListOutgoingSets", &request.programme, state.as_str_name()];
        let page = Page::parse(page::LIST, &query, request.page_size, &request.page_token)?;
        let connection = self.service.database.reader();
        let state = (state != OutgoingSetState::Unspecified).then_some(request.state);
        let mut rows = store::outbox_page(&request.programme, state, &page, connection).await?;
        let next_page_token = page.cut(&mut rows, |row| row.key.clone());
        Ok(ListOutgoingSetsResponse { sets: rows.iter().map(shown).collect::<Result<_, _>>()?, next_page_token })
    }
}

fn shown(row: &outbox::Model) -> Result<OutgoingSet, Refusal> {
    let set = FigureSet::decode(row.figures.as_slice()).map_err(|_| internal("a set of the outbox"))?;
    let unreadable = |_| internal("the parent's answer");
    let mut shown = OutgoingSet {
        indicator: set.indicator,
        period: set.period,
        mark: set.mark,
        values: set.values,
        missing: set.missing,
        state: row.state,
        decision_sequence: u64::try_from(row.decision).map_err(|_| internal("the number of a decision"))?,
        put_time: moment(row.put_time),
        answer_time: moment(row.answer_time),
        ..OutgoingSet::default()
    };
    if row.state == OutboxState::Filed as i32 {
        shown.receipt = Some(Receipt::decode(row.answer.as_slice()).map_err(unreadable)?);
    } else if row.state == OutboxState::Refused as i32 {
        shown.refusal = Some(RowFailure::decode(row.answer.as_slice()).map_err(unreadable)?);
    }
    Ok(shown)
}

/// A stored moment as it travels; 0 is none.
fn moment(milliseconds: i64) -> Option<prost_types::Timestamp> {
    let moment = Timestamp::from_millisecond(milliseconds).ok().filter(|_| milliseconds != 0);
    moment.map(clock::to_proto)
}

#[tonic::async_trait]
impl UplinkService for Parts {
    async fn list_outgoing_sets(
        &self,
        request: Request<ListOutgoingSetsRequest>,
    ) -> Result<Response<ListOutgoingSetsResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.outgoing(&caller, request.get_ref()).await?))
    }
}
