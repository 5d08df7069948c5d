//! One connection to one address of a service: plain or over TLS, with every limit set.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tonic::body::Body;

use crate::tls::connect_securely;

const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_HEADER_LIST: u32 = 16 * 1024;

/// The end of a connection at which calls go in.
pub(super) type Sender = http2::SendRequest<Body>;

/// Connects to an address of the host; over TLS it must prove the host's name.
pub(super) async fn connect(address: SocketAddr, host: &str, secure: Option<Arc<ClientConfig>>) -> io::Result<Sender> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    match secure {
        None => shake_hands(stream).await,
        Some(config) => shake_hands(connect_securely(config, host, stream).await?).await,
    }
}

async fn shake_hands<S>(stream: S) -> io::Result<Sender>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let shaken = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(false)
        .max_header_list_size(MAX_HEADER_LIST)
        .handshake(TokioIo::new(stream));
    let (sender, connection) = shaken.await.map_err(io::Error::other)?;
    tokio::spawn(async move {
        // Who waits for an answer is told by its call.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection to a service ended");
        }
    });
    Ok(sender)
}
