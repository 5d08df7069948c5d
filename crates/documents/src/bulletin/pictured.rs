//! The pictures that a template may ask for by name, each with the table of its exact figures.

use super::compose::Context;
use super::{Material, tables};
use crate::document::{Cell, Figure, Head};
use crate::picture::{self, Progress, Series, Standing};
use crate::text::clean;
use crate::words::figures::Month;

/// The picture of a name; none where the snapshots have nothing for it.
///
/// # Errors
/// In words, for a name that is no picture's.
pub(crate) fn figure(name: &str, material: &Material, context: &Context<'_>) -> Result<Option<Figure>, String> {
    let figure = match name {
        "完成率对照序时图" => completion(context),
        "牵头单位得分图" => ranking(context),
        "各月趋势图" => trend(material, context),
        _ => return Err(format!("没有名为“{name}”的图")),
    };
    Ok(Some(figure).filter(|figure| !figure.table.rows.is_empty()))
}

fn completion(context: &Context<'_>) -> Figure {
    let heads = vec![Head::new("指标", 8), Head::new("名称", 30), Head::new("完成率", 10), Head::new("序时应达", 10)];
    let mut table = tables::table(context, "完成率对照", "完成率对照序时表", "单位：%", heads);
    let rows: Vec<_> = context.key().filter(|row| !row.completion.is_empty()).collect();
    table.rows = rows
        .iter()
        .map(|row| {
            let texts = [Cell::text(&row.indicator), Cell::text(&row.title)];
            texts.into_iter().chain([Cell::number(&row.completion), Cell::number(&row.expected)]).collect()
        })
        .collect();
    let drawn: Vec<Progress> = rows
        .iter()
        .map(|row| Progress {
            name: clean(&row.title),
            completion: row.completion.clone(),
            expected: row.expected.clone(),
        })
        .collect();
    Figure {
        title: format!("{}重点指标完成率对照序时", context.label),
        description: format!("{}项重点指标的完成率与序时应达比例，数值见表。", drawn.len()),
        svg: picture::completion(&drawn),
        table,
    }
}

fn ranking(context: &Context<'_>) -> Figure {
    let heads = vec![Head::new("名次", 6), Head::new("牵头单位", 24), Head::new("得分", 10)];
    let mut table = tables::table(context, "得分", "牵头单位得分表", "单位：分", heads);
    let rows: Vec<_> = context.snapshot.lead_units.iter().filter(|row| row.rank > 0 && !row.score.is_empty()).collect();
    table.rows = rows
        .iter()
        .map(|row| vec![Cell::count(row.rank), Cell::text(&row.unit_name), Cell::number(&row.score)])
        .collect();
    let drawn: Vec<Standing> = rows
        .iter()
        .map(|row| Standing { name: clean(&row.unit_name), rank: row.rank, score: row.score.clone() })
        .collect();
    Figure {
        title: format!("{}牵头单位得分", context.label),
        description: format!("{}个牵头单位按名次的得分，数值见表。", drawn.len()),
        svg: picture::ranking(&drawn),
        table,
    }
}

/// How many ranked indicators stood where at each month's end.
fn trend(material: &Material, context: &Context<'_>) -> Figure {
    let heads = ["月份", "已完成", "按序时推进", "滞后"].map(|title| Head::new(title, 12));
    let mut table = tables::table(context, "各月趋势", "各月重点指标状态表", "单位：项", heads.into());
    let months: Vec<Month> = material.months.iter().map(Month::of).collect();
    let count = |count: usize| Cell::Number(count.to_string());
    table.rows = months
        .iter()
        .map(|month| vec![Cell::text(&month.label), count(month.done), count(month.on_schedule), count(month.behind)])
        .collect();
    let series = |name: &str, of: fn(&Month) -> usize| Series {
        name: name.to_owned(),
        values: months.iter().map(|month| of(month).to_string()).collect(),
    };
    let labels: Vec<String> = months.iter().map(|month| format!("{}月", month.month)).collect();
    let drawn = [
        series("已完成", |month| month.done),
        series("按序时推进", |month| month.on_schedule),
        series("滞后", |month| month.behind),
    ];
    Figure {
        title: format!("{}各月重点指标状态", context.label),
        description: format!("{}个月的重点指标中已完成、按序时推进、滞后各多少项，数值见表。", months.len()),
        svg: picture::trend(&labels, &drawn, "项"),
        table,
    }
}
