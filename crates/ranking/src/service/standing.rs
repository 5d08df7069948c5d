//! StandingService. A preview is a call that only validates: it sees what a publication would see, and stores nothing.

use jiff::Timestamp;
use minsheng_kit::clock;
use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::page::{Page, PageLimits};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::service::Service;
use minsheng_kit::writer::Call;
use minsheng_proto::ranking::v1::standing_service_server::StandingService;
use minsheng_proto::ranking::v1::{
    GetStandingRequest, GetStandingResponse, ListStandingsRequest, ListStandingsResponse, PreviewStandingRequest,
    PreviewStandingResponse, PublishStandingRequest, PublishStandingResponse, Snapshot, Standing,
};
use tonic::{Request, Response, Status};

use crate::command::{PreviewStanding, PublishStanding};
use crate::entity::{snapshot, standing};
use crate::freshness::Freshness;
use crate::names;
use crate::snapshot::load::Documents;
use crate::store;
use crate::stored::{read, unsigned};

/// Snapshots are large.
const PAGES: PageLimits = PageLimits { default: 20, max: 100 };

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct Standings {
    service: Service,
    freshness: Freshness,
    documents: Documents,
}

impl Standings {
    pub(crate) fn new(service: Service, freshness: Freshness) -> Self {
        Self { service, freshness, documents: Documents::default() }
    }

    fn may_read(&self, caller: &Caller) -> Result<(), Refusal> {
        self.service.policies.check(caller, Action::ReadStanding, &Resource::new("standing").published(true))
    }

    async fn get(&self, caller: &Caller, request: &GetStandingRequest) -> Result<GetStandingResponse, Refusal> {
        self.may_read(caller)?;
        names::programme_of("name", "snapshots", &request.name)?;
        let found = store::standing(&request.name, self.service.database.reader()).await?;
        let (row, sealed) = found.ok_or_else(|| Refusal::new(Reason::StandingUnknown).with("name", &request.name))?;
        Ok(GetStandingResponse { standing: Some(shown(&row, read(&row.name, &sealed.bytes)?)) })
    }

    async fn list(&self, caller: &Caller, request: &ListStandingsRequest) -> Result<ListStandingsResponse, Refusal> {
        self.may_read(caller)?;
        ProgrammeName::parse("programme", &request.programme)?;
        let query = ["ListStandings", request.programme.as_str()];
        let page = Page::parse(PAGES, &query, request.page_size, &request.page_token)?;
        let mut rows = store::standings(&request.programme, &page, self.service.database.reader()).await?;
        let next_page_token = page.cut(&mut rows, |(row, _)| row.sequence.to_string());
        let standings = rows.iter().map(|(row, sealed)| reduced(row, sealed.as_ref())).collect::<Result<_, _>>()?;
        Ok(ListStandingsResponse { standings, next_page_token })
    }
}

fn shown(row: &standing::Model, sealed: Snapshot) -> Standing {
    let moment = Timestamp::from_millisecond(row.publish_time).unwrap_or(Timestamp::UNIX_EPOCH);
    Standing {
        snapshot: Some(sealed),
        sha256: row.sha256.clone(),
        sequence: unsigned(row.sequence),
        publish_time: Some(clock::to_proto(moment)),
        published_by: row.published_by.clone(),
    }
}

/// With name, period, basis, scheme and cut only.
fn reduced(row: &standing::Model, sealed: Option<&snapshot::Model>) -> Result<Standing, Refusal> {
    let sealed = sealed.ok_or_else(|| Refusal::new(Reason::Internal))?;
    let whole: Snapshot = read(&row.name, &sealed.bytes)?;
    let reduced = Snapshot {
        name: whole.name,
        period: whole.period,
        basis: whole.basis,
        scheme: whole.scheme,
        cut: whole.cut,
        ..Snapshot::default()
    };
    Ok(shown(row, reduced))
}

#[tonic::async_trait]
impl StandingService for Standings {
    async fn preview_standing(
        &self,
        request: Request<PreviewStandingRequest>,
    ) -> Result<Response<PreviewStandingResponse>, Status> {
        let caller = identity::caller(&request)?;
        let command = PreviewStanding::parse(request.get_ref(), self.documents.clone())?;
        let call = Call::validate_only(caller, "StandingService/PreviewStanding");
        Ok(Response::new(self.service.writer.run(command, call).await?.answer))
    }

    async fn publish_standing(
        &self,
        request: Request<PublishStandingRequest>,
    ) -> Result<Response<PublishStandingResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "StandingService/PublishStanding", &request.request_id, &request)?;
        self.freshness.check()?;
        let outcome = self.service.writer.run(PublishStanding::parse(&request, self.documents.clone())?, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(PublishStandingResponse { receipt, ..outcome.answer }))
    }

    async fn get_standing(
        &self,
        request: Request<GetStandingRequest>,
    ) -> Result<Response<GetStandingResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.get(&caller, request.get_ref()).await?))
    }

    async fn list_standings(
        &self,
        request: Request<ListStandingsRequest>,
    ) -> Result<Response<ListStandingsResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.list(&caller, request.get_ref()).await?))
    }
}
