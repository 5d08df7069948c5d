//! Where a call's identity is found and kept. Only health is open without one; headers in which others might claim an
//! identity are taken away before anybody can read them.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName};
use tonic::Request;

use super::caller::Caller;
use super::token::Verifier;
use crate::clock::SharedClock;
use crate::error::{Reason, Refusal};
use crate::tls::PeerCertificate;

const CLAIMS_OF_OTHERS: &[&str] = &[
    "forwarded",
    "x-user",
    "x-user-id",
    "x-real-ip",
    "x-remote-user",
    "x-original-user",
    "x-auth-request-user",
    "x-client-cert",
    "x-ssl-client-cert",
    "remote-user",
];

/// Proves who calls. Services verify a signed identity; the gateway checks a session, or a tier's certificate.
pub trait Authenticate: Send + Sync + 'static {
    /// The caller of a method, none where the method is open to everybody; TOKEN_INVALID otherwise. `peer` is the
    /// certificate that the caller's connection was opened with, if it showed one.
    fn authenticate<'a>(
        &'a self,
        method: &'a str,
        headers: &'a HeaderMap,
        peer: Option<&'a PeerCertificate>,
    ) -> BoxFuture<'a, Result<Option<Arc<Caller>>, Refusal>>;
}

/// A verifier of signed identities with the clock they are judged by.
#[derive(Debug)]
pub struct SignedIdentities {
    /// Trusted issuers and the service they must name.
    pub verifier: Verifier,
    /// The service's clock.
    pub clock: SharedClock,
}

impl Authenticate for SignedIdentities {
    fn authenticate<'a>(
        &'a self,
        method: &'a str,
        headers: &'a HeaderMap,
        _peer: Option<&'a PeerCertificate>,
    ) -> BoxFuture<'a, Result<Option<Arc<Caller>>, Refusal>> {
        let proven = if is_open_method(method) {
            Ok(None)
        } else {
            let token = bearer(headers);
            token.and_then(|token| self.verifier.verify(token, self.clock.now())).map(Some)
        };
        Box::pin(std::future::ready(proven))
    }
}

/// Whether a method needs no token: health, and nothing else.
pub fn is_open_method(method: &str) -> bool {
    method.starts_with("/grpc.health.v1.Health/")
}

/// The token of the one `authorization: Bearer …` header.
///
/// # Errors
/// TOKEN_INVALID when there is none, or more than one.
pub fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Refusal::new(Reason::TokenInvalid));
    };
    let text = value.to_str().ok();
    let token = text.and_then(|text| text.strip_prefix("Bearer ").or_else(|| text.strip_prefix("bearer ")));
    token.ok_or_else(|| Refusal::new(Reason::TokenInvalid))
}

/// Takes away what a caller may not say about itself.
pub fn strip_claims_of_others(headers: &mut HeaderMap) {
    let claimed: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-forwarded") || CLAIMS_OF_OTHERS.contains(&name.as_str()))
        .cloned()
        .collect();
    for name in claimed {
        headers.remove(name);
    }
}

/// The caller of a request, as the server proved it.
///
/// # Errors
/// TOKEN_INVALID when nobody was proven.
pub fn caller<T>(request: &Request<T>) -> Result<Caller, Refusal> {
    let proven = request.extensions().get::<Arc<Caller>>();
    proven.map(|caller| caller.as_ref().clone()).ok_or_else(|| Refusal::new(Reason::TokenInvalid))
}
