//! `period`: closing a month.

use clap::{Args, Subcommand};
use minsheng_proto::reporting::v1::ClosePeriodRequest;

use crate::failure::Outcome;
use crate::session::Session;

/// 期
#[derive(Args, Debug)]
pub(crate) struct PeriodCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 关闭一个月（实事办）：未到的记为缺报，此后不再接收
    ///
    /// 示例：minsheng period close 2023-06
    Close {
        /// 月份
        #[arg(value_parser = super::month)]
        period: String,
    },
}

impl PeriodCommand {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        let Command::Close { period } = self.command;
        let request = ClosePeriodRequest {
            programme: session.programme().await?,
            period: period.clone(),
            request_id: session.request_id(),
        };
        let answer = session.gateway.duties().close_period(request).await?.into_inner();
        session.receipts([&answer.receipt])?;
        session.output.answer(&answer, |answer| {
            let mut text = format!("{period}已关闭，缺报{}份。\n", answer.missing.len());
            for name in &answer.missing {
                text.push_str(&format!("  {name}\n"));
            }
            text
        })
    }
}
