//! The door that every call goes through: who is it, is there room, how long may it take, and what becomes of a panic.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::{Code, Status};
use tower::Service;
use tracing::Instrument;

use super::answer::{AnswerBody, Call, Ends, ours};
use super::connection::{OpenCall, OpenCalls, Origin};
use super::deadline::{GRPC_TIMEOUT, parse_timeout};
use super::frames::{BoundedBody, Bounds, Taken};
use super::methods::{self, Method};
use crate::client::DEADLINE;
use crate::error::{Reason, Refusal};
use crate::identity::{Authenticate, strip_claims_of_others};
use crate::settings::{LimitSettings, seconds};
use crate::telemetry::trace;
use crate::tls::PeerCertificate;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Network source of a call, in the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(pub IpAddr);

/// The door of one server.
pub struct Door {
    pub(super) routes: Routes,
    pub(super) authenticate: Arc<dyn Authenticate>,
    pub(super) room: Arc<Semaphore>,
    /// For calls with a large message.
    pub(super) bulk_room: Arc<Semaphore>,
    pub(super) limits: LimitSettings,
    pub(super) draining: CancellationToken,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").finish_non_exhaustive()
    }
}

impl Door {
    /// Answers one call that came over a connection; it never fails, a refusal is an answer.
    pub(super) async fn pass_far(
        self: Arc<Self>,
        request: Request<Incoming>,
        origin: Origin,
        open: Arc<OpenCalls>,
    ) -> Result<Response<Body>, Infallible> {
        Ok(self.pass(request, origin, |deadline| Some(open.begin(deadline))).await)
    }

    /// Answers one call from this process.
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE when the server is going down: it takes no more.
    pub(crate) async fn pass_near(self: Arc<Self>, request: Request<Body>) -> Result<Response<Body>, Status> {
        if self.draining.is_cancelled() {
            return Err(Refusal::new(Reason::ServiceUnavailable).into());
        }
        let here = Origin { source: IpAddr::V4(Ipv4Addr::LOCALHOST), certificate: None };
        Ok(self.pass(request, here, |_| None).await)
    }

    async fn pass<B>(
        &self,
        mut request: Request<B>,
        origin: Origin,
        begin: impl FnOnce(Instant) -> Option<OpenCall>,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        if !is_grpc(&request) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return response;
        }
        let method = methods::find(request.uri().path());
        let started = Instant::now();
        let longest = seconds(if method.streams { self.limits.stream_seconds } else { self.limits.call_seconds });
        let asked = request.headers().get(GRPC_TIMEOUT).and_then(parse_timeout);
        let deadline = started + asked.map_or(longest, |asked| asked.min(longest));
        let Ok(permit) = self.room.clone().try_acquire_owned() else {
            metrics::counter!("minsheng_calls_shed_total").increment(1);
            return Status::from(Refusal::new(Reason::TooManyRequests)).into_http();
        };
        let _open = begin(deadline);
        let bounds = self.bounds(&method);
        let most = bounds.most;
        let taken = bounds.taken.clone();
        let span = trace::call(&method.path, request.headers());
        let mut call =
            Call { method, started, code: Code::Cancelled, span: span.clone(), _permit: permit, _taken: taken, _open };
        strip_claims_of_others(request.headers_mut());
        request.extensions_mut().insert(Source(origin.source));
        if let Some(certificate) = origin.certificate {
            request.extensions_mut().insert(certificate);
        }

        let response = if deadline <= Instant::now() {
            Err(Refusal::new(Reason::DeadlineExceeded).into())
        } else {
            let answering = self.answer(request, bounds).instrument(span);
            let work = DEADLINE.scope(deadline, AssertUnwindSafe(answering).catch_unwind());
            match tokio::time::timeout_at(deadline, work).await {
                Ok(Ok(answered)) => answered,
                Ok(Err(_panic)) => Err(Refusal::new(Reason::Internal).into()),
                Err(_elapsed) => Err(Refusal::new(Reason::DeadlineExceeded).into()),
            }
        };
        let response = response.and_then(|response| match Status::from_header_map(response.headers()) {
            Some(status) if status.code() != Code::Ok => Err(ours(status)),
            _ => Ok(response),
        });
        match response {
            Err(status) => {
                call.code = status.code();
                status.into_http()
            }
            Ok(response) => {
                let ends = call.method.streams.then(|| Ends {
                    deadline: Box::pin(tokio::time::sleep_until(deadline)),
                    draining: Box::pin(self.draining.clone().cancelled_owned()),
                });
                // An answer may carry what was sent once, with its proof.
                response.map(|body| Body::new(AnswerBody::new(body, most * 2, call, ends)))
            }
        }
    }

    fn bounds(&self, method: &Method) -> Bounds {
        let ordinary = self.limits.message_bytes;
        let most = if method.bulk { ordinary.max(self.limits.bulk_message_bytes) } else { ordinary };
        Bounds {
            ordinary: ordinary as usize,
            most: most as usize,
            room: self.bulk_room.clone(),
            taken: Taken::default(),
        }
    }

    async fn answer<B>(&self, mut request: Request<B>, bounds: Bounds) -> Result<Response<Body>, Status>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let path = request.uri().path().to_owned();
        let peer = request.extensions().get::<Arc<PeerCertificate>>().cloned();
        let caller = self.authenticate.authenticate(&path, request.headers(), peer.as_deref()).await?;
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        let gzip = request.headers().get("grpc-encoding").is_some_and(|encoding| encoding == "gzip");
        if gzip {
            request.headers_mut().remove("grpc-encoding");
        }
        let bounded = request.map(|body| BoundedBody::new(body, bounds, gzip));
        let mut routes = self.routes.clone();
        let Ok(response) = routes.call(bounded).await;
        Ok(response)
    }
}

/// How long streams and calls may go on at shutdown.
pub(super) fn patience(limits: &LimitSettings) -> Duration {
    seconds(limits.shutdown_seconds)
}

fn is_grpc<B>(request: &Request<B>) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let rest = kind.and_then(|kind| kind.strip_prefix(b"application/grpc"));
    // application/grpc-web is another protocol.
    request.method() == http::Method::POST && rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}
