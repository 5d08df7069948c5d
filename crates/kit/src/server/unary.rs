//! Single calls in JSON or plain protobuf as the Connect protocol states them: the request's body becomes the one message
//! of a gRPC call when the call reads it, and the answer becomes a plain answer of HTTP. Streams are not spoken like this.

use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use prost::Message;
use prost_reflect::{DescriptorPool, MessageDescriptor};
use serde_json::{Value, json};
use tonic::body::Body;
use tonic::{Code, Status};

use super::answer::ours;
use super::frames::{Bounds, HEADER_BYTES, gunzip, message_len};
use super::methods::Method;
use super::transcode;
use crate::error::{Reason, Refusal};

const MAX_TIMEOUT_DIGITS: usize = 10;

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Json,
    Proto,
}

impl Codec {
    pub(super) fn of(kind: &str) -> Option<Self> {
        match kind {
            "application/json" => Some(Self::Json),
            "application/proto" => Some(Self::Proto),
            _ => None,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Proto => "application/proto",
        }
    }
}

/// How a single call is made.
#[derive(Debug)]
pub(super) struct Unary {
    pub(super) codec: Codec,
    /// How long the caller waits.
    pub(super) patience: Option<Duration>,
    gzip: bool,
    /// What is wrong with the headers: told once it is known who calls.
    fault: Option<Refusal>,
}

impl Unary {
    pub(super) fn of(codec: Codec, headers: &HeaderMap) -> Self {
        let mut unary = Self { codec, patience: None, gzip: false, fault: None };
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        if text("connect-protocol-version").is_some_and(|version| version != "1") {
            unary.fault = Some(unreadable("connect-protocol-version须为1", "connect-protocol-version must be 1"));
        }
        if let Some(asked) = text("connect-timeout-ms") {
            let digits =
                (1..=MAX_TIMEOUT_DIGITS).contains(&asked.len()) && asked.bytes().all(|byte| byte.is_ascii_digit());
            match asked.parse().ok().filter(|_| digits) {
                Some(asked) => unary.patience = Some(Duration::from_millis(asked)),
                None => {
                    let zh = "connect-timeout-ms须为1至10位数字的毫秒数";
                    unary.fault = Some(unreadable(zh, "connect-timeout-ms must be 1 to 10 digits"));
                }
            }
        }
        match text(CONTENT_ENCODING.as_str()) {
            None | Some("identity") => {}
            Some("gzip") => unary.gzip = true,
            Some(_) => {
                let zh = "不支持这种压缩方式，请用gzip或不压缩";
                let en = "the content-encoding is not supported; gzip and identity are";
                unary.fault = Some(Refusal::new(Reason::MethodUnknown).because(zh, en));
            }
        }
        unary
    }

    /// The body as the gRPC message that a method takes; read, within the bounds, when the call reads it.
    ///
    /// # Errors
    /// When the call cannot be made like this.
    pub(super) fn body<B>(self, inner: B, bounds: Bounds, method: &Method) -> Result<UnaryBody<B>, Refusal> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let Some(messages) = &method.messages else {
            return Err(Refusal::new(Reason::MethodUnknown));
        };
        if method.streams {
            let zh = "流式方法不能以JSON单次调用，请用gRPC或gRPC-Web";
            let en = "the method streams and is not spoken in single calls; use gRPC or gRPC-Web";
            return Err(Refusal::new(Reason::MethodUnknown).because(zh, en));
        }
        let text = Text { codec: self.codec, gzip: self.gzip, message: messages.input.clone() };
        Ok(UnaryBody { inner: Some(inner), gathered: BytesMut::new(), bounds, text })
    }
}

fn unreadable(zh: &str, en: &str) -> Refusal {
    Refusal::new(Reason::RequestInvalid).because(zh, en)
}

/// How what is gathered becomes a message.
struct Text {
    codec: Codec,
    gzip: bool,
    message: MessageDescriptor,
}

impl Text {
    fn frame(&self, gathered: BytesMut, bounds: &Bounds) -> Result<Bytes, Refusal> {
        let mut plain = gathered.freeze();
        if self.gzip && !plain.is_empty() {
            plain = gunzip(&plain, bounds.open())?.into();
        }
        if self.codec == Codec::Json {
            plain = transcode::read(&self.message, &plain)?.into();
        }
        let len = u32::try_from(plain.len()).map_err(|_| Refusal::new(Reason::TooLarge))?;
        let mut frame = BytesMut::with_capacity(HEADER_BYTES + plain.len());
        frame.put_u8(0);
        frame.put_u32(len);
        frame.put_slice(&plain);
        Ok(frame.freeze())
    }
}

/// A body that is gathered whole and comes out as one gRPC message.
pub(super) struct UnaryBody<B> {
    inner: Option<B>,
    gathered: BytesMut,
    bounds: Bounds,
    text: Text,
}

impl<B> http_body::Body for UnaryBody<B>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        while let Some(inner) = this.inner.as_mut() {
            // What is announced and too large is not read at all.
            let announced = usize::try_from(inner.size_hint().lower()).unwrap_or(usize::MAX);
            if let Err(refusal) = this.bounds.admit(this.gathered.len().saturating_add(announced)) {
                this.inner = None;
                return Poll::Ready(Some(Err(refusal.into())));
            }
            match ready!(Pin::new(inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    if let Err(refusal) = this.bounds.admit(this.gathered.len() + data.len()) {
                        this.inner = None;
                        return Poll::Ready(Some(Err(refusal.into())));
                    }
                    this.gathered.extend_from_slice(&data);
                }
                Some(Err(error)) => {
                    this.inner = None;
                    return Poll::Ready(Some(Err(Status::from_error(error.into()))));
                }
                None => {
                    this.inner = None;
                    let frame = this.text.frame(std::mem::take(&mut this.gathered), &this.bounds);
                    return Poll::Ready(Some(frame.map(Frame::data).map_err(Status::from)));
                }
            }
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_none()
    }
}

/// The answer of a gRPC call as one of HTTP.
pub(super) async fn answer(response: Response<Body>, codec: Codec, method: &Method) -> Response<Body> {
    match message(response, codec, method).await {
        Ok(message) => written(StatusCode::OK, codec.kind(), message),
        Err(status) => {
            let (http, body) = refusal(&status);
            let mut response = written(http, Codec::Json.kind(), body.into());
            if http == StatusCode::UNAUTHORIZED {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            response
        }
    }
}

async fn message(response: Response<Body>, codec: Codec, method: &Method) -> Result<Bytes, Status> {
    let (parts, body) = response.into_parts();
    refused(&parts.headers)?;
    let collected = body.collect().await.map_err(ours)?;
    refused(collected.trailers().unwrap_or(&parts.headers))?;
    let bytes = collected.to_bytes();
    let broken = |error: &str| {
        tracing::error!(method = %method.path, error, "an answer cannot be written");
        Status::from(Refusal::new(Reason::Internal))
    };
    let header = bytes.first_chunk::<HEADER_BYTES>().ok_or_else(|| broken("no message"))?;
    let message = bytes.slice(HEADER_BYTES..);
    if header[0] != 0 || message_len(header) != message.len() {
        return Err(broken("not one plain message"));
    }
    match (codec, &method.messages) {
        (Codec::Proto, _) => Ok(message),
        (Codec::Json, Some(messages)) => {
            transcode::write(&messages.output, &message).map(Bytes::from).map_err(|error| broken(&error))
        }
        (Codec::Json, None) => Err(broken("no such method")),
    }
}

fn refused(headers: &HeaderMap) -> Result<(), Status> {
    match Status::from_header_map(headers) {
        Some(status) if status.code() != Code::Ok => Err(ours(status)),
        _ => Ok(()),
    }
}

fn written(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The details' own descriptors, so that people can read them beside their bytes.
static DETAILS: LazyLock<Option<DescriptorPool>> =
    LazyLock::new(|| DescriptorPool::decode(tonic_types::pb::FILE_DESCRIPTOR_SET).ok());

/// A refusal as its HTTP status and its body.
fn refusal(status: &Status) -> (StatusCode, Vec<u8>) {
    let (code, http) = named(status.code());
    let mut body = json!({ "code": code });
    if !status.message().is_empty() {
        body["message"] = Value::from(status.message());
    }
    let details = tonic_types::pb::Status::decode(status.details()).map(|status| status.details).unwrap_or_default();
    if !details.is_empty() {
        body["details"] = details.iter().map(detail).collect();
    }
    let http = StatusCode::from_u16(http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (http, body.to_string().into_bytes())
}

fn detail(any: &prost_types::Any) -> Value {
    let name = any.type_url.rsplit('/').next().unwrap_or_default();
    let mut detail = json!({ "type": name, "value": STANDARD_NO_PAD.encode(&any.value) });
    let message = DETAILS.as_ref().and_then(|pool| pool.get_message_by_name(name));
    let text = message.and_then(|message| transcode::write(&message, &any.value).ok());
    if let Some(readable) = text.and_then(|text| serde_json::from_slice::<Value>(&text).ok()) {
        detail["debug"] = readable;
    }
    detail
}

/// The names and the statuses that the Connect protocol gives to gRPC's codes.
fn named(code: Code) -> (&'static str, u16) {
    match code {
        Code::Cancelled => ("canceled", 499),
        Code::Ok | Code::Unknown => ("unknown", 500),
        Code::InvalidArgument => ("invalid_argument", 400),
        Code::DeadlineExceeded => ("deadline_exceeded", 504),
        Code::NotFound => ("not_found", 404),
        Code::AlreadyExists => ("already_exists", 409),
        Code::PermissionDenied => ("permission_denied", 403),
        Code::ResourceExhausted => ("resource_exhausted", 429),
        Code::FailedPrecondition => ("failed_precondition", 400),
        Code::Aborted => ("aborted", 409),
        Code::OutOfRange => ("out_of_range", 400),
        Code::Unimplemented => ("unimplemented", 501),
        Code::Internal => ("internal", 500),
        Code::Unavailable => ("unavailable", 503),
        Code::DataLoss => ("data_loss", 500),
        Code::Unauthenticated => ("unauthenticated", 401),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn refusals_are_those_of_connect() {
        let (http, body) = refusal(&Status::unauthenticated("who"));
        assert_eq!(
            (http.as_u16(), body.as_slice()),
            (401, br#"{"code":"unauthenticated","message":"who"}"#.as_slice())
        );
        let any = prost_types::Any { type_url: "type.googleapis.com/a.B".into(), value: vec![255] };
        let inner = tonic_types::pb::Status { code: 3, message: String::new(), details: vec![any] };
        let status = Status::with_details(Code::InvalidArgument, "", inner.encode_to_vec().into());
        let (http, body) = refusal(&status);
        assert_eq!(
            (http.as_u16(), body.as_slice()),
            (400, br#"{"code":"invalid_argument","details":[{"type":"a.B","value":"/w"}]}"#.as_slice())
        );
        let (_, body) = refusal(&Refusal::invalid("period", "期的写法不对", "is wrong").into());
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["details"][0]["type"], "google.rpc.ErrorInfo");
        assert_eq!(body["details"][0]["debug"]["reason"], "FIELD_INVALID");
        assert_eq!(body["details"][1]["debug"]["fieldViolations"][0]["field"], "period");
    }

    #[test]
    fn headers_are_read_strictly() {
        let unary = |name: &'static str, value: &'static str| {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))]);
            Unary::of(Codec::Json, &headers)
        };
        assert_eq!(unary("connect-timeout-ms", "0").patience, Some(Duration::ZERO));
        assert_eq!(unary("connect-timeout-ms", "9999999999").patience, Some(Duration::from_millis(9_999_999_999)));
        for wrong in ["", "-1", "+1", "1.5", "12345678901", "1s", "soon"] {
            let unary = unary("connect-timeout-ms", wrong);
            assert_eq!(unary.fault.unwrap().reason, Reason::RequestInvalid, "{wrong}");
        }
        assert!(unary("connect-protocol-version", "1").fault.is_none());
        assert_eq!(unary("connect-protocol-version", "2").fault.unwrap().reason, Reason::RequestInvalid);
        assert!(unary("content-encoding", "identity").fault.is_none());
        assert_eq!(unary("content-encoding", "br").fault.unwrap().reason, Reason::MethodUnknown);
    }
}
