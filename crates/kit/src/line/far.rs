//! The way to a service over the network: calls go in turn to every address that its name has. The name is looked up again
//! while it is used, so that a copy of the service that comes gets its share and one that went is left out; a call that was
//! not sent because its connection was going down goes to another one.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::USER_AGENT;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri};
use rustls::ClientConfig;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tonic::body::Body;

use super::connect::{Sender, connect};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A line that is used looks its name up again after this time, and sooner where nobody answers.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
const LOOK_AGAIN_WITHOUT: Duration = Duration::from_millis(500);
/// While others answer, an address that did not is tried again after this time.
const LEFT_ALONE: Duration = Duration::from_secs(1);
/// So many connections in a row may be going down when a call comes.
const TURNS: usize = 8;
const AGENT: HeaderValue = HeaderValue::from_static(concat!("minsheng/", env!("CARGO_PKG_VERSION")));

/// Why a call got no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreached {
    /// No address of the service takes a connection.
    #[error("no connection: {0}")]
    Connection(String),
    /// The connection broke off, or the call was refused below gRPC.
    #[error(transparent)]
    Broken(#[from] hyper::Error),
}

/// Connections to all addresses of one service. Clones share them.
#[derive(Clone)]
pub struct Far(Arc<Host>);

struct Host {
    name: String,
    port: u16,
    scheme: Scheme,
    authority: Authority,
    secure: Option<Arc<ClientConfig>>,
    known: Mutex<Known>,
    changes: watch::Sender<()>,
}

#[derive(Default)]
struct Known {
    places: Vec<Place>,
    looked: Option<Instant>,
    looking: bool,
    next: usize,
    fault: String,
}

/// One address of the service.
struct Place {
    address: SocketAddr,
    state: State,
}

enum State {
    /// Nobody has asked for it, or it broke off.
    Idle,
    Connecting,
    Open(Sender),
    /// It did not answer, at this moment.
    Failed(Instant),
}

/// What a call finds.
enum Found {
    Sender(Sender),
    Wait,
    Nobody(String),
}

impl fmt::Debug for Far {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Far").field(&self.0.authority).finish()
    }
}

impl Far {
    /// A line to the host of an address; none when it has no host.
    pub(super) fn new(address: &Uri, scheme: Scheme, secure: Option<Arc<ClientConfig>>) -> Option<Self> {
        let authority = address.authority()?.clone();
        let name = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if name.is_empty() {
            return None;
        }
        let port = address.port_u16().unwrap_or(if secure.is_some() { 443 } else { 80 });
        let (changes, _) = watch::channel(());
        Some(Self(Arc::new(Host { name, port, scheme, authority, secure, known: Mutex::default(), changes })))
    }

    /// Sends a call to the address whose turn it is.
    pub(super) async fn send(self, request: Request<Body>) -> Result<Response<Body>, Unreached> {
        let mut request = self.addressed(request);
        for _ in 0..TURNS {
            let mut sender = self.sender().await?;
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(response.map(Body::new)),
                Err(mut failed) => match failed.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(failed.into_error().into()),
                },
            }
        }
        Err(Unreached::Connection("each one is going down".to_owned()))
    }

    fn addressed(&self, request: Request<Body>) -> Request<Body> {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let mut whole = http::uri::Parts::default();
        whole.scheme = Some(self.0.scheme.clone());
        whole.authority = Some(self.0.authority.clone());
        whole.path_and_query = Some(path);
        // All three parts are there and valid.
        if let Ok(uri) = Uri::from_parts(whole) {
            parts.uri = uri;
        }
        parts.headers.insert(USER_AGENT, AGENT);
        Request::from_parts(parts, body)
    }

    /// A connection that takes calls, as soon as there is one.
    async fn sender(&self) -> Result<Sender, Unreached> {
        let mut changes = self.0.changes.subscribe();
        let mut is_first = true;
        loop {
            changes.borrow_and_update();
            match self.find(is_first) {
                Found::Sender(sender) => return Ok(sender),
                Found::Nobody(fault) => return Err(Unreached::Connection(fault)),
                Found::Wait => is_first = false,
            }
            // The sender lives as long as the line.
            let _ = changes.changed().await;
        }
    }

    /// Begins what is to be done about name and connections, and gives one that is open.
    fn find(&self, is_first: bool) -> Found {
        let mut known = self.lock();
        let now = Instant::now();
        for place in &mut known.places {
            if matches!(&place.state, State::Open(sender) if sender.is_closed()) {
                place.state = State::Idle;
            }
        }
        let open = known.places.iter().filter(|place| matches!(place.state, State::Open(_))).count();
        let fresh_for = if open == 0 { LOOK_AGAIN_WITHOUT } else { LOOK_AGAIN };
        if !known.looking && known.looked.is_none_or(|looked| now - looked >= fresh_for) {
            known.looking = true;
            tokio::spawn(self.clone().look());
        }
        let insist = is_first && open == 0;
        for place in &mut known.places {
            let is_due = match place.state {
                State::Idle => true,
                State::Failed(when) => insist || now - when >= LEFT_ALONE,
                State::Connecting | State::Open(_) => false,
            };
            if is_due {
                place.state = State::Connecting;
                tokio::spawn(self.clone().open(place.address));
            }
        }
        if open == 0 {
            let underway = known.looking || known.places.iter().any(|place| matches!(place.state, State::Connecting));
            return if underway { Found::Wait } else { Found::Nobody(known.fault.clone()) };
        }
        known.next = (known.next + 1) % open;
        let turn = known.next;
        let mut senders = known.places.iter().filter_map(|place| match &place.state {
            State::Open(sender) => Some(sender),
            _ => None,
        });
        senders.nth(turn).cloned().map_or(Found::Wait, Found::Sender)
    }

    /// Looks the name up: who is new gets a place, who is no longer there loses it; open calls of theirs go on.
    async fn look(self) {
        let host = &self.0;
        let found = match host.name.parse::<IpAddr>() {
            Ok(address) => Ok(vec![SocketAddr::new(address, host.port)]),
            Err(_) => {
                within(async {
                    Ok(tokio::net::lookup_host((host.name.as_str(), host.port)).await?.collect::<Vec<_>>())
                })
                .await
            }
        };
        let mut known = self.lock();
        known.looking = false;
        known.looked = Some(Instant::now());
        match found {
            Ok(addresses) => {
                known.places.retain(|place| addresses.contains(&place.address));
                for address in addresses {
                    if !known.places.iter().any(|place| place.address == address) {
                        known.places.push(Place { address, state: State::Idle });
                    }
                }
            }
            Err(error) => {
                tracing::debug!(%error, host = host.name, "name not looked up; what is known of it stays");
                known.fault = error.to_string();
            }
        }
        drop(known);
        host.changes.send_replace(());
    }

    /// Connects to an address and puts the connection into its place.
    async fn open(self, address: SocketAddr) {
        let host = &self.0;
        let connected = within(connect(address, &host.name, host.secure.clone())).await;
        let mut known = self.lock();
        if let Err(error) = &connected {
            tracing::debug!(%error, %address, host = host.name, "service not reached");
            known.fault = error.to_string();
        }
        if let Some(place) = known.places.iter_mut().find(|place| place.address == address) {
            place.state = connected.map_or_else(|_| State::Failed(Instant::now()), State::Open);
        }
        drop(known);
        host.changes.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn within<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(CONNECT_TIMEOUT, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
