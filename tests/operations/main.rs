//! What operators rely on: every documented metric is there and tells the truth, a trace runs from the command line to the
//! province, a collector that is away or hostile holds nobody up, a database may come up late.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod collector;
mod database;
mod metrics;
mod traces;

use std::net::TcpListener;
use std::time::Duration;

use minsheng_proto::catalogue::v1::{Division, DivisionLevel};
use minsheng_tests::chain::Place;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// How long is waited for what must come.
const PATIENCE: Duration = Duration::from_secs(90);

const TIERS: [(Place, DivisionLevel); 3] = [
    (Place { code: "430000", name: "湖南省" }, DivisionLevel::Province),
    (Place { code: "430900", name: "益阳市" }, DivisionLevel::Municipality),
    (Place { code: "430923", name: "安化县" }, DivisionLevel::County),
];

fn divisions() -> Vec<Division> {
    let parents = ["", TIERS[0].0.code, TIERS[1].0.code];
    let division = |((place, level), parent): (&(Place, DivisionLevel), &str)| Division {
        code: place.code.into(),
        name: place.name.into(),
        level: (*level).into(),
        parent: parent.into(),
    };
    TIERS.iter().zip(parents).map(division).collect()
}

/// An address that nobody listens on.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn variable(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// What an admin port answers.
async fn get(admin: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(admin).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// A metric's value by its name with labels, if it is there.
fn value(scraped: &str, name: &str) -> Option<f64> {
    let line = scraped.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.parse().ok()
}

/// Looks until it is found.
async fn soon<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < end, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
