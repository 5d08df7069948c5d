//! The bulletin's tables from the snapshot's rows: ranking, behind-schedule list, discipline list, all indicators, all
//! townships, explanation of scores.

use minsheng_domain::quantity::Quantity;
use minsheng_proto::ranking::v1::{IndicatorRow, Light, MeasureRow, StandingRow};

use super::compose::Context;
use crate::document::{Cell, Head, Table};
use crate::text::{clean, list};
use crate::words::figures::{lists, month_of};

const UNITS_OF_PROGRESS: &str = "单位：完成率、序时应达为%，偏差为百分点";

/// An empty table with its heading lines.
pub(super) fn table(context: &Context<'_>, sheet: &'static str, title: &str, units: &str, heads: Vec<Head>) -> Table {
    Table {
        sheet: sheet.to_owned(),
        title: format!("{}{}{title}", clean(&context.snapshot.division_name), context.label),
        source: context.source.clone(),
        units: units.to_owned(),
        heads,
        rows: Vec::new(),
        note: String::new(),
    }
}

/// Lead units by rank, with the points of each component.
pub(crate) fn ranking(context: &Context<'_>) -> Table {
    standings(context, ("排名", "牵头单位排名表", "牵头单位"), &context.snapshot.lead_units)
}

/// Lower tiers by rank among themselves, and what they report; nothing where there are none.
pub(crate) fn lower_tiers(context: &Context<'_>) -> Vec<Table> {
    let (rows, indicators) = (&context.snapshot.lower_tiers, &context.snapshot.tier_indicators);
    if rows.is_empty() {
        return Vec::new();
    }
    let mut reported = details(context, ("下级明细", "下级地区指标进展明细表", "地区"), indicators);
    reported.note = "各地的数由该地系统上报，附有其认定和报送的存证，可逐级追溯。".to_owned();
    vec![standings(context, ("下级排名", "下级地区排名表", "地区"), rows), reported]
}

fn standings(
    context: &Context<'_>,
    (sheet, title, who): (&'static str, &str, &'static str),
    rows: &[StandingRow],
) -> Table {
    let components = context.snapshot.scheme.clone().unwrap_or_default().components;
    let by_component = context.snapshot.scheme.as_ref().is_some_and(|scheme| scheme.rank_by_component);
    let mut heads = Vec::new();
    if !by_component {
        heads.push(Head::new("名次", 6));
    }
    heads.push(Head::new(who, 20));
    if !by_component {
        heads.push(Head::new("得分", 9));
    }
    let group = if by_component { "分项名次" } else { "其中" };
    heads.extend(components.iter().map(|component| Head::of(group, &component.title, 10)));
    heads.extend([Head::new("平均完成率", 11), Head::new("指标数", 8)]);
    if !by_component {
        heads.extend([Head::new("上期名次", 8), Head::new("名次变化", 8)]);
    }
    heads.push(Head::new("备注", 22));
    let mut made = table(context, sheet, title, "单位：得分为分，平均完成率为%，指标数为项", heads);
    for row in rows {
        let mut cells = Vec::new();
        if !by_component {
            cells.push(rank_cell(row.rank));
        }
        cells.push(Cell::text(&row.unit_name));
        if !by_component {
            cells.push(Cell::number(&row.score));
        }
        for component in &components {
            cells.push(if by_component {
                rank_cell(row.component_ranks.get(&component.id).copied().unwrap_or(0))
            } else {
                component_points(row, &component.id)
            });
        }
        cells.extend([Cell::number(&row.completion), Cell::count(row.indicators)]);
        if !by_component {
            cells.extend([rank_cell(row.previous_rank), moved(row)]);
        }
        cells.push(remark(row));
        made.rows.push(cells);
    }
    made
}

fn rank_cell(rank: i32) -> Cell {
    if rank > 0 { Cell::count(rank) } else { Cell::Blank }
}

/// The exact sum of a component's lines; blank where the unit has none.
fn component_points(row: &StandingRow, component: &str) -> Cell {
    let mut lines = row.lines.iter().filter(|line| line.component == component).peekable();
    if let (Some(only), 1) = (lines.peek(), row.lines.iter().filter(|line| line.component == component).count()) {
        return Cell::number(&only.points);
    }
    let points: Option<Vec<Quantity>> = lines.map(|line| line.points.parse().ok()).collect();
    match points {
        Some(points) if !points.is_empty() => {
            Quantity::checked_sum(points).map_or(Cell::Blank, |sum| Cell::Number(sum.display_with(0)))
        }
        _ => Cell::Blank,
    }
}

fn moved(row: &StandingRow) -> Cell {
    match (row.rank, row.previous_rank) {
        (0, _) => Cell::Blank,
        (_, 0) => Cell::Text("新".to_owned()),
        (now, before) if now == before => Cell::Text("不变".to_owned()),
        (now, before) if now < before => Cell::Text(format!("升{}", before - now)),
        (now, before) => Cell::Text(format!("降{}", now - before)),
    }
}

fn remark(row: &StandingRow) -> Cell {
    match (row.tied, row.unranked_reason.as_str()) {
        (true, "") => Cell::Text("并列".to_owned()),
        (_, reason) => Cell::Text(clean(reason)),
    }
}

/// Indicators behind schedule.
pub(crate) fn behind(context: &Context<'_>, rows: &[&IndicatorRow]) -> Table {
    let heads = vec![
        Head::new("项目", 24),
        Head::new("指标", 7),
        Head::new("名称", 26),
        Head::new("牵头单位", 14),
        Head::new("分管领导", 10),
        Head::new("完成率", 8),
        Head::new("序时应达", 8),
        Head::new("偏差", 8),
        Head::new("上期完成率", 8),
        Head::new("状态", 9),
    ];
    let mut made = table(context, "滞后清单", "滞后指标清单", UNITS_OF_PROGRESS, heads);
    made.rows = rows
        .iter()
        .map(|row| {
            vec![
                Cell::text(&row.project),
                Cell::text(&row.indicator),
                Cell::text(&row.title),
                Cell::text(&row.unit_name),
                Cell::text(&list(&row.leaders)),
                Cell::number(&row.completion),
                Cell::number(&row.expected),
                Cell::number(&row.deviation),
                Cell::number(&row.previous_completion),
                Cell::Light(row.light()),
            ]
        })
        .collect();
    made
}

/// Every row of the discipline lists.
pub(crate) fn discipline(context: &Context<'_>) -> Table {
    let heads = vec![Head::new("情形", 12), Head::new("单位", 20), Head::new("指标", 9), Head::new("具体情况", 50)];
    let mut made = table(context, "报送纪律", "报送纪律情况表", "单位：件", heads);
    let discipline = context.snapshot.discipline.clone().unwrap_or_default();
    for (name, _, rows) in lists(&discipline) {
        for row in rows {
            made.rows.push(vec![
                Cell::text(name),
                Cell::text(&row.unit_name),
                Cell::Text(clean(&row.indicator)),
                Cell::Text(clean(&row.detail)),
            ]);
        }
    }
    made
}

/// All indicators, measure by measure, with reported, fast and certified values side by side.
pub(crate) fn indicators(context: &Context<'_>) -> Table {
    details(context, ("指标明细", "全部指标进展明细表", "牵头单位"), &context.snapshot.indicators)
}

fn details(
    context: &Context<'_>,
    (sheet, title, who): (&'static str, &str, &'static str),
    rows: &[IndicatorRow],
) -> Table {
    let heads = vec![
        Head::new("指标", 6),
        Head::new("指标名称", 22),
        Head::new(who, 13),
        Head::new("分管领导", 9),
        Head::new("计量项", 22),
        Head::new("单位", 7),
        Head::new("目标", 10),
        Head::of("数值", "报送数", 10),
        Head::of("数值", "快报数", 10),
        Head::of("数值", "认定数", 10),
        Head::of("计量项进度", "完成率", 8),
        Head::of("计量项进度", "状态", 9),
        Head::of("指标进度", "完成率", 8),
        Head::of("指标进度", "应达", 8),
        Head::of("指标进度", "偏差", 8),
        Head::of("指标进度", "状态", 9),
        Head::new("备注", 14),
    ];
    let mut made = table(context, sheet, title, UNITS_OF_PROGRESS, heads);
    for row in rows {
        for (index, measure) in row.measures.iter().enumerate() {
            made.rows.push(measure_cells(context, row, measure, index == 0));
        }
    }
    made.note = "指标名称等只在该指标的首行列出；“计量项”是计算完成率的数，“其中”是组成部分，不重复计入。".to_owned();
    made
}

fn measure_cells(context: &Context<'_>, row: &IndicatorRow, measure: &MeasureRow, first: bool) -> Vec<Cell> {
    let once = |text: &str| {
        if first { Cell::text(text) } else { Cell::Text(String::new()) }
    };
    let once_number = |text: &str| {
        if first { Cell::number(text) } else { Cell::Text(String::new()) }
    };
    let title = if measure.part { format!("其中：{}", measure.title) } else { measure.title.clone() };
    vec![
        once(&row.indicator),
        once(&row.title),
        once(&row.unit_name),
        once(&list(&row.leaders)),
        Cell::text(&title),
        Cell::text(&measure.unit),
        Cell::number(&measure.target),
        Cell::value(measure.reported.as_ref()),
        Cell::value(measure.fast.as_ref()),
        Cell::value(measure.certified.as_ref()),
        Cell::number(&measure.completion),
        light_cell(measure.light()),
        once_number(&row.completion),
        once_number(&row.expected),
        once_number(&row.deviation),
        if first { light_cell(row.light()) } else { Cell::Text(String::new()) },
        measure_remark(context, row, measure),
    ]
}

fn light_cell(light: Light) -> Cell {
    if light == Light::Unspecified { Cell::Blank } else { Cell::Light(light) }
}

fn measure_remark(context: &Context<'_>, row: &IndicatorRow, measure: &MeasureRow) -> Cell {
    let mut remarks = Vec::new();
    if row.monitored {
        remarks.push("重点监测".to_owned());
    }
    if measure.after_year {
        remarks.push("年后完成，不计分".to_owned());
    }
    if !measure.figure_period.is_empty() && measure.figure_period != month_of(context.period) {
        let period = measure.figure_period.parse::<minsheng_domain::period::Period>();
        remarks.push(format!("{}数", period.map_or_else(|_| clean(&measure.figure_period), |period| period.label())));
    }
    if remarks.is_empty() { Cell::Text(String::new()) } else { Cell::Text(remarks.join("；")) }
}

/// All townships and areas: share of the target, value and completion of each column.
pub(crate) fn townships(context: &Context<'_>) -> Table {
    let columns = &context.snapshot.township_columns;
    let mut heads = vec![Head::new("乡镇（区域）", 14)];
    for column in columns {
        let group = if column.unit.is_empty() {
            column.title.clone()
        } else {
            format!("{}（{}）", column.title, column.unit)
        };
        heads.extend(["任务", "完成", "完成率"].map(|title| Head::of(&group, title, 8)));
    }
    heads.push(Head::new("平均完成率", 9));
    let units = "单位：见表头，完成率为%";
    let mut made = table(context, "乡镇明细", "乡镇（区域）任务进展明细表", units, heads);
    for row in &context.snapshot.townships {
        let mut cells = vec![Cell::text(&row.title)];
        for index in 0..columns.len() {
            let cell = row.cells.get(index);
            cells.push(cell.map_or(Cell::Blank, |cell| Cell::number(&cell.target)));
            cells.push(cell.map_or(Cell::Blank, |cell| Cell::value(cell.value.as_ref())));
            cells.push(cell.map_or(Cell::Blank, |cell| Cell::number(&cell.completion)));
        }
        cells.push(Cell::number(&row.completion));
        made.rows.push(cells);
    }
    made.note = "乡镇（区域）按职责配合工作，只列示，不计分、不排名；“—”表示没有任务或没有数，不等于零。".to_owned();
    made
}

/// Every line of every score.
pub(crate) fn explanation(context: &Context<'_>) -> Table {
    let heads = vec![
        Head::new("名次", 6),
        Head::new("牵头单位", 20),
        Head::new("计分项", 18),
        Head::new("依据", 70),
        Head::new("得分", 10),
    ];
    let mut made = table(context, "得分说明", "得分说明表", "单位：分", heads);
    for row in &context.snapshot.lead_units {
        for line in &row.lines {
            made.rows.push(vec![
                rank_cell(row.rank),
                Cell::text(&row.unit_name),
                Cell::text(&line.title),
                Cell::text(&line.facts),
                Cell::number(&line.points),
            ]);
        }
        if !row.score.is_empty() {
            let sum = ["合计", "各项得分之和"].map(Cell::text);
            let [title, facts] = sum;
            made.rows.push(vec![
                rank_cell(row.rank),
                Cell::text(&row.unit_name),
                title,
                facts,
                Cell::number(&row.score),
            ]);
        }
    }
    made
}
