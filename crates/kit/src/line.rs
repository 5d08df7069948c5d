//! The way to another service of the tier: over the network, or straight to its door where it runs in the same process.
//! Both ways go through the same door, so identity, limits and deadlines are checked alike; the near way saves what
//! HTTP/2 and sockets cost.

use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::uri::Scheme;
use http::{Request, Response, Uri};
use rustls::ClientConfig;
use tokio::sync::watch;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tower::Service;

use crate::error::{Reason, Refusal};
use crate::server::Door;
use crate::tls::SecureConnect;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_HEADER_LIST: u32 = 16 * 1024;

/// The door of a server in this process, as long as it serves. Nobody is kept alive by it.
#[derive(Clone, Debug)]
pub struct Near(watch::Receiver<Option<Weak<Door>>>);

impl Near {
    /// The way to a door that is not there yet, and where the server puts it.
    pub(crate) fn new() -> (watch::Sender<Option<Weak<Door>>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    /// A server that is bound and about to serve is waited for, as a connection would.
    async fn door(mut self) -> Option<Arc<Door>> {
        let there = self.0.wait_for(Option::is_some);
        let there = tokio::time::timeout(CONNECT_TIMEOUT, there).await.ok()?.ok()?;
        there.as_ref()?.upgrade()
    }
}

/// The way to a service. Clones share the connection.
#[derive(Clone, Debug)]
pub enum Line {
    /// A connection that is made when it is used, with every limit set.
    Far(Channel),
    /// The door of a server in this process.
    Near(Near),
}

impl Line {
    /// A line over the network in plain text; none when the address is no URL like `http://127.0.0.1:50051`.
    pub fn far(url: &str) -> Option<Self> {
        let address: Uri = url.parse().ok()?;
        if address.scheme() != Some(&Scheme::HTTP) {
            return None;
        }
        Some(Self::Far(Self::endpoint(address)?.connect_lazy()))
    }

    /// A line over TLS; none when the address is no URL like `https://127.0.0.1:50050`.
    pub fn secure(url: &str, config: Arc<ClientConfig>) -> Option<Self> {
        let address: Uri = url.parse().ok()?;
        if address.scheme() != Some(&Scheme::HTTPS) {
            return None;
        }
        Some(Self::Far(Self::secure_endpoint(address)?.connect_with_connector_lazy(SecureConnect { config })))
    }

    /// tonic speaks TLS only by its own connector; this one brings its own, so it is told of none.
    fn secure_endpoint(address: Uri) -> Option<Endpoint> {
        let mut parts = address.clone().into_parts();
        parts.scheme = Some(Scheme::HTTP);
        if address.port().is_none() {
            parts.authority = format!("{}:443", address.authority()?).parse().ok();
        }
        Some(Self::endpoint(Uri::from_parts(parts).ok()?)?.origin(address))
    }

    /// A connection to a collector of traces and logs, over TLS where a configuration is given; a call that takes longer
    /// than this is given up.
    pub(crate) fn to_collector(url: &str, config: Option<Arc<ClientConfig>>, patience: Duration) -> Option<Channel> {
        let address: Uri = url.parse().ok()?;
        Some(match config {
            None => Self::endpoint(address)?.timeout(patience).connect_lazy(),
            Some(config) => {
                Self::secure_endpoint(address)?.timeout(patience).connect_with_connector_lazy(SecureConnect { config })
            }
        })
    }

    fn endpoint(address: Uri) -> Option<Endpoint> {
        address.host()?;
        Endpoint::from(address)
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .keep_alive_while_idle(false)
            .http2_max_header_list_size(MAX_HEADER_LIST)
            .tcp_nodelay(true)
            .user_agent(concat!("minsheng/", env!("CARGO_PKG_VERSION")))
            .ok()
    }
}

impl Service<Request<Body>> for Line {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        match self {
            Self::Far(channel) => Service::poll_ready(channel, cx).map_err(|error| unavailable(&error)),
            Self::Near(_) => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self {
            Self::Far(channel) => {
                let answer = channel.call(request);
                Box::pin(async move { answer.await.map_err(|error| unavailable(&error)) })
            }
            Self::Near(near) => {
                let near = near.clone();
                Box::pin(async move {
                    let door =
                        near.door().await.ok_or_else(|| Status::from(Refusal::new(Reason::ServiceUnavailable)))?;
                    door.pass_near(request).await
                })
            }
        }
    }
}

fn unavailable(error: &tonic::transport::Error) -> Status {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(current) = cause {
        if current.is::<tonic::TimeoutExpired>() {
            return Refusal::new(Reason::DeadlineExceeded).into();
        }
        cause = current.source();
    }
    // Whoever calls says so where it matters: a follower tries again for ever.
    tracing::debug!(error = %chain(error), "service not reached");
    Refusal::new(Reason::ServiceUnavailable).into()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        text.push_str(": ");
        text.push_str(&current.to_string());
        cause = current.source();
    }
    text
}
