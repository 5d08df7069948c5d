//! Section 五: what is asked for next, each sentence only where the month's figures give cause.

use minsheng_proto::ranking::v1::{IndicatorRow, Light};

use super::compose::{Context, is_behind};
use crate::document::Block;
use crate::text::{clean, list};

/// The section's heading: December closes the year.
pub(crate) fn heading(context: &Context<'_>) -> &'static str {
    if context.period.last_month() == 12 { "下步工作要求" } else { "下月工作要求" }
}

/// The section's parts; the last sentence always stands.
pub(crate) fn parts(context: &Context<'_>) -> Vec<Block> {
    let mut texts = Vec::new();
    let behind: Vec<&IndicatorRow> = context.key().filter(|row| is_behind(row)).collect();
    if !behind.is_empty() {
        let text = "逐项查明滞后原因，拿出赶进度的措施和时间表，下期报送时一并说明。";
        texts.push(("补进度", format!("{}要{text}", list(units(behind.iter().copied())))));
    }
    let no_curve = context.key().filter(|row| row.light() == Light::NoCurve);
    let no_curve: Vec<String> = units(no_curve);
    if !no_curve.is_empty() {
        texts.push(("定计划", format!("{}要尽快报批计划曲线，以便判断进度。", list(&no_curve))));
    }
    let pending = context.key().filter(|row| row.light() == Light::Pending);
    let pending: Vec<String> = units(pending);
    if !pending.is_empty() {
        texts.push(("盯目标", format!("{}要跟踪上级目标下达情况，下达后及时报实事办补录。", list(&pending))));
    }
    if let Some(discipline) = context.snapshot.discipline.as_ref() {
        let owing = discipline.missing.iter().chain(&discipline.returned).map(|row| &row.unit_name);
        let owing: Vec<String> = distinct(owing);
        if !owing.is_empty() {
            texts.push(("补报送", format!("{}要尽快补报、重报，如实说明原因。", list(&owing))));
        }
        let confirm: Vec<String> = distinct(discipline.to_confirm.iter().map(|row| &row.unit_name));
        if !confirm.is_empty() {
            texts.push(("快确认", format!("{}要核对并确认实事办代录的数据。", list(&confirm))));
        }
        if !discipline.adjusted.is_empty() {
            let adjusted: Vec<String> = distinct(discipline.adjusted.iter().map(|row| &row.unit_name));
            texts.push(("核数据", format!("{}要对照认定意见核查口径和台账，避免再次出现差错。", list(&adjusted))));
        }
    }
    let closing = if context.period.last_month() == 12 {
        "各牵头单位要做好自验、资料归档和验收准备，对数据的真实性负责。"
    } else {
        "各牵头单位要按时报送下期进展，经填报、审核、负责人逐级把关，对数据的真实性负责。"
    };
    texts.push(("守规矩", closing.to_owned()));
    (1..).zip(texts).map(|(number, (heading, text))| Block::numbered(number, heading, text)).collect()
}

fn units<'r>(rows: impl Iterator<Item = &'r IndicatorRow>) -> Vec<String> {
    distinct(rows.map(|row| &row.unit_name))
}

/// Names in order of first appearance.
fn distinct<'n>(names: impl Iterator<Item = &'n String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        let name = clean(name);
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}
