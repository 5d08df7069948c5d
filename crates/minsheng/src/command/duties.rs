//! `duties`: who owes what by when.

use clap::Args;
use minsheng_proto::reporting::v1::{Duty, DutyKind, ListDutiesRequest, ListDutiesResponse};

use crate::failure::Outcome;
use crate::output::Table;
use crate::session::Session;
use crate::words;

/// 我该报什么、何时截止、办到哪一步
///
/// 示例：minsheng duties --period 2023-06
#[derive(Args, Debug)]
pub(crate) struct Duties {
    /// 月份，如 2023-06
    #[arg(long, value_name = "MONTH", value_parser = super::month)]
    period: String,
    /// 只看某单位（实事办、认定单位用）
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// 只看未办的
    #[arg(long)]
    open: bool,
}

impl Duties {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        let programme = session.programme().await?;
        let mut answer = ListDutiesResponse::default();
        loop {
            let request = ListDutiesRequest {
                programme: programme.clone(),
                period: self.period.clone(),
                unit: self.unit.clone().unwrap_or_default(),
                page_size: 1000,
                page_token: std::mem::take(&mut answer.next_page_token),
            };
            let page = session.gateway.duties().list_duties(request).await?.into_inner();
            answer.duties.extend(page.duties);
            answer.closed = page.closed;
            answer.next_page_token = page.next_page_token;
            if answer.next_page_token.is_empty() {
                break;
            }
        }
        if self.open {
            answer.duties.retain(|duty| !duty.fulfilled);
        }
        session.output.answer(&answer, |answer| text(answer, &self.period))
    }
}

fn text(answer: &ListDutiesResponse, period: &str) -> String {
    let mut table = Table::new(["单位", "事项", "指标", "状态", "截止（24时前）", "数据截至", "迟", "要佐证"]);
    for duty in &answer.duties {
        let (what, title) = match duty.kind() {
            DutyKind::Article => ("典型经验", String::new()),
            DutyKind::Report | DutyKind::Unspecified => {
                ("进展", format!("{} {}", duty.indicator, duty.indicator_title))
            }
        };
        let cells = [&duty.unit_name, what, &title, state(duty), &duty.due_date, &duty.cut_off];
        table.row(cells.into_iter().chain([words::yes(duty.late), words::yes(duty.evidence_required)]));
    }
    let open = answer.duties.iter().filter(|duty| !duty.fulfilled).count();
    let closed = if answer.closed { "，本期已关闭" } else { "" };
    format!("{}{period}共{}项，未办{open}项{closed}。\n", table.text(), answer.duties.len())
}

fn state(duty: &Duty) -> &'static str {
    match duty.kind() {
        DutyKind::Article if duty.fulfilled => "已报送",
        DutyKind::Article => "未填",
        DutyKind::Report | DutyKind::Unspecified => words::report_state(duty.state()),
    }
}
