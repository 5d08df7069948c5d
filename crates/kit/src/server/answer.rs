//! An answer on its way out: statuses that the libraries made become refusals of ours, sizes are bounded, a stream ends at
//! its deadline and at shutdown, a panic becomes INTERNAL, and the call is counted when its last byte has gone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::{Code, Status};

use super::connection::OpenCall;
use super::frames::{Scanner, Taken};
use super::methods::Method;
use crate::error::{Reason, Refusal, reason_of};
use crate::telemetry::trace;

/// Held as long as the call goes on; counts it at the end.
pub(super) struct Call {
    pub(super) method: Arc<Method>,
    pub(super) started: Instant,
    /// CANCELLED until something else is known: then the caller went away.
    pub(super) code: Code,
    pub(super) span: tracing::Span,
    pub(super) _permit: OwnedSemaphorePermit,
    pub(super) _taken: Taken,
    pub(super) _open: Option<OpenCall>,
}

impl Drop for Call {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        let method = self.method.path.clone();
        let code = code_name(self.code);
        tracing::debug!(%method, code, ?took, "call");
        trace::ended(&self.span, self.code);
        metrics::counter!("minsheng_calls_total", "method" => method.clone(), "code" => code).increment(1);
        metrics::histogram!("minsheng_call_seconds", "method" => method).record(took);
    }
}

/// A body that carries the call with it.
pub(super) struct AnswerBody {
    inner: Option<tonic::body::Body>,
    scanner: Scanner,
    call: Option<Call>,
    /// When it must end by itself.
    ends: Option<Ends>,
}

pub(super) struct Ends {
    pub(super) deadline: Pin<Box<Sleep>>,
    /// Of streams only: when the server is going down.
    pub(super) draining: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl AnswerBody {
    pub(super) fn new(inner: tonic::body::Body, limit: usize, call: Call, ends: Option<Ends>) -> Self {
        Self { inner: Some(inner), scanner: Scanner::new(limit), call: Some(call), ends }
    }

    fn end(&mut self, status: &Status) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.inner = None;
        self.ends = None;
        if let Some(mut call) = self.call.take() {
            call.code = status.code();
        }
        let mut trailers = HeaderMap::new();
        if status.add_header(&mut trailers).is_err() {
            return Poll::Ready(Some(Err(status.clone())));
        }
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn reason_to_end(&mut self, cx: &mut Context<'_>) -> Option<Reason> {
        let ends = self.ends.as_mut()?;
        if ends.deadline.as_mut().poll(cx).is_ready() {
            return Some(Reason::DeadlineExceeded);
        }
        ends.draining.as_mut()?.as_mut().poll(cx).is_ready().then_some(Reason::ServiceUnavailable)
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if let Some(reason) = this.reason_to_end(cx) {
            return this.end(&Refusal::new(reason).into());
        }
        let Some(inner) = this.inner.as_mut() else {
            return Poll::Ready(None);
        };
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(inner).poll_frame(cx)));
        let frame = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(None)) => {
                this.inner = None;
                this.ends = None;
                this.call = None;
                return Poll::Ready(None);
            }
            Ok(Poll::Ready(Some(Err(status)))) => return this.end(&ours(status)),
            Ok(Poll::Ready(Some(Ok(frame)))) => frame,
            Err(_) => return this.end(&Refusal::new(Reason::Internal).into()),
        };
        match frame.into_data() {
            Ok(data) => match this.scanner.pass(&data) {
                Ok(()) => Poll::Ready(Some(Ok(Frame::data(data)))),
                Err(refusal) => this.end(&refusal.into()),
            },
            Err(frame) => match frame.trailers_ref().and_then(Status::from_header_map) {
                Some(status) => this.end(&ours(status)),
                None => Poll::Ready(Some(Ok(frame))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }
}

/// The status that leaves: a refusal as it is, what a library made in our words.
pub(super) fn ours(status: Status) -> Status {
    if status.code() == Code::Ok || reason_of(&status).is_some() {
        return status;
    }
    let reason = match status.code() {
        Code::OutOfRange | Code::ResourceExhausted => Reason::TooLarge,
        Code::Unimplemented => Reason::MethodUnknown,
        Code::Internal | Code::Unknown if is_callers_fault(status.message()) => Reason::RequestInvalid,
        Code::Internal | Code::Unknown => {
            tracing::error!(%status, "internal error");
            Reason::Internal
        }
        Code::DeadlineExceeded => Reason::DeadlineExceeded,
        _ => return status,
    };
    let mut refusal = Status::from(Refusal::new(reason));
    // Which encodings are taken, for example, is told in the libraries' own headers.
    for (key, value) in status.metadata().as_ref() {
        refusal.metadata_mut().as_mut().insert(key.clone(), value.clone());
    }
    refusal
}

/// tonic's and prost's words for a request that cannot be read.
fn is_callers_fault(message: &str) -> bool {
    const UNREADABLE: &[&str] = &[
        "failed to decode Protobuf message",
        "protocol error: received message",
        "Error decompressing",
        "Unexpected EOF decoding stream",
        "Missing request message",
    ];
    UNREADABLE.iter().any(|start| message.starts_with(start))
}

fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
