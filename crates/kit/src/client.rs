//! Calling another service of the tier: a channel that connects when it is used, carries a fresh identity of the calling
//! service, and passes the remaining deadline on.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use jiff::Timestamp;
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tower::Service;

use crate::clock::SharedClock;
use crate::error::{Reason, Refusal};
use crate::identity::{Caller, Signer};
use crate::settings::PeerSettings;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_HEADER_LIST: u32 = 16 * 1024;
/// A token is used for half of its minute.
const RENEW_AFTER_SECONDS: i64 = 30;

tokio::task_local! {
    /// When the call that is being answered must be done.
    pub(crate) static DEADLINE: Instant;
}

/// The deadline of the call that this task answers, if it has one.
pub fn remaining() -> Option<Duration> {
    let deadline = DEADLINE.try_with(|deadline| *deadline).ok()?;
    Some(deadline.saturating_duration_since(Instant::now()))
}

/// A peer's address is not one.
#[derive(Debug, thiserror::Error)]
#[error("the address of {service} is not a URL like http://127.0.0.1:50051: {url}")]
pub struct PeerError {
    service: String,
    url: String,
}

/// A channel to one service, with the identity of the calling one. Clones share connection and token.
#[derive(Clone, Debug)]
pub struct PeerChannel {
    channel: Channel,
    identity: Arc<Identity>,
}

#[derive(Debug)]
struct Identity {
    signer: Signer,
    caller: Caller,
    audience: String,
    clock: SharedClock,
    kept: Mutex<Option<(Timestamp, HeaderValue)>>,
}

impl PeerChannel {
    /// A channel to the service `audience`, which is called as the service that the signer signs for. Nothing is
    /// connected yet.
    ///
    /// # Errors
    /// When the address is none.
    pub fn new(
        peer: &PeerSettings,
        audience: &str,
        signer: Signer,
        division: &str,
        clock: SharedClock,
    ) -> Result<Self, PeerError> {
        let failed = || PeerError { service: audience.to_owned(), url: peer.url.clone() };
        let caller = Caller::service(signer.issuer(), division);
        let identity = Identity { signer, caller, audience: audience.to_owned(), clock, kept: Mutex::new(None) };
        let channel = lazy_channel(&peer.url).ok_or_else(failed)?;
        Ok(Self { channel, identity: Arc::new(identity) })
    }
}

/// A channel that connects when it is used, with every limit set; none when the address is no URL.
pub fn lazy_channel(url: &str) -> Option<Channel> {
    let endpoint = Endpoint::from_shared(url.to_owned()).ok()?;
    endpoint.uri().host()?;
    let endpoint = endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(false)
        .http2_max_header_list_size(MAX_HEADER_LIST)
        .tcp_nodelay(true)
        .user_agent(concat!("minsheng/", env!("CARGO_PKG_VERSION")))
        .ok()?;
    Some(endpoint.connect_lazy())
}

impl Identity {
    fn header(&self) -> Result<HeaderValue, Status> {
        let now = self.clock.now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, header)) = kept.as_ref() {
            let age = now.as_second() - made.as_second();
            if (0..RENEW_AFTER_SECONDS).contains(&age) {
                return Ok(header.clone());
            }
        }
        let token = self.signer.sign(&self.caller, &self.audience, now)?;
        let mut header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| Status::internal("token"))?;
        header.set_sensitive(true);
        *kept = Some((now, header.clone()));
        Ok(header)
    }
}

impl Service<Request<Body>> for PeerChannel {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Service::poll_ready(&mut self.channel, cx).map_err(unavailable)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let header = match self.identity.header() {
            Ok(header) => header,
            Err(status) => return Box::pin(std::future::ready(Err(status))),
        };
        request.headers_mut().insert(AUTHORIZATION, header);
        pass_deadline_on(request.headers_mut());
        let answer = self.channel.call(request);
        Box::pin(async move { answer.await.map_err(unavailable) })
    }
}

/// Writes the remaining deadline of the call that this task answers, unless a nearer one is asked for already.
pub fn pass_deadline_on(headers: &mut http::HeaderMap) {
    let Some(remaining) = remaining() else { return };
    let asked = headers.get(crate::server::GRPC_TIMEOUT).and_then(crate::server::parse_timeout);
    let nearest = asked.map_or(remaining, |asked| asked.min(remaining));
    if let Ok(value) = HeaderValue::try_from(format!("{}m", nearest.as_millis().min(99_999_999))) {
        headers.insert(crate::server::GRPC_TIMEOUT, value);
    }
}

fn unavailable(error: tonic::transport::Error) -> Status {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(current) = cause {
        if current.is::<tonic::TimeoutExpired>() {
            return Refusal::new(Reason::DeadlineExceeded).into();
        }
        cause = current.source();
    }
    tracing::debug!(%error, "peer not reached");
    Refusal::new(Reason::ServiceUnavailable).into()
}
