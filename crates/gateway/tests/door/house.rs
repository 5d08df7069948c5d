//! A tier in miniature: the gateway on a real port with TLS, and a service behind it that trusts only signed identities.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt};
use minsheng_gateway::{Migrator, NAME, Settings};
use minsheng_kit::clock::ManualClock;
use minsheng_kit::error::{Reason, Refusal, reason_of};
use minsheng_kit::identity::{Caller, GATEWAY, KeyRing, SignedIdentities, Verifier, caller};
use minsheng_kit::policy::{Action, Policies, Resource};
use minsheng_kit::server::{BoundServer, Services};
use minsheng_kit::service::Service;
use minsheng_kit::settings::{ServerSettings, ServiceSettings, load_service, load_with};
use minsheng_kit::telemetry::Readiness;
use minsheng_proto::identity::v1::account_service_client::AccountServiceClient;
use minsheng_proto::identity::v1::audit_service_client::AuditServiceClient;
use minsheng_proto::identity::v1::session_service_client::SessionServiceClient;
use minsheng_proto::identity::v1::{
    Account, AuditEvent, CreateAccountRequest, ListAuditEventsRequest, LogInRequest, LogInResponse, Role,
};
use minsheng_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use minsheng_proto::reporting::v1::evidence_service_client::EvidenceServiceClient;
use minsheng_proto::reporting::v1::evidence_service_server::{EvidenceService, EvidenceServiceServer};
use minsheng_proto::reporting::v1::experience_service_client::ExperienceServiceClient;
use minsheng_proto::reporting::v1::experience_service_server::{ExperienceService, ExperienceServiceServer};
use minsheng_proto::reporting::v1::*;
use minsheng_testkit::{Backend, TestDatabase, moment, open_at};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Response, Status};

pub const PASSWORD: &str = "g7#Kd92!mQx0";
pub const ADMIN: &str = "security-admin";

/// What the service behind the door was called with.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Mutex<Vec<(Caller, http::HeaderMap)>>>);

impl Seen {
    fn note<T>(&self, request: &Request<T>) -> Result<Caller, Refusal> {
        let caller = caller(request)?;
        self.0.lock().unwrap().push((caller.clone(), request.metadata().clone().into_headers()));
        Ok(caller)
    }

    pub fn last(&self) -> (Caller, http::HeaderMap) {
        self.0.lock().unwrap().last().cloned().unwrap()
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// Answers by a word, and decides by the real policies.
#[derive(Clone)]
struct Behind {
    seen: Seen,
    policies: Arc<Policies>,
}

#[tonic::async_trait]
impl ExperienceService for Behind {
    async fn file_article(
        &self,
        request: Request<FileArticleRequest>,
    ) -> Result<Response<FileArticleResponse>, Status> {
        self.seen.note(&request)?;
        if request.get_ref().request_id == "again" {
            return Err(Refusal::new(Reason::RequestIdReused).into());
        }
        let article = Article { text: request.get_ref().text.clone(), ..Article::default() };
        Ok(Response::new(FileArticleResponse { article: Some(article), receipt: None }))
    }

    async fn list_articles(
        &self,
        request: Request<ListArticlesRequest>,
    ) -> Result<Response<ListArticlesResponse>, Status> {
        let caller = self.seen.note(&request)?;
        match request.get_ref().period.as_str() {
            "slow" => tokio::time::sleep(Duration::from_secs(60)).await,
            "wrong" => {
                return Err(Refusal::invalid("period", "期的写法不对", "is not canonical")
                    .with("given", "wrong")
                    .into());
            }
            "office" => {
                let resource = Resource::new("article");
                self.policies.check(&caller, Action::ClosePeriod, &resource)?;
            }
            _ => {}
        }
        Ok(Response::new(ListArticlesResponse::default()))
    }
}

type Chunks = Pin<Box<dyn Stream<Item = Result<DownloadEvidenceResponse, Status>> + Send>>;

#[tonic::async_trait]
impl EvidenceService for Behind {
    type DownloadEvidenceStream = Chunks;

    async fn upload_evidence(
        &self,
        request: Request<tonic::Streaming<UploadEvidenceRequest>>,
    ) -> Result<Response<UploadEvidenceResponse>, Status> {
        self.seen.note(&request)?;
        let mut parts = request.into_inner();
        let mut size = 0;
        while let Some(part) = parts.message().await? {
            if let Some(upload_evidence_request::Part::Chunk(chunk)) = part.part {
                size += chunk.len() as u64;
            }
        }
        Ok(Response::new(UploadEvidenceResponse { size, ..UploadEvidenceResponse::default() }))
    }

    async fn download_evidence(&self, request: Request<DownloadEvidenceRequest>) -> Result<Response<Chunks>, Status> {
        self.seen.note(&request)?;
        let chunk = |byte: u8| DownloadEvidenceResponse { chunk: vec![byte; 100_000], ..Default::default() };
        let three = futures_util::stream::iter((0..3).map(move |byte| Ok(chunk(byte))));
        let rest: Chunks = match request.get_ref().sha256.as_slice() {
            b"endless" => Box::pin(futures_util::stream::pending()),
            b"refused" => Box::pin(futures_util::stream::once(async {
                Err(Refusal::new(Reason::EvidenceUnknown).with("sha256", "00").into())
            })),
            _ => Box::pin(futures_util::stream::empty()),
        };
        Ok(Response::new(Box::pin(three.chain(rest))))
    }
}

/// The running tier.
pub struct House {
    pub addr: SocketAddr,
    pub behind: SocketAddr,
    pub service: Service,
    pub clock: ManualClock,
    pub seen: Seen,
    pub keys: KeyRing,
    certificate: Certificate,
    shutdown: CancellationToken,
    serving: Vec<JoinHandle<()>>,
    databases: [TestDatabase; 2],
    pub folder: tempfile::TempDir,
}

/// Calls the gateway, with a token or without.
#[derive(Clone)]
pub struct Door {
    channel: Channel,
    token: Option<String>,
}

#[derive(Clone)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

pub type Way = InterceptedService<Channel, Bearer>;

impl Door {
    pub fn with(&self, token: &str) -> Door {
        Door { token: Some(token.to_owned()), ..self.clone() }
    }

    pub fn way(&self) -> Way {
        let token = self.token.as_ref().map(|token| format!("Bearer {token}").parse().unwrap());
        InterceptedService::new(self.channel.clone(), Bearer(token))
    }

    pub fn sessions(&self) -> SessionServiceClient<Way> {
        SessionServiceClient::new(self.way())
    }

    pub fn accounts(&self) -> AccountServiceClient<Way> {
        AccountServiceClient::new(self.way())
    }

    pub fn audit(&self) -> AuditServiceClient<Way> {
        AuditServiceClient::new(self.way())
    }

    pub fn ledger(&self) -> LedgerServiceClient<Way> {
        LedgerServiceClient::new(self.way())
    }

    pub fn articles(&self) -> ExperienceServiceClient<Way> {
        ExperienceServiceClient::new(self.way())
    }

    pub fn evidence(&self) -> EvidenceServiceClient<Way> {
        EvidenceServiceClient::new(self.way())
    }

    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    pub async fn log_in(&self, account: &str, password: &str) -> Result<LogInResponse, Status> {
        let request = LogInRequest { account: account.into(), password: password.into() };
        Ok(self.sessions().log_in(request).await?.into_inner())
    }

    /// Lists articles in the manner of this word.
    pub async fn list(&self, word: &str) -> Result<ListArticlesResponse, Status> {
        let request = ListArticlesRequest { period: word.into(), ..ListArticlesRequest::default() };
        Ok(self.articles().list_articles(request).await?.into_inner())
    }

    pub async fn audit_events(&self) -> Vec<AuditEvent> {
        let mut events = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListAuditEventsRequest { page_size: 7, page_token };
            let page = self.audit().list_audit_events(request).await.unwrap().into_inner();
            events.extend(page.events);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return events;
            }
        }
    }
}

fn server(change: impl FnOnce(&mut ServerSettings)) -> ServerSettings {
    #[derive(serde::Deserialize)]
    struct All {
        server: ServerSettings,
    }
    let mut all: All = load_with("", None, []).unwrap();
    change(&mut all.server);
    all.server
}

impl House {
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// The house with other settings of the gateway; passwords are cheap here.
    pub async fn open_with(change: impl FnOnce(&mut ServiceSettings<Settings>)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyRing::ensure(&folder.path().join("keys"), &[GATEWAY, "reporting", "catalogue"]).unwrap();
        let clock = ManualClock::at(moment("2023-06-20T09:00:00+08:00"));
        let databases = [TestDatabase::new(Backend::Sqlite), TestDatabase::new(Backend::Sqlite)];
        let shutdown = CancellationToken::new();

        let reporting = open_at::<Migrator>("reporting", &databases[1], &clock).await;
        let seen = Seen::default();
        let behind = Behind { seen: seen.clone(), policies: reporting.policies.clone() };
        let services = Services::new()
            .with(ExperienceServiceServer::new(behind.clone()))
            .with(EvidenceServiceServer::new(behind))
            .with(reporting.ledger_api());
        let bound = BoundServer::bind(&server(|_| {}), Readiness::default()).await.unwrap();
        let behind = bound.addr();
        let verifier = Verifier::open("reporting", &keys.trusted_dir()).unwrap();
        let identities = Arc::new(SignedIdentities { verifier, clock: Arc::new(clock.clone()) });
        let stop = shutdown.clone();
        let upstream = tokio::spawn(async move { bound.serve(services, identities, stop).await.unwrap() });

        let mut settings = load_service::<Settings>(Settings::DEFAULTS, None, []).unwrap();
        settings.common.server.listen = "127.0.0.1:0".into();
        settings.own.password.memory_kib = 64;
        settings.own.password.passes = 1;
        settings.own.bootstrap.password = PASSWORD.into();
        settings.common.peers.get_mut("reporting").unwrap().url = format!("http://{behind}");
        settings.common.peers.get_mut("catalogue").unwrap().url = "http://127.0.0.1:1".into();
        change(&mut settings);
        let mut service = open_at::<Migrator>(NAME, &databases[0], &clock).await;
        service.cancel = shutdown.clone();
        let signer = keys.signer(GATEWAY).unwrap();
        minsheng_gateway::prepare(&mut settings, folder.path()).unwrap();
        let verifier = Verifier::open(NAME, &keys.trusted_dir()).unwrap();
        let callers = Arc::new(SignedIdentities { verifier, clock: Arc::new(clock.clone()) });
        let (services, authenticate) =
            minsheng_gateway::start(service.clone(), &settings, signer, callers, folder.path()).await.unwrap();
        let door = &settings.common.server;
        let certificate = std::fs::read_to_string(&door.tls.certificate_file).unwrap();
        let bound = BoundServer::bind(door, Readiness::default()).await.unwrap();
        bound.judge_by(Arc::new(clock.clone()));
        let addr = bound.addr();
        let stop = shutdown.clone();
        let gateway = tokio::spawn(async move { bound.serve(services, authenticate, stop).await.unwrap() });
        Self {
            addr,
            behind,
            service,
            clock,
            seen,
            keys,
            certificate: Certificate::from_pem(certificate),
            shutdown,
            serving: vec![upstream, gateway],
            databases,
            folder,
        }
    }

    /// A way in from a loopback address of one's own.
    pub fn door_from(&self, source: &str) -> Door {
        minsheng_kit::tls::install_crypto();
        let tls = ClientTlsConfig::new().ca_certificate(self.certificate.clone()).domain_name("localhost");
        let source: IpAddr = source.parse().unwrap();
        let endpoint = Endpoint::from_shared(format!("https://{}", self.addr)).unwrap();
        let channel = endpoint.tls_config(tls).unwrap().local_address(Some(source)).connect_lazy();
        Door { channel, token: None }
    }

    /// What the gateway is known by.
    pub fn pem(&self) -> Vec<u8> {
        self.certificate.as_ref().to_vec()
    }

    pub fn door(&self) -> Door {
        self.door_from("127.0.0.1")
    }

    /// The way in of the security administrator.
    pub async fn admin(&self) -> Door {
        let session = self.door().log_in(ADMIN, PASSWORD).await.unwrap();
        self.door().with(&session.token)
    }

    /// Makes an account and logs in.
    pub async fn account(&self, admin: &Door, id: &str, unit: &str, roles: &[Role]) -> Door {
        admin.accounts().create_account(create(id, unit, roles)).await.unwrap();
        let session = self.door().log_in(id, PASSWORD).await.unwrap();
        self.door().with(&session.token)
    }

    /// The file of the gateway's database.
    pub fn database_file(&self) -> PathBuf {
        self.databases[0].file().unwrap()
    }

    pub async fn close(self) {
        self.shutdown.cancel();
        for task in self.serving {
            task.await.unwrap();
        }
    }
}

pub fn create(id: &str, unit: &str, roles: &[Role]) -> CreateAccountRequest {
    CreateAccountRequest {
        account: Some(Account {
            name: format!("accounts/{id}"),
            display_name: format!("账号{id}"),
            person: format!("person-{id}"),
            unit: unit.into(),
            roles: roles.iter().map(|role| i32::from(*role)).collect(),
            ..Account::default()
        }),
        password: PASSWORD.into(),
        request_id: format!("create-{id}"),
    }
}

pub fn reason(status: &Status) -> Reason {
    reason_of(status).unwrap_or_else(|| panic!("no reason: {status:?}"))
}

/// Waits until it holds, for no longer than this.
pub async fn within<F: Future<Output = bool>>(limit: Duration, what: &str, condition: impl Fn() -> F) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
