//! `backup` and `restore`: one moment of all databases while the services write, with the files that belong to it; proved
//! when it is taken and again when it is restored.

mod cut;
mod files;
mod manifest;
mod procedure;
mod prove;
mod restore;
mod take;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::failure::{Failure, Outcome};
use crate::output::{Output, Table};
use crate::session::Options;
use manifest::{Backup, DATA};
use take::Take;

/// What keeps a tier's data safe.
#[derive(Debug, Subcommand)]
pub(crate) enum Safekeeping {
    Backup(Command),
    Restore(restore::Restore),
}

/// 备份：服务照常运行，各服务的数据库取自同一时刻，连同文件、密钥、设置
///
/// 示例：minsheng backup --folder data --out /backup/2023-06-20
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Command {
    #[command(subcommand)]
    verify: Option<Verify>,
    /// 数据目录
    #[arg(long, value_name = "DIR", env = "MINSHENG_FOLDER", default_value = "data")]
    folder: PathBuf,
    /// 设置目录，内有 <服务>.toml
    #[arg(long, value_name = "DIR", env = "MINSHENG_SETTINGS")]
    settings: Option<PathBuf>,
    /// 备份写入的新文件夹
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    /// 不含私钥和首次登录密码：它们须另行保管，恢复时用 --keys 给出
    #[arg(long)]
    without_keys: bool,
}

#[derive(Debug, Subcommand)]
enum Verify {
    /// 验证一份备份：每个文件的SHA-256、每本存证账、各服务的进度
    ///
    /// 示例：minsheng backup verify /backup/2023-06-20
    Verify {
        /// 备份的文件夹
        backup: PathBuf,
    },
}

impl Safekeeping {
    pub(crate) async fn run(self, options: Options) -> Outcome {
        let output = Output::new(options.output);
        match self {
            Self::Backup(command) => command.run(output).await,
            Self::Restore(command) => command.run(output).await,
        }
    }
}

impl Command {
    async fn run(self, output: Output) -> Outcome {
        let Self { verify, folder, settings, out, without_keys } = self;
        if let Some(Verify::Verify { backup }) = verify {
            return check(&backup, output).await;
        }
        let out = out.ok_or_else(|| Failure::usage("缺少 --out"))?;
        if !without_keys {
            output.remark("备份含私钥，没有加密：请按密钥的规定保管，或用 --without-keys 另存密钥。");
        }
        Take { folder, settings, out, without_keys }.run(output).await
    }
}

async fn check(folder: &std::path::Path, output: Output) -> Outcome {
    let backup = Backup::open(folder)?;
    let bar = output.bar("核对文件", u64::try_from(backup.sums.len()).unwrap_or(0));
    let checked = backup.check(|| bar.inc(1));
    bar.finish_and_clear();
    checked?;
    prove::prove(&folder.join(DATA), &backup.manifest, output).await?;
    show(&backup, output, "备份完好：文件与SHA-256相符，各存证账已验证，各服务的进度彼此相符。")
}

/// What a backup holds.
fn show(backup: &Backup, output: Output, said: &str) -> Outcome {
    if output.is_json() {
        return output.value(&json(backup));
    }
    let manifest = &backup.manifest;
    let mut text = format!("{said}\n区划{}，{}，文件{}个。\n", manifest.division, manifest.time, backup.sums.len());
    text += &heads(backup);
    let elsewhere: Vec<&str> = manifest.elsewhere().map(|(service, _)| service.as_str()).collect();
    if !elsewhere.is_empty() {
        text += &format!("数据库在PostgreSQL，不在备份之内，请用PostgreSQL自己的办法备份：{}\n", elsewhere.join("、"));
    }
    if !manifest.left_out.is_empty() {
        text += &format!("没有包括的私密文件{}个，须另行保管。\n", manifest.left_out.len());
    }
    output.text(&text)
}

fn heads(backup: &Backup) -> String {
    let mut table = Table::new(["存证账", "条数", "根"]);
    for ledger in backup.manifest.services.values() {
        table.row([&ledger.origin, &ledger.size.to_string(), &ledger.root]);
    }
    table.text()
}

fn json(backup: &Backup) -> serde_json::Value {
    let manifest = &backup.manifest;
    let ledgers = manifest.services.values().map(|ledger| {
        serde_json::json!({
            "origin": ledger.origin, "size": ledger.size, "root": ledger.root, "database": ledger.database,
        })
    });
    serde_json::json!({
        "division": manifest.division,
        "time": manifest.time,
        "files": backup.sums.len(),
        "ledgers": ledgers.collect::<Vec<_>>(),
        "leftOut": manifest.left_out.keys().collect::<Vec<_>>(),
    })
}
