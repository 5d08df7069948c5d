//! Section 四: reporting discipline. What is missing, late, returned, to be confirmed, adjusted, and articles missing, by
//! unit; what there is none of is said in one sentence.

use minsheng_domain::quantity::Quantity;
use minsheng_domain::ratio::Ratio;
use minsheng_proto::ranking::v1::DisciplineRow;

use super::compose::Context;
use crate::document::{Block, Table};
use crate::text::{clean, list};

/// The lists with their names, in the order of the text and of the table.
pub(crate) fn lists<'a>(context: &Context<'a>) -> [(&'static str, &'a [DisciplineRow]); 6] {
    let Some(discipline) = context.snapshot.discipline.as_ref() else {
        return [
            ("未报", &[]),
            ("迟报", &[]),
            ("退回未重报", &[]),
            ("待确认", &[]),
            ("认定调整", &[]),
            ("经验材料未报", &[]),
        ];
    };
    [
        ("未报", &discipline.missing),
        ("迟报", &discipline.late),
        ("退回未重报", &discipline.returned),
        ("待确认", &discipline.to_confirm),
        ("认定调整", &discipline.adjusted),
        ("经验材料未报", &discipline.articles_missing),
    ]
}

/// The section's parts with the discipline table where it has rows.
pub(crate) fn parts(context: &Context<'_>, table: &Table) -> Vec<Block> {
    let mut parts = vec![Block::paragraph(rate(context))];
    let lists = lists(context);
    let mut number = 0;
    for (name, rows) in lists.iter().filter(|(_, rows)| !rows.is_empty()) {
        number += 1;
        parts.push(Block::numbered(number, name, by_unit(name, rows)));
    }
    let none: Vec<&str> = lists.iter().filter(|(_, rows)| rows.is_empty()).map(|(name, _)| *name).collect();
    match none.len() {
        0 => {}
        6 => parts.push(Block::paragraph("本月没有报送纪律方面的问题。".to_owned())),
        _ => parts.push(Block::paragraph(format!("没有{}的情形。", list(&none)))),
    }
    if !table.rows.is_empty() {
        parts.push(Block::Table(table.clone()));
    }
    parts
}

fn rate(context: &Context<'_>) -> String {
    let (owed, on_time) = context.snapshot.discipline.as_ref().map_or((0, 0), |all| (all.owed, all.on_time));
    let quantity = |count: i32| Quantity::from_integer(i64::from(count)).unwrap_or_default();
    match Ratio::of(quantity(on_time), quantity(owed)) {
        _ if owed <= 0 => "本月没有应报的进展。".to_owned(),
        _ if on_time == owed => format!("本月应报{owed}件，全部按时报送。"),
        _ if on_time == 0 => format!("本月应报{owed}件，没有按时报送的。"),
        Some(share) => format!("本月应报{owed}件，按时报送{on_time}件，按时率{}。", share.completion_percent(1)),
        None => format!("本月应报{owed}件，按时报送{on_time}件。"),
    }
}

/// 3件：县住建局2件（指标4.1、4.2）、县水利局1件（指标9.2，迟报2个工作日）.
fn by_unit(name: &str, rows: &[DisciplineRow]) -> String {
    let mut units: Vec<(&str, Vec<&DisciplineRow>)> = Vec::new();
    for row in rows {
        match units.iter_mut().find(|(unit, _)| *unit == row.unit) {
            Some((_, known)) => known.push(row),
            None => units.push((&row.unit, vec![row])),
        }
    }
    let measure_word = if name == "认定调整" {
        "处"
    } else if name == "经验材料未报" {
        "篇"
    } else {
        "件"
    };
    let named = units.iter().map(|(_, rows)| {
        let unit = rows.first().map(|row| clean(&row.unit_name)).unwrap_or_default();
        let details: Vec<String> = rows.iter().map(|row| detail(row)).filter(|text| !text.is_empty()).collect();
        let details = if details.is_empty() { String::new() } else { format!("（{}）", details.join("；")) };
        format!("{unit}{}{measure_word}{details}", rows.len())
    });
    format!("共{}{measure_word}：{}。", rows.len(), list(named))
}

fn detail(row: &DisciplineRow) -> String {
    let what = clean(&row.detail);
    let what = what.trim_end_matches('。');
    match (row.indicator.as_str(), what) {
        ("", what) => what.to_owned(),
        (indicator, "") => format!("指标{}", clean(indicator)),
        (indicator, what) => format!("指标{}，{what}", clean(indicator)),
    }
}
