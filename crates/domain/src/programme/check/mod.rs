//! The checks of a programme document, one file each (field rules §5). All findings follow from the document and the
//! territory. What the document contradicts in print is a warning and stays as printed; what no system could hold
//! (codes twice, references into nothing, circles, impossible figures) is an error, and refuses the import.
//! A new check is a file with one function and a line in `CHECKS`.

mod blanks;
mod claims;
mod codes;
mod columns;
mod counts;
mod coverage;
mod curves;
mod dates;
mod figures;
mod mandates;
mod parts;
mod people;
mod printed;
mod references;
mod rows;
mod shapes;
mod statements;
mod told;
mod totals;

#[cfg(test)]
mod tests;

pub use mandates::Asked;

use super::document::{Indicator, Measure, Programme, Project};
use crate::division::{DivisionCode, Level};
use crate::finding::{Finding, Severity};
use crate::wording::nest_quotes;

/// What a document is checked against.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The divisions that are known, of which those within the programme's division are used: all of the two levels below
    /// it, and of the deeper ones at least what lies directly below any division that holds a row of the table.
    pub divisions: &'a [KnownDivision],
    /// Ids of the units that are known; none where they are not to be compared.
    pub units: Option<&'a [String]>,
    /// What the parent asks of the programme's division in its year; none where no parent is known.
    pub mandates: Option<&'a [Asked]>,
}

/// A division of the territory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDivision {
    /// Its code.
    pub code: DivisionCode,
    /// Its name.
    pub name: String,
}

type Check = fn(&Programme, &Context<'_>) -> Vec<Finding>;

const CHECKS: &[Check] = &[
    shapes::check,
    codes::check,
    references::check,
    figures::check,
    counts::check,
    totals::check,
    rows::check,
    blanks::check,
    columns::check,
    parts::check,
    coverage::check,
    printed::check,
    dates::check,
    curves::check,
    statements::check,
    people::check,
    mandates::check,
    claims::check,
];

/// Checks a programme. Findings come in the order of the checks and, within each, of the document.
pub fn check(programme: &Programme, context: &Context<'_>) -> Vec<Finding> {
    let findings = CHECKS.iter().flat_map(|check| check(programme, context));
    findings.map(|finding| Finding { zh: nest_quotes(&finding.zh), ..finding }).collect()
}

/// Whether any finding refuses the import.
pub fn refuses(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

impl<'a> Context<'a> {
    /// Divisions of a level within the programme's own, as far as all of them are known: two levels down.
    fn within(&self, programme: &Programme, level: Level) -> impl Iterator<Item = &'a KnownDivision> + use<'a> {
        let own = programme.division.parse::<DivisionCode>().ok();
        self.divisions.iter().filter(move |division| {
            division.code.level() == level
                && own.is_some_and(|own| division.code.ancestors().take(2).any(|it| it == own))
        })
    }
}

/// An indicator with the path of its field.
struct IndicatorAt<'a> {
    path: String,
    project: &'a Project,
    indicator: &'a Indicator,
}

/// A measure with the path of its field.
struct MeasureAt<'a> {
    path: String,
    indicator: &'a Indicator,
    measure: &'a Measure,
}

fn indicators(programme: &Programme) -> impl Iterator<Item = IndicatorAt<'_>> {
    programme.projects.iter().enumerate().flat_map(|(p, project)| {
        project.indicators.iter().enumerate().map(move |(i, indicator)| IndicatorAt {
            path: format!("projects[{p}].indicators[{i}]"),
            project,
            indicator,
        })
    })
}

fn measures(programme: &Programme) -> impl Iterator<Item = MeasureAt<'_>> {
    indicators(programme).flat_map(|at| {
        at.indicator.measures.iter().enumerate().map(move |(m, measure)| MeasureAt {
            path: format!("{}.measures[{m}]", at.path),
            indicator: at.indicator,
            measure,
        })
    })
}

/// Codes as one text with their number, for a finding on many at once; none of nothing.
fn codes<'a>(codes: impl Iterator<Item = &'a String>) -> Option<(usize, String)> {
    let codes: Vec<&str> = codes.map(String::as_str).collect();
    (!codes.is_empty()).then(|| (codes.len(), codes.join("、")))
}
