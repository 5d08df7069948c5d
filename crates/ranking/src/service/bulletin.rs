//! BulletinService. An issue is three steps: the number is reserved by an entry, the files are rendered and stored, and a
//! second entry issues them. What fails in between leaves the number to the next issue.

use std::pin::Pin;

use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::page::{self, Page};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::service::Service;
use minsheng_kit::writer::{Call, Outcome};
use minsheng_proto::ranking::v1::bulletin_service_server::BulletinService;
use minsheng_proto::ranking::v1::{
    ApproveBulletinRequest, ApproveBulletinResponse, Bulletin, BulletinFormat, BulletinState, CirculateBulletinRequest,
    CirculateBulletinResponse, ComposeBulletinRequest, ComposeBulletinResponse, CountersignBulletinRequest,
    CountersignBulletinResponse, DownloadBulletinRequest, DownloadBulletinResponse, GetBulletinRequest,
    GetBulletinResponse, HoldBulletinRequest, HoldBulletinResponse, IssueBulletinRequest, IssueBulletinResponse,
    ListBulletinsRequest, ListBulletinsResponse, WithdrawBulletinRequest, WithdrawBulletinResponse,
};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use crate::bulletin::{is_published, resource};
use crate::command::{
    ApproveBulletin, CirculateBulletin, ComposeBulletin, CountersignBulletin, HoldBulletin, IssueBulletin,
    ReserveNumber, WithdrawBulletin,
};
use crate::names;
use crate::render::Renderer;
use crate::store;
use crate::stored::read;
use crate::templates::TemplateFolder;

/// Bytes of one message of a download.
const CHUNK: usize = 1 << 20;

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct Bulletins {
    service: Service,
    renderer: Renderer,
    templates: TemplateFolder,
}

impl Bulletins {
    pub(crate) fn new(service: Service, renderer: Renderer, templates: TemplateFolder) -> Self {
        Self { service, renderer, templates }
    }

    /// A template that cannot write makes no draft: it is tried first, on what the draft would be.
    async fn compose(
        &self,
        caller: Caller,
        request: &ComposeBulletinRequest,
    ) -> Result<Outcome<ComposeBulletinResponse>, Refusal> {
        const METHOD: &str = "BulletinService/ComposeBulletin";
        let call = Call::new(caller.clone(), METHOD, &request.request_id, request)?;
        let template = self.templates.template(&request.kind).await?;
        let rules = self.renderer.brief_rules();
        let trial = ComposeBulletin::parse(request, template.clone(), rules)?;
        // What refuses the trial refuses the call too, or the call was answered before.
        if let Ok(drafted) = self.service.writer.run(trial, Call::validate_only(caller, METHOD)).await {
            let drafted = drafted.answer.bulletin.unwrap_or_default();
            self.renderer.try_out(&drafted, &template.set, self.service.database.reader()).await?;
        }
        self.service.writer.run(ComposeBulletin::parse(request, template, rules)?, call).await
    }

    async fn issue(
        &self,
        caller: Caller,
        request: &IssueBulletinRequest,
    ) -> Result<Outcome<IssueBulletinResponse>, Refusal> {
        let call = |method| Call::new(caller.clone(), method, &request.request_id, request);
        // Both steps are known by the request's id: a repeat goes on where the first attempt ended.
        let reserve = ReserveNumber::parse(request)?;
        let reserved = self.service.writer.run(reserve, call("BulletinService/IssueBulletin#number")?).await?;
        let reserved = reserved.answer.bulletin.unwrap_or_default();
        let files = self.renderer.issue(&reserved, self.service.database.reader()).await?;
        let issue = IssueBulletin::new(&reserved.name, &reserved.etag, files, self.renderer.fonts());
        self.service.writer.run(issue, call("BulletinService/IssueBulletin")?).await
    }

    /// A bulletin that the caller may read: anybody an issued one, office and leader a draft too.
    async fn readable(&self, caller: &Caller, name: &str) -> Result<Bulletin, Refusal> {
        names::programme_of("name", "bulletins", name)?;
        let unknown = || Refusal::new(Reason::BulletinUnknown).with("name", name);
        let Some(row) = store::bulletin(name, self.service.database.reader()).await? else {
            self.service.policies.check(caller, Action::ReadBulletin, &Resource::new("bulletin").published(true))?;
            return Err(unknown());
        };
        let bulletin: Bulletin = read(&row.name, &row.bulletin)?;
        self.service.policies.check(caller, Action::ReadBulletin, &resource(&bulletin))?;
        Ok(bulletin)
    }

    async fn list(&self, caller: &Caller, request: &ListBulletinsRequest) -> Result<ListBulletinsResponse, Refusal> {
        let may = |published| {
            let resource = Resource::new("bulletin").published(published);
            self.service.policies.check(caller, Action::ReadBulletin, &resource)
        };
        may(true)?;
        let drafts = may(false).is_ok();
        ProgrammeName::parse("programme", &request.programme)?;
        let scope = if drafts { "all" } else { "issued" };
        let query = ["ListBulletins", scope, request.programme.as_str()];
        let page = Page::parse(page::LIST, &query, request.page_size, &request.page_token)?;
        let mut rows = store::bulletins(&request.programme, drafts, &page, self.service.database.reader()).await?;
        let next_page_token = page.cut(&mut rows, |row| row.drafted.to_string());
        let bulletins = rows.iter().map(|row| read(&row.name, &row.bulletin)).collect::<Result<_, _>>()?;
        Ok(ListBulletinsResponse { bulletins, next_page_token })
    }

    async fn file(&self, caller: &Caller, request: &DownloadBulletinRequest) -> Result<Vec<u8>, Refusal> {
        let format = match BulletinFormat::try_from(request.format) {
            Ok(BulletinFormat::Unspecified) => return Err(Refusal::required("format")),
            Ok(format) => format,
            Err(_) => return Err(Refusal::invalid("format", "没有这种格式", "is no format")),
        };
        let bulletin = self.readable(caller, &request.name).await?;
        let file = bulletin.files.iter().find(|file| file.format() == format);
        let Some(file) = file else {
            if format == BulletinFormat::Pdf && self.renderer.fonts().is_empty() {
                return Err(Refusal::invalid("format", "本机没有设置字体，不生成PDF", "no PDF is made without fonts"));
            }
            // A draft is given up, or was issued in other forms, or has yet to be issued and is shown as it would be.
            if is_published(&bulletin) || bulletin.state() == BulletinState::Withdrawn {
                return Err(Refusal::new(Reason::BulletinState).with("state", bulletin.state().as_str_name()));
            }
            return self.renderer.draft(&bulletin, format, self.service.database.reader()).await;
        };
        self.renderer.files().get(&file.sha256).await
    }
}

#[tonic::async_trait]
impl BulletinService for Bulletins {
    async fn compose_bulletin(
        &self,
        request: Request<ComposeBulletinRequest>,
    ) -> Result<Response<ComposeBulletinResponse>, Status> {
        let caller = identity::caller(&request)?;
        let outcome = self.compose(caller, request.get_ref()).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(ComposeBulletinResponse { receipt, ..outcome.answer }))
    }

    async fn approve_bulletin(
        &self,
        request: Request<ApproveBulletinRequest>,
    ) -> Result<Response<ApproveBulletinResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "BulletinService/ApproveBulletin", &request.request_id, &request)?;
        let outcome = self.service.writer.run(ApproveBulletin::parse(&request)?, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(ApproveBulletinResponse { receipt, ..outcome.answer }))
    }

    async fn countersign_bulletin(
        &self,
        request: Request<CountersignBulletinRequest>,
    ) -> Result<Response<CountersignBulletinResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "BulletinService/CountersignBulletin", &request.request_id, &request)?;
        let outcome = self.service.writer.run(CountersignBulletin::parse(&request)?, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(CountersignBulletinResponse { receipt, ..outcome.answer }))
    }

    async fn circulate_bulletin(
        &self,
        request: Request<CirculateBulletinRequest>,
    ) -> Result<Response<CirculateBulletinResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "BulletinService/CirculateBulletin", &request.request_id, &request)?;
        let outcome = self.service.writer.run(CirculateBulletin::parse(&request)?, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(CirculateBulletinResponse { receipt, ..outcome.answer }))
    }

    async fn hold_bulletin(
        &self,
        request: Request<HoldBulletinRequest>,
    ) -> Result<Response<HoldBulletinResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "BulletinService/HoldBulletin", &request.request_id, &request)?;
        let outcome = self.service.writer.run(HoldBulletin::parse(&request)?, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(HoldBulletinResponse { receipt, ..outcome.answer }))
    }

    async fn issue_bulletin(
        &self,
        request: Request<IssueBulletinRequest>,
    ) -> Result<Response<IssueBulletinResponse>, Status> {
        let caller = identity::caller(&request)?;
        let outcome = self.issue(caller, request.get_ref()).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(IssueBulletinResponse { receipt, ..outcome.answer }))
    }

    async fn withdraw_bulletin(
        &self,
        request: Request<WithdrawBulletinRequest>,
    ) -> Result<Response<WithdrawBulletinResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "BulletinService/WithdrawBulletin", &request.request_id, &request)?;
        let outcome = self.service.writer.run(WithdrawBulletin::parse(&request)?, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(WithdrawBulletinResponse { receipt, ..outcome.answer }))
    }

    async fn get_bulletin(
        &self,
        request: Request<GetBulletinRequest>,
    ) -> Result<Response<GetBulletinResponse>, Status> {
        let caller = identity::caller(&request)?;
        let bulletin = self.readable(&caller, &request.get_ref().name).await?;
        Ok(Response::new(GetBulletinResponse { bulletin: Some(bulletin) }))
    }

    async fn list_bulletins(
        &self,
        request: Request<ListBulletinsRequest>,
    ) -> Result<Response<ListBulletinsResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.list(&caller, request.get_ref()).await?))
    }

    type DownloadBulletinStream = Pin<Box<dyn Stream<Item = Result<DownloadBulletinResponse, Status>> + Send>>;

    async fn download_bulletin(
        &self,
        request: Request<DownloadBulletinRequest>,
    ) -> Result<Response<Self::DownloadBulletinStream>, Status> {
        let caller = identity::caller(&request)?;
        let bytes = self.file(&caller, request.get_ref()).await?;
        let chunks: Vec<_> =
            bytes.chunks(CHUNK).map(|chunk| Ok(DownloadBulletinResponse { chunk: chunk.to_vec() })).collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(chunks))))
    }
}
