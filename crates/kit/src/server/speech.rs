//! What a call is spoken in: gRPC everywhere; at the gateway also gRPC-Web, and single calls in JSON as the Connect protocol
//! states them. All of them become gRPC at the door and go the same way from there.

use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TE};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version};

use super::deadline::{GRPC_TIMEOUT, parse_timeout};
use super::unary::{self, Unary};
use super::web::Web;

/// What a call is spoken in.
#[derive(Debug)]
pub(super) enum Speech {
    Grpc,
    Web(Web),
    Unary(Unary),
}

impl Speech {
    /// By content type; `foreign` says that more than gRPC is spoken.
    ///
    /// # Errors
    /// The status with which to answer what is not spoken.
    pub(super) fn of<B>(request: &Request<B>, foreign: bool) -> Result<Self, StatusCode> {
        let kind = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let posted = request.method() == Method::POST;
        if let Some(rest) = kind.strip_prefix(b"application/grpc")
            && matches!(rest.first(), None | Some(b'+' | b';'))
            && posted
        {
            let has_trailers = request.version() == Version::HTTP_2;
            return if has_trailers { Ok(Self::Grpc) } else { Err(StatusCode::HTTP_VERSION_NOT_SUPPORTED) };
        }
        if !foreign {
            return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        if !posted {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        let kind = std::str::from_utf8(kind).map(str::to_ascii_lowercase).unwrap_or_default();
        let (essence, parameters) =
            kind.split_once(';').map_or((kind.as_str(), ""), |(kind, rest)| (kind, rest.trim()));
        let essence = essence.trim_end();
        if let Some(web) = Web::of(essence) {
            return Ok(Self::Web(web));
        }
        match unary::Codec::of(essence) {
            Some(codec) if matches!(parameters, "" | "charset=utf-8" | "charset=\"utf-8\"") => {
                Ok(Self::Unary(Unary::of(codec, request.headers())))
            }
            _ => Err(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        }
    }

    /// How long the caller waits.
    pub(super) fn patience(&self, headers: &HeaderMap) -> Option<Duration> {
        match self {
            Self::Grpc | Self::Web(_) => headers.get(GRPC_TIMEOUT).and_then(parse_timeout),
            Self::Unary(unary) => unary.patience,
        }
    }

    /// Makes the headers those of a gRPC call.
    pub(super) fn translate(&self, headers: &mut HeaderMap) {
        if matches!(self, Self::Grpc) {
            return;
        }
        for name in [ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH] {
            headers.remove(name);
        }
        for name in ["grpc-accept-encoding", "connect-protocol-version", "connect-timeout-ms"] {
            headers.remove(name);
        }
        if matches!(self, Self::Unary(_)) {
            headers.remove(GRPC_TIMEOUT);
            headers.remove("grpc-encoding");
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
}
