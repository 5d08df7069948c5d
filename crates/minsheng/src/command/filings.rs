//! `filings`: the sets of figures that this tier sends up, and what the parent answered.

use clap::{Args, Subcommand, ValueEnum};
use minsheng_proto::tier::v1::{ListOutgoingSetsRequest, ListOutgoingSetsResponse, OutgoingSet, OutgoingSetState};

use crate::failure::Outcome;
use crate::output::Table;
use crate::session::{Session, all_pages, programme_name};
use crate::words;

/// 上报上级的数据
#[derive(Args, Debug)]
pub(crate) struct Filings {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 送往上级的各组数据、上级的回执或不收的原因
    ///
    /// 示例：minsheng filings list --state pending
    List {
        /// 上级的项目名，如 430900-2023；省略为全部
        #[arg(long, value_name = "NAME")]
        parent_programme: Option<String>,
        /// 只看一种状态
        #[arg(long, value_enum)]
        state: Option<State>,
    },
}

/// How a set stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    /// 待上级答复
    Pending,
    /// 上级已收
    Filed,
    /// 上级不收
    Refused,
}

impl Filings {
    pub(crate) async fn run(self, session: &mut Session) -> Outcome {
        let Command::List { parent_programme, state } = self.command;
        let programme = parent_programme.as_deref().map_or_else(String::new, programme_name);
        let state = match state {
            None => OutgoingSetState::Unspecified,
            Some(State::Pending) => OutgoingSetState::Pending,
            Some(State::Filed) => OutgoingSetState::Filed,
            Some(State::Refused) => OutgoingSetState::Refused,
        };
        let sets = all_pages(|page_token| {
            let mut client = session.gateway.uplink();
            let request = ListOutgoingSetsRequest {
                programme: programme.clone(),
                state: state.into(),
                page_size: 1000,
                page_token,
            };
            async move {
                let answer = client.list_outgoing_sets(request).await?.into_inner();
                Ok((answer.sets, answer.next_page_token))
            }
        });
        let answer = ListOutgoingSetsResponse { sets: sets.await?, next_page_token: String::new() };
        session.output.answer(&answer, show)
    }
}

fn show(answer: &ListOutgoingSetsResponse) -> String {
    if answer.sets.is_empty() {
        return "没有上报上级的数据。\n".to_owned();
    }
    let mut table = Table::new([
        "上级指标",
        "期",
        "性质",
        "数值",
        "状态",
        "备好时间",
        "答复时间",
        "上级的答复",
        "缺下级",
        ">认定存证",
    ]);
    for set in &answer.sets {
        let values = set.values.iter().map(|value| format!("{}={}", value.measure, words::value(value.value.as_ref())));
        let (values, missing) = (values.collect::<Vec<_>>().join("；"), set.missing.join("、"));
        let (mark, state) = (words::figure_mark(set.mark()), words::outgoing_state(set.state()));
        let sequence = set.decision_sequence.to_string();
        let (put, told) = (words::time(set.put_time.as_ref()), words::time(set.answer_time.as_ref()));
        let answer = answered(set);
        table.row([&set.indicator, &set.period, mark, &values, state, &put, &told, &answer, &missing, &sequence]);
    }
    format!("{}共{}组。\n", table.text(), answer.sets.len())
}

/// The receipt, or why it was refused.
fn answered(set: &OutgoingSet) -> String {
    match (&set.receipt, &set.refusal) {
        (Some(receipt), _) => format!("{} 第{}条", receipt.origin, receipt.sequence),
        (None, Some(refusal)) => format!("{}（{}）", refusal.message, refusal.reason),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use minsheng_proto::common::v1::{Receipt, RowFailure};
    use minsheng_proto::tier::v1::FigureMark;

    use super::*;

    #[test]
    fn a_set_is_shown_with_the_parents_answer() {
        let set = OutgoingSet {
            indicator: "programmes/430900-2023/indicators/3.2".into(),
            period: "2023-06".into(),
            mark: FigureMark::Certified.into(),
            state: OutgoingSetState::Filed.into(),
            receipt: Some(Receipt { origin: "minsheng/430900/reporting".into(), sequence: 17, ..Receipt::default() }),
            put_time: Some(prost_types::Timestamp { seconds: 1_687_226_400, nanos: 0 }),
            answer_time: Some(prost_types::Timestamp { seconds: 1_687_233_600, nanos: 0 }),
            ..OutgoingSet::default()
        };
        let refusal =
            RowFailure { message: "缺计量项".into(), reason: "SET_INCOMPLETE".into(), ..RowFailure::default() };
        let (state, refusal) = (OutgoingSetState::Refused.into(), Some(refusal));
        let refused = OutgoingSet { state, refusal, receipt: None, ..set.clone() };
        let shown = show(&ListOutgoingSetsResponse { sets: vec![set, refused], next_page_token: String::new() });
        assert!(shown.contains("2023-06-20 10:00:00") && shown.contains("2023-06-20 12:00:00"), "{shown}");
        assert!(shown.contains("认定数") && shown.contains("minsheng/430900/reporting 第17条"), "{shown}");
        assert!(shown.contains("上级不收") && shown.contains("缺计量项（SET_INCOMPLETE）"), "{shown}");
    }
}
