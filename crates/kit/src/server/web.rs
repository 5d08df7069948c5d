//! gRPC-Web: gRPC for those who cannot read trailers. They come as a last message, marked by its first bit; in the text
//! form everything is base64.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response};
use http_body::Frame;
use tonic::Status;
use tonic::body::Body;

use super::answer::ours;
use super::frames::HEADER_BYTES;
use crate::error::{Reason, Refusal};

/// A message that holds trailers.
const TRAILERS: u8 = 0x80;
/// Base64 is whole in pieces of four.
const PIECE: usize = 4;

/// Which of the two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Web {
    Binary,
    Text,
}

impl Web {
    pub(super) fn of(kind: &str) -> Option<Self> {
        match kind {
            "application/grpc-web" | "application/grpc-web+proto" => Some(Self::Binary),
            "application/grpc-web-text" | "application/grpc-web-text+proto" => Some(Self::Text),
            _ => None,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Binary => "application/grpc-web+proto",
            Self::Text => "application/grpc-web-text+proto",
        }
    }

    /// The request's body as that of a gRPC call.
    pub(super) fn body<B>(self, inner: B) -> WebBody<B> {
        WebBody { inner, text: (self == Self::Text).then(BytesMut::new) }
    }

    /// The answer of a gRPC call as one of gRPC-Web. A refusal that came without a message stays in the headers.
    pub(super) fn answer(self, response: Response<Body>) -> Response<Body> {
        let at_once = response.headers().contains_key(Status::GRPC_STATUS);
        let mut response = response
            .map(|inner| if at_once { Body::empty() } else { Body::new(WebAnswer { inner: Some(inner), form: self }) });
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.kind()));
        response
    }
}

/// A request's body; `text` keeps what is no whole piece yet.
pub(super) struct WebBody<B> {
    inner: B,
    text: Option<BytesMut>,
}

impl<B> http_body::Body for WebBody<B>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let unreadable = || Poll::Ready(Some(Err(Refusal::new(Reason::RequestInvalid).into())));
        loop {
            let frame = match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                None if this.text.as_ref().is_some_and(|kept| !kept.is_empty()) => {
                    this.text = Some(BytesMut::new());
                    return unreadable();
                }
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(Status::from_error(error.into())))),
                Some(Ok(frame)) => frame,
            };
            let Ok(data) = frame.into_data() else { continue };
            let Some(kept) = this.text.as_mut() else {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            };
            kept.extend_from_slice(&data);
            let whole = kept.split_to(kept.len() - kept.len() % PIECE);
            if whole.is_empty() {
                continue;
            }
            return match STANDARD.decode(&whole) {
                Ok(plain) => Poll::Ready(Some(Ok(Frame::data(plain.into())))),
                Err(_) => unreadable(),
            };
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream() && self.text.as_ref().is_none_or(BytesMut::is_empty)
    }
}

/// An answer on its way out.
struct WebAnswer {
    inner: Option<Body>,
    form: Web,
}

impl http_body::Body for WebAnswer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let Some(inner) = this.inner.as_mut() else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(inner).poll_frame(cx));
        let data = match frame.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(data))) => data,
            Some(Ok(Err(frame))) => {
                this.inner = None;
                last(&frame.into_trailers().unwrap_or_default())
            }
            Some(Err(status)) => {
                this.inner = None;
                let mut trailers = HeaderMap::new();
                ours(status).add_header(&mut trailers)?;
                last(&trailers)
            }
            None => {
                this.inner = None;
                return Poll::Ready(None);
            }
        };
        let sent = if this.form == Web::Text { STANDARD.encode(&data).into() } else { data };
        Poll::Ready(Some(Ok(Frame::data(sent))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_none()
    }
}

/// The last message of an answer.
fn last(trailers: &HeaderMap) -> Bytes {
    let mut text = Vec::new();
    for (name, value) in trailers {
        for part in [name.as_str().as_bytes(), b":", value.as_bytes(), b"\r\n"] {
            text.extend_from_slice(part);
        }
    }
    let mut last = BytesMut::with_capacity(HEADER_BYTES + text.len());
    last.put_u8(TRAILERS);
    // Trailers are headers, which are bounded by kilobytes.
    last.put_u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
    last.put_slice(&text);
    last.freeze()
}
