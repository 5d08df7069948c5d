//! Ports: given twice, taken by somebody else, not allowed, or of an address that this machine does not have.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs};

use minsheng_tier::Settled;

use super::words;
use crate::failure::Kind;
use crate::finding::{Finding, PORTS};

/// A port of a service, and the key that names it.
struct Wanted<'a> {
    service: &'static str,
    key: &'static str,
    listen: &'a str,
}

impl Wanted<'_> {
    fn of(settled: &[Settled]) -> Vec<Wanted<'_>> {
        let of_service = settled.iter().flat_map(|Settled { service, common, .. }| {
            let server = &common.server;
            let wanted = [("server.listen", &server.listen), ("server.admin_listen", &server.admin_listen)];
            wanted.map(|(key, listen)| Wanted { service, key, listen })
        });
        // Nothing is an admin port that is switched off.
        of_service.filter(|wanted| !(wanted.key == "server.admin_listen" && wanted.listen.is_empty())).collect()
    }

    fn address(&self) -> Option<SocketAddr> {
        self.listen.to_socket_addrs().ok()?.next()
    }

    fn name(&self) -> String {
        format!("{}的{}", self.service, self.key)
    }
}

/// The same port given to two services.
pub(super) fn doubled(settled: &[Settled]) -> Vec<Finding> {
    let wanted = Wanted::of(settled);
    let mut findings = Vec::new();
    for (place, one) in wanted.iter().enumerate() {
        for other in &wanted[place + 1..] {
            let (Some(first), Some(second)) = (one.address(), other.address()) else { continue };
            if meet(first, second) {
                let message = format!("{}和{}是同一个端口{}。", one.name(), other.name(), first.port());
                let advice = "给其中一个换一个端口；一个进程里的服务共用一个管理端口就够";
                findings.push(Finding::bad(Kind::Usage, PORTS, "PORT_DOUBLED", message, advice));
            }
        }
    }
    findings
}

fn meet(first: SocketAddr, second: SocketAddr) -> bool {
    let is_any = |address: IpAddr| address.is_unspecified();
    let (one, other) = (first.ip(), second.ip());
    first.port() != 0 && first.port() == second.port() && (one == other || is_any(one) || is_any(other))
}

/// Addresses that cannot be listened on; of a service that runs only what could never be.
pub(super) fn taken(settled: &[Settled], running: bool) -> Vec<Finding> {
    let look = |wanted: &Wanted<'_>| {
        let error = TcpListener::bind(wanted.listen).err()?;
        if running && error.kind() == ErrorKind::AddrInUse {
            return None;
        }
        Some(words::listen(wanted.listen, &error).fact("key", "设置项", wanted.name()))
    };
    Wanted::of(settled).iter().filter_map(look).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn two_addresses_meet_where_one_is_every_address() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert!(meet(at("0.0.0.0:1"), at("127.0.0.1:1")) && meet(at("127.0.0.1:1"), at("127.0.0.1:1")));
        assert!(!meet(at("127.0.0.1:1"), at("127.0.0.2:1")) && !meet(at("127.0.0.1:1"), at("127.0.0.1:2")));
        assert!(!meet(at("127.0.0.1:0"), at("127.0.0.1:0")), "each gets a free one");
    }
}
