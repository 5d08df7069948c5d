//! Automatic checks on a report (field rules §3). Each check is a function over the report as filed and what was known
//! before; errors stop the submission, warnings ask for an explanation, nothing is corrected.
//! A new check is one function and one line in [`MEASURE_CHECKS`] or [`REPORT_CHECKS`].

mod breakdown;
mod digits;
mod evidence;
mod filer;
mod flow;
mod form;
mod items;
mod percent;
mod personal;
mod trend;

use jiff::civil::Date;

pub use items::{CountedBy, Item, ItemList};
pub use percent::{PrintedPercent, printed_percent};
pub use personal::{PersonalData, find_personal_data};

use crate::division::DivisionCode;
use crate::finding::{Finding, Severity};
use crate::measure::{Evaluation, Judging, MeasureSpec, evaluate};
use crate::period::Period;
use crate::quantity::{Quantity, UnitOfMeasure};
use crate::target::Actual;
use crate::value::Value;

/// On which value an earlier figure rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FigureSource {
    /// 上报数.
    Reported,
    /// 快报数.
    Fast,
    /// 认定数.
    Certified,
}

impl FigureSource {
    /// Chinese label.
    pub fn label(self) -> &'static str {
        match self {
            FigureSource::Reported => "上报数",
            FigureSource::Fast => "快报数",
            FigureSource::Certified => "认定数",
        }
    }
}

/// A measure's figure of an earlier period of the same year, cumulative or as at its cut-off date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// The period.
    pub period: Period,
    /// The cut-off date it covers.
    pub cut_off: Date,
    /// As reported.
    pub reported: Option<Quantity>,
    /// As passed by the office.
    pub fast: Option<Quantity>,
    /// As certified.
    pub certified: Option<Quantity>,
}

impl Earlier {
    /// The figure to build on: certified if it has been, else fast, else reported.
    pub fn figure(&self) -> Option<(Quantity, FigureSource)> {
        let certified = self.certified.map(|figure| (figure, FigureSource::Certified));
        let fast = self.fast.map(|figure| (figure, FigureSource::Fast));
        certified.or(fast).or(self.reported.map(|figure| (figure, FigureSource::Reported)))
    }
}

/// One measure of a report, as filed and as known before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureInput {
    /// The measure as the version in force defines it.
    pub spec: MeasureSpec,
    /// Programme year, cut-off date and schedule rules.
    pub judging: Judging,
    /// What is filed: cumulative or as at the cut-off, with stages, parts and the like.
    pub actual: Actual,
    /// Unit of measure as filed.
    pub unit: UnitOfMeasure,
    /// Increase of this period as filed, for flows; none if it was left to the software.
    pub this_period: Option<Quantity>,
    /// Earlier periods of the same year, oldest first.
    pub history: Vec<Earlier>,
    /// The previous figure on which the report was built when it was filed, if it has been; none for a draft.
    pub built_on: Option<Quantity>,
    /// Values by township or area, where the target is allocated; every allocated area is listed.
    pub breakdown: Vec<(DivisionCode, Value)>,
    /// The item list behind the measure, where it has one.
    pub items: Option<ItemList>,
    /// Percentage as printed beside the value, such as `54%`.
    pub printed_percent: Option<String>,
}

impl MeasureInput {
    /// The latest earlier figure.
    pub fn previous(&self) -> Option<(Quantity, FigureSource)> {
        self.history.iter().rev().find_map(Earlier::figure)
    }

    fn field(&self, name: &str) -> String {
        format!("measures[{}].{name}", self.spec.code)
    }
}

/// A report as filed, with what the checks need to know around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportInput {
    /// The period it is for.
    pub period: Period,
    /// The day on which it is filed, in Beijing.
    pub filed_on: Date,
    /// The day of its deadline.
    pub deadline_day: Date,
    /// Its measures.
    pub measures: Vec<MeasureInput>,
    /// Texts by field: progress, measures taken, problems and causes, next steps, explanations.
    pub texts: Vec<(String, String)>,
    /// SHA-256 of the evidence attached, with its label.
    pub evidence: Vec<(String, String)>,
    /// SHA-256 of evidence used before, with the report that used it.
    pub earlier_evidence: Vec<(String, String)>,
    /// Units for which the same account has filed this period, this one included.
    pub units_of_filer: Vec<String>,
    /// Bounds of the checks.
    pub bounds: Bounds,
}

/// Bounds of the checks; data, with these defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Percent above the earlier pace from which growth is a jump. Default 30.
    pub jump_percent: u32,
    /// Days before the deadline in which a figure that hits the target exactly is noticed. Default 3.
    pub near_deadline_days: u32,
    /// Number of units from which one account files for many. Default 3.
    pub many_units: u32,
    /// How many times the target is far beyond it. Default 10.
    pub far_beyond: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { jump_percent: 30, near_deadline_days: 3, many_units: 3, far_beyond: 10 }
    }
}

/// A check of one measure of a report; the evaluation is of the values as filed.
type MeasureCheck = fn(&ReportInput, &MeasureInput, &Evaluation) -> Vec<Finding>;
/// A check of a report as a whole.
type ReportCheck = fn(&ReportInput) -> Vec<Finding>;

/// All checks of single measures, in the order of their findings.
const MEASURE_CHECKS: &[MeasureCheck] = &[
    form::unit,
    form::decimals,
    form::signs,
    form::shares_of_a_whole,
    form::missing,
    of_the_kind,
    flow::arithmetic,
    flow::fall,
    breakdown::sums,
    items::count,
    items::duplicates,
    items::persons,
    trend::jump,
    trend::same_again,
    trend::exactly_the_target,
    trend::far_beyond,
    percent::printed,
    digits::round_numbers,
    digits::last_digits,
];

/// All checks of the report as a whole.
const REPORT_CHECKS: &[ReportCheck] = &[form::empty, personal::texts, evidence::twice, filer::many_units];

/// All findings on a report, measure by measure and then on the whole.
pub fn check_report(report: &ReportInput) -> Vec<Finding> {
    let mut findings = Vec::new();
    for measure in &report.measures {
        let evaluation = evaluate(&measure.spec, &measure.actual, &measure.judging);
        findings.extend(MEASURE_CHECKS.iter().flat_map(|check| check(report, measure, &evaluation)));
    }
    findings.extend(REPORT_CHECKS.iter().flat_map(|check| check(report)));
    findings
}

/// True if a finding stops the submission.
pub fn stops_submission(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// What the kind's own rule found: coverage above its base, parts that differ from their whole, and the like.
fn of_the_kind(_report: &ReportInput, _measure: &MeasureInput, evaluation: &Evaluation) -> Vec<Finding> {
    evaluation.findings.clone()
}

#[cfg(test)]
pub(crate) mod testing {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::schedule::SchedulePolicy;
    use crate::target::{AtLeast, Basis, Kind};
    use jiff::civil::date;

    /// A quantity from its text.
    pub(crate) fn q(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    /// A plain flow measure of 3,650 with a value, at the June cut-off of 2023.
    pub(crate) fn measure(value: &str) -> MeasureInput {
        MeasureInput {
            spec: MeasureSpec {
                code: "3.1-1".to_owned(),
                name: "城镇新增就业".to_owned(),
                basis: Basis::Flow,
                unit: "人".parse().unwrap(),
                decimals: 0,
                kind: Kind::AtLeast(AtLeast { target: q("3650") }),
                start_value: None,
                start: date(2023, 1, 1),
                due: date(2023, 12, 31),
                weight: 1,
                curve: None,
                seasonal: false,
                part_of: None,
            },
            judging: Judging { year: 2023, cut_off: date(2023, 6, 20), policy: SchedulePolicy::default() },
            actual: Actual::number(q(value)),
            unit: "人".parse().unwrap(),
            this_period: None,
            history: Vec::new(),
            built_on: None,
            breakdown: Vec::new(),
            items: None,
            printed_percent: None,
        }
    }

    /// An earlier month of 2023 with a reported figure as at the 20th.
    pub(crate) fn earlier(month: u8, reported: &str) -> Earlier {
        Earlier {
            period: Period::month(2023, month).unwrap(),
            cut_off: date(2023, month.cast_signed(), 20),
            reported: Some(q(reported)),
            fast: None,
            certified: None,
        }
    }

    /// A report of June 2023 on measures, filed ten days before the deadline.
    pub(crate) fn report(measures: Vec<MeasureInput>) -> ReportInput {
        ReportInput {
            period: Period::month(2023, 6).unwrap(),
            filed_on: date(2023, 6, 10),
            deadline_day: date(2023, 6, 20),
            measures,
            texts: Vec::new(),
            evidence: Vec::new(),
            earlier_evidence: Vec::new(),
            units_of_filer: vec!["rsj".to_owned()],
            bounds: Bounds::default(),
        }
    }

    /// Codes of all findings on a report of one measure.
    pub(crate) fn codes(measure: MeasureInput) -> Vec<&'static str> {
        codes_of(&report(vec![measure]))
    }

    /// Codes of all findings on a report.
    pub(crate) fn codes_of(report: &ReportInput) -> Vec<&'static str> {
        check_report(report).into_iter().map(|finding| finding.code).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::testing::{codes, earlier, measure, q, report};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sound_report_has_no_findings() {
        let mut sound = measure("1734");
        sound.history = vec![earlier(4, "1101"), earlier(5, "1412")];
        sound.this_period = Some(q("322"));
        assert!(codes(sound).is_empty());
    }

    #[test]
    fn errors_stop_and_warnings_do_not() {
        let mut short = measure("1734");
        short.history = vec![earlier(5, "1400")];
        short.this_period = Some(q("300"));
        assert!(stops_submission(&check_report(&report(vec![short]))));
        let mut same = measure("1400");
        same.history = vec![earlier(5, "1400")];
        let findings = check_report(&report(vec![same]));
        assert_eq!(findings.len(), 1);
        assert!(!stops_submission(&findings));
    }

    #[test]
    fn the_latest_figure_is_certified_before_fast_before_reported() {
        let mut it = earlier(5, "100");
        assert_eq!(it.figure(), Some((q("100"), FigureSource::Reported)));
        it.fast = Some(q("99"));
        assert_eq!(it.figure(), Some((q("99"), FigureSource::Fast)));
        it.certified = Some(q("98"));
        assert_eq!(it.figure(), Some((q("98"), FigureSource::Certified)));
    }

    proptest! {
        #[test]
        fn any_numbers_are_checked_without_a_panic(value: i64, increase: i64, before: i64, certified: i64, area: i64, built: i64) {
            let number = Quantity::from_scaled;
            let mut it = measure("1");
            it.actual = Actual::number(number(value));
            it.this_period = Some(number(increase));
            it.built_on = Some(number(built));
            it.history = vec![earlier(4, "1"), earlier(5, "2")];
            it.history[0].reported = Some(number(before));
            it.history[1].certified = Some(number(certified));
            it.breakdown = vec![("430923100".parse().unwrap(), Value::Number(number(area)))];
            it.printed_percent = Some("100%".to_owned());
            let findings = check_report(&report(vec![it]));
            prop_assert!(findings.iter().all(|finding| finding.field.starts_with("measures[3.1-1].")));
        }
    }
}
