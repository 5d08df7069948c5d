//! The doctor against real listeners: each way in which a gateway is not reached or not believed has a code of its own, one
//! sentence and what to do.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use common::{Ran, minsheng};
use jiff::Timestamp;
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_kit::tls::{fingerprint, install_crypto};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream, SupportedProtocolVersion};
use serde_json::Value;

const DAY: i64 = 86_400;
const GUIDE: &str = include_str!("../../../deploy/guide/tiers.md");

/// What the doctor says of an address, in one finding.
fn doctor(url: &str, more: &[&str]) -> (Ran, Value) {
    let ran = minsheng(&[&["doctor", "--deadline", "2", "--output", "json", "--url", url], more].concat());
    let told = ran.json();
    let findings = told["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{ran:?}");
    let finding = findings[0].clone();
    assert_eq!(told["well"], ran.code == 0, "{ran:?}");
    (ran, finding)
}

/// The fault found at an address, with the exit code that goes with it.
fn fault(url: &str, more: &[&str], code: i32, name: &str) -> Value {
    let (ran, finding) = doctor(url, more);
    assert_eq!((ran.code, finding["code"].as_str().unwrap()), (code, name), "{ran:?}");
    assert_eq!(finding["level"], "BAD");
    assert!(GUIDE.contains(&format!("`{name}`")), "{name} is not explained in the guide");
    let (message, advice) = (finding["message"].as_str().unwrap(), finding["advice"].as_str().unwrap());
    assert!(message.ends_with('。') && !message.trim_end_matches('。').contains('。'), "one sentence: {message}");
    assert!(!advice.is_empty() && !advice.ends_with('。'), "{advice}");
    let stderr: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(stderr["error"]["exitCode"], code);
    finding
}

fn url(address: SocketAddr) -> String {
    format!("https://{address}")
}

/// Serves each connection on a thread of its own.
fn serve(each: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let each = Arc::new(each);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let each = each.clone();
            std::thread::spawn(move || each(stream));
        }
    });
    url(address)
}

/// A certificate chain with its key.
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Shown {
    fn fingerprint(&self) -> String {
        fingerprint(self.chain.last().unwrap())
    }

    /// Serves TLS with it, of these versions.
    fn serve(self, versions: &[&'static SupportedProtocolVersion], protocol: &[u8]) -> String {
        install_crypto();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let builder = ServerConfig::builder_with_protocol_versions(versions).with_no_client_auth();
        let mut config = builder.with_single_cert(self.chain, key).unwrap();
        config.alpn_protocols = vec![protocol.to_vec()];
        let config = Arc::new(config);
        serve(move |mut stream| {
            let mut connection = ServerConnection::new(config.clone()).unwrap();
            // Whoever only looks goes away again.
            let _ = Stream::new(&mut connection, &mut stream).read(&mut [0; 64]);
        })
    }
}

/// A certificate of an authority for a name, good from so many days from now until so many.
fn certificate(name: &str, from: i64, until: i64) -> Shown {
    let moment = |days: i64| {
        let second = Timestamp::from_second(SystemClock.now().as_second() + days * DAY).unwrap().as_second();
        date_time_ymd(1970, 1, 1) + Duration::from_secs(second.try_into().unwrap())
    };
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let mut own = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (own.not_before, own.not_after) = (moment(from), moment(until));
    let key = KeyPair::generate().unwrap();
    let own = own.signed_by(&key, &authority).unwrap();
    Shown { chain: vec![own.der().clone(), authority.der().clone()], key }
}

const NEW: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS13];
const OLD: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS12];

#[test]
fn an_address_that_is_none_and_a_name_that_nobody_knows() {
    fault("http://127.0.0.1:1", &[], 2, "ADDRESS_INVALID");
    let finding = fault("https://parent.invalid:50050", &[], 7, "NAME_UNRESOLVED");
    assert!(finding["message"].as_str().unwrap().contains("parent.invalid"), "{finding}");
}

#[test]
fn a_port_where_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let finding = fault(&url(address), &[], 7, "CONNECTION_REFUSED");
    assert!(finding["message"].as_str().unwrap().contains(&address.to_string()), "{finding}");
    assert_eq!(finding["facts"]["url"], url(address));
}

#[test]
fn a_black_hole() {
    // Once the queue is full and nobody takes from it, the kernel drops every further attempt without an answer.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let waiting = Duration::from_millis(300);
    let queued: Vec<_> = (0..8).map_while(|_| TcpStream::connect_timeout(&address, waiting).ok()).collect();
    assert!(queued.len() < 8, "the queue does not fill");
    fault(&url(address), &[], 7, "CONNECTION_TIMEOUT");
}

#[test]
fn a_listener_that_is_silent_and_one_that_hangs_up() {
    let silent = serve(|mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    fault(&silent, &[], 7, "TLS_SILENT");
    let gone = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
    });
    fault(&gone, &[], 7, "TLS_CUT");
}

#[test]
fn a_server_that_speaks_no_tls() {
    let plain = serve(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    fault(&plain, &[], 7, "TLS_NONE");
}

#[test]
fn a_server_that_speaks_only_an_old_protocol() {
    fault(&certificate("localhost", -1, 1).serve(&OLD, b"h2"), &[], 7, "TLS_OLD");
}

#[test]
fn a_tls_server_that_is_no_gateway() {
    fault(&certificate("localhost", -1, 1).serve(&NEW, b"http/1.1"), &[], 7, "NO_GATEWAY");
    let nothing_else = certificate("127.0.0.1", -1, 1).serve(&NEW, b"h2");
    fault(&nothing_else, &[], 7, "PARENT_NOT_SERVING");
}

#[test]
fn a_certificate_with_another_fingerprint() {
    let shown = certificate("127.0.0.1", -1, 1);
    let own = shown.fingerprint();
    let server = shown.serve(&NEW, b"h2");
    let finding = fault(&server, &["--fingerprint", &"ab".repeat(32)], 8, "FINGERPRINT_CHANGED");
    assert_eq!((&finding["facts"]["shown"], &finding["facts"]["told"]), (&own.into(), &"ab".repeat(32).into()));
}

#[test]
fn a_certificate_for_another_name() {
    let shown = certificate("mz.example", -1, 1);
    let own = shown.fingerprint();
    let server = shown.serve(&NEW, b"h2");
    let finding = fault(&server, &["--fingerprint", &own], 8, "CERTIFICATE_NAME");
    assert!(finding["message"].as_str().unwrap().contains("127.0.0.1"), "{finding}");
}

#[test]
fn a_certificate_that_is_over_and_one_that_is_not_good_yet_say_by_how_much() {
    let finding = fault(&certificate("127.0.0.1", -30, -3).serve(&NEW, b"h2"), &[], 6, "CERTIFICATE_EXPIRED");
    assert!(finding["message"].as_str().unwrap().contains("已过3天"), "{finding}");
    let finding = fault(&certificate("127.0.0.1", 2, 30).serve(&NEW, b"h2"), &[], 6, "CERTIFICATE_NOT_YET_VALID");
    // The second may have gone on since the certificate was made.
    let message = finding["message"].as_str().unwrap();
    assert!(["还差1天23小时", "还差2天："].iter().any(|said| message.contains(said)), "{finding}");
    assert!(finding["advice"].as_str().unwrap().contains("NTP"), "{finding}");
}

#[test]
fn the_table_says_what_the_json_says() {
    let ran = minsheng(&["doctor", "--deadline", "2", "--url", "https://parent.invalid:1"]);
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(ran.stdout.starts_with("[故障] 上级网关："), "{ran:?}");
    assert!(ran.stdout.contains("（NAME_UNRESOLVED）") && ran.stdout.contains("怎么办："), "{ran:?}");
    assert!(ran.stderr.contains("检查发现1处故障"), "{ran:?}");
}

#[test]
fn without_a_login_only_an_address_can_be_looked_at() {
    let ran = minsheng(&["doctor"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{ran:?}");
    assert!(ran.stderr.contains("minsheng login"), "{ran:?}");
}

#[test]
fn an_own_gateway_that_is_not_there_is_a_finding() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/minsheng");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("profile.toml"), "gateway = \"http://127.0.0.1:1\"\ntoken = \"t\"\n").unwrap();
    let ran = common::minsheng_at(home.path(), &["doctor", "--output", "json"]);
    assert_eq!(ran.code, 7, "{ran:?}");
    assert_eq!(ran.json()["findings"][0]["code"], "GATEWAY_UNREACHABLE", "{ran:?}");
}
