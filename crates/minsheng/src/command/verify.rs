//! `verify`: receipts, whole ledgers and kept chains offline, with the ledger's public key alone; an issued bulletin's file
//! against the ledger through the gateway.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use minsheng_documents::{Issued, issued_prefix};
use minsheng_kit::ledger::SignedHead;
use minsheng_kit::service::SERVICES;
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::ranking::v1::{Bulletin, BulletinChanged, BulletinFile, BulletinState};

use super::{bulletin, trace};
use crate::failure::{Failure, Kind, Outcome};
use crate::file;
use crate::output::{Output, Table, json, one_line};
use crate::proof::{
    check_chain, database, fetch_entry, given_keys, issue_entry, key_of, load_chain, prove, prove_receipt, read_key,
    verifier,
};
use crate::session::{Options, Session};
use crate::words;

/// 验证文件是否就是签发的那一份（联网）；或验证回执、存证账、追溯材料（离线）
///
/// 文件的SHA-256须在存证账中，证明须成立。PDF签发后盖章、签名的（增量更新），签发的内容仍在其中就是它。
/// 示例：minsheng verify 2023-06.pdf
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Verify {
    #[command(subcommand)]
    command: Option<Command>,
    /// 公文的PDF、DOCX、HTML或XLSX文件
    #[arg(required = true)]
    file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 离线验证回执：签名、账名、证明
    ///
    /// 示例：minsheng verify receipt 回执.json --key reporting.vkey
    Receipt {
        /// 回执（JSON；可为多份的数组）
        file: PathBuf,
        /// 存证账的公钥（名称+编号+公钥）或其文件
        #[arg(long, value_name = "VKEY")]
        key: String,
        /// 条目的原始字节：一并核对叶哈希（只用于单份回执）
        #[arg(long, value_name = "FILE")]
        entry: Option<PathBuf>,
    },
    /// 离线验证一个服务的整本存证账，指出第一条不符的
    ///
    /// 示例：minsheng verify ledger --database sqlite://reporting.db --key reporting.vkey
    Ledger {
        /// 数据库：sqlite://路径 或 postgres://…；只读
        #[arg(long, value_name = "URL")]
        database: String,
        /// 存证账的公钥（名称+编号+公钥）或其文件
        #[arg(long, value_name = "VKEY")]
        key: String,
        /// 他方保存的账头（检查点或回执文件）：本账须是它的延续
        #[arg(long, value_name = "FILE")]
        head: Option<PathBuf>,
    },
    /// 离线再验 trace --save 存下的材料
    ///
    /// 示例：minsheng verify folder 追溯材料 --key ranking.vkey --key reporting.vkey --key verification.vkey
    Folder {
        /// 文件夹
        folder: PathBuf,
        /// 自己持有的公钥或其文件，可多次；没有给的用文件夹中的
        #[arg(long = "key", value_name = "VKEY")]
        keys: Vec<String>,
    },
    /// 各存证账的公钥：向管理员核对后存下，供离线验证（联网）
    ///
    /// 示例：minsheng verify keys --save 公钥
    Keys {
        /// 每个账存一个文件：<账>.vkey
        #[arg(long, value_name = "DIR")]
        save: Option<PathBuf>,
    },
}

impl Verify {
    pub(crate) async fn run(self, options: Options) -> Outcome {
        let output = Output::new(options.output);
        let Some(command) = self.command else {
            let file = self.file.ok_or_else(|| Failure::usage("请写明要验证的文件"))?;
            let mut session = Session::open(options).await?;
            let done = issued_file(&mut session, &file).await;
            return done.map_err(|failure| session.advise(failure));
        };
        match command {
            Command::Receipt { file, key, entry } => receipt(output, &file, &key, entry.as_deref()),
            Command::Ledger { database, key, head } => ledger(output, &database, &key, head.as_deref()).await,
            Command::Folder { folder, keys } => {
                let chain = load_chain(&folder, given_keys(&keys)?)?;
                let traced = check_chain(&chain)?;
                let kept = trace::check_kept_evidence(&folder, &traced)?;
                trace::show(output, &traced)?;
                if kept > 0 {
                    output.remark(&format!("佐证文件{kept}个，内容与SHA-256相符。"));
                }
                Ok(())
            }
            Command::Keys { save } => {
                let mut session = Session::open(options).await?;
                let done = keys(&mut session, save.as_deref()).await;
                done.map_err(|failure| session.advise(failure))
            }
        }
    }
}

fn receipt(output: Output, path: &Path, key: &str, entry: Option<&Path>) -> Outcome {
    let verifier = verifier(&read_key(key)?)?;
    let receipts = receipts(path)?;
    if receipts.is_empty() {
        return Err(Failure::refused("文件中没有回执"));
    }
    let mut shown = Vec::new();
    for receipt in &receipts {
        let head = prove_receipt(receipt, &verifier)
            .map_err(|failure| Failure::verification(format!("第{}条的回执：{}", receipt.sequence, failure.message)))?;
        shown.push((receipt, head));
    }
    if let Some(entry) = entry {
        let [only] = receipts.as_slice() else {
            return Err(Failure::usage("--entry 只用于单份回执"));
        };
        prove(&file::bytes(entry)?, only, &verifier)?;
    }
    if output.is_json() {
        let rows = shown.iter().map(|(receipt, head)| {
            serde_json::json!({"origin": receipt.origin, "sequence": receipt.sequence, "verified": true, "size": head.size})
        });
        return output.value(&serde_json::Value::Array(rows.collect()));
    }
    for (receipt, head) in shown {
        let (origin, sequence) = (&receipt.origin, receipt.sequence);
        output.text(&format!("回执有效：{origin} 第{sequence}条，在共{}条的已签名账头之内。\n", head.size))?;
    }
    Ok(())
}

/// One receipt, or an array of them.
fn receipts(path: &Path) -> Outcome<Vec<Receipt>> {
    let (text, source) = (file::text(path)?, path.display().to_string());
    if !text.trim_start().starts_with('[') {
        return Ok(vec![json::from_json(&text, &source)?]);
    }
    let all: Vec<Box<serde_json::value::RawValue>> =
        serde_json::from_str(&text).map_err(|error| Failure::refused(format!("{source}不合规则：{error}")))?;
    all.iter().map(|one| json::from_json(one.get(), &source)).collect()
}

async fn ledger(output: Output, url: &str, key: &str, head: Option<&Path>) -> Outcome {
    let verifier = verifier(&read_key(key)?)?;
    let kept: Vec<String> = head.map(checkpoint).transpose()?.into_iter().collect();
    let stored = database::open(url).await?;
    let bar = output.bar("验证存证账", stored.size());
    let checked = stored.check(&verifier, &kept, |done| bar.set_position(done)).await;
    bar.finish_and_clear();
    let SignedHead { origin, size, root, .. } = checked?;
    let root = hex::encode(root.0);
    if output.is_json() {
        let row = serde_json::json!({"origin": origin, "size": size, "root": root, "verified": true});
        return output.value(&row);
    }
    let extends = if !kept.is_empty() { "，是另存账头的延续" } else { "" };
    output.text(&format!("存证账完好：{origin}，共{size}条，根{root}{extends}。\n"))
}

/// A head that somebody kept: the checkpoint's text, or a receipt that carries one.
fn checkpoint(path: &Path) -> Outcome<String> {
    let text = file::text(path)?;
    if text.trim_start().starts_with('{') {
        return Ok(json::from_json::<Receipt>(&text, &path.display().to_string())?.checkpoint);
    }
    Ok(text)
}

async fn keys(session: &mut Session, folder: Option<&Path>) -> Outcome {
    let mut keys = serde_json::Map::new();
    for ledger in SERVICES {
        let key = match key_of(session, ledger).await {
            Ok(key) => key,
            Err(failure) if failure.kind == Kind::NotAllowed => {
                session.output.remark(&format!("{ledger}存证账不对本账号开放，略过"));
                continue;
            }
            Err(failure) => return Err(failure),
        };
        if let Some(folder) = folder {
            file::write(&folder.join(format!("{ledger}.vkey")), format!("{key}\n").as_bytes(), 0o644)?;
        }
        keys.insert(ledger.to_owned(), key.into());
    }
    if session.output.is_json() {
        return session.output.value(&keys.into());
    }
    let mut table = Table::new(["存证账", "公钥"]);
    for (ledger, key) in &keys {
        table.row([ledger, key.as_str().unwrap_or_default()]);
    }
    session.output.text(&table.text())
}

async fn issued_file(session: &mut Session, path: &Path) -> Outcome {
    let content = file::bytes(path)?;
    let shown = hex::encode(file::sha256(&content));
    let unknown = || Failure::verification(format!("没有签发过这份文件：SHA-256 {shown}"));
    let programme = session.programme().await?;
    let all = bulletin::all(session, &programme).await?;
    let known = |found: &Bulletin| found.files.iter().find_map(|file| matches(file, &content));
    let found = all.iter().find(|found| known(found).is_some()).ok_or_else(unknown)?;
    let issue = issue_entry(found).ok_or_else(unknown)?;
    let verifier = verifier(&key_of(session, "ranking").await?)?;
    let entry = fetch_entry(session, "ranking", issue).await?;
    let proven = prove(&entry.bytes, &entry.receipt, &verifier)?;
    let change: BulletinChanged = proven.payload().ok_or_else(unknown)?;
    let issued = change.bulletin.filter(|_| change.act == "ISSUED").ok_or_else(unknown)?;
    let added = known(&issued).ok_or_else(unknown)?;
    let since = since(found, &all);
    let appended = match added {
        0 => String::new(),
        added => format!("签发的内容完整；其后追加了{added}字节（盖章、签名等），追加的内容不属于签发的内容。\n"),
    };
    // As it stands now, so that a program sees too what has become of it.
    session.output.answer(found, |_| {
        format!(
            "文件属实：{}{} {}，{}签发，依据快照{}；ranking存证第{}条，在共{}条、根{}的已签名账头之内；SHA-256 {shown}。\n{appended}{since}",
            issued.kind_title,
            issued.name,
            issued.document_number,
            issued.date,
            issued.snapshot,
            proven.body.sequence,
            proven.head.size,
            hex::encode(proven.head.root.0),
        )
    })
}

/// How many bytes a file has behind those that were issued: none, or what incremental updates added to a PDF; none at all
/// where it is another file.
fn matches(issued: &BulletinFile, content: &[u8]) -> Option<u64> {
    let sha256 = issued.sha256.as_slice().try_into().ok()?;
    match issued_prefix(content, issued.size, sha256) {
        Issued::Same => Some(0),
        Issued::Extended => u64::try_from(content.len()).ok()?.checked_sub(issued.size),
        Issued::Other => None,
    }
}

/// What has become of an issued bulletin: void for a reason, or corrected by a later one.
fn since(found: &Bulletin, all: &[Bulletin]) -> String {
    let mut text = String::new();
    for step in found.steps.iter().filter(|step| step.act == "WITHDRAWN") {
        let (when, why) = (words::time(step.time.as_ref()), one_line(&step.reason));
        text.push_str(&format!("注意：{}已于{when}作废：{why}\n", found.document_number));
    }
    let corrections = all.iter().filter(|other| other.corrects == found.name);
    for other in corrections.filter(|other| other.state() == BulletinState::Issued) {
        text.push_str(&format!("注意：已由{}（{}）更正。\n", other.document_number, other.name));
    }
    text
}
