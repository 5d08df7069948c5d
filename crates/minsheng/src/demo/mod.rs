//! `minsheng demo`: real tables first, then three tiers, each a process with a clean folder of its own: the county's real
//! programme and four invented months, up to the municipality and the province; then it keeps serving, or ends.

mod closing;
mod folder;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::SignedDuration;
use minsheng_demo::{
    Chain, ChainOptions, DemoClock, DemoError, Documents, MARK, Played, Relay, Voice, real_tables, serve_tier,
};
use minsheng_kit::telemetry::{Telemetry, Who};
use minsheng_tier::telemetry_of_environment;
use tokio::sync::mpsc;

use crate::config::words;
use crate::failure::{Failure, Kind, Outcome};
use crate::output::{Format, Output};
use crate::serve::stop_signal;

/// Ports that the gateways of province, municipality and county take when they are free, so that commands can be repeated.
const PORTS: [u16; 3] = [50070, 50060, 50050];

/// 演示：省、市、县三级各自部署，真实目录和表格，加四个月标注“演示数据”的报送、认定、排名、通报、逐级上报，然后继续服务
///
/// 示例：minsheng demo --exit；minsheng demo --seed 7 --folder /tmp/minsheng-demo
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// 做完即退出，不继续服务
    #[arg(long)]
    exit: bool,
    /// 数据目录，须不存在或为空，否则改用同名加编号的新目录（默认 deploy/.demo 下的新编号目录）
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// 随机种子：同一种子得到同样的数
    #[arg(long, value_name = "N", default_value_t = 2023)]
    seed: u64,
}

/// 演示中的一级：由 minsheng demo 自行启动
#[derive(Args, Debug)]
pub(crate) struct DemoTier {
    /// 数据目录
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
}

impl DemoTier {
    /// Serves until the demonstration ends.
    pub(crate) fn run(self) -> Outcome {
        with_runtime(async { serve_tier(&self.folder, stop_signal()).await.map_err(failed) })
    }
}

/// Only what goes wrong is logged, unless the environment says otherwise.
fn with_runtime(work: impl Future<Output = Outcome>) -> Outcome {
    let settings = telemetry_of_environment("error");
    let settings = settings.map_err(|error| Failure::usage(words::settings(&error).message))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(Kind::Other, error.to_string()))?;
    runtime.block_on(async {
        let telemetry = Telemetry::start(&settings, Who { name: "minsheng-demo", division: "" });
        let telemetry = telemetry.map_err(|error| Failure::usage(words::telemetry(&error).message))?;
        let done = work.await;
        telemetry.stop().await;
        done
    })
}

impl Demo {
    /// Runs on a runtime of its own.
    pub(crate) fn run(self) -> Outcome {
        with_runtime(self.show())
    }

    async fn show(self) -> Outcome {
        let began = Instant::now();
        let output = Output::new(Format::Table);
        let voice = Voice::new(move |text| {
            // Who no longer listens ends nothing.
            let _ = output.text(&format!("{text}\n"));
        });
        voice.say("一、真实表格核对（不改一字，只重算）");
        real_tables(&voice).map_err(failed)?;

        let folder = folder::fresh(self.folder)?;
        voice.say(format!("二、启动省、市、县三级，各是一个进程、各有数据目录：{}", folder.display()));
        let options = ChainOptions { folder: &folder, listen: PORTS.map(address), voice: voice.clone() };
        let starting = async { Chain::start(options).await.map_err(failed) };
        let stopped = || Failure::new(Kind::Other, "演示中途停止");
        let mut chain = tokio::select! {
            started = starting => started?,
            () = stop_signal() => return Err(stopped()),
        };
        let played = tokio::select! {
            played = play(&mut chain, &voice, self.seed) => played.map_err(failed),
            () = stop_signal() => Err(stopped()),
        };
        let told = played.and_then(|played| {
            closing::write_accounts(&chain, &folder)?;
            output.text(&closing::words(&chain, &folder, &played))?;
            output.text(&format!("演示用时{}秒。\n", began.elapsed().as_secs()))
        });
        let ended = match told {
            Ok(()) if self.exit => Ok(()),
            Ok(()) => keep_serving(&mut chain, &voice).await,
            Err(failure) => Err(failure),
        };
        chain.stop().await;
        ended?;
        output.text("演示结束，各级进程都已停止。\n")
    }
}

async fn play(chain: &mut Chain, voice: &Voice, seed: u64) -> Result<Played, DemoError> {
    let documents = Documents::read()?;
    voice.say("三、县级：安化县的真实目录");
    let programme = chain.load_county(&documents).await?;
    voice.say("四、上下级：任务逐级下达，县里逐项回答");
    let reports = chain.join(&documents, &programme, seed).await?;
    voice.say(format!("五、四个月的报送、认定、排名、通报，逐级上报（各月数据均为{MARK}，种子{seed}）"));
    let played = chain.play(&documents, &programme, &reports, seed).await?;
    if let Some(last) = played.months.last() {
        let period = last.snapshot()?.period.clone();
        voice.say(format!("六、{period}的同一个数，三级对照并逐条验证"));
        chain.prove(&period).await?;
    }
    chain.stop_beside().await;
    Ok(played)
}

/// Serves until it is stopped or a tier ends by itself; each line that is typed cuts the county's line or joins it again.
async fn keep_serving(chain: &mut Chain, voice: &Voice) -> Outcome {
    voice.say("三级继续服务中。按回车切断或接通县到市的线路，按 Ctrl-C 停止。");
    let (clock, line, mut typed) = (chain.clock.clone(), chain.line.clone(), typed());
    let switching = async {
        while typed.recv().await.is_some() {
            switch(&line, voice);
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = stop_signal() => Ok(()),
        () = chain.serve() => Err(Failure::new(Kind::Other, "有一级自行停止")),
        () = let_time_pass(clock) => Ok(()),
        () = switching => Ok(()),
    }
}

fn switch(line: &Relay, voice: &Voice) {
    if line.is_whole() {
        line.cut();
        voice.say("县到市的线路已切断：县里照常工作，待报的数排队；再按回车接通。");
    } else {
        line.join();
        voice.say("县到市的线路已接通：待报的数自动补送。");
    }
}

/// Lines that are typed, until there are none any more.
fn typed() -> mpsc::Receiver<()> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for _ in std::io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The clock has stood where the last step set it; from now on it runs.
async fn let_time_pass(clock: DemoClock) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        clock.advance(SignedDuration::from_secs(1));
    }
}

/// The usual port, or a free one.
fn address(port: u16) -> SocketAddr {
    let usual = SocketAddr::from(([127, 0, 0, 1], port));
    if TcpListener::bind(usual).is_ok() { usual } else { SocketAddr::from(([127, 0, 0, 1], 0)) }
}

fn failed(error: DemoError) -> Failure {
    Failure::new(Kind::Other, format!("演示没有做完：{error}"))
}
