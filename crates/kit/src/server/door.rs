//! The door that every call goes through: who is it, is there room, how long may it take, and what becomes of a panic.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

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

use super::answer::{AnswerBody, Call, Ends, ours};
use super::connection::OpenCalls;
use super::deadline::{GRPC_TIMEOUT, parse_timeout};
use super::frames::BoundedBody;
use super::methods;
use crate::client::DEADLINE;
use crate::error::{Reason, Refusal};
use crate::identity::{Authenticate, strip_claims_of_others};
use crate::settings::{LimitSettings, seconds};

/// Network source of a call, in the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(pub IpAddr);

pub(super) struct Door {
    pub(super) routes: Routes,
    pub(super) authenticate: Arc<dyn Authenticate>,
    pub(super) room: Arc<Semaphore>,
    pub(super) limits: LimitSettings,
    pub(super) draining: CancellationToken,
}

impl Door {
    /// Answers one call; it never fails, a refusal is an answer.
    pub(super) async fn pass(
        self: Arc<Self>,
        mut request: Request<Incoming>,
        source: IpAddr,
        open: Arc<OpenCalls>,
    ) -> Result<Response<Body>, Infallible> {
        if !is_grpc(&request) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Ok(response);
        }
        let method = methods::find(request.uri().path());
        let started = Instant::now();
        let longest = seconds(if method.streams { self.limits.stream_seconds } else { self.limits.call_seconds });
        let asked = request.headers().get(GRPC_TIMEOUT).and_then(parse_timeout);
        let deadline = started + asked.map_or(longest, |asked| asked.min(longest));
        let Ok(permit) = self.room.clone().try_acquire_owned() else {
            metrics::counter!("minsheng_calls_shed_total").increment(1);
            return Ok(Status::from(Refusal::new(Reason::TooManyRequests)).into_http());
        };
        let _open = open.begin(deadline);
        let mut call = Call { method, started, code: Code::Cancelled, _permit: permit, _open };
        strip_claims_of_others(request.headers_mut());
        request.extensions_mut().insert(Source(source));

        let response = if deadline <= Instant::now() {
            Err(Refusal::new(Reason::DeadlineExceeded).into())
        } else {
            let work = DEADLINE.scope(deadline, AssertUnwindSafe(self.answer(request)).catch_unwind());
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
        Ok(match response {
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
                let limit = self.limits.message_bytes as usize * 2;
                response.map(|body| Body::new(AnswerBody::new(body, limit, call, ends)))
            }
        })
    }

    async fn answer(&self, mut request: Request<Incoming>) -> Result<Response<Body>, Status> {
        let path = request.uri().path().to_owned();
        let caller = self.authenticate.authenticate(&path, request.headers()).await?;
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        let gzip = request.headers().get("grpc-encoding").is_some_and(|encoding| encoding == "gzip");
        if gzip {
            request.headers_mut().remove("grpc-encoding");
        }
        let limit = self.limits.message_bytes as usize;
        let bounded = request.map(|body| BoundedBody::new(body, limit, gzip));
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
    request.method() == http::Method::POST && kind.is_some_and(|kind| kind.starts_with(b"application/grpc"))
}
