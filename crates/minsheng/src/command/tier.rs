//! `tier`: lower tiers and alarms about other tiers' ledgers, for the security administrator.

mod filing;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use minsheng_proto::identity::v1::{
    Alarm, CreateEnrolmentCodeRequest, CreateEnrolmentCodeResponse, ListAlarmsRequest, ListAlarmsResponse,
    ListTiersRequest, ListTiersResponse, LowerTier, ResolveAlarmRequest, RevokeTierRequest,
};
use minsheng_proto::reporting::v1::ListTierAlarmsResponse;

use super::bundle::{bundle_state, joining};
use crate::failure::{Failure, Kind, Outcome};
use crate::head::Head;
use crate::output::{Table, json};
use crate::session::{Session, all_pages};
use crate::words;

/// 下级的接入、撤销，账头告警的处理
#[derive(Args, Debug)]
pub(crate) struct Tier {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 为一个下级生成一次性登记码，并给出下级要运行的命令
    ///
    /// 示例：minsheng tier code --division 430923 --url https://mz.yiyang.example:50050
    Code {
        /// 下级的行政区划代码
        #[arg(long, value_name = "CODE")]
        division: String,
        /// 下级能连到的本级网关地址；省略为登录所用的地址
        #[arg(long, value_name = "URL")]
        url: Option<String>,
    },
    /// 没有线路的下级接入：核对其登记申请文件，写出带回的答复文件
    ///
    /// 示例：minsheng tier enrol 430923.request --out 430923.answer
    Enrol {
        /// 下级用 minsheng parent request 写出的申请
        file: PathBuf,
        /// 答复写到哪个文件
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// 已接入的下级：证书、上次交换账头的时间、数据包
    List,
    /// 撤销一个下级的全部证书，立即生效
    ///
    /// 示例：minsheng tier revoke 430923 --reason 设备失窃
    Revoke {
        /// 下级的行政区划代码
        division: String,
        /// 理由
        #[arg(long)]
        reason: String,
    },
    /// 告警：账头与保存的不符的，连同两个头；下级上报的数据有异常的
    Alarms {
        /// 连同已处理的
        #[arg(long)]
        all: bool,
    },
    /// 处理一个告警：查明原因后，认定此后以哪个头为准
    ///
    /// 示例：minsheng tier resolve minsheng/430923/reporting --accept offered --root 3f2a91c0 --reason 磁盘损坏后恢复
    Resolve {
        /// 账名，如 minsheng/430923/reporting
        origin: String,
        /// 以哪个头为准：offered为对方报出的，kept为已保存的
        #[arg(long, value_enum, value_name = "HEAD")]
        accept: Accept,
        /// 与对方核对过的根（十六进制，至少前8位）：告警在此期间变化时不予处理
        #[arg(long, value_name = "HEX")]
        root: String,
        /// 理由
        #[arg(long)]
        reason: String,
    },
    /// 下级的账换了公钥或由旧备份恢复的，查明后按现在的账接收其数据
    ///
    /// 示例：minsheng tier accept minsheng/430923/verification --key 3f2a91c0 --reason 密钥文件损坏，已电话核对指纹
    Accept {
        /// 账名，如 minsheng/430923/verification
        origin: String,
        /// 与下级核对过的公钥指纹（至少前8位）；没有换公钥的省略
        #[arg(long, value_name = "HEX")]
        key: Option<String>,
        /// 理由
        #[arg(long)]
        reason: String,
    },
    /// 关闭一条上报数据的告警，所涉数据不采用
    ///
    /// 示例：minsheng tier dismiss minsheng/430921/verification --division 430923 --alarm FIGURES_OF_ANOTHER --reason 下级测试误发
    Dismiss {
        /// 账名，如告警所示
        origin: String,
        /// 上报的下级
        #[arg(long, value_name = "CODE")]
        division: String,
        /// 告警名称
        #[arg(long)]
        alarm: String,
        /// 理由
        #[arg(long)]
        reason: String,
    },
}

/// One of the two heads of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Accept {
    /// 对方报出的
    Offered,
    /// 已保存的
    Kept,
}

impl Tier {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::Code { division, url } => code(session, division, url).await,
            Command::Enrol { file, out } => joining::enrol(session, &file, &out).await,
            Command::List => {
                let answer = ListTiersResponse { tiers: all(session).await?, next_page_token: String::new() };
                session.output.answer(&answer, |answer| tiers(&answer.tiers))
            }
            Command::Revoke { division, reason } => {
                let request =
                    RevokeTierRequest { division: division.clone(), reason, request_id: session.request_id() };
                let answer = session.gateway.tiers().revoke_tier(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer, |_| format!("已撤销{division}的全部证书和未用的登记码。\n"))
            }
            Command::Alarms { all } => show_alarms(session, all).await,
            Command::Resolve { origin, accept, root, reason } => resolve(session, origin, accept, &root, reason).await,
            Command::Accept { origin, key, reason } => filing::accept(session, origin, key.as_deref(), reason).await,
            Command::Dismiss { origin, division, alarm, reason } => {
                filing::dismiss(session, division, origin, alarm, reason).await
            }
        }
    }
}

async fn code(session: &mut Session, division: String, url: Option<String>) -> Outcome {
    let url = url.unwrap_or_else(|| session.profile.gateway.clone());
    let request = CreateEnrolmentCodeRequest { division: division.clone() };
    let answer = session.gateway.tiers().create_enrolment_code(request).await;
    let again = |failure: Failure| match failure.kind {
        Kind::Unavailable => failure.hint("再运行一次即可：新的登记码会使前一个作废"),
        _ => failure,
    };
    let answer = answer.map_err(|status| again(status.into()))?.into_inner();
    session.receipts([&answer.receipt])?;
    let line = join_line(&url, &answer);
    if session.output.is_json() {
        let mut shown = json::to_json(&answer)?;
        shown["joinCommand"] = line.into();
        return session.output.value(&shown);
    }
    let until = words::time(answer.expire_time.as_ref());
    session.output.text(&format!(
        "登记码：{}（只显示这一次，只能用一次，{until}前有效）\n指纹：{}（请通过电话等另一途径与下级核对）\n请下级的安全管理员运行：\n  {line}\n没有线路的，请其运行：\n  minsheng parent request --code {} --out {division}.request\n",
        answer.code, answer.fingerprint, answer.code
    ))?;
    if is_this_machine(&url) {
        session.output.remark("地址只在本机可用；下级在别处时，用 --url 给出下级能连到的地址。");
    }
    Ok(())
}

/// What the other side types.
fn join_line(url: &str, answer: &CreateEnrolmentCodeResponse) -> String {
    format!("minsheng parent join --url {url} --code {} --fingerprint {}", answer.code, answer.fingerprint)
}

fn is_this_machine(url: &str) -> bool {
    let address: Option<http::Uri> = url.parse().ok();
    matches!(address.as_ref().and_then(http::Uri::host), Some("127.0.0.1" | "localhost" | "[::1]"))
}

/// All lower tiers.
pub(crate) async fn all(session: &Session) -> Outcome<Vec<LowerTier>> {
    all_pages(|page_token| {
        let mut client = session.gateway.tiers();
        async move {
            let answer = client.list_tiers(ListTiersRequest { page_size: 1000, page_token }).await?.into_inner();
            Ok((answer.tiers, answer.next_page_token))
        }
    })
    .await
}

fn tiers(tiers: &[LowerTier]) -> String {
    if tiers.is_empty() {
        return "没有接入的下级。\n".to_owned();
    }
    let mut table =
        Table::new(["区划", "状态", "接入时间", "证书有效至", "上次交换账头", "数据包", ">保存的账", "撤销理由"]);
    for tier in tiers {
        let newest = tier.certificates.iter().filter_map(|held| held.expire_time.as_ref());
        let until = newest.max_by_key(|time| time.seconds);
        let state = if tier.revoked { "已撤销" } else { "已接入" };
        let exchanged = tier.exchange_time.as_ref();
        let exchanged = exchanged.map_or_else(|| "从未".to_owned(), |time| words::time(Some(time)));
        let kept = tier.ledgers.iter().filter(|ledger| !ledger.checkpoint.is_empty()).count();
        let (enrolled, until) = (words::time(tier.enrol_time.as_ref()), words::time(until));
        let (bundles, reason) = (bundle_state(tier.bundles.as_ref()).unwrap_or_default(), &tier.revoke_reason);
        table.row([&tier.division, state, &enrolled, &until, &exchanged, &bundles, &kept.to_string(), reason]);
    }
    table.text()
}

/// Alarms about heads and about filings.
async fn show_alarms(session: &Session, with_resolved: bool) -> Outcome {
    let answer = session.gateway.tiers().list_alarms(ListAlarmsRequest { with_resolved }).await?.into_inner();
    // What is known of heads is shown also while reporting is away.
    let filing = filing::list(session, with_resolved).await.unwrap_or_else(|failure| {
        session.output.remark(&format!("上报数据的告警没有查到：{}", failure.message));
        ListTierAlarmsResponse::default()
    });
    if session.output.is_json() {
        let mut shown = json::to_json(&answer)?;
        shown["filingAlarms"] = json::to_json(&filing)?["alarms"].take();
        return session.output.value(&shown);
    }
    match answer.alarms.is_empty() && filing.alarms.is_empty() {
        true => session.output.text("没有告警。\n"),
        false => session.output.text(&format!("{}{}", alarms(&answer), filing::show(&filing.alarms))),
    }
}

/// Alarms, each with both heads.
fn alarms(answer: &ListAlarmsResponse) -> String {
    let mut text = String::new();
    for alarm in &answer.alarms {
        let raised = words::time(alarm.raise_time.as_ref());
        text.push_str(&format!(
            "{}：{}（{}），{raised}起\n  保存的头：{}\n  对方报出：{}\n",
            alarm.origin,
            words::ledger_fault(&alarm.reason),
            alarm.reason,
            Head::words(&alarm.kept_checkpoint),
            Head::words(&alarm.offered_checkpoint),
        ));
        if alarm.resolve_time.is_some() {
            let resolved = words::time(alarm.resolve_time.as_ref());
            text.push_str(&format!("  {resolved}由{}处理：{}\n", alarm.resolved_by, alarm.resolve_reason));
        }
    }
    text
}

async fn resolve(session: &mut Session, origin: String, accept: Accept, root: &str, reason: String) -> Outcome {
    let request = ListAlarmsRequest { with_resolved: false };
    let open = session.gateway.tiers().list_alarms(request).await?.into_inner().alarms;
    let alarm = open.into_iter().find(|alarm| alarm.origin == origin);
    let alarm = alarm.ok_or_else(|| Failure::not_found(format!("{origin}没有未处理的告警")))?;
    let offered_key = alarm.offered_key.clone();
    let accepted_checkpoint = accepted(alarm, accept, root)?;
    let request = ResolveAlarmRequest { origin, accepted_checkpoint, reason, request_id: session.request_id() };
    let shown = Head::words(&request.accepted_checkpoint);
    let (origin, reason) = (request.origin.clone(), request.reason.clone());
    let answer = session.gateway.tiers().resolve_alarm(request).await?.into_inner();
    session.receipts([&answer.receipt])?;
    if accept == Accept::Offered {
        filing::follow(session, &origin, offered_key, reason).await?;
    }
    session.output.answer(&answer, |_| format!("告警已处理，此后以此为准：{shown}。\n"))
}

/// The head meant, if it is still the one that was compared.
fn accepted(alarm: Alarm, accept: Accept, root: &str) -> Outcome<String> {
    let (side, checkpoint) = match accept {
        Accept::Offered => ("对方报出的头", alarm.offered_checkpoint),
        Accept::Kept => ("保存的头", alarm.kept_checkpoint),
    };
    if Head::read(&checkpoint).is_some_and(|head| head.is(root)) {
        return Ok(checkpoint);
    }
    let failure =
        Failure::new(Kind::State, format!("{side}与所给的根{root}不符")).fault(side, Head::words(&checkpoint));
    Err(failure.hint("用 minsheng tier alarms 重新查看，与对方核对后再处理（根至少写前8位）"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const KEPT: &str = "minsheng/430923/reporting\n7\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\n";
    const OFFERED: &str = "minsheng/430923/reporting\n5\nAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n\n";

    fn alarm() -> Alarm {
        Alarm { kept_checkpoint: KEPT.into(), offered_checkpoint: OFFERED.into(), ..Alarm::default() }
    }

    #[test]
    fn only_the_head_that_was_compared_is_accepted() {
        assert_eq!(accepted(alarm(), Accept::Offered, "02020202").unwrap(), OFFERED);
        assert_eq!(accepted(alarm(), Accept::Kept, &"01".repeat(32)).unwrap(), KEPT);
        for (accept, root) in [(Accept::Offered, "01010101"), (Accept::Kept, "02020202"), (Accept::Kept, "0101")] {
            let refused = accepted(alarm(), accept, root).unwrap_err();
            assert_eq!(refused.kind, Kind::State);
            assert!(refused.text().contains("minsheng tier alarms"), "{}", refused.text());
        }
    }

    #[test]
    fn both_heads_are_shown() {
        let mut alarm = alarm();
        alarm.origin = "minsheng/430923/reporting".into();
        alarm.reason = "LEDGER_SHORTER".into();
        let shown = alarms(&ListAlarmsResponse { alarms: vec![alarm] });
        assert!(shown.contains("7条，根0101") && shown.contains("5条，根0202"), "{shown}");
        assert!(shown.contains("LEDGER_SHORTER"), "{shown}");
    }

    #[test]
    fn the_line_for_the_other_side_can_be_run_as_it_is() {
        let answer = CreateEnrolmentCodeResponse {
            code: "ABCDE-FGHJK-LMNPQ-RSTUV-WXYZ2".into(),
            fingerprint: "ab".repeat(32),
            ..CreateEnrolmentCodeResponse::default()
        };
        let line = join_line("https://127.0.0.1:50050", &answer);
        let cli = crate::cli::Cli::read(line.split(' ').map(Into::into));
        assert!(cli.is_ok(), "{line}");
        assert!(is_this_machine("https://127.0.0.1:1") && is_this_machine("https://[::1]:1"));
        assert!(!is_this_machine("https://10.0.0.1:1"));
    }
}
