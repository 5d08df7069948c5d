//! Dials a gateway step by step, as the own gateway would, so that the first thing that is wrong is named: address, name,
//! connection, TLS, certificate, service. Nothing secret is sent: no certificate of the own, no code, no token.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_kit::line::Line;
use minsheng_kit::tls::{ShakeError, Trust, client_config, shake_hands};
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConfig, Error, ProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::certificate;
use super::look::{Shown, look_config};
use crate::failure::Kind;
use crate::finding::{Finding, PARENT};

/// A gateway that answers, and the fingerprint by which it is known.
pub(super) async fn dial(url: &str, told: Option<&str>, patience: Duration) -> Finding {
    match steps(url, told, patience).await {
        Ok(well) => well,
        Err(fault) => fault.fact("url", "地址", url),
    }
}

async fn steps(url: &str, told: Option<&str>, patience: Duration) -> Result<Finding, Finding> {
    let (address, host, port) = read(url)?;
    let addresses = resolve(&host, port, patience).await?;
    let stream = connect(&addresses, patience).await?;
    let shown = shake(stream, &host, patience).await?;
    certificate::judge_times(&shown.chain, SystemClock.now())?;
    let pinned = certificate::pinned(&shown.chain, told)?;
    let trust = Trust { fingerprints: vec![pinned.clone()], ..Trust::default() };
    let config = client_config(trust, None, Arc::new(SystemClock)).map_err(|error| broken(&error.to_string()))?;
    trusted(&address, &config, patience).await?;
    healthy(url, config, patience).await?;
    Ok(Finding::good(PARENT, "PARENT_ANSWERS", format!("{url}以TLS 1.3应答，证书在有效期内，服务正常。")).fact(
        "fingerprint",
        "指纹",
        pinned,
    ))
}

fn bad(code: &'static str, message: impl Into<String>, advice: &str) -> Finding {
    Finding::bad(Kind::Unavailable, PARENT, code, message, advice)
}

fn broken(error: &str) -> Finding {
    let advice = "请上级查看网关日志；中间有代理或防火墙改动TLS时，请其放行";
    bad("TLS_BROKEN", "TLS握手没有完成。", advice).fact("error", "原因", error)
}

/// The address in its parts; the host without brackets.
fn read(url: &str) -> Result<(Uri, String, u16), Finding> {
    let wrong = || {
        let message = format!("“{url}”不是网关地址。");
        Finding::bad(Kind::Usage, PARENT, "ADDRESS_INVALID", message, "写作 https://主机:端口，向上级核对")
    };
    let address: Uri = url.parse().map_err(|_| wrong())?;
    if address.scheme() != Some(&Scheme::HTTPS) || !matches!(address.path(), "" | "/") {
        return Err(wrong());
    }
    let host = address.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = address.port_u16().unwrap_or(443);
    Ok((address, host, port))
}

async fn resolve(host: &str, port: u16, patience: Duration) -> Result<Vec<SocketAddr>, Finding> {
    let advice = "核对主机名的写法，查本机的DNS设置；上级没有域名时改用IP地址";
    let unknown = |error: String| {
        bad("NAME_UNRESOLVED", format!("查不到主机名{host}的地址。"), advice).fact("error", "原因", error)
    };
    match tokio::time::timeout(patience, tokio::net::lookup_host((host, port))).await {
        Err(_elapsed) => Err(unknown("DNS没有应答".to_owned())),
        Ok(Err(error)) => Err(unknown(error.to_string())),
        Ok(Ok(found)) => {
            let found: Vec<SocketAddr> = found.collect();
            if found.is_empty() { Err(unknown("没有地址".to_owned())) } else { Ok(found) }
        }
    }
}

async fn connect(addresses: &[SocketAddr], patience: Duration) -> Result<TcpStream, Finding> {
    let shown = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join("、");
    match tokio::time::timeout(patience, TcpStream::connect(addresses)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(not_connected(&shown, &error)),
        Err(_elapsed) => Err(not_connected(&shown, &io::ErrorKind::TimedOut.into())),
    }
}

fn not_connected(shown: &str, error: &io::Error) -> Finding {
    let finding = match error.kind() {
        io::ErrorKind::ConnectionRefused => bad(
            "CONNECTION_REFUSED",
            format!("{shown}拒绝连接：那里没有程序在监听。"),
            "请上级查看网关是否在运行、端口和server.listen是否一致；防火墙拒绝时请其放行",
        ),
        io::ErrorKind::TimedOut => bad(
            "CONNECTION_TIMEOUT",
            format!("连接{shown}没有任何应答：中途被丢弃。"),
            "查两级之间的线路、路由和防火墙（是否放行该端口）；线路恢复后积压的数据自动补报",
        ),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => bad(
            "NETWORK_UNREACHABLE",
            format!("本机没有到{shown}的路由。"),
            "查本机网络、网关和VPN；线路恢复后积压的数据自动补报",
        ),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            bad("CONNECTION_RESET", format!("{shown}的连接被切断。"), "多为中间的防火墙切断，请网络管理员放行")
        }
        _ => bad("CONNECTION_FAILED", format!("连不上{shown}。"), "按原因检查本机网络"),
    };
    finding.fact("error", "原因", error.to_string())
}

async fn shake(stream: TcpStream, host: &str, patience: Duration) -> Result<Shown, Finding> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| broken(&error.to_string()))?;
    let config = look_config().map_err(|error| broken(&error.to_string()))?;
    let shaking = tokio::time::timeout(patience, TlsConnector::from(config).connect(name, stream)).await;
    let silent = |_| {
        let advice = "核对端口；中间有防火墙只放行TCP、拦截TLS时请其放行";
        bad("TLS_SILENT", "能连上，但对方不回应TLS握手。", advice)
    };
    let stream = shaking.map_err(silent)?.map_err(|error| not_shaken(&error))?;
    let (_, connection) = stream.get_ref();
    if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return Err(too_old());
    }
    if connection.alpn_protocol() != Some(b"h2") {
        return Err(no_gateway("对方不讲HTTP/2"));
    }
    let chain = connection.peer_certificates().unwrap_or_default();
    Ok(Shown { chain: chain.iter().map(|certificate| certificate.clone().into_owned()).collect() })
}

fn not_shaken(error: &io::Error) -> Finding {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match cause {
        Some(Error::InvalidMessage(_)) => {
            bad("TLS_NONE", "对方不是TLS服务。", "核对端口；上级网关设了door.plain_text时请其改回")
        }
        Some(Error::AlertReceived(AlertDescription::ProtocolVersion) | Error::PeerIncompatible(_)) => too_old(),
        Some(Error::AlertReceived(AlertDescription::NoApplicationProtocol)) => no_gateway("对方不讲HTTP/2"),
        Some(other) => broken(&other.to_string()),
        None => bad(
            "TLS_CUT",
            "能连上，但对方在握手时断开：不是TLS服务，或被中间的防火墙切断。",
            "核对端口；有防火墙时请其放行TLS",
        )
        .fact("error", "原因", error.to_string()),
    }
}

fn too_old() -> Finding {
    let advice = "请上级直接开放网关端口，或升级中间的代理；网关本身只用TLS 1.3";
    bad("TLS_OLD", "对方只讲TLS 1.2或更旧的协议。", advice)
}

fn no_gateway(why: &str) -> Finding {
    bad("NO_GATEWAY", "对方讲TLS，但不是民生网关。", "向上级核对地址和端口").fact("error", "原因", why)
}

/// The same look as the own gateway takes: certificate, its authority, the name.
async fn trusted(address: &Uri, config: &Arc<ClientConfig>, patience: Duration) -> Result<(), Finding> {
    let shaken = tokio::time::timeout(patience, shake_hands(address, config)).await;
    let timed_out = |_| ShakeError::Network(io::ErrorKind::TimedOut.into());
    shaken.map_err(timed_out).and_then(|shaken| shaken).map_err(|error| match &error {
        ShakeError::OtherName(_) => Finding::bad(
            Kind::Verification,
            PARENT,
            "CERTIFICATE_NAME",
            format!("上级网关的证书不含主机名{}。", address.host().unwrap_or_default()),
            "改用证书中的主机名接入，或请上级在door.names中加上它并重新生成网关证书",
        ),
        ShakeError::Untrusted(why) => Finding::bad(
            Kind::Verification,
            PARENT,
            "CERTIFICATE_UNTRUSTED",
            "上级网关的证书不是由它出示的证书机构签发的。",
            "请上级检查server.tls中证书链的顺序和内容",
        )
        .fact("error", "原因", why.to_string()),
        ShakeError::Network(why) => broken(&why.to_string()),
        ShakeError::Tls(why) => broken(&why.to_string()),
    })
}

async fn healthy(url: &str, config: Arc<ClientConfig>, patience: Duration) -> Result<(), Finding> {
    let line = Line::secure(url, config).ok_or_else(|| broken("https"))?;
    let mut client = HealthClient::new(line);
    let asked = HealthCheckRequest { service: String::new() };
    let answered = tokio::time::timeout(patience, client.check(asked)).await;
    match answered {
        Ok(Ok(answer)) if answer.get_ref().status() == ServingStatus::Serving => Ok(()),
        Ok(Ok(_)) => {
            Err(bad("PARENT_NOT_SERVING", "上级网关在运行，但暂不服务。", "稍后再试；持续时请上级查看网关日志"))
        }
        Ok(Err(status)) if status.code() == tonic::Code::Unimplemented => Err(no_gateway("没有健康检查服务")),
        Ok(Err(status)) => {
            let advice = "稍后再试；持续时请上级查看网关日志";
            let finding = bad("PARENT_NOT_SERVING", "上级网关接受连接，但没有应答。", advice);
            Err(finding.fact("error", "原因", status.message()))
        }
        Err(_elapsed) => {
            let advice = "稍后再试；持续时请上级查看网关负载和日志";
            Err(bad("PARENT_NOT_SERVING", "上级网关接受连接，但在时限内没有应答。", advice))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_address_is_https_without_a_path() {
        let (_, host, port) = read("https://[::1]:50050").unwrap();
        assert_eq!((host.as_str(), port), ("::1", 50050));
        assert_eq!(read("https://p.example/").unwrap().2, 443);
        for wrong in ["", "http://p:1", "p:1", "https://", "https://p/x"] {
            assert_eq!(read(wrong).unwrap_err().code, "ADDRESS_INVALID", "{wrong}");
        }
    }

    #[test]
    fn each_way_of_not_connecting_has_its_own_name() {
        let named = |kind: io::ErrorKind| not_connected("10.0.0.1:1", &kind.into()).code;
        assert_eq!(named(io::ErrorKind::ConnectionRefused), "CONNECTION_REFUSED");
        assert_eq!(named(io::ErrorKind::TimedOut), "CONNECTION_TIMEOUT");
        assert_eq!(named(io::ErrorKind::HostUnreachable), "NETWORK_UNREACHABLE");
        assert_eq!(named(io::ErrorKind::NetworkUnreachable), "NETWORK_UNREACHABLE");
        assert_eq!(named(io::ErrorKind::ConnectionReset), "CONNECTION_RESET");
        assert_eq!(named(io::ErrorKind::PermissionDenied), "CONNECTION_FAILED");
    }
}
