//! The peer in Python (fastapi_peer.py): starting it, and a client that keeps its connection.

use std::net::TcpListener as StdListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::reporting::v1::FileReportRequest;
use serde_json::json;
use tokio::net::TcpStream;

/// It ends after so many seconds even if nobody ends it.
const LIFE: &str = "900";

/// A running service.
pub struct Service {
    child: Child,
    /// Where it listens.
    pub address: String,
    /// How durable its commits are, in its own words.
    pub durability: String,
}

impl Service {
    /// Starts it with so many workers.
    pub async fn start(python: &Path, database: &str, workers: usize) -> anyhow::Result<Self> {
        let port = StdListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("bench/fastapi_peer.py");
        let child = Command::new("timeout")
            .arg(LIFE)
            .arg(python)
            .arg(program)
            .args([port.to_string(), workers.to_string(), database.to_owned()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("timeout (Debian's package coreutils) cannot be started")?;
        let mut service = Self { child, address: format!("127.0.0.1:{port}"), durability: String::new() };
        for _ in 0..300 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            ensure!(
                service.child.try_wait()?.is_none(),
                "the FastAPI service ended at once; tests/bench/run installs what it needs"
            );
            let Ok(mut client) = Client::connect(&service.address).await else { continue };
            let Ok(durability) = client.get("/durability").await else { continue };
            service.durability = durability.trim_matches('"').to_owned();
            return Ok(service);
        }
        anyhow::bail!("the FastAPI service does not answer")
    }

    /// Process that ends it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // `timeout` hands the signal on to what it runs; it may be gone already.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// A client with a connection of its own.
pub struct Client {
    connection: SendRequest<Full<Bytes>>,
    host: String,
}

impl Client {
    /// Connects.
    pub async fn connect(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { connection: sender, host: address.to_owned() })
    }

    /// Files a report, as JSON.
    pub async fn file(&mut self, request: &FileReportRequest) -> anyhow::Result<()> {
        let content = request.content.clone().unwrap_or_default();
        let values = content.values.iter().filter_map(|value| match value.value.as_ref()?.state.as_ref()? {
            State::Quantity(quantity) => {
                Some(json!({"measure": value.measure, "value": quantity.value, "unit": quantity.unit}))
            }
            _ => None,
        });
        let body = json!({
            "name": request.name,
            "values": values.collect::<Vec<_>>(),
            "progress": content.narrative.map(|narrative| narrative.progress).unwrap_or_default(),
            "filled_by": content.filled_by,
            "reviewed_by": content.reviewed_by,
            "head": content.head,
            "request_id": request.request_id,
        });
        self.send("POST", "/reports", body.to_string()).await.map(|_| ())
    }

    async fn get(&mut self, path: &str) -> anyhow::Result<String> {
        self.send("GET", path, String::new()).await
    }

    async fn send(&mut self, method: &str, path: &str, body: String) -> anyhow::Result<String> {
        let request = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))?;
        self.connection.ready().await?;
        let answer = self.connection.send_request(request).await?;
        let status = answer.status();
        let text = String::from_utf8_lossy(&answer.into_body().collect().await?.to_bytes()).into_owned();
        ensure!(status.is_success(), "{status}: {text}");
        Ok(text)
    }
}
