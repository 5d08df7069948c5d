//! Columns of the allocation table against the measures they name: units and wordings; and wholes of which it has a part only.

use super::{Context, measures};
use crate::finding::Finding;
use crate::programme::Programme;
use crate::wording::plain;

pub(super) fn check(programme: &Programme, _: &Context<'_>) -> Vec<Finding> {
    let table = &programme.allocation_table;
    let mut findings = Vec::new();
    for (index, column) in table.columns.iter().enumerate() {
        let Some(measure) = programme.measure(&column.measure) else {
            continue;
        };
        if column.unit != measure.unit {
            let zh = format!(
                "“{}”一列单位为“{}”，计量项{}单位为“{}”",
                column.heading, column.unit, measure.code, measure.unit
            );
            let en = format!("the column is in {:?}, the measure in {:?}", column.unit, measure.unit);
            findings.push(
                Finding::warning("column_unit_differs", format!("allocation_table.columns[{index}].unit"), zh, en)
                    .fact("column", &column.unit)
                    .fact("measure_unit", &measure.unit),
            );
        }
        let finer = table.filled(index).filter(|cell| cell.decimals_used() > measure.decimals).count();
        if finer > 0 {
            let zh = format!("“{}”一列有{finer}格小数多于{}位", column.heading, measure.decimals);
            let en = format!("{finer} cells have more than {} decimals", measure.decimals);
            let field = format!("allocation_table.columns[{index}]");
            findings.push(Finding::warning("cell_decimals", field, zh, en).fact("measure", &measure.code));
        }
        let (heading, title) = (plain(&column.heading), plain(&measure.title));
        if heading == title {
            continue;
        }
        let field = format!("allocation_table.columns[{index}].heading");
        let zh = format!("{}：表中作“{}”，指标中作“{}”", measure.code, column.heading, measure.title);
        let en = format!("worded {:?} in the table, {:?} in the indicator", column.heading, measure.title);
        let finding = if heading.contains(&title) || title.contains(&heading) {
            Finding::note("wording_shortened", field, zh, en)
        } else {
            Finding::warning("wording_differs", field, zh, en)
        };
        findings.push(finding.fact("table", &column.heading).fact("indicator", &measure.title));
    }
    for at in measures(programme) {
        let whole = at.measure;
        let divided: Vec<&str> = whole.parts.iter().filter(|p| table.divides(p)).map(String::as_str).collect();
        if !divided.is_empty() && !table.divides(&whole.code) {
            let zh = format!("{}（{}）未分解，任务分解表只有其分项{}", whole.code, whole.title, divided.join("、"));
            let en = format!("{} is not divided; the table has only its part {}", whole.code, divided.join(", "));
            findings.push(
                Finding::warning("whole_not_divided", at.path, zh, en)
                    .fact("measure", &whole.code)
                    .fact("parts", divided.join(",")),
            );
        }
    }
    findings
}
