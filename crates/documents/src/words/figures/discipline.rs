//! Reporting discipline as templates see it: what is missing, late, returned, to be confirmed, adjusted, by unit.

use minsheng_domain::quantity::Quantity;
use minsheng_domain::ratio::Ratio;
use minsheng_proto::ranking::v1::{Discipline as Rows, DisciplineRow, Snapshot};
use serde::Serialize;

use crate::text::clean;

/// The discipline of a month.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Discipline {
    #[serde(rename = "应报")]
    owed: i32,
    #[serde(rename = "按时")]
    on_time: i32,
    /// With the percent sign; empty where nothing is owed.
    #[serde(rename = "按时率")]
    share: String,
    /// Lists with rows.
    #[serde(rename = "清单")]
    lists: Vec<List>,
    /// Names of those without.
    #[serde(rename = "没有")]
    none: Vec<&'static str>,
    /// Units that have still to report, or to report again.
    #[serde(rename = "欠报")]
    owing: Vec<String>,
}

/// A list with rows.
#[derive(Clone, Debug, Serialize)]
struct List {
    #[serde(rename = "名称")]
    name: &'static str,
    #[serde(rename = "量词")]
    counter: &'static str,
    #[serde(rename = "数")]
    count: usize,
    #[serde(rename = "单位")]
    units: Vec<Unit>,
}

/// A unit's part of a list.
#[derive(Clone, Debug, Serialize)]
struct Unit {
    #[serde(rename = "单位")]
    unit: String,
    #[serde(rename = "数")]
    count: usize,
    #[serde(rename = "明细")]
    details: Vec<String>,
}

/// The lists with name and counter, in the order of text and table.
pub(crate) fn lists(rows: &Rows) -> [(&'static str, &'static str, &[DisciplineRow]); 6] {
    [
        ("未报", "件", &rows.missing),
        ("迟报", "件", &rows.late),
        ("退回未重报", "件", &rows.returned),
        ("待确认", "件", &rows.to_confirm),
        ("认定调整", "处", &rows.adjusted),
        ("经验材料未报", "篇", &rows.articles_missing),
    ]
}

impl Discipline {
    pub(crate) fn of(snapshot: &Snapshot) -> Discipline {
        let rows = snapshot.discipline.clone().unwrap_or_default();
        let quantity = |count: i32| Quantity::from_integer(i64::from(count)).unwrap_or_default();
        let share = Ratio::of(quantity(rows.on_time), quantity(rows.owed)).filter(|_| rows.owed > 0);
        let all = lists(&rows);
        let filled = all.iter().filter(|(_, _, rows)| !rows.is_empty());
        Discipline {
            owed: rows.owed,
            on_time: rows.on_time,
            share: share.map(|share| share.completion_percent(1)).unwrap_or_default(),
            lists: filled
                .map(|(name, counter, rows)| List { name, counter, count: rows.len(), units: by_unit(rows) })
                .collect(),
            owing: by_unit(&[rows.missing.as_slice(), &rows.returned].concat()).into_iter().map(|it| it.unit).collect(),
            none: all.iter().filter(|(_, _, rows)| rows.is_empty()).map(|(name, _, _)| *name).collect(),
        }
    }
}

fn by_unit(rows: &[DisciplineRow]) -> Vec<Unit> {
    let mut units: Vec<(&str, Unit)> = Vec::new();
    for row in rows {
        if !units.iter().any(|(id, _)| *id == row.unit) {
            units.push((&row.unit, Unit { unit: clean(&row.unit_name), count: 0, details: Vec::new() }));
        }
        if let Some((_, unit)) = units.iter_mut().find(|(id, _)| *id == row.unit) {
            unit.count += 1;
            unit.details.extend(detail(row));
        }
    }
    units.into_iter().map(|(_, unit)| unit).collect()
}

fn detail(row: &DisciplineRow) -> Option<String> {
    let what = clean(&row.detail);
    let what = what.trim_end_matches('。');
    match (row.indicator.as_str(), what) {
        ("", "") => None,
        ("", what) => Some(what.to_owned()),
        (indicator, "") => Some(format!("指标{}", clean(indicator))),
        (indicator, what) => Some(format!("指标{}，{what}", clean(indicator))),
    }
}
