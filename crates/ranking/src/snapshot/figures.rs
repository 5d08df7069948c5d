//! Submitted versions with what was decided on them, and which figure of a month stands: the newest one passed for fast
//! figures, the newest one certified for certified ones. A version that was returned gives none.

use minsheng_domain::measure::MeasureSpec;
use minsheng_domain::quantity::Quantity;
use minsheng_domain::target::{Actual, StageReached};
use minsheng_domain::value::Value;
use minsheng_kit::error::Refusal;
use minsheng_proto::common::v1 as common;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::ranking::v1::{FigureBasis, FigureSource};
use minsheng_proto::reporting::v1::{MeasureValue, ReportContent};
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed, ReportReturned};

use crate::entity::submission;
use crate::stored::{read, read_some, unsigned};

/// A submitted version.
#[derive(Clone, Debug, Default)]
pub(crate) struct Submitted {
    /// Its name.
    pub(crate) name: String,
    /// Month.
    pub(crate) period: String,
    /// The submission itself is known.
    pub(crate) known: bool,
    /// Received after the deadline.
    pub(crate) late: bool,
    /// Working days late.
    pub(crate) working_days_late: i32,
    /// Entered for the unit and not confirmed yet.
    pub(crate) to_confirm: bool,
    /// Values and evidence.
    pub(crate) content: ReportContent,
    /// Entry in the reporting ledger.
    pub(crate) sequence: u64,
    /// Its leaf hash.
    pub(crate) leaf_hash: Vec<u8>,
    /// The pass, with its entry's number.
    pub(crate) passed: Option<(u64, ReportPassed)>,
    /// The certification, with its entry's number.
    pub(crate) certified: Option<(u64, ReportCertified)>,
    /// The return.
    pub(crate) returned: Option<ReportReturned>,
}

impl Submitted {
    /// Reads a row.
    ///
    /// # Errors
    /// INTERNAL for a damaged one.
    pub(crate) fn from_row(row: &submission::Model) -> Result<Self, Refusal> {
        let numbered = |sequence: Option<i64>| sequence.map(unsigned).unwrap_or_default();
        let passed = read_some::<ReportPassed>(&row.name, row.passed.as_deref())?;
        let certified = read_some::<ReportCertified>(&row.name, row.certified.as_deref())?;
        Ok(Self {
            name: row.name.clone(),
            period: row.month.rsplit_once('/').map_or("", |(_, period)| period).to_owned(),
            known: row.submitted,
            late: row.late,
            working_days_late: row.working_days_late,
            to_confirm: row.to_confirm,
            content: read(&row.name, &row.content)?,
            sequence: unsigned(row.sequence),
            leaf_hash: row.leaf_hash.clone(),
            passed: passed.map(|passed| (numbered(row.pass_sequence), passed)),
            certified: certified.map(|certified| (numbered(row.certification_sequence), certified)),
            returned: read_some(&row.name, row.returned.as_deref())?,
        })
    }

    /// Its values of a basis, where they stand.
    fn values(&self, basis: FigureBasis) -> Option<&[MeasureValue]> {
        match basis {
            _ if self.returned.is_some() => None,
            FigureBasis::Certified => self.certified.as_ref().map(|(_, certified)| certified.values.as_slice()),
            _ => self.passed.as_ref().map(|(_, passed)| passed.values.as_slice()),
        }
    }

    /// The entries that a measure's figure of this version rests on.
    pub(crate) fn source(&self, measure: &str) -> FigureSource {
        let supports = |of: &str| of.is_empty() || of == measure;
        let evidence = self.content.evidence.iter().filter(|file| supports(&file.measure));
        FigureSource {
            version: self.name.clone(),
            reporting_sequence: self.sequence,
            reporting_leaf_hash: self.leaf_hash.clone(),
            pass_sequence: self.passed.as_ref().map(|(sequence, _)| *sequence),
            certification_sequence: self.certified.as_ref().map(|(sequence, _)| *sequence),
            evidence: evidence.map(|file| file.sha256.clone()).collect(),
        }
    }

    /// A measure's value as reported, as passed, as certified.
    pub(crate) fn side_by_side(&self, measure: &str) -> [Option<common::Value>; 3] {
        let of = |values: &[MeasureValue]| find(values, measure).and_then(|value| value.value.clone());
        [
            of(&self.content.values),
            self.passed.as_ref().and_then(|(_, passed)| of(&passed.values)),
            self.certified.as_ref().and_then(|(_, certified)| of(&certified.values)),
        ]
    }
}

/// A figure that stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure<'a> {
    /// The version it is of.
    pub(crate) of: &'a Submitted,
    /// Values by measure.
    pub(crate) values: &'a [MeasureValue],
}

/// The figure that stands among the versions of one report, given in order.
pub(crate) fn standing_figure(versions: &[Submitted], basis: FigureBasis) -> Option<Figure<'_>> {
    versions.iter().rev().find_map(|of| of.values(basis).map(|values| Figure { of, values }))
}

/// A measure's value among several.
pub(crate) fn find<'a>(values: &'a [MeasureValue], measure: &str) -> Option<&'a MeasureValue> {
    values.iter().find(|value| value.measure == measure)
}

/// The number of a value, where it is one.
pub(crate) fn number(value: Option<&common::Value>) -> Option<Quantity> {
    plain(value).number()
}

/// A value of the contract as the field's rules read it. Values in ledgers were checked when they were filed.
pub(crate) fn plain(value: Option<&common::Value>) -> Value {
    match value.and_then(|value| value.state.as_ref()) {
        Some(State::Quantity(quantity)) => quantity.value.parse().map_or(Value::NotReported, Value::Number),
        Some(State::NotApplicable(why)) => Value::NotApplicable(why.reason.clone()),
        Some(State::NoneHere(why)) => Value::NoneHere(why.reason.clone()),
        Some(State::NotReported(_)) | None => Value::NotReported,
    }
}

/// What is known of a measure, parts and conditions included.
pub(crate) fn actual(spec: &MeasureSpec, values: &[MeasureValue]) -> Actual {
    let value_of = |code: &str| plain(find(values, code).and_then(|value| value.value.as_ref()));
    let codes = spec.kind.rule().part_codes();
    let parts = codes.into_iter().map(|code| (code.to_owned(), value_of(code))).collect();
    let Some(own) = find(values, &spec.code) else {
        return Actual { parts, ..Actual::default() };
    };
    Actual {
        value: value_of(&spec.code),
        stage: (!own.stage.is_empty()).then(|| StageReached { stage: own.stage.clone(), on: None }),
        parts,
        paid: own.paid,
        uncovered: own.not_covered.clone(),
        ..Actual::default()
    }
}

/// A value as a table prints it, with its unit.
pub(crate) fn shown(value: Option<&common::Value>) -> String {
    match value.and_then(|value| value.state.as_ref()) {
        Some(State::Quantity(quantity)) => format!("{}{}", quantity.value, quantity.unit),
        _ => plain(value).label(),
    }
}
