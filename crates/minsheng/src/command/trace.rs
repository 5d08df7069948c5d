//! `trace`: from a figure back to report, evidence and ledger entry, and down through the lower tiers that it is made of,
//! every step proved here and not by the server. The chain can be kept in a folder and checked again anywhere.

mod json;
mod lower;
mod text;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::evidence;
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::Output;
use crate::proof::{Start, Trace as Traced, check_chain, fetch_chain, given_keys, save_chain, with_given};
use crate::session::Session;

/// 追溯一个数：通报→快照→认定→快报→报送→佐证，并逐级追到下级的认定、报送和佐证，逐条取存证在本机验证
///
/// 示例：minsheng trace 2023-06-1 --indicator 3.2 --save 追溯材料；之后 minsheng verify folder 追溯材料 可离线再验。
/// 不经通报也可追溯一份报送的现状：minsheng trace 3.2/2023-06；下级的：minsheng trace 3.2@430923/2023-06
#[derive(Args, Debug)]
pub(crate) struct Trace {
    /// 通报，如 2023-06-1；或报送，如 3.2/2023-06
    figure: String,
    /// 指标，如 3.2（追溯通报或快照时必填）
    #[arg(long, value_name = "CODE")]
    indicator: Option<String>,
    /// 所给的是快照（已发布的排名），不是通报
    #[arg(long)]
    snapshot: bool,
    /// 存证账公钥或其文件，可多次；省略时本级用登录文件中记下的，下级用首次收到时留存的
    #[arg(long = "key", value_name = "VKEY")]
    keys: Vec<String>,
    /// 存到文件夹：条目、回执、公钥
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// 同时下载本级的佐证文件并核对SHA-256（与 --save 同用时存下）
    #[arg(long)]
    evidence: bool,
}

impl Trace {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        let start = self.start(session).await?;
        let mut chain = fetch_chain(session, start).await?;
        chain.keys = with_given(chain.keys, given_keys(&self.keys)?)?;
        let traced = check_chain(&chain)?;
        if let Some(folder) = &self.save {
            save_chain(folder, &chain)?;
        }
        show(session.output, &traced)?;
        if self.evidence {
            let hashes = evidence_of(&traced);
            let bar = session.output.bar("取佐证", u64::try_from(hashes.len()).unwrap_or(0));
            for hash in &hashes {
                let content = evidence::download(session, hash).await?;
                if let Some(folder) = &self.save {
                    file::write(&kept_at(folder, hash), &content, 0o644)?;
                }
                bar.inc(1);
            }
            bar.finish_and_clear();
            session.output.remark(&format!("佐证文件{}个，内容与SHA-256相符。", hashes.len()));
        }
        if let Some(folder) = &self.save {
            session.output.remark(&format!("已存到{}，可用 minsheng verify folder 离线再验。", folder.display()));
        }
        Ok(())
    }

    /// Where the trace begins.
    async fn start(&self, session: &Session) -> Outcome<Start> {
        let of = |word: &str| self.figure.contains(word);
        let is_report = of("/reports/") || of("/") && !of("/bulletins/") && !of("/snapshots/");
        if is_report && !self.snapshot {
            if self.indicator.is_some() {
                return Err(Failure::usage("追溯报送时不写 --indicator：报送名中已有指标，如 3.2/2023-06"));
            }
            return Ok(Start::Report(session.report(&self.figure).await?));
        }
        let missing = || Failure::usage("追溯通报或快照时须写 --indicator，如 --indicator 3.2");
        let indicator = self.indicator.clone().ok_or_else(missing)?;
        let collection = if self.snapshot { "snapshots" } else { "bulletins" };
        Ok(Start::Sealed { name: session.numbered(collection, &self.figure).await?, indicator })
    }
}

/// Hashes of this tier's evidence behind a chain.
fn evidence_of(traced: &Traced) -> BTreeSet<Vec<u8>> {
    let figures = traced.shares.iter().chain([&traced.figure]);
    let files = figures.flat_map(|figure| &figure.measures).flat_map(|measure| &measure.evidence);
    files.map(|file| file.sha256.clone()).collect()
}

/// Where a piece of evidence lies in a folder.
fn kept_at(folder: &Path, sha256: &[u8]) -> PathBuf {
    folder.join("evidence").join(hex::encode(sha256))
}

/// Checks the evidence that was kept with a chain, and tells how many files that are; those not kept are no fault.
pub(crate) fn check_kept_evidence(folder: &Path, traced: &Traced) -> Outcome<usize> {
    let mut kept = 0;
    for hash in evidence_of(traced) {
        let path = kept_at(folder, &hash);
        if !path.exists() {
            continue;
        }
        if file::sha256(&file::bytes(&path)?) != *hash {
            return Err(Failure::verification(format!("佐证文件{}的内容与SHA-256不符", path.display())));
        }
        kept += 1;
    }
    Ok(kept)
}

/// Prints a proved chain.
pub(crate) fn show(output: Output, traced: &Traced) -> Outcome {
    if output.is_json() { output.value(&json::trace(traced)) } else { output.text(&text::trace(traced)) }
}
