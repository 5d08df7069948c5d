//! `config`: what a tier's settings come to, and everything that would end its start or cause trouble soon. A start looks
//! through the same before it begins.

mod check;
mod clock;
mod file;
mod port;
mod store;
pub(crate) mod words;

use clap::{Args, Subcommand};
use minsheng_kit::settings::{Shown, Source};

use crate::failure::Outcome;
use crate::finding::{show, verdict};
use crate::output::{Output, Table};
use crate::serve::Which;
use crate::session::Options;

pub(crate) use check::{before_migration, before_start};

/// 启动前检查设置，或列出生效的设置
#[derive(Args, Debug)]
pub(crate) struct Config {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    Check(Check),
    Show(Show),
}

/// 一次列出全部问题：设置、文件、目录、端口、数据库、磁盘、证书、时钟
///
/// 不启动服务，也不改动任何东西。有故障时退出码：2为设置、文件、端口，6为证书期限、时钟、磁盘、数据库版本，7为数据库连不上。
///
/// 示例：minsheng config check all --folder data --settings /etc/minsheng
#[derive(Args, Debug)]
struct Check {
    #[command(flatten)]
    which: Which,
    /// 服务正在运行：不检查端口是否被占用
    #[arg(long)]
    running: bool,
}

/// 列出生效的设置，每项注明来自默认值、文件还是环境变量
///
/// 示例：minsheng config show gateway --redacted
#[derive(Args, Debug)]
struct Show {
    #[command(flatten)]
    which: Which,
    /// 隐去口令等秘密（秘密从不显示，写不写都一样）
    #[arg(long)]
    redacted: bool,
}

impl Config {
    pub(crate) async fn run(self, options: Options) -> Outcome {
        let output = Output::new(options.output);
        match self.command {
            ConfigCommand::Check(command) => {
                let findings = check::everything(&command.which.options(), command.running).await;
                show(output, &findings)?;
                verdict(&findings)
            }
            ConfigCommand::Show(command) => command.run(output),
        }
    }
}

impl Show {
    fn run(self, output: Output) -> Outcome {
        let examined = self.which.options().examine();
        let settled = examined.settled.iter().map(|settled| (settled.service, &settled.shown));
        let all: Vec<(&str, &Vec<Shown>)> =
            [("telemetry", &examined.telemetry_shown)].into_iter().chain(settled).collect();
        if output.is_json() {
            let rows = all.iter().flat_map(|(whose, shown)| shown.iter().map(|shown| json(whose, shown)));
            output.value(&serde_json::Value::Array(rows.collect()))?;
        } else {
            let mut table = Table::new(["所属", "设置项", "值", "来自"]);
            for (whose, shown) in &all {
                for Shown { key, value, source } in *shown {
                    table.row([(*whose).to_owned(), key.clone(), value.clone(), words::source(source)]);
                }
            }
            output.text(&table.text())?;
        }
        // What cannot be read is not among them: that is said, and is a fault.
        let findings = check::settings(&examined.errors);
        if findings.is_empty() {
            return Ok(());
        }
        output.remark(findings.iter().map(crate::finding::Finding::text).collect::<String>().trim_end());
        verdict(&findings)
    }
}

fn json(whose: &str, shown: &Shown) -> serde_json::Value {
    let (source, place) = match &shown.source {
        Source::Default => ("DEFAULT", String::new()),
        Source::File(place) => ("FILE", place.clone()),
        Source::Variable(name) => ("ENVIRONMENT", name.clone()),
        Source::SecretFile(name) => ("SECRET_FILE", name.clone()),
        Source::Program => ("PROGRAM", String::new()),
    };
    serde_json::json!({"of": whose, "key": shown.key, "value": shown.value, "source": source, "place": place})
}
