//! Rows of the allocation table against the territory: how many, which are no division, which are missing or named twice.
//! Divisions are matched by code; where only a name was printed, by a name that is unique among those directly below.

use super::Context;
use crate::division::DivisionCode;
use crate::finding::Finding;
use crate::programme::{AllocationRow, Programme};
use std::collections::BTreeSet;

pub(super) fn check(programme: &Programme, context: &Context<'_>) -> Vec<Finding> {
    let table = &programme.allocation_table;
    let children = context.children(programme);
    if table.rows.is_empty() || children.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut areas = Vec::new();
    let mut seen = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (index, row) in table.rows.iter().enumerate() {
        let field = format!("allocation_table.rows[{index}]");
        let name = &row.name;
        if !names.insert(name.as_str()) {
            let zh = format!("任务分解表中“{name}”出现两行");
            findings
                .push(Finding::error("duplicate_row", field.clone(), zh, "the name has two rows").fact("row", name));
        }
        match place(row, programme, &children) {
            Place::Division(code) => {
                if !seen.insert(code) {
                    let zh = format!("区划{code}在任务分解表中出现两行");
                    findings.push(
                        Finding::error("duplicate_row", field, zh, "the division has two rows").fact("row", name),
                    );
                } else if let Some(known) = children.iter().find(|d| d.code == code && d.name != *name) {
                    let zh = format!("区划{code}印作“{name}”，区划名录中为“{}”", known.name);
                    let en = format!("division {code} is printed as {name:?} and known as {:?}", known.name);
                    findings.push(
                        Finding::warning("division_name_differs", field, zh, en)
                            .fact("printed", name)
                            .fact("known", &known.name),
                    );
                }
            }
            Place::LocalArea => {
                areas.push(name.as_str());
                let zh = format!("“{name}”不是区划（非建制），没有代码，只计入本级合计");
                let en = format!("{name:?} is no division: it has no code and counts in this division's sums only");
                findings.push(Finding::warning("row_is_no_division", field, zh, en).fact("row", name));
            }
            Place::Unknown => {
                let zh = format!("“{name}”（{}）不是本级所辖区划", row.division);
                let en = format!("{name:?} ({}) is no division below this one", row.division);
                findings.push(
                    Finding::error("unknown_division", field, zh, en).fact("row", name).fact("division", &row.division),
                );
            }
            Place::Ambiguous => {
                let zh = format!("所辖区划中有多个“{name}”，须给出代码");
                findings.push(
                    Finding::error("division_ambiguous", field, zh, "several divisions bear the name: give the code")
                        .fact("row", name),
                );
            }
        }
    }
    for child in children.iter().filter(|child| !seen.contains(&child.code)) {
        let zh = format!("任务分解表中没有“{}”（{}）", child.name, child.code);
        let en = format!("{} ({}) has no row", child.name, child.code);
        findings.push(
            Finding::warning("division_without_row", "allocation_table.rows", zh, en)
                .fact("division", child.code)
                .fact("name", &child.name),
        );
    }
    if table.rows.len() != children.len() {
        let (rows, divisions) = (table.rows.len(), children.len());
        let zh = match areas.is_empty() {
            true => format!("任务分解表有{rows}行，所辖区划{divisions}个"),
            false => format!("任务分解表有{rows}行，所辖区划{divisions}个，另有非建制：{}", areas.join("、")),
        };
        let en = format!("the table has {rows} rows, the division has {divisions} directly below it");
        findings.push(
            Finding::warning("row_count_differs", "allocation_table.rows", zh, en)
                .fact("rows", rows)
                .fact("divisions", divisions)
                .fact("areas", areas.join("、")),
        );
    }
    findings
}

enum Place {
    Division(DivisionCode),
    LocalArea,
    Unknown,
    Ambiguous,
}

/// Where a row belongs: by its code, else by its name. A name that no division directly below bears is an area of its own.
fn place(row: &AllocationRow, programme: &Programme, children: &[&super::KnownDivision]) -> Place {
    if row.division.is_empty() {
        let mut named = children.iter().filter(|d| d.name == row.name);
        return match (named.next(), named.next()) {
            (None, _) => Place::LocalArea,
            (Some(one), None) => Place::Division(one.code),
            (Some(_), Some(_)) => Place::Ambiguous,
        };
    }
    match row.division.parse::<DivisionCode>() {
        Ok(code) if code.is_local() && code.parent().is_some_and(|p| p.to_string() == programme.division) => {
            Place::LocalArea
        }
        Ok(code) if children.iter().any(|d| d.code == code) => Place::Division(code),
        _ => Place::Unknown,
    }
}
