//! The operator's commands: run one service, several or all; bring databases up to date; ask whether a server is healthy.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use minsheng_kit::clock::SystemClock;
use minsheng_kit::service::{SERVICES, StartError};
use minsheng_kit::telemetry::{Telemetry, Who};
use minsheng_tier::{Examined, Tier, TierOptions};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::config;
use crate::failure::{Failure, Kind, Outcome};
use crate::file;
use crate::finding::{Finding, Level};
use crate::output::{Format, Output};

/// A start that is told to stop may come to its end for so long, and then stops in order.
const START_ENDS: Duration = Duration::from_secs(5);

/// What an operator runs.
#[derive(Debug, Subcommand)]
pub(crate) enum Operate {
    Serve(Serve),
    Migrate(Migrate),
    Healthcheck(Healthcheck),
}

/// Which services, and where their settings and data lie.
#[derive(Args, Debug)]
pub(crate) struct Which {
    /// 服务：catalogue、reporting、verification、ranking、gateway，或 all
    #[arg(required = true, value_name = "SERVICE", value_parser = ["all", "catalogue", "reporting", "verification", "ranking", "gateway"])]
    services: Vec<String>,
    /// 数据目录：设置没有另外指明的数据库、密钥、文件都放在这里
    #[arg(long, value_name = "DIR", env = "MINSHENG_FOLDER", default_value = "data")]
    folder: PathBuf,
    /// 设置目录，内有 <服务>.toml，以及日志和追踪的 telemetry.toml
    #[arg(long, value_name = "DIR", env = "MINSHENG_SETTINGS")]
    settings: Option<PathBuf>,
}

/// 运行服务：一个、几个，或在一个进程里运行全部
#[derive(Args, Debug)]
pub(crate) struct Serve {
    #[command(flatten)]
    which: Which,
}

/// 升级数据库后退出
#[derive(Args, Debug)]
pub(crate) struct Migrate {
    #[command(flatten)]
    which: Which,
}

/// 询问一个服务是否正常：正常退出码为 0
#[derive(Args, Debug)]
pub(crate) struct Healthcheck {
    /// 地址，如 http://127.0.0.1:50052
    #[arg(value_name = "URL")]
    url: String,
    /// 网关证书文件；不写则用数据目录里网关自己的证书
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// 数据目录
    #[arg(long, value_name = "DIR", env = "MINSHENG_FOLDER", default_value = "data")]
    folder: PathBuf,
}

impl Operate {
    /// Runs on a runtime of its own.
    pub(crate) fn run(self) -> Outcome {
        let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(Kind::Other, error.to_string()))?;
        match self {
            Self::Serve(command) => runtime.block_on(command.run()),
            Self::Migrate(command) => runtime.block_on(command.run()),
            Self::Healthcheck(command) => runtime.block_on(command.run()),
        }
    }
}

impl Which {
    pub(crate) fn options(self) -> TierOptions {
        let all = self.services.iter().any(|name| name == "all");
        let services = SERVICES.into_iter().filter(|name| all || self.services.iter().any(|given| given == name));
        let mut options = TierOptions::all(self.folder, Arc::new(SystemClock));
        options.services = services.collect();
        options.settings = self.settings;
        options
    }
}

/// Looks through settings and what they name before anything is started; all faults are told at once.
fn begin(options: &TierOptions, look: fn(&TierOptions, &Examined) -> Vec<Finding>) -> Outcome<Telemetry> {
    let examined = options.examine();
    let findings = look(options, &examined);
    let bad: Vec<&Finding> = findings.iter().filter(|finding| finding.kind().is_some()).collect();
    let Some(telemetry) = examined.telemetry.as_ref().filter(|_| bad.is_empty()) else {
        return Err(not_started(&bad));
    };
    let started = Telemetry::start(telemetry, who(&examined));
    let started = started.map_err(|error| not_started(&[&config::words::telemetry(&error)]))?;
    for finding in findings.iter().filter(|finding| finding.level == Level::Note) {
        tracing::warn!(code = finding.code, "{}", finding.message);
    }
    Ok(started)
}

fn who(examined: &Examined) -> Who<'_> {
    let division = examined.settled.first().map_or("", |settled| settled.common.division.as_str());
    match examined.settled.as_slice() {
        [alone] => Who { name: program_name(alone.service), division },
        _ => Who { name: "minsheng", division },
    }
}

fn program_name(service: &str) -> &'static str {
    match service {
        "catalogue" => "minsheng-catalogue",
        "reporting" => "minsheng-reporting",
        "verification" => "minsheng-verification",
        "ranking" => "minsheng-ranking",
        _ => "minsheng-gateway",
    }
}

/// One sentence for one fault; the sentences of all where there are several.
fn not_started(bad: &[&Finding]) -> Failure {
    let kind = bad.first().and_then(|finding| finding.kind()).unwrap_or(Kind::Usage);
    let message = match bad {
        [only] => format!("不能启动：{}", only.message.trim_end_matches('。')),
        _ => format!("不能启动：有{}处故障", bad.len()),
    };
    let mut failure = Failure::new(kind, message);
    for finding in bad {
        if bad.len() > 1 {
            failure = failure.fault(finding.code, finding.message.clone());
        }
        for fact in &finding.facts {
            failure = failure.fault(fact.label, fact.value.clone());
        }
        failure = failure.fault("怎么办", format!("{}。", finding.advice));
    }
    failure.hint("minsheng config check 列出全部问题")
}

impl Serve {
    async fn run(self) -> Outcome {
        let options = self.which.options();
        let telemetry = begin(&options, config::before_start)?;
        let done = serve(options).await;
        telemetry.stop().await;
        done
    }
}

async fn serve(options: TierOptions) -> Outcome {
    let services = options.services.clone();
    // Heard from here on: who is told to stop while starting stops in order, too.
    let mut stop = std::pin::pin!(stop_signal());
    let mut starting = std::pin::pin!(Tier::start(options));
    let started = tokio::select! {
        started = &mut starting => started,
        // One that waits for its database does not wait for it any longer.
        () = &mut stop => return match tokio::time::timeout(START_ENDS, starting).await {
            Ok(started) => {
                started.map_err(|error| start(&error))?.stop().await;
                Ok(())
            }
            Err(_elapsed) => Ok(()),
        },
    };
    let mut tier = started.map_err(|error| start(&error))?;
    let output = Output::new(Format::Table);
    for service in services {
        if let Some(address) = tier.address(service) {
            output.text(&format!("serving {service} {address}\n"))?;
        }
    }
    tokio::select! {
        () = &mut stop => {}
        () = tier.wait() => {
            tier.stop().await;
            return Err(Failure::new(Kind::Other, "有服务自行停止，详见日志"));
        }
    }
    tier.stop().await;
    Ok(())
}

impl Migrate {
    async fn run(self) -> Outcome {
        let options = self.which.options();
        let telemetry = begin(&options, config::before_migration)?;
        let done = options.migrate().await.map_err(|error| start(&error));
        telemetry.stop().await;
        done
    }
}

impl Healthcheck {
    async fn run(self) -> Outcome {
        const LIMIT: Duration = Duration::from_secs(5);
        let unavailable = |error: String| Failure::new(Kind::Unavailable, format!("{} 没有应答：{error}", self.url));
        let endpoint = Endpoint::from_shared(self.url.clone()).map_err(|error| Failure::usage(error.to_string()))?;
        let mut endpoint = endpoint.connect_timeout(LIMIT).timeout(LIMIT);
        if self.url.starts_with("https:") {
            let own = self.folder.join("gateway-certificate.pem");
            let trust = Certificate::from_pem(file::bytes(self.ca.as_ref().unwrap_or(&own))?);
            let tls = ClientTlsConfig::new().ca_certificate(trust);
            endpoint = endpoint.tls_config(tls).map_err(|error| Failure::usage(error.to_string()))?;
        }
        let channel = endpoint.connect().await.map_err(|error| unavailable(error.to_string()))?;
        let asked = HealthCheckRequest { service: String::new() };
        let answer = HealthClient::new(channel).check(asked).await.map_err(|status| unavailable(status.to_string()))?;
        match answer.into_inner().status() {
            ServingStatus::Serving => Ok(()),
            other => Err(unavailable(other.as_str_name().to_owned())),
        }
    }
}

fn start(error: &StartError) -> Failure {
    not_started(&[&config::words::start(error)])
}

/// Ends when the process is told to stop; that is noted from the call on, also before anybody waits.
pub(crate) fn stop_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        match signals {
            (Ok(mut terminate), Ok(mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            _ => std::future::pending().await,
        }
    }
}
