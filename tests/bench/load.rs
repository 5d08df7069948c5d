//! The load, in a process of its own: so many clients, each on its own connection, file one report after the other until
//! time is over. The plan comes as JSON in the argument, the result goes out as JSON on standard output.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use minsheng_proto::reporting::v1::FileReportRequest;
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_tests::client::Door;
use minsheng_tests::small::PASSWORD;
use minsheng_tests::{Client, small};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::sync::Barrier;

use crate::{bare, fastapi};

/// Before this nothing is counted.
const WARM: Duration = Duration::from_secs(1);

/// Who is loaded.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Peer {
    /// A tier, through its gateway.
    Tier,
    /// The bare server.
    Bare,
    /// The FastAPI service.
    FastApi,
}

/// What is to be done.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Plan {
    /// Who is loaded.
    pub peer: Peer,
    /// Its address.
    pub address: String,
    /// The gateway's certificate; empty for the others.
    pub certificate: String,
    /// Clients at the same time.
    pub clients: usize,
    /// Seconds that count.
    pub seconds: u64,
    /// The reports that there are.
    pub reports: Reports,
    /// First of them to file.
    pub first: u64,
    /// One after the last of them.
    pub end: u64,
}

/// Reports, numbered: indicator by indicator in the newest month, then in the months before it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Reports {
    /// The year.
    pub year: i16,
    /// The newest month.
    pub month: u64,
    /// Indicators a month.
    pub indicators: u64,
}

/// What was measured.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Measured {
    /// Requests answered in the time that counts.
    pub requests: u64,
    /// That time, in seconds.
    pub seconds: f64,
    /// Median, in microseconds.
    pub p50: f64,
    /// The slowest of a hundred, in microseconds.
    pub p99: f64,
    /// One after the last report that was taken.
    pub next: u64,
}

impl Measured {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

impl Reports {
    /// How many there are.
    pub fn count(self) -> u64 {
        self.month * self.indicators
    }

    fn request(self, number: u64) -> FileReportRequest {
        let month = self.month - (number / self.indicators).min(self.month - 1);
        let indicator = usize::try_from(number % self.indicators + 1).unwrap_or(1);
        let (year, code) = (self.year, small::code(indicator));
        FileReportRequest {
            name: format!("programmes/430923-{year}/indicators/{code}/reports/{year}-{month:02}"),
            content: Some(small::content(indicator, month * 10 + number % 7)),
            request_id: format!("file-{number}"),
        }
    }
}

enum Session {
    Tier(ReportServiceClient<Door>),
    Bare(bare::Client),
    FastApi(fastapi::Client),
}

impl Session {
    async fn open(plan: &Plan, client: usize) -> anyhow::Result<Self> {
        Ok(match plan.peer {
            Peer::Tier => {
                let head = Client::log_in(&plan.address, &plan.certificate, &account(client), PASSWORD).await?;
                Self::Tier(ReportServiceClient::new(head.door()))
            }
            Peer::Bare => Self::Bare(bare::Client::connect(&plan.address).await?),
            Peer::FastApi => Self::FastApi(fastapi::Client::connect(&plan.address).await?),
        })
    }

    async fn file(&mut self, request: FileReportRequest) -> anyhow::Result<()> {
        match self {
            Self::Tier(service) => {
                let answer = service.file_report(request).await.map_err(|status| anyhow!("{status:?}"))?;
                ensure!(answer.into_inner().receipt.is_some(), "a reply without its receipt");
            }
            Self::Bare(service) => service.file(request).await?,
            Self::FastApi(service) => service.file(&request).await?,
        }
        Ok(())
    }
}

/// Account of a client.
pub fn account(client: usize) -> String {
    format!("head-{client}")
}

/// What the child process does.
pub async fn run(plan: &str) -> anyhow::Result<()> {
    let plan: Arc<Plan> = Arc::new(serde_json::from_str(plan).context("the plan")?);
    let next = Arc::new(AtomicU64::new(plan.first));
    let begin = Arc::new(Barrier::new(plan.clients + 1));
    let mut clients = Vec::new();
    for client in 0..plan.clients {
        let mut session = Session::open(&plan, client).await?;
        let (plan, next, begin) = (plan.clone(), next.clone(), begin.clone());
        clients.push(tokio::spawn(async move {
            begin.wait().await;
            let count_from = Instant::now() + WARM;
            let end = count_from + Duration::from_secs(plan.seconds);
            let mut times = Vec::new();
            while Instant::now() < end {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= plan.end {
                    break;
                }
                let request = plan.reports.request(number);
                let asked = Instant::now();
                session.file(request).await?;
                if asked >= count_from {
                    times.push(asked.elapsed());
                }
            }
            anyhow::Ok(times)
        }));
    }
    println!("begin");
    begin.wait().await;
    let count_from = Instant::now() + WARM;
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await??);
    }
    let seconds = count_from.elapsed().as_secs_f64();
    times.sort_unstable();
    ensure!(times.len() > 20, "the load ended after {} counted requests: nothing is measured by so few", times.len());
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e6;
    let measured = Measured {
        requests: times.len() as u64,
        seconds,
        p50: at(50),
        p99: at(99),
        next: next.load(Ordering::Relaxed).min(plan.end),
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// Runs a plan in a child process; gives what it measured and the seconds of processor time that the loaded process took
/// meanwhile.
pub async fn measure(plan: &Plan, process: u32) -> anyhow::Result<(Measured, f64)> {
    let limit = Duration::from_secs(plan.seconds + 120);
    tokio::time::timeout(limit, measure_at_leisure(plan, process)).await.context("the load did not end")?
}

async fn measure_at_leisure(plan: &Plan, process: u32) -> anyhow::Result<(Measured, f64)> {
    let mut child = tokio::process::Command::new(std::env::current_exe()?)
        .args(["load", &serde_json::to_string(plan)?])
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut output = child.stdout.take().context("no output of the load")?;
    let mut word = [0; 6];
    output.read_exact(&mut word).await.context("the load did not begin; it says why above")?;
    let before = crate::machine::processor_seconds(process)?;
    let mut rest = String::new();
    output.read_to_string(&mut rest).await?;
    let taken = crate::machine::processor_seconds(process)? - before;
    ensure!(child.wait().await?.success(), "the load failed; it says why above");
    let measured: Measured = serde_json::from_str(&rest).context("the load's result")?;
    Ok((measured, taken))
}
