//! Who comes in: people by their sessions, lower tiers by the certificate of their connection, this tier's own services by
//! the identity that each signs for itself. Tiers and services may call what is listed for them and nothing else.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::HeaderMap;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Authenticate, Caller, SignedIdentities, bearer, is_open_method};
use minsheng_kit::tls::PeerCertificate;
use minsheng_proto::identity::v1::AuditRecorded;

use crate::audit::Auditor;
use crate::route::{is_for_services, is_for_tiers, is_open_to_everybody};
use crate::sessions::Sessions;
use crate::tiers::Tiers;

/// Proves callers.
#[derive(Debug)]
pub(crate) struct Entrance {
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) tiers: Arc<Tiers>,
    /// Of this tier's services.
    pub(crate) services: Arc<SignedIdentities>,
    pub(crate) auditor: Auditor,
}

impl Entrance {
    async fn tier(&self, method: &str, shown: &PeerCertificate) -> Result<Arc<Caller>, Refusal> {
        let caller = self.tiers.caller(shown).await.inspect_err(|refusal| {
            tracing::warn!(fingerprint = shown.fingerprint, uris = ?shown.uris, %refusal, "a lower tier is refused");
            let account = shown.uris.first().cloned().unwrap_or_default();
            self.audit("TIER_REFUSED", account, method, refusal.reason);
        })?;
        self.only(is_for_tiers(method), caller, method)
    }

    fn only(&self, allowed: bool, caller: Arc<Caller>, method: &str) -> Result<Arc<Caller>, Refusal> {
        if allowed {
            return Ok(caller);
        }
        self.audit("CALL_REFUSED", caller.account.clone(), method, Reason::NotAllowed);
        Err(Refusal::new(Reason::NotAllowed))
    }

    fn audit(&self, event: &str, account: String, method: &str, reason: Reason) {
        self.auditor.refused(AuditRecorded {
            event: event.to_owned(),
            account,
            method: method.trim_start_matches('/').to_owned(),
            reason: reason.as_str().to_owned(),
            ..AuditRecorded::default()
        });
    }
}

impl Authenticate for Entrance {
    fn authenticate<'a>(
        &'a self,
        method: &'a str,
        headers: &'a HeaderMap,
        peer: Option<&'a PeerCertificate>,
    ) -> BoxFuture<'a, Result<Option<Arc<Caller>>, Refusal>> {
        Box::pin(async move {
            if is_open_method(method) {
                return Ok(None);
            }
            if let Some(shown) = peer {
                return self.tier(method, shown).await.map(Some);
            }
            if is_open_to_everybody(method) {
                return Ok(None);
            }
            let token = bearer(headers)?;
            // A session's token has no dots, a signed identity has two.
            if token.contains('.') {
                let services = &self.services;
                let caller = services.verifier.verify(token, services.clock.now())?;
                if !caller.is_service() {
                    return Err(Refusal::new(Reason::TokenInvalid));
                }
                return self.only(is_for_services(method), caller, method).map(Some);
            }
            self.sessions.caller_of_token(token).await.map(Some)
        })
    }
}
