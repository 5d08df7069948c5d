//! The connection to a collector of traces and logs. Its exporters take only tonic's own channel, which the lines between
//! services are not.

use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

use crate::tls::connect_securely;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Over TLS where a configuration is given; a call that takes longer than this is given up. None when the address has no
/// host.
pub(crate) fn to_collector(url: &str, secure: Option<Arc<ClientConfig>>, patience: Duration) -> Option<Channel> {
    let address: Uri = url.parse().ok()?;
    let host = address.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
    let Some(config) = secure else {
        return Some(endpoint(address, patience)?.connect_lazy());
    };
    let port = address.port_u16().unwrap_or(443);
    // tonic speaks TLS only by a connector of its own; this one brings another, so tonic is told of none.
    let mut plain = address.clone().into_parts();
    plain.scheme = Some(Scheme::HTTP);
    let endpoint = endpoint(Uri::from_parts(plain).ok()?, patience)?.origin(address);
    Some(endpoint.connect_with_connector_lazy(service_fn(move |_: Uri| {
        let (host, config) = (host.clone(), config.clone());
        async move {
            let stream = TcpStream::connect((host.as_str(), port)).await?;
            connect_securely(config, &host, stream).await.map(TokioIo::new)
        }
    })))
}

fn endpoint(address: Uri, patience: Duration) -> Option<Endpoint> {
    Endpoint::from(address)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(patience)
        .user_agent(concat!("minsheng/", env!("CARGO_PKG_VERSION")))
        .ok()
}
