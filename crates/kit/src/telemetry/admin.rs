//! An admin port of its own with /live, /ready and /metrics. Nothing there tells figures, and nothing there changes anything.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::metrics;

const ADMIN_HEADER_TIMEOUT: Duration = Duration::from_secs(5);
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Named conditions that must hold before calls are sent here, shared by the parts of a service.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<watch::Sender<BTreeMap<String, bool>>>);

impl Readiness {
    /// A condition that does not hold yet.
    pub fn expect(&self, name: impl Into<String>) {
        self.set(name, false);
    }

    /// Says whether a condition holds.
    pub fn set(&self, name: impl Into<String>, holds: bool) {
        let name = name.into();
        self.0.send_if_modified(|checks| checks.insert(name, holds) != Some(holds));
    }

    /// Whether all hold.
    pub fn is_ready(&self) -> bool {
        self.0.borrow().values().all(|holds| *holds)
    }

    /// Every condition, one a line.
    pub fn describe(&self) -> String {
        let checks = self.0.borrow();
        let lines = checks.iter().map(|(name, holds)| format!("{name}: {}\n", if *holds { "ok" } else { "waiting" }));
        lines.collect()
    }

    /// To wait for changes.
    pub(crate) fn subscribe(&self) -> watch::Receiver<BTreeMap<String, bool>> {
        self.0.subscribe()
    }
}

/// The admin port, bound and not yet serving.
#[derive(Debug)]
pub struct AdminServer {
    listener: TcpListener,
    readiness: Readiness,
}

impl AdminServer {
    /// Binds the port.
    ///
    /// # Errors
    /// What the system says.
    pub async fn bind(listen: &str, readiness: Readiness) -> io::Result<Self> {
        metrics();
        Ok(Self { listener: TcpListener::bind(listen).await?, readiness })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system says.
    pub fn addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until it is cancelled.
    pub async fn serve(self, shutdown: CancellationToken) {
        let mut upkeep = tokio::time::interval(UPKEEP_INTERVAL);
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => return,
                _ = upkeep.tick() => {
                    if let Some(handle) = metrics() {
                        handle.run_upkeep();
                    }
                    continue;
                }
                accepted = self.listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let readiness = self.readiness.clone();
            let answer = service_fn(move |request| {
                let readiness = readiness.clone();
                async move { Ok::<_, std::convert::Infallible>(answer(&request, &readiness)) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(ADMIN_HEADER_TIMEOUT)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), answer);
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "admin connection");
                }
            });
        }
    }
}

fn answer(request: &Request<Incoming>, readiness: &Readiness) -> Response<Full<Bytes>> {
    let (status, body) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/live") => (StatusCode::OK, "ok\n".to_owned()),
        (&Method::GET, "/ready") if readiness.is_ready() => (StatusCode::OK, readiness.describe()),
        (&Method::GET, "/ready") => (StatusCode::SERVICE_UNAVAILABLE, readiness.describe()),
        (&Method::GET, "/metrics") => (StatusCode::OK, metrics().map(PrometheusHandle::render).unwrap_or_default()),
        _ => (StatusCode::NOT_FOUND, "there are /live, /ready and /metrics\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let text = http::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, text);
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn get(addr: SocketAddr, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(addr).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn the_admin_port_tells_ready_live_and_metrics() {
        let readiness = Readiness::default();
        readiness.expect("follower of catalogue");
        let server = AdminServer::bind("127.0.0.1:0", readiness.clone()).await.unwrap();
        let addr = server.addr().unwrap();
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(server.serve(shutdown.clone()));
        assert!(get(addr, "/live").await.starts_with("HTTP/1.1 200"));
        let waiting = get(addr, "/ready").await;
        assert!(waiting.starts_with("HTTP/1.1 503") && waiting.contains("follower of catalogue: waiting"));
        readiness.set("follower of catalogue", true);
        assert!(get(addr, "/ready").await.starts_with("HTTP/1.1 200"));
        ::metrics::counter!("minsheng_test_total").increment(1);
        assert!(get(addr, "/metrics").await.contains("minsheng_test_total"));
        assert!(get(addr, "/figures").await.starts_with("HTTP/1.1 404"));
        shutdown.cancel();
        serving.await.unwrap();
    }
}
