//! A case as people read it in a terminal: reported, fast and certified values side by side, and what they rest on.

use minsheng_proto::verification::v1::{Case, CaseValue, GetCaseResponse, ListCasesResponse};

use crate::failure::Outcome;
use crate::output::{Table, one_line};
use crate::session::Session;
use crate::words;

/// A case in one line.
pub(super) fn line(case: &Case) -> String {
    format!("{}：{}\n", case.name, words::case_state(case.state()))
}

pub(super) fn list(session: &Session, cases: Vec<Case>) -> Outcome {
    let answer = ListCasesResponse { cases, next_page_token: String::new() };
    session.output.answer(&answer, |answer| {
        let mut table = Table::new(["报送（稿）", "单位", "状态", "收到", "迟", "代录", ">预警", "认定单位"]);
        for case in &answer.cases {
            let (time, findings) = (words::time(case.submit_time.as_ref()), case.findings.len().to_string());
            let (late, entered) = (words::yes(case.late), words::yes(case.entered_for_unit));
            let state = words::case_state(case.state());
            table.row([&case.name, &case.unit, state, &time, late, entered, &findings, &case.certifier]);
        }
        format!("{}共{}份。\n", table.text(), answer.cases.len())
    })
}

pub(super) fn whole(found: &GetCaseResponse) -> String {
    let case = found.case.clone().unwrap_or_default();
    let mut text = line(&case);
    text.push_str(&format!(
        "单位{}，认定单位{}，收到{}，报送存证第{}条（{}）\n",
        case.unit,
        case.certifier,
        words::time(case.submit_time.as_ref()),
        case.submission_sequence,
        hex::encode(&case.submission_leaf_hash),
    ));
    text.push_str(&values(&case.values));
    if !case.correction_reason.is_empty() {
        text.push_str(&format!("申请更正：{}\n", one_line(&case.correction_reason)));
    }
    let content = case.content.clone().unwrap_or_default();
    for file in &content.evidence {
        text.push_str(&format!("佐证：{} {} {}\n", hex::encode(&file.sha256), one_line(&file.label), file.measure));
    }
    for explained in &content.explanations {
        text.push_str(&format!("说明：{} {}\n", explained.finding_id, one_line(&explained.text)));
    }
    for list in &found.items {
        let mut table = Table::new(["序号", "名称", "区划", "阶段", ">数量"]);
        for item in &list.items {
            let last = item.stages.last().map(|stage| format!("{} {}", stage.stage, stage.date)).unwrap_or_default();
            table.row([&item.serial, &item.title, &item.division, &last, &item.amount]);
        }
        text.push_str(&format!("{}台账{}条：\n{}", list.measure, list.items.len(), table.text()));
    }
    text.push_str(&words::findings(&case.findings));
    text
}

fn values(values: &[CaseValue]) -> String {
    let mut table = Table::new(["计量项", ">报送数", ">快报数", ">认定数", "调整理由", ">往期数", "往期"]);
    for value in values {
        let [reported, fast, certified] =
            [&value.reported, &value.fast, &value.certified].map(|value| words::value(value.as_ref()));
        let earlier = value.earlier.clone().unwrap_or_default();
        let before = words::value(earlier.value.as_ref());
        let when = match earlier.state.as_str() {
            "CERTIFIED" => format!("{}（认定）", earlier.period),
            "FAST" => format!("{}（快报）", earlier.period),
            "REPORTED" => format!("{}（报送）", earlier.period),
            _ => earlier.period,
        };
        table.row([&value.measure, &reported, &fast, &certified, &value.adjust_reason, &before, &when]);
    }
    table.text()
}
