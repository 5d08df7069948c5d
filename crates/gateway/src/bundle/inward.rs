//! The way of a lower tier's calls that came in a bundle: through the same door as those that come over its line, with the
//! same list of what a tier may call, the same limits and the same audit.

use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::{Request, Response};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::Caller;
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::passage::{Parts, Passage};
use crate::route::is_for_tiers;

/// The door from within; it is there once the gateway is made, and as long as it serves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inner(Arc<OnceLock<Weak<Parts>>>);

impl Inner {
    /// The gateway is made.
    pub(crate) fn open(&self, passage: &Passage) {
        // It is made once.
        let _ = self.0.set(passage.downgrade());
    }

    /// The door for a lower tier.
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE while the gateway is not there.
    pub(crate) fn of(&self, caller: Arc<Caller>) -> Result<AsTier, Refusal> {
        let passage = self.0.get().and_then(Weak::upgrade).map(Passage::again);
        passage.map(|passage| AsTier { passage, caller }).ok_or_else(|| Refusal::new(Reason::ServiceUnavailable))
    }
}

/// The door as a lower tier finds it.
#[derive(Clone, Debug)]
pub(crate) struct AsTier {
    passage: Passage,
    caller: Arc<Caller>,
}

impl Service<Request<Body>> for AsTier {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if !is_for_tiers(request.uri().path()) {
            return Box::pin(std::future::ready(Err(Refusal::new(Reason::NotAllowed).into())));
        }
        request.extensions_mut().insert(self.caller.clone());
        let answer = self.passage.call(request);
        Box::pin(async move {
            let Ok(answer) = answer.await;
            Ok(answer)
        })
    }
}
