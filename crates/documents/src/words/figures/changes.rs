//! What differs between two snapshots, figure by figure: what a correction changes, and what moved since the last issue.

use minsheng_proto::ranking::v1::{IndicatorRow, MeasureRow, Snapshot, StandingRow};
use serde::Serialize;

use super::rows::{digits, on_basis};
use crate::document::light_word;
use crate::text::clean;

/// A figure that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    #[serde(rename = "编号")]
    pub(crate) code: String,
    #[serde(rename = "名称")]
    pub(crate) title: String,
    #[serde(rename = "单位")]
    pub(crate) unit: String,
    /// What differs: 完成数, 目标, 完成率, 状态, 得分, 名次.
    #[serde(rename = "事项")]
    pub(crate) what: &'static str,
    /// Before, with its unit of measure; 无 for none.
    #[serde(rename = "原")]
    pub(crate) before: String,
    /// Now.
    #[serde(rename = "现")]
    pub(crate) after: String,
}

/// Every figure that differs: values and targets by measure, completion and light by indicator.
pub(crate) fn figures(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let mut changes = Vec::new();
    for now in &after.indicators {
        let Some(then) = before.indicators.iter().find(|row| row.indicator == now.indicator) else {
            changes.push(change(now, &now.title, "列入", "无".to_owned(), "新列入".to_owned()));
            continue;
        };
        for measure in &now.measures {
            let known = then.measures.iter().find(|known| known.measure == measure.measure);
            let shown = |row: Option<&MeasureRow>, digits: fn(&MeasureRow, &Snapshot) -> String, of: &Snapshot| {
                let digits = row.map(|row| digits(row, of)).unwrap_or_default();
                if digits.is_empty() { "无".to_owned() } else { format!("{digits}{}", clean(&measure.unit)) }
            };
            for (what, of) in [("完成数", value as fn(&MeasureRow, &Snapshot) -> String), ("目标", target)] {
                let (old, new) = (shown(known, of, before), shown(Some(measure), of, after));
                if old != new {
                    changes.push(change(now, &measure.title, what, old, new));
                }
            }
        }
        let percent = |text: &str| if text.is_empty() { "无".to_owned() } else { format!("{text}%") };
        if then.completion != now.completion {
            changes.push(change(now, &now.title, "完成率", percent(&then.completion), percent(&now.completion)));
        }
        if then.light() != now.light() {
            let (old, new) = (light_word(then.light()).to_owned(), light_word(now.light()).to_owned());
            changes.push(change(now, &now.title, "状态", old, new));
        }
    }
    for gone in &before.indicators {
        if !after.indicators.iter().any(|row| row.indicator == gone.indicator) {
            changes.push(change(gone, &gone.title, "列入", "列入".to_owned(), "不再列入".to_owned()));
        }
    }
    changes
}

/// Scores and ranks that differ.
pub(crate) fn standings(before: &Snapshot, after: &Snapshot) -> Vec<Change> {
    let mut changes = Vec::new();
    for now in &after.lead_units {
        let then = before.lead_units.iter().find(|row| row.unit == now.unit);
        for (what, of) in [("得分", score as fn(&StandingRow) -> String), ("名次", rank)] {
            let (old, new) = (then.map_or_else(|| "无".to_owned(), of), of(now));
            if old != new {
                let unit = clean(&now.unit_name);
                changes.push(Change { code: String::new(), title: unit.clone(), unit, what, before: old, after: new });
            }
        }
    }
    changes
}

fn change(row: &IndicatorRow, title: &str, what: &'static str, before: String, after: String) -> Change {
    Change { code: clean(&row.indicator), title: clean(title), unit: clean(&row.unit_name), what, before, after }
}

fn value(row: &MeasureRow, of: &Snapshot) -> String {
    digits(on_basis(row, of.basis()))
}

fn target(row: &MeasureRow, _: &Snapshot) -> String {
    row.target.clone()
}

fn score(row: &StandingRow) -> String {
    if row.score.is_empty() { "无".to_owned() } else { format!("{}分", row.score) }
}

fn rank(row: &StandingRow) -> String {
    if row.rank == 0 { "无".to_owned() } else { format!("第{}名", row.rank) }
}
