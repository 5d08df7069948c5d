//! Townships and areas: shown, not scored, since they cooperate (field rules §4). A cell is what the lead unit broke its
//! value down to; where it did so by villages, their sum, with what was reported told apart from what was not.

use std::collections::{BTreeMap, BTreeSet};

use minsheng_domain::division::DivisionCode;
use minsheng_domain::quantity::Quantity;
use minsheng_domain::ratio::Ratio;
use minsheng_domain::score::rollup::{CellState, Column, Territory};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_proto::catalogue::v1 as proto;
use minsheng_proto::common::v1 as common;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::ranking::v1::{TownshipCell, TownshipColumn, TownshipRow};
use minsheng_proto::reporting::v1::DivisionValue;

use super::figures::{find, number};
use super::indicators::Assessed;
use super::plan::Plan;
use super::text;

/// The columns of the table.
pub(crate) fn columns(plan: &Plan<'_>) -> Vec<TownshipColumn> {
    let Some(table) = &plan.document.allocation_table else {
        return Vec::new();
    };
    let columns = table.columns.iter().map(|column| {
        let measure = plan.indicators().flat_map(|(_, it)| &it.measures).find(|measure| measure.code == column.measure);
        TownshipColumn {
            measure: column.measure.clone(),
            title: if column.heading.is_empty() {
                measure.map(|measure| measure.title.clone()).unwrap_or_default()
            } else {
                column.heading.clone()
            },
            unit: measure.map_or_else(|| column.unit.clone(), |measure| measure.unit.clone()),
        }
    });
    columns.collect()
}

/// A row for each of the table's, by code.
///
/// # Errors
/// INTERNAL where villages add up beyond what a quantity holds.
pub(crate) fn rows(plan: &Plan<'_>, indicators: &[Assessed<'_>]) -> Result<Vec<TownshipRow>, Refusal> {
    let Some(table) = &plan.document.allocation_table else {
        return Ok(Vec::new());
    };
    let unit_of: Vec<TownshipColumn> = columns(plan);
    let mut columns = Vec::new();
    for (column, shown) in table.columns.iter().zip(&unit_of) {
        columns.push(cells(table, broken_down(indicators, &column.measure), &shown.unit)?);
    }
    let mut rows: Vec<TownshipRow> = table.rows.iter().map(|row| township(row, &columns)).collect();
    rows.sort_by(|one, other| one.division.cmp(&other.division));
    Ok(rows)
}

fn township(row: &proto::AllocationRow, columns: &[BTreeMap<String, common::Value>]) -> TownshipRow {
    let mut completions = Vec::new();
    let mut cells = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let target = row.cells.get(index).cloned().unwrap_or_default();
        let value = column.get(&row.division).cloned();
        let share = share(number(value.as_ref()), &target);
        completions.extend(share.map(|share| (share.capped(), 1)));
        cells.push(TownshipCell { target, value, completion: text::completion(share) });
    }
    TownshipRow {
        division: row.division.clone(),
        title: row.display_name.clone(),
        cells,
        completion: text::completion(Ratio::weighted_mean(completions)),
    }
}

fn share(value: Option<Quantity>, target: &str) -> Option<Ratio> {
    let target = target.parse::<Quantity>().ok().filter(|target| *target > Quantity::ZERO)?;
    Ratio::of(value?, target)
}

/// What a measure's figure was broken down to; empty where there is no figure.
fn broken_down<'a>(indicators: &'a [Assessed<'_>], measure: &str) -> &'a [DivisionValue] {
    let figures = indicators.iter().filter_map(|indicator| indicator.figure);
    figures
        .filter_map(|figure| find(figure.values, measure))
        .map(|value| value.breakdown.as_slice())
        .next()
        .unwrap_or_default()
}

/// The column's values at the table's rows: as broken down, or added up from what lies below.
fn cells(
    table: &proto::AllocationTable,
    breakdown: &[DivisionValue],
    unit: &str,
) -> Result<BTreeMap<String, common::Value>, Refusal> {
    let by_division: BTreeMap<&str, &DivisionValue> =
        breakdown.iter().map(|part| (part.division.as_str(), part)).collect();
    let mut found = BTreeMap::new();
    let mut open = BTreeSet::new();
    for row in &table.rows {
        match by_division.get(row.division.as_str()) {
            Some(part) => found.extend(part.value.clone().map(|value| (row.division.clone(), value))),
            None => open.extend(row.division.parse::<DivisionCode>().ok()),
        }
    }
    let lies_below = |code: &DivisionCode| code.ancestors().any(|above| open.contains(&above));
    let below: Vec<(DivisionCode, &common::Value)> = breakdown
        .iter()
        .filter_map(|part| Some((part.division.parse::<DivisionCode>().ok()?, part.value.as_ref()?)))
        .filter(|(code, _)| lies_below(code))
        .collect();
    if below.is_empty() {
        return Ok(found);
    }
    let codes: BTreeSet<DivisionCode> = open.iter().copied().chain(below.iter().map(|(code, _)| *code)).collect();
    let codes: Vec<DivisionCode> = codes.into_iter().collect();
    let index_of = |code: DivisionCode| codes.binary_search(&code).ok();
    let parent = |code: &DivisionCode| code.ancestors().find_map(index_of).and_then(|index| u32::try_from(index).ok());
    let territory = Territory::new(codes.iter().map(parent).collect()).map_err(|error| {
        tracing::error!(%error, "the territory of a township table");
        Refusal::new(Reason::Internal)
    })?;
    let mut column = Column::new(territory.len());
    for (code, value) in &below {
        if let Some(index) = index_of(*code) {
            let (state, scaled) = cell(value);
            column.set(index, state, scaled);
        }
    }
    column.roll_up(&territory);
    if column.overflowed {
        return Err(Refusal::new(Reason::Internal));
    }
    for row in open {
        let Some(index) = index_of(row) else { continue };
        // A village that was not reported leaves its township without a sum: missing is not zero.
        let complete = column.reported[index] + column.none_here[index] == column.expected[index];
        if complete && column.reported[index] > 0 {
            let value = Quantity::from_scaled(column.sums[index]).to_string();
            let quantity = common::Quantity { value, unit: unit.to_owned() };
            found.insert(row.to_string(), common::Value { state: Some(State::Quantity(quantity)) });
        }
    }
    Ok(found)
}

fn cell(value: &common::Value) -> (CellState, i64) {
    match (number(Some(value)), &value.state) {
        (Some(quantity), _) => (CellState::Reported, quantity.scaled()),
        (None, Some(State::NotApplicable(_) | State::NoneHere(_))) => (CellState::NoneHere, 0),
        (None, _) => (CellState::NotReported, 0),
    }
}
