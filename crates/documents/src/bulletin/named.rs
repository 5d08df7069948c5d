//! The tables that a template may ask for by name.

use minsheng_proto::ranking::v1::{IndicatorRow, Light};

use super::compose::Context;
use super::{Material, tables, tasks};
use crate::document::{Cell, Head, Table};
use crate::text::clean;
use crate::words::figures::changes::{Change, figures, standings};

/// The table of a name; none where the snapshot has nothing for it.
///
/// # Errors
/// In words, for a name that is no table's.
pub(crate) fn table(name: &str, material: &Material, context: &Context<'_>) -> Result<Option<Table>, String> {
    let some = |table: Table| Some(table).filter(|table| !table.rows.is_empty());
    let tiers = &context.snapshot.lower_tiers;
    Ok(match name {
        "牵头单位排名表" => Some(tables::ranking(context)),
        "滞后指标清单" => some(tables::behind(context, &behind(context))),
        "报送纪律情况表" => some(tables::discipline(context)),
        "全部指标进展明细表" => Some(tables::indicators(context)),
        "乡镇任务进展明细表" => Some(tables::townships(context)),
        "下级地区排名表" => tables::lower_tiers(context).into_iter().next().filter(|_| !tiers.is_empty()),
        "下级地区指标进展明细表" => tables::lower_tiers(context).into_iter().nth(1),
        "更正对照表" => some(corrections(material, context)),
        "各月进度表" => some(months(material, context)),
        "问题清单" => some(problems(context)),
        "分项目任务表" => Some(tasks::by_project(context)),
        "分单位任务表" => Some(tasks::by_unit(context)),
        "乡镇任务表" => some(tasks::townships(context)),
        _ => return Err(format!("没有名为“{name}”的表")),
    })
}

fn behind<'a>(context: &Context<'a>) -> Vec<&'a IndicatorRow> {
    context.key().filter(|row| matches!(row.light(), Light::Yellow | Light::Red)).collect()
}

/// Every figure, score and rank that a correction changes.
fn corrections(material: &Material, context: &Context<'_>) -> Table {
    let heads = vec![
        Head::new("指标", 8),
        Head::new("名称", 26),
        Head::new("单位", 18),
        Head::new("事项", 10),
        Head::new("原数", 16),
        Head::new("更正后", 16),
    ];
    let mut made = tables::table(context, "更正对照", "更正对照表", "单位：见各行", heads);
    if let Some(before) = material.corrected.as_ref().and_then(|corrected| corrected.snapshot.as_ref()) {
        let changes = figures(before, context.snapshot).into_iter().chain(standings(before, context.snapshot));
        made.rows = changes.map(change).collect();
    }
    made
}

fn change(change: Change) -> Vec<Cell> {
    let Change { code, title, unit, what, before, after } = change;
    let texts = [code.as_str(), &title, &unit, what, &before, &after];
    texts.into_iter().map(Cell::text).collect()
}

/// Completion of each ranked indicator month by month.
fn months(material: &Material, context: &Context<'_>) -> Table {
    let snapshots: Vec<_> = material.months.iter().filter_map(|month| month.snapshot.as_ref()).collect();
    let mut heads = vec![Head::new("指标", 7), Head::new("名称", 26), Head::new("牵头单位", 14)];
    for month in &snapshots {
        let title = month.period.parse::<minsheng_domain::period::Period>();
        let title = title.map_or_else(|_| clean(&month.period), |period| format!("{}月", period.last_month()));
        heads.push(Head::of("完成率", &title, 8));
    }
    heads.push(Head::new("期末状态", 10));
    let mut made = tables::table(context, "各月进度", "各月进度表", "单位：完成率为%", heads);
    if snapshots.is_empty() {
        return made;
    }
    made.rows = context
        .key()
        .map(|row| {
            let mut cells = vec![Cell::text(&row.indicator), Cell::text(&row.title), Cell::text(&row.unit_name)];
            for month in &snapshots {
                let then = month.indicators.iter().find(|known| known.indicator == row.indicator);
                cells.push(then.map_or(Cell::Blank, |then| Cell::number(&then.completion)));
            }
            cells.push(Cell::Light(row.light()));
            cells
        })
        .collect();
    made
}

/// What units say stands in their way.
fn problems(context: &Context<'_>) -> Table {
    let heads = vec![
        Head::new("指标", 7),
        Head::new("名称", 20),
        Head::new("牵头单位", 14),
        Head::new("问题及原因", 40),
        Head::new("下步打算", 30),
    ];
    let mut made = tables::table(context, "问题清单", "问题清单", "单位：件", heads);
    let rows = context.snapshot.indicators.iter().filter(|row| !row.problem.trim().is_empty());
    made.rows = rows
        .map(|row| {
            let texts = [&row.indicator, &row.title, &row.unit_name, &row.problem, &row.next_steps];
            texts.into_iter().map(|text| Cell::text(text)).collect()
        })
        .collect();
    made
}

/// Units by their first row, with the rows of each.
pub(super) fn units<'a>(rows: impl Iterator<Item = &'a IndicatorRow>) -> Vec<(&'a str, Vec<&'a IndicatorRow>)> {
    let mut units: Vec<(&str, Vec<&IndicatorRow>)> = Vec::new();
    for row in rows {
        match units.iter_mut().find(|(_, known)| known.first().is_some_and(|first| first.unit == row.unit)) {
            Some((_, known)) => known.push(row),
            None => units.push((row.unit_name.as_str(), vec![row])),
        }
    }
    units
}
