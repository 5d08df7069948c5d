//! Section 三: what is behind schedule, project by project, with lead unit and deviation.

use minsheng_proto::ranking::v1::{IndicatorRow, Light};

use super::compose::{Context, is_behind};
use super::tables;
use crate::document::Block;
use crate::text::{clean, list};

/// The section's parts; the table stands only where something is behind.
pub(crate) fn parts(context: &Context<'_>) -> Vec<Block> {
    let behind: Vec<&IndicatorRow> = context.key().filter(|row| is_behind(row)).collect();
    let mut parts = vec![Block::paragraph(summary(&behind))];
    for (number, group) in (1..).zip(behind.chunk_by(|one, other| one.project == other.project)) {
        let heading = group.first().map(|row| clean(&row.project)).unwrap_or_default();
        let texts: Vec<String> = group.iter().map(|row| sentence(row)).collect();
        parts.push(Block::numbered(number, heading.trim_end_matches('。'), texts.concat()));
    }
    if !behind.is_empty() {
        parts.push(Block::Table(tables::behind(context, &behind)));
    }
    parts.extend(beside(context).map(Block::paragraph));
    parts
}

fn summary(behind: &[&IndicatorRow]) -> String {
    let red = behind.iter().filter(|row| row.light() == Light::Red).count();
    let mut units: Vec<&str> = behind.iter().map(|row| row.unit.as_str()).collect();
    units.sort_unstable();
    units.dedup();
    let (count, units) = (behind.len(), units.len());
    match (count, red) {
        (0, _) => "重点指标没有滞后的。".to_owned(),
        (1, 0) => "滞后的重点指标1项，情况如下。".to_owned(),
        (1, _) => "滞后的重点指标1项，为严重滞后，情况如下。".to_owned(),
        (_, 0) => format!("滞后的重点指标{count}项，涉及牵头单位{units}个，情况如下。"),
        (_, red) if red == count => {
            format!("滞后的重点指标{count}项，均为严重滞后，涉及牵头单位{units}个，情况如下。")
        }
        (_, red) => format!("滞后的重点指标{count}项，其中严重滞后{red}项，涉及牵头单位{units}个，情况如下。"),
    }
}

fn sentence(row: &IndicatorRow) -> String {
    let word = if row.light() == Light::Red { "严重滞后" } else { "滞后" };
    format!(
        "{}：牵头单位{}，完成率{}%，序时应达{}%，落后{}个百分点，{word}。",
        Context::named(row),
        clean(&row.unit_name),
        row.completion,
        row.expected,
        row.deviation.trim_start_matches(['-', '−'])
    )
}

/// Monitored ones behind, and those without a ratio that are not met: named, not ranked among the behind.
fn beside(context: &Context<'_>) -> Option<String> {
    let monitored: Vec<String> = context
        .monitored()
        .filter(|row| is_behind(row))
        .map(|row| {
            format!(
                "{}（{}，落后{}个百分点）",
                clean(&row.title),
                clean(&row.unit_name),
                row.deviation.trim_start_matches(['-', '−'])
            )
        })
        .collect();
    let rows = context.snapshot.indicators.iter();
    let not_met = rows.filter(|row| row.light() == Light::NotMet);
    let not_met: Vec<String> =
        not_met.map(|row| format!("{}（{}）", clean(&row.title), clean(&row.unit_name))).collect();
    let mut text = String::new();
    if !monitored.is_empty() {
        text.push_str(&format!("另有重点监测指标滞后{}项：{}。", monitored.len(), list(&monitored)));
    }
    if !not_met.is_empty() {
        text.push_str(&format!("目前未达标的指标{}项：{}。", not_met.len(), list(&not_met)));
    }
    if text.is_empty() { None } else { Some(text) }
}
