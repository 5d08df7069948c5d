//! Passing a call on to a service as the bytes that came: only the headers that belong to the call itself, the identity
//! that the gateway signed, and the deadline that is left. What goes wrong on the way is SERVICE_UNAVAILABLE.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, TE};
use http::{HeaderValue, Method, Request, Response, Uri, Version};
use http_body::{Frame, SizeHint};
use minsheng_kit::client::pass_deadline_on;
use minsheng_kit::error::{Reason, Refusal, reason_of};
use minsheng_kit::line::Line;
use minsheng_kit::server::GRPC_TIMEOUT;
use minsheng_kit::telemetry::trace;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::body::Body;
use tower::{Service, ServiceExt};

use crate::config::UpstreamSettings;

/// What a caller's call may tell a service; everything else stays outside.
const PASSED_ON: [HeaderName; 5] = [
    CONTENT_TYPE,
    HeaderName::from_static(GRPC_TIMEOUT),
    HeaderName::from_static("grpc-encoding"),
    HeaderName::from_static("grpc-accept-encoding"),
    HeaderName::from_static(trace::TRACEPARENT),
];

/// One service behind the door.
#[derive(Debug)]
pub(crate) struct Upstream {
    lines: Vec<Line>,
    next: AtomicUsize,
    room: Arc<Semaphore>,
}

impl Upstream {
    /// A service that is reached by these lines in turn.
    pub(crate) fn new(lines: Vec<Line>, settings: &UpstreamSettings) -> Self {
        Self { lines, next: AtomicUsize::new(0), room: Arc::new(Semaphore::new(settings.calls.max(1) as usize)) }
    }

    /// Passes a call on, with an identity where the line itself does not prove who calls.
    ///
    /// # Errors
    /// TOO_MANY_REQUESTS, SERVICE_UNAVAILABLE, or what was wrong with the caller's own bytes.
    pub(crate) async fn forward(
        &self,
        request: Request<Body>,
        identity: Option<HeaderValue>,
    ) -> Result<Response<Body>, Status> {
        let permit = self.room.clone().try_acquire_owned();
        let permit = permit.map_err(|_| Refusal::new(Reason::TooManyRequests))?;
        let fault = Fault::default();
        let onward = onward(request, identity, fault.clone())?;
        let number = self.next.fetch_add(1, Ordering::Relaxed) % self.lines.len();
        let mut line = self.lines[number].clone();
        let failed = |status: Status| {
            fault.get().cloned().unwrap_or_else(|| {
                tracing::warn!(%status, "service not reached");
                status
            })
        };
        let answer = line.ready().await.map_err(failed)?.call(onward).await.map_err(failed)?;
        Ok(answer.map(|inner| Body::new(Answer { inner, fault, _permit: permit })))
    }
}

/// What was wrong with the bytes that the caller sent, if anything.
type Fault = Arc<OnceLock<Status>>;

fn onward(request: Request<Body>, identity: Option<HeaderValue>, fault: Fault) -> Result<Request<Body>, Status> {
    let (parts, inner) = request.into_parts();
    let mut headers = HeaderMap::with_capacity(8);
    for name in &PASSED_ON {
        for value in parts.headers.get_all(name) {
            headers.append(name, value.clone());
        }
    }
    headers.insert(TE, HeaderValue::from_static("trailers"));
    if let Some(identity) = identity {
        headers.insert(AUTHORIZATION, identity);
    }
    pass_deadline_on(&mut headers);
    trace::tell(&mut headers);
    let uri: Uri = parts.uri.path().parse().map_err(|_| Refusal::new(Reason::MethodUnknown))?;
    let mut onward = Request::new(Body::new(Sent { inner, fault }));
    *onward.method_mut() = Method::POST;
    *onward.uri_mut() = uri;
    *onward.version_mut() = Version::HTTP_2;
    *onward.headers_mut() = headers;
    Ok(onward)
}

/// The caller's bytes on their way; why they end early is remembered, since HTTP/2 only tells that they do.
struct Sent {
    inner: Body,
    fault: Fault,
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Err(status)) = &frame {
            // Only the first fault counts.
            let _ = self.fault.set(status.clone());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The service's bytes on their way back.
struct Answer {
    inner: Body,
    fault: Fault,
    _permit: OwnedSemaphorePermit,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        Poll::Ready(frame.map(|frame| {
            frame.map_err(|status| {
                if let Some(fault) = self.fault.get() {
                    return fault.clone();
                }
                if reason_of(&status).is_some() {
                    return status;
                }
                tracing::warn!(%status, "the answer of a service broke off");
                Refusal::new(Reason::ServiceUnavailable).into()
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
