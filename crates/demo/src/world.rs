//! A tier in a folder of its own, in this process or in one of its own; a clock that the steps set, and everybody's sessions
//! through the gateway.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use minsheng_kit::clock::Clock;
use minsheng_kit::tls::install_crypto;
use minsheng_proto::identity::v1::session_service_client::SessionServiceClient;
use minsheng_proto::identity::v1::{Account, CreateAccountRequest, LogInRequest};
use minsheng_tier::{Tier, TierOptions};
use tokio::sync::Mutex;
use tonic::metadata::MetadataValue;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

use crate::accounts::{Post, SECURITY_ADMIN};
use crate::clock::DemoClock;
use crate::door::{Door, Gateway, Token};
use crate::error::DemoError;
use crate::process::TierProcess;

/// Everybody's password. It protects nothing: the gateway listens on this machine only, and all figures are invented.
pub const PASSWORD: &str = "Minsheng-2023-demo";

/// How long a session is used without asking for a new one: less than the gateway's idle time.
const SESSION: SignedDuration = SignedDuration::from_mins(90);
/// How long a step waits for services to follow each other.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(25);

/// Where steps say what they do.
#[derive(Clone)]
pub struct Voice(Arc<dyn Fn(&str) + Send + Sync>);

impl Voice {
    /// Says everything to a function, a text at a time.
    pub fn new(say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }

    /// Says nothing.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// Says a text.
    pub fn say(&self, text: impl AsRef<str>) {
        (self.0)(text.as_ref());
    }
}

impl fmt::Debug for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Voice")
    }
}

/// How a world is made.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// Folder for everything of the tier.
    pub folder: PathBuf,
    /// Address of the gateway; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Settings over the defaults: service, key, value.
    pub settings: Vec<(&'static str, &'static str, String)>,
    /// The clock, which worlds may share.
    pub clock: DemoClock,
    /// In a process of its own: this program's, which knows the command [`TIER_COMMAND`](crate::TIER_COMMAND).
    pub apart: bool,
    /// Where steps say what they do.
    pub voice: Voice,
}

impl WorldOptions {
    /// A silent world on a free port of this machine, beginning on 2 June 2023 in the morning.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            settings: Vec::new(),
            clock: DemoClock::at(Timestamp::from_second(1_685_667_600).unwrap_or(Timestamp::UNIX_EPOCH)),
            apart: false,
            voice: Voice::silent(),
        }
    }
}

/// A running tier with its people.
#[derive(Debug)]
pub struct World {
    home: Home,
    folder: PathBuf,
    clock: DemoClock,
    channel: Channel,
    sessions: Mutex<HashMap<String, Session>>,
    requests: AtomicU64,
    /// Where steps say what they do.
    pub voice: Voice,
}

/// Where the services run.
#[derive(Debug)]
enum Home {
    Here(Tier),
    Apart(TierProcess),
}

#[derive(Clone, Debug)]
struct Session {
    token: Token,
    last_used: Timestamp,
    expires: Timestamp,
}

impl World {
    /// Starts the five services in the folder.
    ///
    /// # Errors
    /// When they do not start, or the gateway is not reached.
    pub async fn start(options: WorldOptions) -> Result<Self, DemoError> {
        install_crypto();
        let mut settings = vec![
            ("gateway", "server.listen", options.listen.to_string()),
            ("gateway", "bootstrap.account", SECURITY_ADMIN.to_owned()),
            ("gateway", "bootstrap.password", PASSWORD.to_owned()),
        ];
        settings.extend(options.settings);
        let (home, address) = if options.apart {
            let (folder, begin) = (options.folder.clone(), options.clock.now());
            let started = tokio::task::spawn_blocking(move || TierProcess::start(&folder, &settings, begin)).await;
            let (process, hand) = started.map_err(|_| DemoError::Answer("process"))??;
            options.clock.tell(hand);
            let address = process.address;
            (Home::Apart(process), address)
        } else {
            let tier = TierOptions::all(&options.folder, Arc::new(options.clock.shown()));
            let with = |tier: TierOptions, (service, key, value)| tier.with(service, key, value);
            let tier = Tier::start(settings.into_iter().fold(tier, with)).await?;
            let address = tier.address("gateway").ok_or(DemoError::Answer("gateway address"))?;
            (Home::Here(tier), address)
        };
        let ca_file = options.folder.join("gateway-certificate.pem");
        let certificate = std::fs::read(&ca_file).map_err(|error| DemoError::file(&ca_file, error))?;
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(certificate)).domain_name("localhost");
        let endpoint = Endpoint::from_shared(format!("https://{address}"))?.tls_config(tls)?.tcp_nodelay(true);
        let channel = endpoint.connect_lazy();
        Ok(Self {
            home,
            folder: options.folder,
            clock: options.clock,
            channel,
            sessions: Mutex::default(),
            requests: AtomicU64::new(0),
            voice: options.voice,
        })
    }

    /// Folder of the tier.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Certificate that clients trust.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("gateway-certificate.pem")
    }

    /// Address of a service; of a tier in a process of its own the gateway's only.
    pub fn address(&self, service: &str) -> Option<SocketAddr> {
        match &self.home {
            Home::Here(tier) => tier.address(service),
            Home::Apart(process) => Some(process.address).filter(|_| service == "gateway"),
        }
    }

    /// The gateway's address as clients write it.
    pub fn url(&self) -> String {
        self.address("gateway").map_or_else(String::new, |address| format!("https://{address}"))
    }

    /// Id of the process that the services run in.
    pub fn process(&self) -> u32 {
        match &self.home {
            Home::Here(_) => std::process::id(),
            Home::Apart(process) => process.id(),
        }
    }

    /// The clock; it stands still until it is set or a change ticks.
    pub fn clock(&self) -> &DemoClock {
        &self.clock
    }

    /// Goes on to a moment; never back.
    pub fn at(&self, moment: Timestamp) {
        self.clock.go_to(moment);
    }

    /// Lets a second pass and gives the request id of a change.
    pub fn tick(&self) -> String {
        self.clock.advance(SignedDuration::from_secs(1));
        format!("demo-{}", self.requests.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes accounts.
    ///
    /// # Errors
    /// When one is refused.
    pub async fn create_accounts(&self, posts: &[Post]) -> Result<(), DemoError> {
        let mut accounts = self.as_account(SECURITY_ADMIN).await?.accounts();
        for post in posts {
            let account = Account {
                name: format!("accounts/{}", post.account),
                display_name: post.display_name.clone(),
                person: post.person.clone(),
                unit: post.unit.clone(),
                roles: vec![post.role.into()],
                ..Account::default()
            };
            let request =
                CreateAccountRequest { account: Some(account), password: PASSWORD.to_owned(), request_id: self.tick() };
            let made = accounts.create_account(request).await;
            made.map_err(|status| DemoError::call(format!("建立账号{}", post.account), status))?;
        }
        Ok(())
    }

    /// The gateway as an account sees it; logged in (again) where there is no session that still holds.
    ///
    /// # Errors
    /// When logging in is refused.
    pub async fn as_account(&self, account: &str) -> Result<Gateway, DemoError> {
        let now = self.clock.now();
        let mut sessions = self.sessions.lock().await;
        let held = sessions
            .get_mut(account)
            .filter(|session| now < session.expires && now.duration_since(session.last_used) < SESSION);
        if let Some(session) = held {
            session.last_used = now;
            return Ok(self.gateway(account, &session.token));
        }
        let request = LogInRequest { account: account.to_owned(), password: PASSWORD.to_owned() };
        let answer = SessionServiceClient::new(self.channel.clone()).log_in(request).await;
        let answer = answer.map_err(|status| DemoError::call(format!("{account}登录"), status))?.into_inner();
        let token =
            MetadataValue::try_from(format!("Bearer {}", answer.token)).map_err(|_| DemoError::Answer("token"))?;
        let expires = answer.expire_time.and_then(|time| Timestamp::new(time.seconds, time.nanos).ok());
        let session = Session { token: Token(token), last_used: now, expires: expires.unwrap_or(now) };
        let gateway = self.gateway(account, &session.token);
        sessions.insert(account.to_owned(), session);
        Ok(gateway)
    }

    /// The channel to the gateway, without a session.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    fn gateway(&self, account: &str, token: &Token) -> Gateway {
        Gateway { door: Door::new(self.channel.clone(), token.clone()), account: account.to_owned() }
    }

    /// Looks again and again until there is what is waited for; what there is instead is told when it does not come.
    ///
    /// # Errors
    /// What looking says, or that it did not come.
    pub async fn wait<T>(
        &self,
        what: &str,
        mut look: impl AsyncFnMut() -> Result<Result<T, String>, DemoError>,
    ) -> Result<T, DemoError> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            match look().await? {
                Ok(found) => return Ok(found),
                Err(now) if tokio::time::Instant::now() >= deadline => {
                    return Err(DemoError::Waiting { what: what.to_owned(), seconds: PATIENCE.as_secs(), now });
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Serves until a service, or the process, ends by itself.
    pub async fn serve(&mut self) {
        match &mut self.home {
            Home::Here(tier) => tier.wait().await,
            Home::Apart(process) => process.ended().await,
        }
    }

    /// Stops the services.
    pub async fn stop(self) {
        drop(self.channel);
        match self.home {
            Home::Here(tier) => tier.stop().await,
            Home::Apart(process) => process.stop().await,
        }
    }
}
