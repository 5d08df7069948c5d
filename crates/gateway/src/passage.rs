//! The way of every call but health and reflection: whose is it, may there be one more, who answers; and on the way back,
//! was it refused, and is the session of an open stream still open.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, Full, Limited};
use minsheng_kit::clock::SharedClock;
use minsheng_kit::error::{Reason, Refusal, reason_of};
use minsheng_kit::identity::{Caller, Role};
use minsheng_kit::server::Source;
use minsheng_proto::identity::v1::AuditRecorded;
use minsheng_proto::ledger::v1::GetCheckpointRequest;
use prost::Message;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::{Code, Status};
use tower::Service;

use crate::audit::Auditor;
use crate::limit::Limits;
use crate::parent::Parent;
use crate::route::{Methods, Target, UPSTREAMS, files_figures, upstream};
use crate::sessions::Sessions;
use crate::signed::Identities;
use crate::throttle::source_name;
use crate::tiers::Tiers;
use crate::upstream::Upstream;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A request for a ledger is small.
const LEDGER_REQUEST_BYTES: usize = 16 * 1024;
const LEDGER_REQUEST_TIME: Duration = Duration::from_secs(10);

/// What the way is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) methods: Methods,
    /// What is answered here.
    pub(crate) here: Routes,
    /// In the order of their names in [`UPSTREAMS`].
    pub(crate) upstreams: [Upstream; UPSTREAMS.len()],
    /// What this tier's own services call above.
    pub(crate) parent: Arc<Parent>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) tiers: Arc<Tiers>,
    pub(crate) identities: Identities,
    pub(crate) limits: Limits,
    pub(crate) auditor: Auditor,
    pub(crate) clock: SharedClock,
}

/// The way as a service.
#[derive(Clone, Debug)]
pub(crate) struct Passage(Arc<Parts>);

impl Passage {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The way, for who is on it.
    pub(crate) fn downgrade(&self) -> Weak<Parts> {
        Arc::downgrade(&self.0)
    }

    /// The same way again.
    pub(crate) fn again(parts: Arc<Parts>) -> Self {
        Self(parts)
    }
}

impl<B> Service<Request<B>> for Passage
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let parts = self.0.clone();
        let request = request.map(Body::new);
        Box::pin(async move { Ok(parts.pass(request).await.unwrap_or_else(Status::into_http)) })
    }
}

impl Parts {
    async fn pass(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let found = self.methods.find(request.uri().path());
        let method = found.ok_or_else(|| Refusal::new(Reason::MethodUnknown))?;
        let Some(caller) = request.extensions().get::<Arc<Caller>>().cloned() else {
            return self.here(request).await;
        };
        let permit = self.limits.enter(&caller.account, Instant::now())?;
        let ear = Ear {
            auditor: self.auditor.clone(),
            method: request.uri().path().to_owned(),
            source: request.extensions().get::<Source>().map_or_else(String::new, |source| source_name(source.0)),
            caller: caller.clone(),
        };
        let mut watch = method.streams.then(|| self.sessions.watch(caller.clone()));
        let work = self.answer(request, method.target, &caller);
        let answered = match watch.as_mut() {
            None => work.await,
            Some(watch) => tokio::select! {
                answered = work => answered,
                ended = watch => Err(ended),
            },
        };
        let response = answered.inspect_err(|status| ear.hear(status))?;
        if let Some(status) = Status::from_header_map(response.headers()) {
            ear.hear(&status);
        }
        Ok(response.map(|inner| Body::new(Answer { inner, ear, watch, _permit: permit })))
    }

    async fn answer(
        &self,
        request: Request<Body>,
        target: Target,
        caller: &Arc<Caller>,
    ) -> Result<Response<Body>, Status> {
        match target {
            Target::Here => self.here(request).await,
            Target::Upstream(name) => self.upstream(name, request, caller).await,
            Target::BetweenTiers(_) if caller.is_service() => self.parent.forward(request).await,
            Target::BetweenTiers(name) if caller.has(Role::Tier) => {
                if files_figures(request.uri().path()) {
                    self.tiers.may_file(&caller.division).await?;
                }
                self.upstream(name, request, caller).await
            }
            Target::BetweenTiers(_) => Err(Refusal::new(Reason::NotAllowed).into()),
            Target::Ledger => {
                let (ledger, request) = read_ledger(request).await?;
                if ledger == crate::NAME {
                    return self.here(request).await;
                }
                let unknown = || Refusal::new(Reason::LedgerUnknown).with("ledger", &ledger);
                let name = upstream(&ledger).ok_or_else(unknown)?;
                self.upstream(name, request, caller).await
            }
        }
    }

    async fn here(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let Ok(response) = self.here.clone().call(request).await;
        Ok(response)
    }

    async fn upstream(
        &self,
        name: &'static str,
        request: Request<Body>,
        caller: &Arc<Caller>,
    ) -> Result<Response<Body>, Status> {
        let place = UPSTREAMS.iter().position(|upstream| *upstream == name);
        let upstream = place.and_then(|place| self.upstreams.get(place));
        let upstream = upstream.ok_or_else(|| Refusal::new(Reason::MethodUnknown))?;
        let identity = self.identities.header(caller, name, self.clock.now())?;
        upstream.forward(request, Some(identity)).await
    }
}

/// The ledger that a request names, and the request as it came. All requests of the service name it in the same field.
async fn read_ledger(request: Request<Body>) -> Result<(String, Request<Body>), Status> {
    let unreadable = || Status::from(Refusal::new(Reason::RequestInvalid));
    let (parts, body) = request.into_parts();
    let collecting = Limited::new(body, LEDGER_REQUEST_BYTES).collect();
    let collected = tokio::time::timeout(LEDGER_REQUEST_TIME, collecting).await.map_err(|_| unreadable())?;
    // What was wrong with the bytes themselves is told as it is.
    let fault = |error: BoxError| error.downcast::<Status>().map_or_else(|_| unreadable(), |status| *status);
    let bytes = collected.map_err(fault)?.to_bytes();
    let message = bytes.get(5..).ok_or_else(unreadable)?;
    let named = GetCheckpointRequest::decode(message).map_err(|_| unreadable())?;
    let body = Body::new(Full::new(bytes).map_err(|never| match never {}));
    Ok((named.ledger, Request::from_parts(parts, body)))
}

/// Listens for refusals that are audited.
#[derive(Debug)]
struct Ear {
    auditor: Auditor,
    method: String,
    source: String,
    caller: Arc<Caller>,
}

impl Ear {
    fn hear(&self, status: &Status) {
        let reason = reason_of(status);
        if status.code() != Code::PermissionDenied && reason != Some(Reason::RequestIdReused) {
            return;
        }
        self.auditor.refused(AuditRecorded {
            event: "CALL_REFUSED".to_owned(),
            account: self.caller.account.clone(),
            person: self.caller.person.clone(),
            method: self.method.trim_start_matches('/').to_owned(),
            reason: reason.map_or_else(String::new, |reason| reason.as_str().to_owned()),
            source: self.source.clone(),
            ..AuditRecorded::default()
        });
    }
}

/// An answer on its way out.
struct Answer {
    inner: Body,
    ear: Ear,
    /// Of streams only: done when the session is.
    watch: Option<BoxFuture<'static, Status>>,
    _permit: OwnedSemaphorePermit,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if let Some(watch) = this.watch.as_mut()
            && let Poll::Ready(ended) = watch.as_mut().poll(cx)
        {
            this.watch = None;
            this.inner = Body::empty();
            return Poll::Ready(Some(Err(ended)));
        }
        let polled = Pin::new(&mut this.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(status) = frame.trailers_ref().and_then(Status::from_header_map) {
                    this.ear.hear(&status);
                }
            }
            Poll::Ready(Some(Err(status))) => this.ear.hear(status),
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
