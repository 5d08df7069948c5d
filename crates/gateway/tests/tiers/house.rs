//! One tier: its gateway, and behind it catalogue and reporting.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use minsheng_gateway::{NAME, Settings};
use minsheng_kit::authority::Authority;
use minsheng_kit::client::PeerChannel;
use minsheng_kit::clock::ManualClock;
use minsheng_kit::error::{Reason, reason_of};
use minsheng_kit::identity::{GATEWAY, KeyRing, SignedIdentities, Verifier};
use minsheng_kit::line::{Line, Near};
use minsheng_kit::server::BoundServer;
use minsheng_kit::service::Service;
use minsheng_kit::settings::{ServiceSettings, load_service};
use minsheng_kit::telemetry::Readiness;
use minsheng_kit::tls::{ClientIdentity, Trust, client_config, read_certificates};
use minsheng_proto::identity::v1::account_service_client::AccountServiceClient;
use minsheng_proto::identity::v1::audit_service_client::AuditServiceClient;
use minsheng_proto::identity::v1::session_service_client::SessionServiceClient;
use minsheng_proto::identity::v1::tier_admin_service_client::TierAdminServiceClient;
use minsheng_proto::identity::v1::*;
use minsheng_testkit::moment;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Request, Status};

use crate::behind::{Behind, open};

pub const PASSWORD: &str = "g7#Kd92!mQx0";
pub const ADMIN: &str = "security-admin";
pub const ABOVE: &str = "430900";
pub const BELOW: &str = "430923";

/// The clock that tests begin with.
pub fn clock() -> ManualClock {
    ManualClock::at(moment("2023-06-20T09:00:00+08:00"))
}

/// A running tier.
pub struct Tier {
    pub division: String,
    pub addr: SocketAddr,
    pub service: Service,
    pub clock: ManualClock,
    pub keys: KeyRing,
    pub catalogue: Behind,
    pub reporting: Option<Behind>,
    pub folder: tempfile::TempDir,
    near: Near,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
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

pub type Way = InterceptedService<Line, Bearer>;

impl Tier {
    pub async fn open(division: &str, clock: &ManualClock) -> Self {
        Self::open_with(division, clock, |_| {}).await
    }

    /// The tier with other settings of its gateway.
    pub async fn open_with(
        division: &str,
        clock: &ManualClock,
        change: impl FnOnce(&mut ServiceSettings<Settings>),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let names = [GATEWAY, "catalogue", "reporting", "verification", "ranking"];
        let keys = KeyRing::ensure(&folder.path().join("keys"), &names).unwrap();
        let file = |name: &str| folder.path().join(format!("{name}.db"));
        let catalogue = open("catalogue", division, &file("catalogue"), &keys, clock).await;
        let catalogue = Behind::start(catalogue, &keys, "127.0.0.1:0", clock).await;
        let reporting = open("reporting", division, &file("reporting"), &keys, clock).await;
        let reporting = Behind::start(reporting, &keys, "127.0.0.1:0", clock).await;

        let mut settings = load_service::<Settings>(Settings::DEFAULTS, None, []).unwrap();
        settings.common.division = division.to_owned();
        settings.common.server.listen = "127.0.0.1:0".into();
        settings.common.server.tls.read_again_seconds = 1;
        settings.own.password.memory_kib = 64;
        settings.own.password.passes = 1;
        settings.own.bootstrap.password = PASSWORD.into();
        settings.own.parent.check_seconds = 1;
        // Only when a test asks for it.
        settings.own.parent.exchange_seconds = 3_600;
        for (name, addr) in [("catalogue", catalogue.addr), ("reporting", reporting.addr)] {
            settings.common.peers.get_mut(name).unwrap().url = format!("http://{addr}");
        }
        for name in ["verification", "ranking"] {
            settings.common.peers.get_mut(name).unwrap().url = "http://127.0.0.1:1".into();
        }
        change(&mut settings);
        minsheng_gateway::prepare(&mut settings, folder.path()).unwrap();
        let shutdown = CancellationToken::new();
        let mut service = open(NAME, division, &file(NAME), &keys, clock).await;
        service.cancel = shutdown.clone();
        let verifier = Verifier::open(NAME, &keys.trusted_dir()).unwrap();
        let callers = Arc::new(SignedIdentities { verifier, clock: Arc::new(clock.clone()) });
        let signer = keys.signer(GATEWAY).unwrap();
        let (services, authenticate) =
            minsheng_gateway::start(service.clone(), &settings, signer, callers, folder.path()).await.unwrap();
        let bound = BoundServer::bind(&settings.common.server, Readiness::default()).await.unwrap();
        bound.judge_by(Arc::new(clock.clone()));
        let (addr, near) = (bound.addr(), bound.near());
        let stop = shutdown.clone();
        let serving = tokio::spawn(async move { bound.serve(services, authenticate, stop).await.unwrap() });
        Self {
            division: division.to_owned(),
            addr,
            service,
            clock: clock.clone(),
            keys,
            catalogue,
            reporting: Some(reporting),
            folder,
            near,
            shutdown,
            serving,
        }
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.addr.port())
    }

    pub fn certificate_file(&self) -> PathBuf {
        self.folder.path().join("gateway-certificate.pem")
    }

    /// The authority of the tier.
    pub fn authority(&self) -> Authority {
        Authority::ensure(self.folder.path(), &self.division).unwrap()
    }

    /// A line to the gateway, of whoever trusts it, with a certificate or without.
    pub fn line(&self, identity: Option<ClientIdentity>) -> Line {
        let trust = Trust { authorities: read_certificates(&self.certificate_file()).unwrap(), ..Trust::default() };
        let config = client_config(trust, identity, Arc::new(self.clock.clone())).unwrap();
        Line::secure(&self.url(), config).unwrap()
    }

    /// The line with a session's token.
    pub fn way(&self, token: Option<&str>) -> Way {
        let token = token.map(|token| format!("Bearer {token}").parse().unwrap());
        InterceptedService::new(self.line(None), Bearer(token))
    }

    pub async fn log_in(&self, account: &str) -> String {
        let request = LogInRequest { account: account.into(), password: PASSWORD.into() };
        SessionServiceClient::new(self.way(None)).log_in(request).await.unwrap().into_inner().token
    }

    /// The security administrator's client.
    pub async fn admin(&self) -> TierAdminServiceClient<Way> {
        TierAdminServiceClient::new(self.way(Some(&self.log_in(ADMIN).await)))
    }

    /// Makes an account and gives its token.
    pub async fn account(&self, id: &str, unit: &str, roles: &[Role]) -> String {
        let admin = self.log_in(ADMIN).await;
        let account = Account {
            name: format!("accounts/{id}"),
            display_name: id.into(),
            person: format!("person-{id}"),
            unit: unit.into(),
            roles: roles.iter().map(|role| i32::from(*role)).collect(),
            ..Account::default()
        };
        let request =
            CreateAccountRequest { account: Some(account), password: PASSWORD.into(), request_id: format!("c-{id}") };
        AccountServiceClient::new(self.way(Some(&admin))).create_account(request).await.unwrap();
        self.log_in(id).await
    }

    /// What the audit administrator reads: events with their account and reason.
    pub async fn events(&self, token: &str) -> Vec<(String, String, String)> {
        let request = ListAuditEventsRequest { page_size: 1000, page_token: String::new() };
        let answer = AuditServiceClient::new(self.way(Some(token))).list_audit_events(request).await.unwrap();
        answer.into_inner().events.into_iter().map(|event| (event.event, event.account, event.reason)).collect()
    }

    /// The way of one of the tier's services to its own gateway, with its signed identity.
    pub fn of_service(&self, name: &str) -> PeerChannel {
        let signer = self.keys.signer(name).unwrap();
        PeerChannel::new(self.line(None), GATEWAY, signer, &self.division, Arc::new(self.clock.clone()))
    }

    /// The same of a service in the gateway's process.
    pub fn of_near_service(&self, name: &str) -> PeerChannel {
        let signer = self.keys.signer(name).unwrap();
        let line = Line::Near(self.near.clone());
        PeerChannel::new(line, GATEWAY, signer, &self.division, Arc::new(self.clock.clone()))
    }

    /// A code for a division, with the fingerprint to tell.
    pub async fn code(&self, division: &str) -> (String, String) {
        let request = CreateEnrolmentCodeRequest { division: division.into() };
        let answer = self.admin().await.create_enrolment_code(request).await.unwrap().into_inner();
        assert!(answer.receipt.is_some());
        (answer.code, answer.fingerprint)
    }

    /// Joins a parent.
    pub async fn join(&self, parent: &Tier) -> Parent {
        let (code, fingerprint) = parent.code(&self.division).await;
        let request = JoinParentRequest { url: parent.url(), code, fingerprint };
        let joined = self.admin().await.join_parent(request).await.unwrap().into_inner().parent.unwrap();
        // The first exchange of heads follows by itself.
        within(Duration::from_secs(30), "heads exchanged", || async { self.parent().await.exchange_time.is_some() })
            .await;
        joined
    }

    /// Names of the files with keys for the parent.
    pub fn key_files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path().join("parent")).into_iter().flatten();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }

    pub async fn parent(&self) -> Parent {
        self.admin().await.get_parent(GetParentRequest {}).await.unwrap().into_inner().parent.unwrap()
    }

    pub async fn lower(&self, division: &str) -> LowerTier {
        let answer = self.admin().await.list_tiers(ListTiersRequest::default()).await.unwrap().into_inner();
        answer.tiers.into_iter().find(|tier| tier.division == division).unwrap()
    }

    /// Replaces the reporting service by one on another database, behind the same address.
    pub async fn replace_reporting(&mut self, file: &str) {
        let old = self.reporting.take().unwrap();
        let addr = old.addr;
        old.stop().await;
        let file = self.folder.path().join(file);
        let service = open("reporting", &self.division, &file, &self.keys, &self.clock).await;
        self.reporting = Some(Behind::start(service, &self.keys, &addr.to_string(), &self.clock).await);
    }

    pub fn reporting(&self) -> &Behind {
        self.reporting.as_ref().unwrap()
    }

    pub async fn close(self) {
        self.shutdown.cancel();
        self.serving.await.unwrap();
        self.catalogue.stop().await;
        if let Some(reporting) = self.reporting {
            reporting.stop().await;
        }
    }
}

/// Two tiers, the lower one joined.
pub async fn joined() -> (Tier, Tier) {
    let clock = clock();
    let (above, below) = (Tier::open(ABOVE, &clock).await, Tier::open(BELOW, &clock).await);
    below.join(&above).await;
    (above, below)
}

pub fn reason(status: &Status) -> Reason {
    reason_of(status).unwrap_or_else(|| panic!("no reason: {status:?}"))
}

/// Waits until it holds, for no longer than this.
pub async fn within<F: Future<Output = bool>>(limit: Duration, what: &str, condition: impl Fn() -> F) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
