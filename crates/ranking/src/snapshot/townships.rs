//! Townships and areas: shown, not scored, since they cooperate (field rules §4). A cell is what the lead unit broke its
//! value down to; where it did so by villages, their sum, with what was reported told apart from what was not. Villages that
//! are rows of the programme's table are shown by their townships.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use minsheng_domain::division::{DivisionCode, Level};
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

/// A row for each township, area or larger division that the table names or whose villages it names, by code.
///
/// # Errors
/// INTERNAL where villages add up beyond what a quantity holds.
pub(crate) fn rows(
    plan: &Plan<'_>,
    indicators: &[Assessed<'_>],
    names: &BTreeMap<String, String>,
) -> Result<Vec<TownshipRow>, Refusal> {
    let Some(table) = &plan.document.allocation_table else {
        return Ok(Vec::new());
    };
    let lines = lines(table);
    let mut rows: Vec<TownshipRow> = lines.iter().map(|line| line.empty(names)).collect();
    let mut completions = vec![Vec::new(); lines.len()];
    for (index, column) in columns(plan).iter().enumerate() {
        let values = cells(&lines, broken_down(indicators, &column.measure), &column.unit)?;
        for ((line, row), completions) in lines.iter().zip(&mut rows).zip(&mut completions) {
            let target = line.target(index)?;
            let value = values.get(&line.division).cloned();
            let share = share(number(value.as_ref()), &target);
            completions.extend(share.map(|share| (share.capped(), 1)));
            row.cells.push(TownshipCell { target, value, completion: text::completion(share) });
        }
    }
    for (row, completions) in rows.iter_mut().zip(completions) {
        row.completion = text::completion(Ratio::weighted_mean(completions));
    }
    Ok(rows)
}

/// A line of the shown table: a row of the programme's, or a township with the rows of its villages.
struct Line<'a> {
    division: String,
    rows: Vec<&'a proto::AllocationRow>,
}

/// Villages are shown together, by their townships: nobody reads a bulletin of 29,534 lines.
fn lines(table: &proto::AllocationTable) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut townships: HashMap<DivisionCode, usize> = HashMap::new();
    for row in &table.rows {
        let code = row.division.parse::<DivisionCode>().ok().filter(|code| code.level() == Level::Village);
        let Some(township) = code.and_then(DivisionCode::parent) else {
            lines.push(Line { division: row.division.clone(), rows: vec![row] });
            continue;
        };
        match townships.get(&township).and_then(|place| lines.get_mut(*place)) {
            Some(line) => line.rows.push(row),
            None => {
                townships.insert(township, lines.len());
                lines.push(Line { division: township.to_string(), rows: vec![row] });
            }
        }
    }
    lines.sort_by(|one, other| one.division.cmp(&other.division));
    lines
}

impl Line<'_> {
    /// Its row as it stands in the table, unless it is made of villages.
    fn own(&self) -> Option<&proto::AllocationRow> {
        self.rows.first().copied().filter(|row| row.division == self.division)
    }

    /// A township of which only villages were printed goes by its known name, or by its code.
    fn empty(&self, names: &BTreeMap<String, String>) -> TownshipRow {
        let known = || names.get(&self.division).unwrap_or(&self.division);
        let title = self.own().map_or_else(known, |row| &row.display_name);
        TownshipRow { division: self.division.clone(), title: title.clone(), ..TownshipRow::default() }
    }

    /// Its share of a column's target as printed, or what its villages' shares add up to; empty where none has one.
    fn target(&self, column: usize) -> Result<String, Refusal> {
        if let Some(row) = self.own() {
            return Ok(row.cells.get(column).cloned().unwrap_or_default());
        }
        let cells = self.rows.iter().filter_map(|row| row.cells.get(column)?.parse::<Quantity>().ok());
        let cells: Vec<Quantity> = cells.collect();
        if cells.is_empty() {
            return Ok(String::new());
        }
        let sum = Quantity::checked_sum(cells).ok_or_else(|| Refusal::new(Reason::Internal))?;
        Ok(sum.to_string())
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

/// The column's values at the lines: as broken down, or added up from what lies below.
fn cells(
    lines: &[Line<'_>],
    breakdown: &[DivisionValue],
    unit: &str,
) -> Result<BTreeMap<String, common::Value>, Refusal> {
    let by_division: BTreeMap<&str, &DivisionValue> =
        breakdown.iter().map(|part| (part.division.as_str(), part)).collect();
    let mut found = BTreeMap::new();
    let mut open = BTreeSet::new();
    for line in lines {
        match by_division.get(line.division.as_str()) {
            Some(part) => found.extend(part.value.clone().map(|value| (line.division.clone(), value))),
            None => open.extend(line.division.parse::<DivisionCode>().ok()),
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
