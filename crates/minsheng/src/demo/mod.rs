//! `minsheng demo`: real tables first, then the county's real programme and four invented months in a clean folder of its
//! own; then it keeps serving, or ends.

mod closing;
mod folder;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use minsheng_demo::{
    DemoError, Documents, MARK, Published, Voice, World, WorldOptions, amend, load, months, real_tables, run_month,
    trace_figure,
};
use minsheng_kit::settings::TelemetrySettings;
use minsheng_kit::telemetry;

use crate::failure::{Failure, Kind, Outcome};
use crate::output::{Format, Output};
use crate::serve::stop_signal;

/// Port that the demonstration's gateway takes when it is free, so that commands can be repeated.
const PORT: u16 = 50050;
/// Figure that is traced after each month: adjusted in the first.
const TRACED: &str = "4.2-1";

/// 演示：真实目录和表格，加四个月标注“演示数据”的报送、认定、排名、通报，然后继续服务
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
    /// 日志级别
    #[arg(long, value_name = "LEVEL", env = "MINSHENG_LOG", default_value = "error")]
    log: String,
}

impl Demo {
    /// Runs on a runtime of its own.
    pub(crate) fn run(self) -> Outcome {
        let logging = TelemetrySettings { log: self.log.clone(), format: "text".to_owned() };
        telemetry::init_logging(&logging).map_err(|error| Failure::usage(error.to_string()))?;
        let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(Kind::Other, error.to_string()))?;
        runtime.block_on(self.play())
    }

    async fn play(self) -> Outcome {
        let output = Output::new(Format::Table);
        let voice = Voice::new(move |text| {
            // Who no longer listens ends nothing.
            let _ = output.text(&format!("{text}\n"));
        });
        voice.say("一、真实表格核对（不改一字，只重算）");
        real_tables(&voice).map_err(failed)?;

        let folder = folder::fresh(self.folder)?;
        voice.say(format!("二、启动一级五个服务，数据目录：{}", folder.display()));
        let options = WorldOptions { voice: voice.clone(), listen: address(), ..WorldOptions::new(&folder) };
        let mut world = World::start(options).await.map_err(failed)?;
        let played = tokio::select! {
            played = play(&world, self.seed) => played.map_err(failed),
            () = stop_signal() => Err(Failure::new(Kind::Other, "演示中途停止")),
        };
        let published = match played {
            Ok(published) => published,
            Err(failure) => {
                world.stop().await;
                return Err(failure);
            }
        };
        closing::write_accounts(&world)?;
        output.text(&closing::words(&world, &published))?;
        if self.exit {
            world.stop().await;
            return output.text("演示结束。\n");
        }
        output.text("继续服务中，按 Ctrl-C 停止。\n")?;
        let clock = world.clock().clone();
        let ended = tokio::select! {
            () = stop_signal() => Ok(()),
            () = world.serve() => Err(Failure::new(Kind::Other, "有服务自行停止")),
            () = let_time_pass(clock) => Ok(()),
        };
        world.stop().await;
        ended
    }
}

async fn play(world: &World, seed: u64) -> Result<Vec<Published>, DemoError> {
    let documents = Documents::read()?;
    let voice = &world.voice;
    let loaded = load(world, &documents).await?;
    let programme = amend(world, &loaded, &documents).await?;
    voice.say(format!("三、四个月的报送、认定、排名、通报（各月数据均为{MARK}，种子{seed}）"));
    let mut published = Vec::new();
    for plan in months(&programme, &documents.lead_units(), seed) {
        let month = run_month(world, &loaded.programme, &plan).await?;
        trace_figure(world, &month, TRACED).await?;
        published.push(month);
    }
    Ok(published)
}

/// The clock has stood where the last step set it; from now on it runs.
async fn let_time_pass(clock: minsheng_kit::clock::ManualClock) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        clock.advance(SignedDuration::from_secs(1));
    }
}

/// The usual port, or a free one.
fn address() -> SocketAddr {
    let usual = SocketAddr::from(([127, 0, 0, 1], PORT));
    if TcpListener::bind(usual).is_ok() { usual } else { SocketAddr::from(([127, 0, 0, 1], 0)) }
}

fn failed(error: DemoError) -> Failure {
    Failure::new(Kind::Other, format!("演示没有做完：{error}"))
}
