//! `bundle`: files that carry the exchange with another tier where there is no line, for the system or security
//! administrator; and the files by which a tier joins.

pub(crate) mod joining;
mod show;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use minsheng_proto::tier::v1::{
    BundleSummary, ExportBundleRequest, ImportBundleRequest, export_bundle_response, import_bundle_response,
};

use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::json;
use crate::session::Session;

pub(crate) use show::state as bundle_state;

/// Bytes of a message; the contract takes at most 1 MiB.
const CHUNK: usize = 256 << 10;
/// Seconds that a bundle may take, as the gateway allows.
pub(crate) const PATIENCE: u64 = 600;
/// Only who carries it may read it: it holds figures.
const MODE: u32 = 0o600;

/// 数据包：与上下级没有线路时，用文件往来（系统管理员或安全管理员）
#[derive(Args, Debug)]
pub(crate) struct Bundle {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 导出：给上级的（待报数据、账头、询问任务），或用 --to 给某个下级的（任务、账头）
    ///
    /// 一个文件装不下时依次写成几个，如 上报.bundle、上报-2.bundle，全部带到对方导入。
    ///
    /// 示例：minsheng bundle export --out 上报.bundle
    ///
    /// 示例：minsheng bundle export --to 430923 --out 任务.bundle
    Export {
        /// 下级的行政区划代码；省略为上级
        #[arg(long, value_name = "CODE")]
        to: Option<String>,
        /// 写到哪个文件
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// 导入：下级发来的随即写出回执文件，由其带回导入；重复导入无害
    ///
    /// 示例：minsheng bundle import 上报.bundle --reply 回执.bundle
    Import {
        /// 数据包
        file: PathBuf,
        /// 回执写到哪个文件；省略为数据包的文件名加 .reply
        #[arg(long, value_name = "FILE")]
        reply: Option<PathBuf>,
    },
}

/// A file that was made.
struct Made {
    summary: BundleSummary,
    content: Vec<u8>,
}

impl Bundle {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Export { to, out } => export(session, to.unwrap_or_default(), &out).await,
            Command::Import { file, reply } => import(session, &file, reply).await,
        }
    }
}

async fn export(session: &Session, to: String, out: &Path) -> Outcome {
    use export_bundle_response::Part;
    let mut stream = session.gateway.bundles().export_bundle(ExportBundleRequest { to }).await?.into_inner();
    let mut bundles: Vec<(PathBuf, BundleSummary)> = Vec::new();
    let mut open: Option<Made> = None;
    let mut finish = |made: Option<Made>| -> Outcome {
        let Some(Made { summary, content }) = made else { return Ok(()) };
        let path = numbered(out, bundles.len() + 1);
        file::write(&path, &content, MODE)?;
        bundles.push((path, summary));
        Ok(())
    };
    while let Some(message) = stream.message().await? {
        match message.part {
            Some(Part::Summary(summary)) => {
                finish(open.take())?;
                open = Some(Made { summary, content: Vec::new() });
            }
            Some(Part::Chunk(chunk)) => {
                let made = open.as_mut().ok_or_else(|| Failure::answer("summary"))?;
                made.content.extend_from_slice(&chunk);
            }
            None => return Err(Failure::answer("part")),
        }
    }
    finish(open.take())?;
    session.receipts(bundles.iter().map(|(_, summary)| &summary.receipt))?;
    if session.output.is_json() {
        let shown = bundles.iter().map(|(path, summary)| shown(summary, path)).collect::<Outcome<Vec<_>>>()?;
        return session.output.value(&serde_json::json!({ "bundles": shown }));
    }
    let text = bundles.iter().map(|(path, summary)| show::exported(summary, path)).collect::<String>();
    session.output.text(&text)
}

async fn import(session: &Session, path: &Path, reply: Option<PathBuf>) -> Outcome {
    use import_bundle_response::Part;
    let content = file::bytes(path)?;
    let chunks: Vec<ImportBundleRequest> =
        content.chunks(CHUNK).map(|chunk| ImportBundleRequest { chunk: chunk.to_vec() }).collect();
    let answer = session.gateway.bundles().import_bundle(tokio_stream::iter(chunks)).await;
    let mut stream =
        answer.map_err(|status| Failure::from(status).fault("文件", path.display().to_string()))?.into_inner();
    let mut imported = None;
    let mut made: Option<Made> = None;
    while let Some(message) = stream.message().await? {
        match message.part {
            Some(Part::Summary(summary)) if imported.is_none() => imported = Some(summary),
            Some(Part::Summary(summary)) => made = Some(Made { summary, content: Vec::new() }),
            Some(Part::Chunk(chunk)) => {
                let made = made.as_mut().ok_or_else(|| Failure::answer("summary"))?;
                made.content.extend_from_slice(&chunk);
            }
            None => return Err(Failure::answer("part")),
        }
    }
    let imported = imported.ok_or_else(|| Failure::answer("summary"))?;
    let mut written = None;
    if let Some(Made { summary, content }) = made {
        let reply = reply.unwrap_or_else(|| beside(path));
        file::write(&reply, &content, MODE)?;
        written = Some((reply, summary));
    }
    session.receipts([&imported.receipt])?;
    if session.output.is_json() {
        let reply = written.as_ref().map(|(reply, summary)| shown(summary, reply)).transpose()?;
        session.output.value(&serde_json::json!({ "imported": json::to_json(&imported)?, "reply": reply }))?;
    } else {
        let mut text = show::imported(&imported);
        if let Some((reply, _)) = &written {
            text.push_str(&format!("回执已写到{}，请带回{}导入。\n", reply.display(), imported.origin));
        }
        session.output.text(&text)?;
    }
    show::verdict(&imported)
}

fn shown(summary: &BundleSummary, path: &Path) -> Outcome<serde_json::Value> {
    let mut shown = json::to_json(summary)?;
    shown["file"] = path.display().to_string().into();
    Ok(shown)
}

/// The second file is `name-2.ending`, and so on.
fn numbered(out: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return out.to_owned();
    }
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let name = match out.extension() {
        Some(ending) => format!("{stem}-{number}.{}", ending.to_string_lossy()),
        None => format!("{stem}-{number}"),
    };
    out.with_file_name(name)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".reply");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_files_have_names_of_their_own() {
        assert_eq!(numbered(Path::new("a/上报.bundle"), 1), Path::new("a/上报.bundle"));
        assert_eq!(numbered(Path::new("a/上报.bundle"), 2), Path::new("a/上报-2.bundle"));
        assert_eq!(numbered(Path::new("out"), 3), Path::new("out-3"));
        assert_eq!(beside(Path::new("a/上报.bundle")), Path::new("a/上报.bundle.reply"));
    }
}
