//! `parent`: the tier above, as this tier has joined it, for the security administrator.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use minsheng_kit::service::SERVICES;
use minsheng_proto::identity::v1::{
    ExchangeNowRequest, ExchangeNowResponse, GetParentRequest, JoinParentRequest, KeptLedger, LeaveParentRequest,
    Parent as Record,
};
use minsheng_proto::ledger::v1::GetCheckpointRequest;

use super::bundle::{bundle_state, joining};
use super::login::first_line;
use crate::failure::{Failure, Kind, Outcome};
use crate::file;
use crate::head::{Head, key_fingerprint};
use crate::output::Table;
use crate::session::Session;
use crate::words;

/// 上级：接入、查看、脱离、交换账头
#[derive(Args, Debug)]
pub(crate) struct Parent {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 用上级给的登记码接入上级
    ///
    /// 示例：minsheng parent join --url https://mz.yiyang.example:50050 --code 登记码 --fingerprint 指纹
    Join {
        /// 上级网关地址
        #[arg(long)]
        url: String,
        /// 上级给的登记码（“-”为从标准输入读）
        #[arg(long)]
        code: String,
        /// 上级告知的指纹：SHA-256，十六进制，可带冒号
        #[arg(long, value_name = "SHA256")]
        fingerprint: String,
    },
    /// 上级的地址、本级证书的期限、双方互相见证的账头
    Show,
    /// 脱离上级：不再上报，不再接收任务
    ///
    /// 示例：minsheng parent leave --reason 改由市局统一接入
    Leave {
        /// 理由
        #[arg(long)]
        reason: String,
    },
    /// 立即与上级交换账头（平时自动进行）
    Exchange,
    /// 没有线路时接入：用上级给的登记码生成登记申请文件，带到上级
    ///
    /// 示例：minsheng parent request --code 登记码 --out 430923.request
    Request {
        /// 上级给的登记码（“-”为从标准输入读）
        #[arg(long)]
        code: String,
        /// 申请写到哪个文件
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// 没有线路时接入：导入上级的答复文件
    ///
    /// 示例：minsheng parent accept 430923.answer
    Accept {
        /// 上级用 minsheng tier enrol 写出的答复
        file: PathBuf,
    },
}

impl Parent {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Join { url, code, fingerprint } => {
                let code = if code == "-" { first_line(&file::text("-".as_ref())?) } else { code };
                let request = JoinParentRequest { url: url.clone(), code, fingerprint };
                let answer = session.gateway.tiers().join_parent(request).await;
                let answer = answer.map_err(|status| not_joined(status.into(), &url))?.into_inner();
                session.receipts([&answer.receipt])?;
                let parent = answer.parent.ok_or_else(|| Failure::answer("parent"))?;
                session.output.answer(&parent, |parent| format!("已接入上级。\n{}", show(parent)))
            }
            Command::Show => {
                let answer = session.gateway.tiers().get_parent(GetParentRequest {}).await?.into_inner();
                let parent = answer.parent.ok_or_else(|| Failure::answer("parent"))?;
                let keys = own_keys(session).await?;
                session.output.answer(&parent, |parent| format!("{}\n本级各账的公钥指纹\n{keys}", show(parent)))
            }
            Command::Leave { reason } => {
                let request = LeaveParentRequest { reason, request_id: session.request_id() };
                let answer = session.gateway.tiers().leave_parent(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer, |_| "已脱离上级：不再上报，不再接收任务。\n".to_owned())
            }
            Command::Request { code, out } => joining::request(session, code, &out).await,
            Command::Accept { file } => joining::accept(session, &file).await,
            Command::Exchange => {
                let answer = session.gateway.tiers().exchange_now(ExchangeNowRequest {}).await;
                let ask = |failure: Failure| match failure.kind {
                    Kind::Unavailable => failure.hint("用 minsheng doctor 查明原因"),
                    _ => failure,
                };
                let answer = answer.map_err(|status| ask(status.into()))?.into_inner();
                session.output.answer(&answer, exchanged)?;
                match answer.refused.len() {
                    0 => Ok(()),
                    count => Err(Failure::verification(format!("{count}本账的头不是已保存的头的延续，没有被接受"))
                        .hint("用 minsheng doctor 查看两个头和处理办法")),
                }
            }
        }
    }
}

/// The code may be used up when the answer was lost; the way to the parent is looked at first.
fn not_joined(failure: Failure, url: &str) -> Failure {
    match failure.kind {
        Kind::Unavailable => failure.hint(format!("用 minsheng doctor --url {url} 查明原因，排除后再接入")),
        _ => failure,
    }
}

/// Keys of this tier's ledgers, to be compared with the parent when it asks.
async fn own_keys(session: &Session) -> Outcome<String> {
    let mut table = Table::new(["账", "指纹"]);
    for service in SERVICES {
        let asked = GetCheckpointRequest { ledger: service.to_owned() };
        let key = session.gateway.ledgers().get_checkpoint(asked).await?.into_inner().verifier_key;
        table.row([key.split('+').next().unwrap_or_default(), &key_fingerprint(&key)]);
    }
    Ok(table.text())
}

fn show(parent: &Record) -> String {
    let mut table = Table::new(["项", "内容"]);
    table.row(["上级", &parent.division]);
    let url = if parent.url.is_empty() { "没有线路，用数据包往来" } else { &parent.url };
    table.row(["地址", url]);
    table.row(["上级指纹", &parent.pinned]);
    table.row(["接入时间", &words::time(parent.join_time.as_ref())]);
    table.row(["本级证书", &parent.fingerprint]);
    table.row(["证书有效至", &words::time(parent.expire_time.as_ref())]);
    let never = || "从未".to_owned();
    let exchanged = parent.exchange_time.as_ref().map_or_else(never, |time| words::time(Some(time)));
    table.row(["上次交换账头", &exchanged]);
    if let Some(bundles) = bundle_state(parent.bundles.as_ref()) {
        table.row(["数据包", &bundles]);
    }
    let failure = if parent.last_failure.is_empty() { "成功" } else { &parent.last_failure };
    table.row(["最近一次联系", failure]);
    let mut text = table.text();
    for (title, ledgers) in [("本级保存的上级账头", &parent.ledgers), ("上级见证的本级账头", &parent.cosigned)]
    {
        if !ledgers.is_empty() {
            text.push_str(&format!("\n{title}\n{}", heads(ledgers)));
        }
    }
    text
}

fn exchanged(answer: &ExchangeNowResponse) -> String {
    let mut text = format!("已交换账头，互相接受{}本。\n{}", answer.kept.len(), heads(&answer.kept));
    for refused in &answer.refused {
        text.push_str(&format!(
            "未接受：{}，{}（{}）\n  保存的头：{}\n  报出的头：{}\n",
            refused.origin,
            words::ledger_fault(&refused.reason),
            refused.reason,
            Head::words(&refused.kept_checkpoint),
            Head::words(&refused.offered_checkpoint),
        ));
    }
    text
}

fn heads(ledgers: &[KeptLedger]) -> String {
    let mut table = Table::new(["账", "时间", ">条数", "根"]);
    for ledger in ledgers {
        let root = Head::read(&ledger.checkpoint).map_or_else(String::new, |head| head.root);
        let kept = words::time(ledger.keep_time.as_ref());
        table.row([&ledger.origin, &kept, &ledger.size.to_string(), &root]);
    }
    table.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_ledger_is_shown_with_both_heads() {
        let refused = minsheng_proto::identity::v1::RefusedLedger {
            origin: "minsheng/430923/reporting".into(),
            reason: "LEDGER_FORKED".into(),
            kept_checkpoint: "minsheng/430923/reporting\n7\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\n".into(),
            offered_checkpoint: "minsheng/430923/reporting\n9\nAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n\n".into(),
        };
        let shown = exchanged(&ExchangeNowResponse { kept: Vec::new(), refused: vec![refused] });
        assert!(shown.contains("7条，根0101") && shown.contains("9条，根0202"), "{shown}");
    }

    #[test]
    fn a_parent_that_is_not_reached_is_no_reason_to_repeat_blindly() {
        let failure = not_joined(Failure::new(Kind::Unavailable, "x"), "https://p:1");
        assert!(failure.text().contains("minsheng doctor --url https://p:1"), "{}", failure.text());
        assert!(!not_joined(Failure::new(Kind::NotAllowed, "x"), "https://p:1").has_hint());
    }
}
