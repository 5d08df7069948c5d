//! Calling another service of the tier: a line that carries a fresh identity of the calling service and passes the
//! remaining deadline on.

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
use tower::Service;

use crate::clock::SharedClock;
use crate::identity::{Caller, Signer};
use crate::line::Line;
use crate::telemetry::trace;

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

/// A channel to one service, with the identity of the calling one. Clones share connection and token.
#[derive(Clone, Debug)]
pub struct PeerChannel {
    line: Line,
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
    /// A channel over a line to the service `audience`, which is called as the service that the signer signs for.
    pub fn new(line: Line, audience: &str, signer: Signer, division: &str, clock: SharedClock) -> Self {
        let caller = Caller::service(signer.issuer(), division);
        let identity = Identity { signer, caller, audience: audience.to_owned(), clock, kept: Mutex::new(None) };
        Self { line, identity: Arc::new(identity) }
    }
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
        self.line.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let header = match self.identity.header() {
            Ok(header) => header,
            Err(status) => return Box::pin(std::future::ready(Err(status))),
        };
        request.headers_mut().insert(AUTHORIZATION, header);
        pass_deadline_on(request.headers_mut());
        trace::tell(request.headers_mut());
        self.line.call(request)
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
