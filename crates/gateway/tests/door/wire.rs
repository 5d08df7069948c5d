//! The gateway as other people's programs meet it: bytes over TLS, by HTTP/1.1 or HTTP/2, with no library of gRPC.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::house::{ADMIN, House, PASSWORD};

/// Both versions of HTTP.
pub const BOTH: [&str; 2] = ["http/1.1", "h2"];

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub trailers: HeaderMap,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Status, code of the Connect protocol and reason of a refusal.
    pub fn refusal(&self) -> (u16, String, String) {
        assert_eq!(self.headers["content-type"], "application/json", "{self:?}");
        let body = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let details = body["details"].as_array().cloned().unwrap_or_default();
        let info = details.iter().find(|detail| detail["type"] == "google.rpc.ErrorInfo");
        let reason = info.map(|info| text(&info["debug"]["reason"])).unwrap_or_default();
        (self.status.as_u16(), text(&body["code"]), reason)
    }
}

/// A refusal as a test expects it.
pub fn refused(status: u16, code: &str, reason: &str) -> (u16, String, String) {
    (status, code.to_owned(), reason.to_owned())
}

/// The way to a gateway.
#[derive(Clone)]
pub struct Wire {
    addr: SocketAddr,
    pem: Arc<Vec<u8>>,
    protocol: &'static str,
    pub token: Option<String>,
}

impl Wire {
    pub fn to(house: &House, protocol: &'static str) -> Self {
        Self { addr: house.addr, pem: Arc::new(house.pem()), protocol, token: None }
    }

    /// The same way for the security administrator, who logs in by JSON.
    pub async fn admin(&self) -> Self {
        self.log_in(ADMIN).await
    }

    pub async fn log_in(&self, account: &str) -> Self {
        let body = serde_json::json!({ "account": account, "password": PASSWORD }).to_string();
        let answer = self.call("minsheng.identity.v1.SessionService/LogIn", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Self { token: Some(answer.json()["token"].as_str().unwrap().to_owned()), ..self.clone() }
    }

    pub async fn connect(&self) -> TlsStream<TcpStream> {
        self.connect_with(&[self.protocol.as_bytes()]).await
    }

    pub async fn connect_with(&self, protocols: &[&[u8]]) -> TlsStream<TcpStream> {
        minsheng_kit::tls::install_crypto();
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&self.pem) {
            roots.add(certificate.unwrap()).unwrap();
        }
        let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let stream = TcpStream::connect(self.addr).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    /// Posts JSON.
    pub async fn call(&self, method: &str, body: &str) -> Answer {
        self.post(method, &[("content-type", "application/json")], body.to_owned()).await
    }

    pub async fn post(&self, method: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        self.send("POST", method, headers, body).await
    }

    pub async fn send(&self, verb: &str, method: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        let mut request = Request::builder().method(verb).uri(format!("https://localhost/{method}"));
        if self.protocol == "http/1.1" {
            request = request.uri(format!("/{method}")).header("host", "localhost");
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let stream = TokioIo::new(self.connect().await);
        let response = if self.protocol == "h2" {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await.unwrap()
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
            tokio::spawn(connection);
            sender.send_request(request).await.unwrap()
        };
        let (parts, body) = response.into_parts();
        let collected = body.collect().await.unwrap();
        let trailers = collected.trailers().cloned().unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, body: collected.to_bytes(), trailers }
    }

    /// Sends bytes as they are and gives all that comes until the server closes.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        let mut all = Vec::new();
        // A server that has enough may close without a farewell.
        let _ = stream.read_to_end(&mut all).await;
        String::from_utf8(all).unwrap()
    }
}
