//! A report as people read it in a terminal.

use std::path::Path;

use minsheng_proto::reporting::v1::{ListReportsRequest, ListReportsResponse, Report};

use super::steps::get;
use crate::failure::Outcome;
use crate::file;
use crate::output::{Table, json, one_line};
use crate::session::{Session, all_pages};
use crate::words;

/// A report in one line.
pub(super) fn line(report: &Report) -> String {
    let mut parts = vec![format!("{}：{}", report.name, words::report_state(report.state()))];
    if report.version > 0 {
        parts.push(format!("第{}稿", report.version));
    }
    if report.late {
        parts.push(format!("迟报{}个工作日", report.working_days_late));
    }
    if report.entered_for_unit {
        parts.push("代录".to_owned());
    }
    format!("{}\n", parts.join("，"))
}

pub(super) async fn show(session: &mut Session, text: &str) -> Outcome {
    let name = session.report(text).await?;
    let report = get(session, &name).await?;
    session.output.answer(&report, whole)
}

pub(super) async fn export(session: &mut Session, text: &str, out: &Path) -> Outcome {
    let name = session.report(text).await?;
    let content = get(session, &name).await?.content.unwrap_or_default();
    file::write(out, format!("{:#}\n", json::to_json(&content)?).as_bytes(), 0o644)?;
    session.output.remark(&format!("已写出{}", out.display()));
    Ok(())
}

pub(super) async fn list(session: &mut Session, period: String, unit: String) -> Outcome {
    let programme = session.programme().await?;
    let reports = all_pages(|page_token| {
        let mut client = session.gateway.reports();
        let (programme, period, unit) = (programme.clone(), period.clone(), unit.clone());
        let request = ListReportsRequest { programme, period, unit, page_size: 1000, page_token };
        async move {
            let answer = client.list_reports(request).await?.into_inner();
            Ok((answer.reports, answer.next_page_token))
        }
    });
    let answer = ListReportsResponse { reports: reports.await?, next_page_token: String::new() };
    session.output.answer(&answer, |answer| {
        let mut table = Table::new(["报送", "单位", "状态", ">稿次", "首次收到", "迟", "代录"]);
        for report in &answer.reports {
            let (version, time) = (report.version.to_string(), words::time(report.first_submit_time.as_ref()));
            let (late, entered) = (words::yes(report.late), words::yes(report.entered_for_unit));
            let state = words::report_state(report.state());
            table.row([&report.name, &report.unit, state, &version, &time, late, entered]);
        }
        table.text()
    })
}

fn whole(report: &Report) -> String {
    let content = report.content.clone().unwrap_or_default();
    let mut text = line(report);
    if !report.demo_mark.is_empty() {
        text.push_str(&format!("{}\n", report.demo_mark));
    }
    text.push_str(&format!(
        "单位{}，数据截至{}，最后一天{}，按第{}版目录\n",
        report.unit, report.cut_off, report.due_date, report.programme_version
    ));
    let mut table = Table::new(["计量项", ">累计（时点）数", "单位", ">本期", "阶段", "兑现", "分解"]);
    for value in &content.values {
        let quantity = |quantity: Option<&minsheng_proto::common::v1::Quantity>| {
            quantity.map_or_else(String::new, |quantity| quantity.value.clone())
        };
        let unit = match value.value.as_ref().and_then(|value| value.state.as_ref()) {
            Some(minsheng_proto::common::v1::value::State::Quantity(quantity)) => quantity.unit.clone(),
            _ => String::new(),
        };
        let shown = words::value(value.value.as_ref());
        let parts = if value.breakdown.is_empty() { String::new() } else { format!("{}行", value.breakdown.len()) };
        let this_period = quantity(value.this_period.as_ref());
        table.row([&value.measure, &shown, &unit, &this_period, &value.stage, words::yes(value.paid), &parts]);
    }
    if !table.is_empty() {
        text.push_str(&table.text());
    }
    let narrative = content.narrative.unwrap_or_default();
    let paragraphs = [
        ("工作进展", &narrative.progress),
        ("主要做法", &narrative.measures_taken),
        ("存在问题及原因", &narrative.problems),
        ("下步打算", &narrative.next_steps),
    ];
    for (title, words) in paragraphs.into_iter().filter(|(_, words)| !words.is_empty()) {
        text.push_str(&format!("{title}：{}\n", one_line(words)));
    }
    for file in &content.evidence {
        text.push_str(&format!("佐证：{} {} {}\n", hex::encode(&file.sha256), one_line(&file.label), file.measure));
    }
    for reason in &report.return_reasons {
        text.push_str(&format!(
            "退回：{} {}（{}）\n",
            reason.measure,
            one_line(&reason.reason),
            reason.returned_by_unit
        ));
    }
    for step in &report.steps {
        let reason = if step.reason.is_empty() { String::new() } else { format!("：{}", one_line(&step.reason)) };
        let (time, act) = (words::time(step.time.as_ref()), words::report_act(&step.act));
        text.push_str(&format!("{time} {act} {}{reason}\n", step.account));
    }
    if !report.findings.is_empty() {
        text.push_str(&words::findings(&report.findings));
    }
    text
}
