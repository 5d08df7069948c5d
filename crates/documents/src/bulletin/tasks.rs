//! A programme's annexes: its tasks by project, by lead unit, and by township, as its version in force gives them.

use minsheng_proto::ranking::v1::{IndicatorRow, MeasureRow};

use super::compose::Context;
use super::named::units;
use super::tables::table;
use crate::document::{Cell, Head, Table};
use crate::text::{clean, date_text, list};

/// Project by project, measure by measure.
pub(crate) fn by_project(context: &Context<'_>) -> Table {
    let heads = vec![
        Head::new("项目", 22),
        Head::new("指标", 7),
        Head::new("指标名称", 22),
        Head::new("计量项", 24),
        Head::new("单位", 8),
        Head::new("目标", 10),
        Head::new("完成时限", 14),
        Head::new("牵头单位", 14),
        Head::new("参加单位", 18),
        Head::new("分管领导", 10),
        Head::new("认定单位", 12),
    ];
    let mut made = table(context, "分项目任务", "重点民生实事项目任务表", "单位：见各行", heads);
    let mut project = "";
    for row in &context.snapshot.indicators {
        for (index, measure) in row.measures.iter().enumerate() {
            let first = index == 0;
            let once = |text: &str| if first { Cell::text(text) } else { Cell::Text(String::new()) };
            let heading =
                if first && project != row.project { Cell::text(&row.project) } else { Cell::Text(String::new()) };
            let mut cells = vec![heading, once(&row.indicator), once(&row.title)];
            cells.extend(task(measure));
            cells.extend([
                once(&row.unit_name),
                once(&list(row.participating.iter().map(|unit| clean(unit)))),
                once(&list(row.leaders.iter().map(|leader| clean(leader)))),
                once(&row.certifier_name),
            ]);
            made.rows.push(cells);
        }
        project = &row.project;
    }
    made.note = "项目、指标等只在首行列出；“其中”是组成部分；目标为“—”的，待下达或者不设目标。".to_owned();
    made
}

/// Lead unit by lead unit.
pub(crate) fn by_unit(context: &Context<'_>) -> Table {
    let heads = vec![
        Head::new("牵头单位", 18),
        Head::new("指标", 7),
        Head::new("指标名称", 24),
        Head::new("计量项", 26),
        Head::new("单位", 8),
        Head::new("目标", 10),
        Head::new("完成时限", 14),
    ];
    let mut made = table(context, "分单位任务", "牵头单位任务表", "单位：见各行", heads);
    for (name, rows) in units(context.snapshot.indicators.iter()) {
        let mut unit = name;
        for row in rows {
            made.rows.extend(lines(row, &mut unit));
        }
    }
    made
}

fn lines<'a>(row: &'a IndicatorRow, unit: &'a mut &str) -> impl Iterator<Item = Vec<Cell>> + 'a {
    row.measures.iter().enumerate().map(move |(index, measure)| {
        let once = |text: &str| if index == 0 { Cell::text(text) } else { Cell::Text(String::new()) };
        let name = std::mem::take(unit);
        let name = if name.is_empty() { Cell::Text(String::new()) } else { Cell::text(name) };
        let mut cells = vec![name, once(&row.indicator), once(&row.title)];
        cells.extend(task(measure));
        cells
    })
}

/// Measure, unit, target, due date.
fn task(measure: &MeasureRow) -> [Cell; 4] {
    let title = if measure.part { format!("其中：{}", measure.title) } else { measure.title.clone() };
    let due =
        if measure.due.is_empty() { "12月31日前".to_owned() } else { format!("{}前", date_text(&measure.due)) };
    [Cell::text(&title), Cell::text(&measure.unit), Cell::number(&measure.target), Cell::Text(due)]
}

/// Township by township: the share of each column's target.
pub(crate) fn townships(context: &Context<'_>) -> Table {
    let mut heads = vec![Head::new("乡镇（区域）", 14)];
    for column in &context.snapshot.township_columns {
        let unit = if column.unit.is_empty() { String::new() } else { format!("（{}）", column.unit) };
        heads.push(Head::new(&format!("{}{unit}", column.title), 12));
    }
    let mut made = table(context, "乡镇任务", "乡镇（区域）任务表", "单位：见表头", heads);
    for row in &context.snapshot.townships {
        let mut cells = vec![Cell::text(&row.title)];
        for index in 0..context.snapshot.township_columns.len() {
            cells.push(row.cells.get(index).map_or(Cell::Blank, |cell| Cell::number(&cell.target)));
        }
        made.rows.push(cells);
    }
    made.note = "“—”表示没有分解任务。".to_owned();
    made
}
