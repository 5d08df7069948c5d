//! `mandates`: what the parent asks of this tier, which measure here answers it, and the way on after an alarm.

use clap::{Args, Subcommand};
use minsheng_proto::catalogue::v1::{
    ListMandatesRequest, ListMandatesResponse, Mandate, MandateAnswer, ResolveMandateAlarmRequest,
};

use crate::failure::Outcome;
use crate::output::Table;
use crate::session::{Session, programme_name};
use crate::words;

/// 上级任务
#[derive(Args, Debug)]
pub(crate) struct Mandates {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 上级下达给本级的任务、所依文件，以及本级由哪个计量项回答
    ///
    /// 示例：minsheng mandates list
    List {
        /// 项目名，如 430923-2023；省略为当前项目
        name: Option<String>,
    },
    /// 停止接收的原因查清后，从头重新接收上级的任务（安全管理员）；已经收到的保留
    ///
    /// 示例：minsheng mandates resolve minsheng/430900/catalogue --alarm LEDGER_KEY_CHANGED --reason 市级重建系统，已电话核实
    Resolve {
        /// 上级的账，如 minsheng/430900/catalogue
        origin: String,
        /// 告警名称
        #[arg(long)]
        alarm: String,
        /// 查明的原因、向谁核实
        #[arg(long)]
        reason: String,
    },
}

impl Mandates {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        match self.command {
            Command::List { name } => {
                let programme = match name {
                    Some(name) => programme_name(&name),
                    None => session.programme().await?,
                };
                let request = ListMandatesRequest { programme };
                let answer = session.gateway.mandates().list_mandates(request).await?.into_inner();
                session.output.answer(&answer, show)
            }
            Command::Resolve { origin, alarm, reason } => {
                let request = ResolveMandateAlarmRequest { origin, alarm, reason, request_id: session.request_id() };
                let mut alarms = session.gateway.mandate_alarms();
                let answer = alarms.resolve_mandate_alarm(request).await?.into_inner();
                session.receipts([&answer.receipt])?;
                session.output.answer(&answer, |_| "已处理，将从头重新接收上级的任务。\n".to_owned())
            }
        }
    }
}

fn show(answer: &ListMandatesResponse) -> String {
    let mut text = String::new();
    if let Some(alarm) = &answer.alarm {
        text = format!("已停止接收上级任务（{} {}）：{}。\n", alarm.origin, alarm.code, alarm.message);
    }
    let mut table = Table::new(["上级任务", "名称", "要求", "文号", "版本", "本级回答", "本级目标"]);
    for mandate in &answer.mandates {
        let Mandate { measure, programme_version, .. } = mandate;
        let definition = mandate.definition.clone().unwrap_or_default();
        let document = mandate.source.as_ref().map_or("", |source| source.document_number.as_str());
        let (by, target) = answered(&mandate.answers);
        let asked = format!("{}{}", definition.target, definition.unit);
        table.row([measure, &definition.title, &asked, document, &programme_version.to_string(), &by, &target]);
    }
    match answer.mandates.is_empty() {
        true => text.push_str("没有收到上级任务。\n"),
        false => text.push_str(&table.text()),
    }
    if !answer.findings.is_empty() {
        text.push_str(&words::findings(&answer.findings));
    }
    text
}

/// What answers a mandate, and with which target.
fn answered(answers: &[MandateAnswer]) -> (String, String) {
    let by = answers.iter().map(|answer| match answer.measure.as_str() {
        "" => format!("{}（未定计量项）", answer.indicator),
        measure => measure.to_owned(),
    });
    let targets = answers.iter().map(|answer| {
        answer.target.as_ref().map_or_else(|| "—".to_owned(), |target| format!("{}{}", target.value, target.unit))
    });
    let (by, targets): (Vec<String>, Vec<String>) = (by.collect(), targets.collect());
    match by.is_empty() {
        true => ("无".to_owned(), "—".to_owned()),
        false => (by.join("、"), targets.join("、")),
    }
}
