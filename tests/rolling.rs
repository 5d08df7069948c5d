//! Two copies of each service over one PostgreSQL, found by their names as on a cluster: each copy is stopped in order and
//! started again while units file, then some are killed with -9. No acknowledged report is lost or doubled, and each report
//! gets through for a client that does no more than try again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use minsheng_kit::service::SERVICES;
use minsheng_proto::verification::v1::ListCasesRequest;
use minsheng_proto::verification::v1::certification_service_client::CertificationServiceClient;
use minsheng_testkit::Postgres;
use minsheng_tests::filing::{self, Gateway, Load, today};
use minsheng_tests::small::PASSWORD;
use minsheng_tests::{Client, Program};

const HOSTS: [&str; 2] = ["127.0.0.2", "127.0.0.3"];
const CLIENTS: usize = 4;
const INDICATORS: usize = 400;
/// So many reports are acknowledged between two steps.
const BETWEEN: usize = 20;

/// What all copies share: databases, keys, one table of hosts in which each service has both addresses.
struct House {
    folder: PathBuf,
    hosts: PathBuf,
    ports: BTreeMap<&'static str, u16>,
    databases: BTreeMap<&'static str, String>,
}

impl House {
    fn new(server: &Postgres, folder: &Path) -> Self {
        let ports = SERVICES.into_iter().map(|service| (service, free_port())).collect();
        let databases = SERVICES.into_iter().map(|service| (service, server.create(service))).collect();
        let hosts = folder.join("hosts");
        let names = SERVICES.join(" ");
        let table: String = HOSTS.iter().map(|host| format!("{host} {names}\n")).collect();
        std::fs::write(&hosts, format!("127.0.0.1 localhost\n{table}")).unwrap();
        Self { folder: folder.join("data"), hosts, ports, databases }
    }

    fn start(&self, service: &'static str, host: &str) -> Program {
        let peers: &[&str] = match service {
            "catalogue" => &["gateway"],
            "reporting" => &["catalogue", "verification", "gateway"],
            "verification" => &["catalogue", "reporting"],
            "ranking" => &["catalogue", "reporting", "verification"],
            _ => &["catalogue", "reporting", "verification", "ranking"],
        };
        let address = |peer: &str| {
            let scheme = if peer == "gateway" { "https" } else { "http" };
            (format!("PEERS__{}__URL", peer.to_uppercase()), format!("{scheme}://{peer}:{}", self.ports[peer]))
        };
        let mut settings = vec![
            ("SERVER__LISTEN".to_owned(), format!("{host}:{}", self.ports[service])),
            ("DATABASE__URL".to_owned(), self.databases[service].clone()),
            ("LEASE__SECONDS".to_owned(), "3".to_owned()),
        ];
        settings.extend(peers.iter().map(|peer| address(peer)));
        if service == "gateway" {
            settings.push(("DOOR__NAMES".to_owned(), "gateway".to_owned()));
            for key in ["CALLS_PER_SECOND", "BURST"] {
                // The load of many units comes from one account here.
                settings.push((format!("CALLERS__{key}"), "100000".to_owned()));
            }
        }
        let environment: Vec<_> =
            settings.into_iter().map(|(key, value)| (format!("MINSHENG__{key}"), value)).collect();
        Program::alone_among(&self.hosts, service, &self.folder, &environment)
    }

    fn gateways(&self) -> Vec<Gateway> {
        let certificate = std::fs::read_to_string(self.folder.join("gateway-certificate.pem")).unwrap();
        let address = |host: &&str| format!("{host}:{}", self.ports["gateway"]);
        HOSTS.iter().map(|host| Gateway { address: address(host), certificate: certificate.clone() }).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_copy_goes_and_comes_under_load_and_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let server = Postgres::start();
    let house = House::new(&server, folder.path());
    let mut copies = BTreeMap::new();
    for host in HOSTS {
        for service in SERVICES {
            copies.insert((service, host), house.start(service, host));
        }
    }
    let gateways = house.gateways();
    let password = copies[&("gateway", HOSTS[0])].first_password();
    filing::prepare(&gateways[0], &password, INDICATORS).await;
    let load = Load::start(&gateways, CLIENTS, INDICATORS).await;
    load.more(BETWEEN).await;
    load.known().longest();

    for service in SERVICES {
        for host in HOSTS {
            let (begin, before) = (Instant::now(), load.known().acknowledged());
            copies.remove(&(service, host)).unwrap().stop();
            load.more(BETWEEN).await;
            copies.insert((service, host), house.start(service, host));
            load.more(BETWEEN).await;
            println!(
                "{service} {host} restarted in {:.1} s, {} acknowledged meanwhile, the longest in {:.2} s",
                begin.elapsed().as_secs_f32(),
                load.known().acknowledged() - before,
                load.known().longest().as_secs_f32()
            );
        }
    }
    let in_order = load.known().retries();
    let attempts = load.known().attempts();
    println!("restarted in order: {attempts} calls, made again {in_order:?}");

    for (service, host) in
        [("reporting", HOSTS[0]), ("gateway", HOSTS[1]), ("reporting", HOSTS[1]), ("verification", HOSTS[0])]
    {
        let before = load.known().acknowledged();
        copies.remove(&(service, host)).unwrap().kill();
        load.more(BETWEEN).await;
        copies.insert((service, host), house.start(service, host));
        load.more(BETWEEN).await;
        println!(
            "{service} {host} killed: {} acknowledged meanwhile, the longest in {:.2} s",
            load.known().acknowledged() - before,
            load.known().longest().as_secs_f32()
        );
    }
    let known = load.stop().await;
    let found = known.look_for(&gateways[0]).await;
    println!("{found} acknowledged, {found} found; {} calls, made again {:?}", known.attempts(), known.retries());
    all_is_followed(&gateways[1], found).await;

    // What was stopped in order costs an answer at the gateway's own door; behind it hardly ever.
    let behind: usize =
        in_order.iter().filter(|(said, _)| said.contains("SERVICE_UNAVAILABLE")).map(|(_, count)| count).sum();
    assert!(behind * 100 <= attempts, "{behind} of {attempts}: {in_order:?}");
    for (_, copy) in copies {
        copy.stop();
    }
}

/// Verification has a case of each report, whichever copy followed.
async fn all_is_followed(gateway: &Gateway, reports: usize) {
    let office = Client::log_in(&gateway.address, &gateway.certificate, "office", PASSWORD).await.unwrap();
    let mut cases = CertificationServiceClient::new(office.door()).max_decoding_message_size(usize::MAX);
    let (year, _) = today();
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let mut found = 0;
        let mut asked = ListCasesRequest {
            programme: format!("programmes/430923-{year}"),
            page_size: 1000,
            ..ListCasesRequest::default()
        };
        loop {
            let Ok(answer) = cases.list_cases(asked.clone()).await else { break };
            let answer = answer.into_inner();
            found += answer.cases.len();
            if answer.next_page_token.is_empty() {
                break;
            }
            asked.page_token = answer.next_page_token;
        }
        if found == reports {
            return;
        }
        assert!(Instant::now() < end, "of {reports} reports {found} have a case");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
