//! Which pages of the web may call: none, unless the settings list where they come from. A browser asks before it calls
//! and shows an answer only to whom it is told.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri};
use tonic::body::Body;

use super::bind::BindError;

const MAY_SEND: HeaderValue = HeaderValue::from_static(
    "authorization,content-type,connect-protocol-version,connect-timeout-ms,grpc-timeout,x-grpc-web,x-user-agent",
);
const MAY_READ: HeaderValue = HeaderValue::from_static("grpc-status,grpc-message,grpc-status-details-bin");
const REMEMBERED_SECONDS: HeaderValue = HeaderValue::from_static("7200");

/// Where pages that may call come from.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins(Vec<HeaderValue>);

impl Origins {
    /// As settings list them, for example `https://figures.example.gov.cn`.
    ///
    /// # Errors
    /// When one is no scheme with a host and nothing more.
    pub(super) fn read(listed: &[String]) -> Result<Self, BindError> {
        let read = |text: &String| {
            let wrong = || BindError::Origin(text.clone());
            let uri: Uri = text.parse().map_err(|_| wrong())?;
            let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "https" | "http")).ok_or_else(wrong)?;
            let authority = uri.authority().ok_or_else(wrong)?;
            let whole = format!("{scheme}://{authority}").to_ascii_lowercase() == *text;
            HeaderValue::try_from(text).ok().filter(|_| whole).ok_or_else(wrong)
        };
        Ok(Self(listed.iter().map(read).collect::<Result<_, _>>()?))
    }

    /// The page's origin, if it may call.
    pub(super) fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        self.0.contains(origin).then(|| origin.clone())
    }

    /// Answers a browser that asks whether it may call.
    pub(super) fn preflight(&self, headers: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        let Some(origin) = self.allowed(headers) else {
            *response.status_mut() = StatusCode::FORBIDDEN;
            return response;
        };
        *response.status_mut() = StatusCode::NO_CONTENT;
        let answer = response.headers_mut();
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, MAY_SEND);
        answer.insert(ACCESS_CONTROL_MAX_AGE, REMEMBERED_SECONDS);
        show(answer, origin);
        response
    }
}

/// Lets the page read the answer.
pub(super) fn show(answer: &mut HeaderMap, origin: HeaderValue) {
    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, MAY_READ);
    answer.append(VARY, HeaderValue::from_static("origin"));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn origins_are_whole_and_nothing_more() {
        assert!(Origins::read(&["https://a.example".into(), "http://localhost:8080".into()]).is_ok());
        for wrong in ["*", "a.example", "https://a.example/", "https://a.example/x", "https://A.example", "ftp://a", ""]
        {
            assert!(Origins::read(&[wrong.into()]).is_err(), "{wrong}");
        }
    }
}
