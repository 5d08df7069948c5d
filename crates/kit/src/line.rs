//! The way to another service of the tier: over the network, or straight to its door where it runs in the same process.
//! Both ways go through the same door, so identity, limits and deadlines are checked alike; the near way saves what
//! HTTP/2 and sockets cost.

mod collector;
mod connect;
mod far;

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
use tower::Service;

pub(crate) use collector::to_collector;
pub use far::Far;

use crate::error::{Reason, Refusal};
use crate::server::{Door, GRPC_TIMEOUT, parse_timeout};

/// How long a server that is bound and about to serve is waited for.
const NEAR_TIMEOUT: Duration = Duration::from_secs(5);

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
        let there = tokio::time::timeout(NEAR_TIMEOUT, there).await.ok()?.ok()?;
        there.as_ref()?.upgrade()
    }
}

/// The way to a service. Clones share its connections.
#[derive(Clone, Debug)]
pub enum Line {
    /// Connections over the network, made when they are used.
    Far(Far),
    /// The door of a server in this process.
    Near(Near),
}

impl Line {
    /// A line over the network in plain text; none when the address is no URL like `http://127.0.0.1:50051`.
    pub fn far(url: &str) -> Option<Self> {
        Self::over(url, Scheme::HTTP, None)
    }

    /// A line over TLS; none when the address is no URL like `https://127.0.0.1:50050`.
    pub fn secure(url: &str, config: Arc<ClientConfig>) -> Option<Self> {
        Self::over(url, Scheme::HTTPS, Some(config))
    }

    fn over(url: &str, scheme: Scheme, config: Option<Arc<ClientConfig>>) -> Option<Self> {
        let address: Uri = url.parse().ok()?;
        if address.scheme() != Some(&scheme) {
            return None;
        }
        Far::new(&address, scheme, config).map(Self::Far)
    }
}

impl Service<Request<Body>> for Line {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self {
            Self::Far(far) => {
                let allowed = request.headers().get(GRPC_TIMEOUT).and_then(parse_timeout);
                let sending = far.clone().send(request);
                Box::pin(async move {
                    let answer = match allowed {
                        None => sending.await,
                        Some(allowed) => tokio::time::timeout(allowed, sending)
                            .await
                            .map_err(|_| Refusal::new(Reason::DeadlineExceeded))?,
                    };
                    answer.map_err(|error| {
                        // Whoever calls says so where it matters: a follower tries again for ever.
                        tracing::debug!(error = %chain(&error), "service not reached");
                        Refusal::new(Reason::ServiceUnavailable).into()
                    })
                })
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
