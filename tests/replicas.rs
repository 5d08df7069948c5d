//! Two copies of reporting, each behind a copy of the gateway, over PostgreSQL: one of them follows the catalogue for both.
//! Whichever does is killed with -9 while there is more to follow, again and again; its place is taken within its lease,
//! nothing is lost and nothing there twice, and both answer alike.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_proto::catalogue::v1::division_service_client::DivisionServiceClient;
use minsheng_proto::catalogue::v1::{Division, DivisionLevel, ImportDivisionsRequest};
use minsheng_proto::identity::v1::Role;
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::reporting::v1::{FileReportRequest, GetReportRequest, Report};
use minsheng_testkit::Postgres;
use minsheng_tests::small::{self, PASSWORD, account, load};
use minsheng_tests::{Client, Program};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement, TryGetable};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Status;

const LEASE_SECONDS: u64 = 3;
const KILLS: usize = 6;
/// Imports of so many villages each while one kill happens.
const IMPORTS: usize = 20;
const VILLAGES: usize = 25;

/// A copy of reporting and of the gateway before it.
struct Copy {
    reporting: Option<Program>,
    /// Where its metrics are read.
    admin: String,
    environment: Vec<(String, String)>,
    gateway: Program,
}

impl Copy {
    fn id(&self) -> u32 {
        self.reporting.as_ref().unwrap().id()
    }

    /// Whether its metrics say that it has the lease.
    async fn says_it_holds(&self) -> bool {
        let mut stream = TcpStream::connect(&self.admin).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.lines().any(|line| line == r#"minsheng_lease_held{service="reporting"} 1"#)
    }

    async fn log_in(&self, account: &str) -> Client {
        let (address, certificate) = (self.gateway.address(), self.gateway.certificate());
        Client::log_in(address, &certificate, account, PASSWORD).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_holder_is_replaced_within_its_lease_and_nothing_is_lost_or_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let server = Postgres::start();
    let (reporting_url, gateway_url) = (server.create("reporting"), server.create("gateway"));
    let catalogue = Program::alone("catalogue", folder.path(), &[setting("SERVER__LISTEN", &free())]);
    let followed = setting("PEERS__CATALOGUE__URL", &format!("http://{}", catalogue.address()));
    let mut copies = Vec::new();
    for _ in 0..2 {
        let (listen, admin) = (free(), free());
        let environment = vec![
            setting("SERVER__LISTEN", &listen),
            setting("SERVER__ADMIN_LISTEN", &admin),
            setting("DATABASE__URL", &reporting_url),
            setting("LEASE__SECONDS", &LEASE_SECONDS.to_string()),
            followed.clone(),
        ];
        let reporting = Program::alone("reporting", folder.path(), &environment);
        let before = [
            setting("SERVER__LISTEN", &free()),
            setting("DATABASE__URL", &gateway_url),
            setting("PEERS__REPORTING__URL", &format!("http://{listen}")),
            followed.clone(),
        ];
        let gateway = Program::alone("gateway", folder.path(), &before);
        copies.push(Copy { reporting: Some(reporting), admin, environment, gateway });
    }
    let (year, month) = prepare(&copies[0].gateway).await;
    let databases = Databases::open(&reporting_url, folder.path()).await;
    databases.all_is_followed().await;

    let office = copies[0].log_in("office").await;
    let (mut slowest, mut hit) = (Duration::ZERO, 0);
    for kill in 0..KILLS {
        let importing = tokio::spawn(import(office.clone(), kill));
        // It is killed in the middle of the imports.
        databases.has_grown(4).await;
        let holder = databases.holder().await;
        let holding = copies.iter().position(|copy| copy.id() == holder).expect("one of the copies has the lease");
        hit += usize::from(!importing.is_finished());
        let killed = Instant::now();
        copies[holding].reporting.take().unwrap().kill();
        importing.await.unwrap();
        databases.all_is_followed().await;
        slowest = slowest.max(killed.elapsed());
        assert_eq!(databases.holder().await, copies[1 - holding].id(), "the other has taken its place");
        assert!(copies[1 - holding].says_it_holds().await);
        let back = Program::alone("reporting", folder.path(), &copies[holding].environment);
        copies[holding].reporting = Some(back);
        assert!(!copies[holding].says_it_holds().await);
    }
    println!(
        "kills {KILLS}, {hit} while there was more to follow; all followed after {slowest:?} at most, the lease being {LEASE_SECONDS} s"
    );
    assert!(hit > 0, "no kill fell into an import");
    // The cursor stands at the end of a ledger that was followed in order without a gap: each entry once. The rows agree.
    let villages: i64 = databases.reporting("SELECT COUNT(*) AS found FROM division WHERE LENGTH(code) = 12").await;
    assert_eq!(villages, i64::try_from(KILLS * IMPORTS * VILLAGES).unwrap());

    // Both write, and both answer alike.
    let (first, second) = (copies[0].log_in("head").await, copies[1].log_in("head").await);
    for (number, head) in [&first, &second, &first, &second].into_iter().enumerate() {
        let asked = FileReportRequest {
            name: report_name(year, month, number + 1),
            content: Some(small::content(number + 1, 450)),
            request_id: format!("file-{number}"),
        };
        let filed = ReportServiceClient::new(head.door()).file_report(asked).await.unwrap().into_inner();
        assert_eq!(filed.receipt.unwrap().sequence, number as u64, "one row of numbers");
        let (here, there) = (read(&first, year, month, number + 1).await, read(&second, year, month, number + 1).await);
        assert_eq!(here.unwrap(), there.unwrap());
    }
    for copy in copies {
        copy.gateway.stop();
        copy.reporting.unwrap().stop();
    }
    catalogue.stop();
    let left: i64 = databases.reporting("SELECT expires AS found FROM lease").await;
    assert_eq!(left, 0, "who stops in order gives the lease back");
}

/// The databases, looked into from outside.
struct Databases {
    reporting: DatabaseConnection,
    catalogue: DatabaseConnection,
}

impl Databases {
    async fn open(reporting: &str, folder: &Path) -> Self {
        let catalogue = format!("sqlite://{}?mode=ro", folder.join("catalogue.db").display());
        Self {
            reporting: Database::connect(reporting).await.unwrap(),
            catalogue: Database::connect(&catalogue).await.unwrap(),
        }
    }

    async fn reporting<T: TryGetable>(&self, query: &str) -> T {
        found(&self.reporting, query).await.expect("a row")
    }

    /// Process that has the lease.
    async fn holder(&self) -> u32 {
        let holder: String = self.reporting("SELECT holder AS found FROM lease").await;
        holder.split('-').next().unwrap().parse().unwrap()
    }

    async fn written(&self) -> i64 {
        found(&self.catalogue, "SELECT size AS found FROM ledger_head").await.unwrap()
    }

    async fn followed(&self) -> i64 {
        found(&self.reporting, "SELECT size AS found FROM follow_cursor WHERE source = 'catalogue'").await.unwrap_or(0)
    }

    async fn all_is_followed(&self) {
        until("all is followed", async || self.followed().await == self.written().await).await;
    }

    /// Waits for so many more entries in the catalogue's ledger.
    async fn has_grown(&self, entries: i64) {
        let before = self.written().await;
        until("the catalogue grows", async || self.written().await >= before + entries).await;
    }
}

async fn found<T: TryGetable>(connection: &DatabaseConnection, query: &str) -> Option<T> {
    let query = Statement::from_string(connection.get_database_backend(), query);
    let row = connection.query_one_raw(query).await.unwrap()?;
    Some(row.try_get("", "found").unwrap())
}

/// People, units, divisions and a programme.
async fn prepare(gateway: &Program) -> (i16, i8) {
    let (address, certificate) = (gateway.address(), gateway.certificate());
    let security = Client::log_in(address, &certificate, "security-admin", &gateway.first_password()).await.unwrap();
    account(&security, "office", "P1", "ssb", &[Role::Office]).await.unwrap();
    account(&security, "head", "P2", "jyj", &[Role::Head]).await.unwrap();
    let office = Client::log_in(address, &certificate, "office", PASSWORD).await.unwrap();
    let now = SystemClock.now().to_zoned(TimeZone::fixed(jiff::tz::offset(8)));
    load(&office, small::programme(now.year().into(), 4)).await.unwrap();
    (now.year(), now.month())
}

/// Imports villages, of another township each time.
async fn import(office: Client, round: usize) {
    let division = |code: String, level: DivisionLevel, parent: &str| Division {
        name: format!("演示{code}"),
        code,
        level: level.into(),
        parent: parent.into(),
    };
    for number in 0..IMPORTS {
        let township = format!("430923{:03}", 100 + round * IMPORTS + number);
        let village = |number: usize| division(format!("{township}{number:03}"), DivisionLevel::Village, &township);
        let mut divisions = vec![division(township.clone(), DivisionLevel::Township, "430923")];
        divisions.extend((1..=VILLAGES).map(village));
        let asked = ImportDivisionsRequest { divisions, request_id: township.clone(), validate_only: false };
        DivisionServiceClient::new(office.door()).import_divisions(asked).await.unwrap();
    }
}

fn report_name(year: i16, month: i8, indicator: usize) -> String {
    format!("programmes/430923-{year}/indicators/1.{indicator}/reports/{year}-{month:02}")
}

async fn read(head: &Client, year: i16, month: i8, indicator: usize) -> Result<Report, Status> {
    let asked = GetReportRequest { name: report_name(year, month, indicator) };
    let answer = ReportServiceClient::new(head.door()).get_report(asked).await?.into_inner();
    Ok(answer.report.unwrap_or_default())
}

fn setting(key: &str, value: &str) -> (String, String) {
    (format!("MINSHENG__{key}"), value.to_owned())
}

fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds().await {
        assert!(Instant::now() < end, "not so: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
