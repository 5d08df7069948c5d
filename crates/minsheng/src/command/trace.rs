//! `trace`: from a bulletin's figure back to report, evidence and ledger entry, every step proved here and not by the
//! server. The chain can be kept in a folder and checked again anywhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use minsheng_proto::verification::v1::AdjustedValue;

use super::evidence;
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::output::one_line;
use crate::proof::{MeasureTrace, Trace as Traced, check_chain, fetch_chain, given_keys, save_chain};
use crate::session::Session;
use crate::words;

/// 从通报中的数追溯：通报→快照→认定→快报→报送→佐证，逐条取存证并在本机验证
///
/// 示例：minsheng trace 2023-06-1 --indicator 3.2 --save 追溯材料；之后 minsheng verify folder 追溯材料 可离线再验
#[derive(Args, Debug)]
pub(crate) struct Trace {
    /// 通报，如 2023-06-1
    bulletin: String,
    /// 指标，如 3.2
    #[arg(long, value_name = "CODE")]
    indicator: String,
    /// 存证账公钥或其文件，可多次；省略时用登录文件中记下的
    #[arg(long = "key", value_name = "VKEY")]
    keys: Vec<String>,
    /// 存到文件夹：条目、回执、公钥
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// 同时下载佐证文件并核对SHA-256（与 --save 同用时存下）
    #[arg(long)]
    evidence: bool,
}

impl Trace {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        let bulletin = session.numbered("bulletins", &self.bulletin).await?;
        let mut chain = fetch_chain(session, &bulletin, &self.indicator).await?;
        chain.keys.extend(given_keys(&self.keys)?);
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
}

/// Hashes of the evidence behind a chain.
fn evidence_of(traced: &Traced) -> BTreeSet<Vec<u8>> {
    let files = traced.measures.iter().flat_map(|measure| &measure.evidence);
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
pub(crate) fn show(output: crate::output::Output, traced: &Traced) -> Outcome {
    if output.is_json() { output.value(&json(traced)) } else { output.text(&text(traced)) }
}

fn text(traced: &Traced) -> String {
    let Traced { bulletin, bulletin_entry, snapshot_entry, snapshot, row, measures } = traced;
    let mark = if snapshot.demo_mark.is_empty() { String::new() } else { format!("【{}】\n", snapshot.demo_mark) };
    let mut text = format!(
        "{mark}通报 {} {}\n  签发：ranking第{}条 {}\n快照 {}（{}，数据截至{}）\n  封存：ranking第{}条 {}\n指标 {} {}：完成{}，{}\n",
        bulletin.name,
        bulletin.document_number,
        bulletin_entry.body.sequence,
        hex::encode(bulletin_entry.leaf),
        snapshot.name,
        words::basis(snapshot.basis()),
        snapshot.cut_off,
        snapshot_entry.body.sequence,
        hex::encode(snapshot_entry.leaf),
        row.indicator,
        one_line(&row.title),
        words::percent(&row.completion),
        words::light(row.light()),
    );
    for measure in measures {
        text.push_str(&measure_text(measure));
    }
    text.push_str("以上各条都在本机验证：条目与叶哈希相符，证明推到已签名的账头，各数前后一致。\n");
    text
}

fn measure_text(trace: &MeasureTrace) -> String {
    let row = &trace.row;
    let mut text = format!("计量项 {} {}（{}）\n", row.measure, one_line(&row.title), row.unit);
    let Some((submission, report)) = trace.submission.as_ref().zip(trace.report.as_ref()) else {
        text.push_str("  没有报送\n");
        return text;
    };
    let step = |name: &str, ledger: &str, entry: &minsheng_proto::ledger::v1::EntryBody, leaf: &[u8], value: String| {
        let actor = entry.actor.clone().unwrap_or_default();
        let time = words::time(entry.time.as_ref());
        format!("  {name}：{value}  {ledger}第{}条 {} {time} {}\n", entry.sequence, hex::encode(leaf), actor.account)
    };
    if let Some(entry) = &trace.certification {
        let value = words::value(row.certified.as_ref());
        text.push_str(&step("认定数", "verification", &entry.body, &entry.leaf, value));
    }
    if let Some(adjusted) = &trace.adjusted {
        text.push_str(&format!("    调整：{}\n", adjustment(adjusted)));
    }
    if let Some(entry) = &trace.pass {
        let value = words::value(row.fast.as_ref());
        text.push_str(&step("快报数", "verification", &entry.body, &entry.leaf, value));
    }
    let value = words::value(row.reported.as_ref());
    text.push_str(&step("报送数", "reporting", &submission.body, &submission.leaf, value));
    let content = report.content.clone().unwrap_or_default();
    let entered = if report.entered_for_unit { "，实事办代录" } else { "" };
    let late = if report.late { "，迟报" } else { "" };
    text.push_str(&format!(
        "    {}第{}稿，填报人{}，审核人{}，负责人{}{entered}{late}\n",
        report.report, report.version, content.filled_by, content.reviewed_by, content.head,
    ));
    for file in &trace.evidence {
        text.push_str(&format!("    佐证：{} {}\n", hex::encode(&file.sha256), one_line(&file.label)));
    }
    text
}

fn adjustment(adjusted: &AdjustedValue) -> String {
    let values = [&adjusted.reported, &adjusted.certified].map(|value| words::value(value.as_ref()));
    format!("{}→{}，{}", values[0], values[1], one_line(&adjusted.reason))
}

fn json(traced: &Traced) -> serde_json::Value {
    let entry = |ledger: &str, entry: &crate::proof::ProvenEntry| {
        serde_json::json!({
            "ledger": ledger,
            "sequence": entry.body.sequence,
            "leafHash": hex::encode(entry.leaf),
            "time": words::time(entry.body.time.as_ref()),
            "account": entry.body.actor.clone().unwrap_or_default().account,
        })
    };
    let measures = traced.measures.iter().map(|trace| {
        let row = &trace.row;
        let files = trace.evidence.iter();
        serde_json::json!({
            "measure": row.measure,
            "unit": row.unit,
            "reported": words::value(row.reported.as_ref()),
            "fast": words::value(row.fast.as_ref()),
            "certified": words::value(row.certified.as_ref()),
            "adjustment": trace.adjusted.as_ref().map(adjustment),
            "report": trace.submission.as_ref().map(|submission| entry("reporting", submission)),
            "pass": trace.pass.as_ref().map(|pass| entry("verification", pass)),
            "certification": trace.certification.as_ref().map(|done| entry("verification", done)),
            "evidence": files.map(|file| hex::encode(&file.sha256)).collect::<Vec<_>>(),
        })
    });
    serde_json::json!({
        "bulletin": traced.bulletin.name,
        "issue": entry("ranking", &traced.bulletin_entry),
        "snapshot": traced.snapshot.name,
        "seal": entry("ranking", &traced.snapshot_entry),
        "indicator": traced.row.indicator,
        "completion": traced.row.completion,
        "measures": measures.collect::<Vec<_>>(),
    })
}
