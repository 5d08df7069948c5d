//! A programme's document against what is known: read by kit, judged by the domain's checks. Errors refuse it whole, with
//! every field at fault; contradictions of what was printed are findings and refuse nothing.

use std::collections::BTreeSet;

use minsheng_domain::division::DivisionCode;
use minsheng_domain::finding::{Finding, Severity};
use minsheng_domain::programme::check::{Asked, Context, KnownDivision, check};
use minsheng_domain::programme::{Summary, summarise};
use minsheng_domain::quantity::Quantity;
use minsheng_kit::convert::{self, Faults};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_proto::catalogue::v1 as proto;
use minsheng_proto::common::v1 as common;

/// What a document holds and what was found in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Examined {
    /// What it counts up to.
    pub(crate) counts: proto::ProgrammeCounts,
    /// Findings in the order of the checks.
    pub(crate) findings: Vec<common::Finding>,
}

/// What a document is held against.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// The programme's own division, those below it two levels deep, and of the deeper ones those beside rows of its table.
    pub(crate) divisions: Vec<KnownDivision>,
    /// Those of the units named in the document that exist.
    pub(crate) units: Vec<String>,
    /// What the parent asks of the programme's division; none where no parent is known.
    pub(crate) mandates: Option<Vec<Asked>>,
}

/// Examines a document that is to be taken in.
///
/// # Errors
/// PROGRAMME_INVALID with everything that no system could hold.
pub(crate) fn accept(programme: &proto::Programme, known: &Known) -> Result<Examined, Refusal> {
    let (summary, findings) = judge(programme, known)?;
    let mut faults = Faults::default();
    if !known.divisions.iter().any(|division| division.code.to_string() == programme.division) {
        faults.add("division", "区划名录中没有这个区划，请先导入区划", "is no known division: import divisions first");
    }
    for error in findings.iter().filter(|finding| finding.severity == Severity::Error) {
        faults.add(error.field.as_str(), error.zh.as_str(), error.en.as_str());
    }
    faults.check(Reason::ProgrammeInvalid)?;
    Ok(show(summary, &findings))
}

/// Examines a document that was taken in.
///
/// # Errors
/// PROGRAMME_INVALID where it cannot be read, which nothing that was taken in is.
pub(crate) fn examine(programme: &proto::Programme, known: &Known) -> Result<Examined, Refusal> {
    let (summary, findings) = judge(programme, known)?;
    Ok(show(summary, &findings))
}

/// Codes of the divisions whose parts must be known: the programme's own, and all between it and the rows of its table.
pub(crate) fn divided(programme: &proto::Programme) -> BTreeSet<String> {
    let mut divided = BTreeSet::from([programme.division.clone()]);
    let Ok(own) = programme.division.parse::<DivisionCode>() else {
        return divided;
    };
    let rows = programme.allocation_table.iter().flat_map(|table| &table.rows).take(convert::programme::ROWS);
    let codes = rows.filter_map(|row| row.division.parse::<DivisionCode>().ok());
    let above: BTreeSet<DivisionCode> =
        codes.flat_map(DivisionCode::ancestors).filter(|above| above.is_within(own)).collect();
    divided.extend(above.iter().map(ToString::to_string));
    divided
}

/// Ids of the units that a document names.
pub(crate) fn units_named(programme: &proto::Programme) -> BTreeSet<&str> {
    let indicators = programme.projects.iter().flat_map(|project| &project.indicators);
    let named = indicators.flat_map(|indicator| {
        let participating = indicator.participating_units.iter().map(|unit| unit.id.as_str());
        participating.chain([indicator.lead_unit.as_str(), indicator.certifier.as_str()])
    });
    named.filter(|id| !id.is_empty()).collect()
}

fn judge(programme: &proto::Programme, known: &Known) -> Result<(Summary, Vec<Finding>), Refusal> {
    let read = convert::programme::to_domain(programme)?;
    let context =
        Context { divisions: &known.divisions, units: Some(&known.units), mandates: known.mandates.as_deref() };
    Ok((summarise(&read), check(&read, &context)))
}

fn show(summary: Summary, findings: &[Finding]) -> Examined {
    Examined { counts: counts(summary), findings: findings.iter().map(convert::finding::to_proto).collect() }
}

fn counts(summary: Summary) -> proto::ProgrammeCounts {
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    proto::ProgrammeCounts {
        key_indicators: summary.key_indicators.into_iter().map(number).collect(),
        monitored_indicators: summary.monitored_indicators.into_iter().map(number).collect(),
        key_measures: number(summary.key_measures),
        monitored_measures: number(summary.monitored_measures),
        key_atomic: number(summary.key_atomic),
        monitored_atomic: number(summary.monitored_atomic),
        filled_by_column: summary.columns.iter().map(|column| number(column.filled)).collect(),
        filled: number(summary.filled),
        cells: number(summary.cells),
        sums_by_column: summary
            .columns
            .iter()
            .map(|column| column.sum.as_ref().map(Quantity::to_string).unwrap_or_default())
            .collect(),
    }
}
