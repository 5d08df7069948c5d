//! `audit`: what happened at the door.

use clap::{Args, Subcommand};
use minsheng_proto::identity::v1::{ListAuditEventsRequest, ListAuditEventsResponse};

use crate::failure::Outcome;
use crate::output::Table;
use crate::session::{Session, all_pages};
use crate::words;

/// 审计记录
#[derive(Args, Debug)]
pub(crate) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 登录、被拒绝的调用、账号变动，按存证序号
    List,
}

impl Audit {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        let Command::List = self.command;
        let events = all_pages(|page_token| {
            let mut client = session.gateway.audit();
            async move {
                let request = ListAuditEventsRequest { page_size: 1000, page_token };
                let answer = client.list_audit_events(request).await?.into_inner();
                Ok((answer.events, answer.next_page_token))
            }
        });
        let answer = ListAuditEventsResponse { events: events.await?, next_page_token: String::new() };
        session.output.answer(&answer, |answer| {
            let mut table = Table::new([">序号", "时间", "事件", "账号", "人员", "方法", "原因", "来源", ">次数"]);
            for event in &answer.events {
                let (sequence, time) = (event.sequence.to_string(), words::time(event.time.as_ref()));
                let count = event.count.to_string();
                let rest = [&event.event, &event.account, &event.person, &event.method, &event.reason, &event.source];
                table.row([&sequence, &time].into_iter().chain(rest).chain([&count]));
            }
            table.text()
        })
    }
}
