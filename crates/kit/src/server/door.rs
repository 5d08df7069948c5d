//! The door that every call goes through: who is it, is there room, how long may it take, and what becomes of a panic.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{ALLOW, CONNECTION};
use http::{HeaderValue, Request, Response, StatusCode, Version};
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
use super::frames::{BoundedBody, Bounds, Taken};
use super::methods::{self, Method};
use super::origins::{self, Origins};
use super::speech::Speech;
use super::unary::{self, Codec};
use crate::client::DEADLINE;
use crate::error::{Reason, Refusal};
use crate::identity::{Authenticate, strip_claims_of_others};
use crate::settings::{LimitSettings, seconds};
use crate::telemetry::trace;
use crate::tls::PeerCertificate;

/// What a gateway speaks.
const SPOKEN: &str =
    "application/json, application/proto, application/grpc, application/grpc-web, application/grpc-web-text";

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Network source of a call, in the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(pub IpAddr);

/// What a caller who need not say who calls may send: a password or a code is short.
const UNKNOWN_BYTES: usize = 64 * 1024;

/// The door of one server.
pub struct Door {
    pub(super) routes: Routes,
    /// More than gRPC is spoken, and by pages of these origins.
    pub(super) foreign: Option<Origins>,
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
        let begin = |deadline| Some(open.begin(deadline));
        let Some(origins) = &self.foreign else {
            return Ok(self.hear(request, origin, begin).await);
        };
        if request.method() == http::Method::OPTIONS {
            return Ok(origins.preflight(request.headers()));
        }
        let page = origins.allowed(request.headers());
        let one_at_a_time = request.version() < Version::HTTP_2;
        let mut response = self.hear(request, origin, begin).await;
        let refused = response.status() != StatusCode::OK || response.headers().contains_key(Status::GRPC_STATUS);
        if one_at_a_time && refused {
            // What is refused may not have been read to its end: over this connection no call comes after it.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(page) = page {
            origins::show(response.headers_mut(), page);
        }
        Ok(response)
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
        Ok(self.hear(request, here, |_| None).await)
    }

    /// Answers in the language of the call.
    async fn hear<B>(
        &self,
        request: Request<B>,
        origin: Origin,
        begin: impl FnOnce(Instant) -> Option<OpenCall>,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let method = methods::find(request.uri().path());
        match Speech::of(&request, self.foreign.is_some()) {
            Err(status) => not_spoken(status, self.foreign.is_some()),
            Ok(Speech::Grpc) => self.pass(request, Speech::Grpc, method, origin, begin).await,
            Ok(Speech::Web(web)) => web.answer(self.pass(request, Speech::Web(web), method, origin, begin).await),
            Ok(Speech::Unary(unary)) => {
                let codec = unary.codec;
                let response = self.pass(request, Speech::Unary(unary), method.clone(), origin, begin).await;
                unary::answer(response, codec, &method).await
            }
        }
    }

    async fn pass<B>(
        &self,
        mut request: Request<B>,
        speech: Speech,
        method: Arc<Method>,
        origin: Origin,
        begin: impl FnOnce(Instant) -> Option<OpenCall>,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let started = Instant::now();
        let longest = seconds(if method.streams { self.limits.stream_seconds } else { self.limits.call_seconds });
        let asked = speech.patience(request.headers());
        let deadline = started + asked.map_or(longest, |asked| asked.min(longest));
        let Ok(permit) = self.room.clone().try_acquire_owned() else {
            metrics::counter!("minsheng_calls_shed_total").increment(1);
            return Status::from(Refusal::new(Reason::TooManyRequests)).into_http();
        };
        let _open = begin(deadline);
        let bounds = self.bounds(&method, &speech);
        let most = bounds.most;
        let taken = bounds.taken.clone();
        let streams = method.streams;
        let gathers = matches!(speech, Speech::Unary(_));
        let span = trace::call(&method.path, request.headers());
        let mut call = Call {
            method: method.clone(),
            started,
            code: Code::Cancelled,
            span: span.clone(),
            _permit: permit,
            _taken: taken,
            _open,
        };
        strip_claims_of_others(request.headers_mut());
        request.extensions_mut().insert(Source(origin.source));
        if let Some(certificate) = origin.certificate {
            request.extensions_mut().insert(certificate);
        }

        let response = if deadline <= Instant::now() {
            Err(Refusal::new(Reason::DeadlineExceeded).into())
        } else {
            let answering = self.answer(request, speech, &method, bounds).instrument(span);
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
                let ends = (streams || gathers).then(|| Ends {
                    deadline: Box::pin(tokio::time::sleep_until(deadline)),
                    draining: streams.then(|| Box::pin(self.draining.clone().cancelled_owned())),
                });
                // An answer may carry what was sent once, with its proof.
                response.map(|body| Body::new(AnswerBody::new(body, most * 2, call, ends)))
            }
        }
    }

    fn bounds(&self, method: &Method, speech: &Speech) -> Bounds {
        let ordinary = self.limits.message_bytes;
        // JSON becomes many times its size while it is read: what is large is said in protobuf.
        let json = matches!(speech, Speech::Unary(unary) if unary.codec == Codec::Json);
        let most = if method.bulk && !json { ordinary.max(self.limits.bulk_message_bytes) } else { ordinary };
        Bounds {
            ordinary: ordinary as usize,
            most: most as usize,
            room: self.bulk_room.clone(),
            taken: Taken::default(),
        }
    }

    async fn answer<B>(
        &self,
        mut request: Request<B>,
        speech: Speech,
        method: &Method,
        mut bounds: Bounds,
    ) -> Result<Response<Body>, Status>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let path = request.uri().path().to_owned();
        let peer = request.extensions().get::<Arc<PeerCertificate>>().cloned();
        let caller = self.authenticate.authenticate(&path, request.headers(), peer.as_deref()).await?;
        match caller {
            Some(caller) => {
                request.extensions_mut().insert(caller);
            }
            None => {
                bounds.ordinary = bounds.ordinary.min(UNKNOWN_BYTES);
                bounds.most = bounds.ordinary;
            }
        }
        // Nothing of a body is read before this: it is read by whoever answers, as it goes through.
        speech.translate(request.headers_mut());
        match speech {
            Speech::Grpc => self.go_on(request, bounds).await,
            Speech::Web(web) => self.go_on(request.map(|body| web.body(body)), bounds).await,
            Speech::Unary(unary) => {
                let (parts, body) = request.into_parts();
                let body = unary.body(body, bounds.clone(), method)?;
                self.go_on(Request::from_parts(parts, body), bounds).await
            }
        }
    }

    async fn go_on<B>(&self, mut request: Request<B>, bounds: Bounds) -> Result<Response<Body>, Status>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
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

/// Answers what is no call.
fn not_spoken(status: StatusCode, foreign: bool) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if foreign && status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    }
    if foreign && status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        response.headers_mut().insert("accept-post", HeaderValue::from_static(SPOKEN));
    }
    response
}
