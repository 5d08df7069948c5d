//! Connections: how many, how long until they say something, how old, how idle, and that none outlives its calls'
//! deadlines because its reader never reads.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, interval, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::door::{Door, patience};
use crate::settings::{LimitSettings, seconds};
use crate::tls::{PeerCertificate, ServerTls};

const WATCH_INTERVAL: Duration = Duration::from_secs(1);
/// How long after its deadline a call may still be open because nobody takes its answer.
const UNREAD_GRACE: Duration = Duration::from_secs(2);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;
const SEND_BUFFER: usize = 256 * 1024;
const MAX_RESET_STREAMS: usize = 64;
/// hyper takes no smaller buffer for HTTP/1.1.
const LEAST_BUFFER: usize = 8192;
const H2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// Calls open in one connection, with their deadlines.
#[derive(Debug)]
pub(super) struct OpenCalls(Mutex<Open>);

#[derive(Debug)]
struct Open {
    next: u64,
    deadlines: HashMap<u64, Instant>,
    quiet_since: Instant,
}

/// One of them, until it is dropped.
pub(super) struct OpenCall {
    calls: Arc<OpenCalls>,
    number: u64,
}

impl OpenCalls {
    fn new() -> Self {
        Self(Mutex::new(Open { next: 0, deadlines: HashMap::new(), quiet_since: Instant::now() }))
    }

    pub(super) fn begin(self: &Arc<Self>, deadline: Instant) -> OpenCall {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = open.next;
        open.next += 1;
        open.deadlines.insert(number, deadline);
        OpenCall { calls: self.clone(), number }
    }

    /// Why the connection should be closed now, if it should.
    fn verdict(&self, limits: &LimitSettings) -> Option<&'static str> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if open.deadlines.values().any(|deadline| *deadline + UNREAD_GRACE < now) {
            return Some("an answer is not read");
        }
        if !open.deadlines.is_empty() {
            return None;
        }
        let (allowed, why) =
            if open.next == 0 { (limits.handshake_seconds, "no call came") } else { (limits.idle_seconds, "idle") };
        (open.quiet_since + seconds(allowed) < now).then_some(why)
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        let mut open = self.calls.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.deadlines.remove(&self.number);
        open.quiet_since = Instant::now();
    }
}

/// Accepts until shutdown, then waits for what is open, and for no longer than the settings say.
pub(super) async fn accept(
    listener: TcpListener,
    tls: Option<ServerTls>,
    door: Arc<Door>,
    shutdown: CancellationToken,
) {
    let connections = TaskTracker::new();
    let room = Arc::new(Semaphore::new(door.limits.connections as usize));
    let hard_stop = CancellationToken::new();
    let protocols: &[&[u8]] = if door.foreign.is_some() { &[H2, HTTP_1] } else { &[H2] };
    let tls = tls.map(|tls| tls.acceptor(protocols));
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "accept");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Above the limit the connection is closed at once: the caller sees it, and nothing waits here.
        let Ok(permit) = room.clone().try_acquire_owned() else {
            continue;
        };
        let (door, tls, shutdown, hard_stop) = (door.clone(), tls.clone(), shutdown.clone(), hard_stop.clone());
        connections.spawn(async move {
            let _permit = permit;
            tokio::select! {
                () = hard_stop.cancelled() => {}
                () = serve_one(stream, peer, tls, door, shutdown) => {}
            }
        });
    }
    drop(listener);
    connections.close();
    if timeout(patience(&door.limits), connections.wait()).await.is_err() {
        tracing::warn!(open = connections.len(), "connections still open at shutdown are closed");
        hard_stop.cancel();
        connections.wait().await;
    }
}

async fn serve_one(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    door: Arc<Door>,
    shutdown: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "nodelay");
    }
    let Some(tls) = tls else {
        let origin = Origin { source: peer.ip(), certificate: None };
        return serve_http(stream, Protocol::Http2, origin, door, shutdown).await;
    };
    match timeout(seconds(door.limits.handshake_seconds), tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
            let certificate = shown.map(|certificate| Arc::new(PeerCertificate::of(certificate)));
            // A program that names no protocol speaks what all did before there was a choice.
            let chosen = stream.get_ref().1.alpn_protocol();
            let plain = door.foreign.is_some() && chosen != Some(H2);
            let protocol = if plain { Protocol::Http1 } else { Protocol::Http2 };
            serve_http(stream, protocol, Origin { source: peer.ip(), certificate }, door, shutdown).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, %peer, "TLS handshake"),
        Err(_elapsed) => tracing::debug!(%peer, "TLS handshake took too long"),
    }
}

/// Where a connection's calls come from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) source: IpAddr,
    /// The certificate that the handshake proved.
    pub(super) certificate: Option<Arc<PeerCertificate>>,
}

/// What a connection speaks.
#[derive(Clone, Copy, Debug)]
enum Protocol {
    Http1,
    Http2,
}

async fn serve_http<S>(stream: S, protocol: Protocol, origin: Origin, door: Arc<Door>, shutdown: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = door.limits.clone();
    let open = Arc::new(OpenCalls::new());
    let calls = open.clone();
    let end = End { limits: &limits, open, source: origin.source, shutdown };
    let service = service_fn(move |request| door.clone().pass_far(request, origin.clone(), calls.clone()));
    let stream = TokioIo::new(stream);
    match protocol {
        Protocol::Http1 => {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(seconds(limits.handshake_seconds))
                .max_buf_size(LEAST_BUFFER.max(limits.header_bytes as usize))
                .max_header_size(limits.header_bytes as usize)
                .serve_connection(stream, service);
            end.keep(pin!(connection), |connection| connection.graceful_shutdown()).await;
        }
        Protocol::Http2 => {
            let connection = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .max_concurrent_streams(limits.streams_per_connection)
                .max_header_list_size(limits.header_bytes)
                .initial_stream_window_size(STREAM_WINDOW)
                .initial_connection_window_size(CONNECTION_WINDOW)
                .max_send_buf_size(SEND_BUFFER)
                .max_pending_accept_reset_streams(MAX_RESET_STREAMS)
                .max_local_error_reset_streams(MAX_RESET_STREAMS)
                .keep_alive_interval(seconds(limits.keepalive_seconds))
                .keep_alive_timeout(seconds(limits.keepalive_timeout_seconds))
                .serve_connection(stream, service);
            end.keep(pin!(connection), |connection| connection.graceful_shutdown()).await;
        }
    }
}

/// What ends a connection.
struct End<'a> {
    limits: &'a LimitSettings,
    open: Arc<OpenCalls>,
    source: IpAddr,
    shutdown: CancellationToken,
}

impl End<'_> {
    /// Lets the connection go on until it ends or must; `close` lets it take no more calls.
    async fn keep<C>(self, mut connection: Pin<&mut C>, close: impl Fn(Pin<&mut C>))
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let Self { limits, open, source, shutdown } = self;
        let mut watch = interval(WATCH_INTERVAL);
        let mut old = pin!(sleep_until(Instant::now() + seconds(limits.connection_age_seconds)));
        let mut closed_by = pin!(sleep_until(Instant::now() + seconds(limits.connection_age_seconds)));
        let mut closing = false;
        loop {
            let ended: Option<&str> = tokio::select! {
                result = connection.as_mut() => {
                    if let Err(error) = result {
                        tracing::debug!(%error, %source, "connection");
                    }
                    return;
                }
                () = shutdown.cancelled(), if !closing => None,
                () = old.as_mut(), if !closing => None,
                () = closed_by.as_mut(), if closing => Some("it did not close in time"),
                _ = watch.tick() => match open.verdict(limits) {
                    None => continue,
                    why => why,
                },
            };
            if let Some(why) = ended {
                tracing::debug!(%source, why, "connection closed");
                return;
            }
            closing = true;
            close(connection.as_mut());
            closed_by.as_mut().reset(Instant::now() + seconds(limits.connection_grace_seconds));
        }
    }
}
