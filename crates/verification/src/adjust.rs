//! Adjusted values: what the certifier certifies instead of what was reported. The domain's checks of a report judge them as
//! they judge a report: unit, decimals, signs, coverage, parts against their whole, the breakdown against the value. What
//! they already found on the report as submitted refuses nothing.

use std::collections::{BTreeSet, HashSet};

use minsheng_domain::check::{Bounds, MeasureInput, ReportInput, check_report};
use minsheng_domain::division::DivisionCode;
use minsheng_domain::finding::{Finding, Severity};
use minsheng_domain::measure::Judging;
use minsheng_domain::period::Period;
use minsheng_domain::programme::{Indicator, Programme, measure_spec};
use minsheng_domain::quantity::Quantity;
use minsheng_domain::schedule::SchedulePolicy;
use minsheng_domain::target::{Actual, StageReached};
use minsheng_domain::value::Value;
use minsheng_kit::convert;
use minsheng_kit::error::{Reason, Refusal, Violation};
use minsheng_proto::common::v1 as common;
use minsheng_proto::reporting::v1::{DivisionValue, MeasureValue};
use minsheng_proto::verification::v1::{AdjustedValue, Adjustment};

use crate::programmes::{indicator, internal};
use crate::words::{check_no_person, check_reason};

/// The certified values in the order of the reported ones, and which of them were adjusted.
///
/// # Errors
/// DECISION_INVALID, QUANTITY_INVALID, UNIT_MISMATCH or PERSONAL_DATA with every field at fault.
pub(crate) fn adjust(
    programme: &Programme,
    code: &str,
    period: &str,
    reported: Vec<MeasureValue>,
    adjustments: &[Adjustment],
) -> Result<(Vec<MeasureValue>, Vec<AdjustedValue>), Refusal> {
    let indicator = indicator(programme, code)?;
    let judge = Judge { programme, indicator, period: period.parse().map_err(|_| internal("the period of a case"))? };
    let mut faults = Vec::new();
    let mut certified = reported.clone();
    let mut adjusted = Vec::new();
    let mut seen = BTreeSet::new();
    for (place, adjustment) in adjustments.iter().enumerate() {
        let at = |field: &str| format!("adjustments[{place}].{field}");
        let Some(index) = reported.iter().position(|value| value.measure == adjustment.measure) else {
            faults.push(fault(at("measure"), "这份报送没有该计量项", "is no measure of this report"));
            continue;
        };
        if !seen.insert(adjustment.measure.as_str()) {
            faults.push(fault(at("measure"), "同一计量项只能核定一次", "is adjusted twice"));
            continue;
        }
        keep(check_reason(&at("reason"), &adjustment.reason), &mut faults);
        let new = judge.certified(&reported[index], adjustment, &at, &mut faults)?;
        adjusted.push(AdjustedValue {
            measure: adjustment.measure.clone(),
            reported: reported[index].value.clone(),
            certified: new.value.clone(),
            reason: adjustment.reason.clone(),
        });
        certified[index] = new;
    }
    if faults.is_empty() {
        faults = judge.new_errors(&reported, &certified, adjustments)?;
    }
    if faults.is_empty() { Ok((certified, adjusted)) } else { Err(refuse(faults)) }
}

/// What the values are judged by.
struct Judge<'a> {
    programme: &'a Programme,
    indicator: &'a Indicator,
    period: Period,
}

/// A field at fault and the reason it stands for.
type Fault = (Reason, Violation);

fn fault(field: String, zh: &str, en: &str) -> Fault {
    (Reason::DecisionInvalid, Violation { field, zh: zh.to_owned(), en: en.to_owned() })
}

/// One refusal for all: by the reason that all faults share.
fn refuse(faults: Vec<Fault>) -> Refusal {
    let shared =
        faults.first().map(|(reason, _)| *reason).filter(|first| faults.iter().all(|(reason, _)| reason == first));
    let mut refusal = Refusal::new(shared.unwrap_or(Reason::DecisionInvalid));
    refusal.violations = faults.into_iter().map(|(_, violation)| violation).collect();
    refusal
}

impl Judge<'_> {
    /// The value as certified. A flow's part of this period moves with its cumulative value, so that it still builds on the
    /// same earlier figure.
    fn certified(
        &self,
        reported: &MeasureValue,
        adjustment: &Adjustment,
        at: &dyn Fn(&str) -> String,
        faults: &mut Vec<Fault>,
    ) -> Result<MeasureValue, Refusal> {
        let unit = self.unit(&reported.measure)?;
        let new = read(&at("value"), adjustment.value.as_ref(), unit, faults);
        if new.as_ref().is_some_and(|value| !value.is_reported()) {
            faults.push(fault(at("value"), "核定值不得为“未报”", "must not be 'not reported'"));
        }
        let mut certified = MeasureValue { value: adjustment.value.clone(), ..reported.clone() };
        if !adjustment.breakdown.is_empty() {
            self.check_divisions(reported, &adjustment.breakdown, unit, at, faults)?;
            certified.breakdown = adjustment.breakdown.clone();
        }
        if certified == *reported {
            faults.push(fault(at("value"), "与上报数相同，无须核定", "is the same as reported"));
        }
        let old = stored(reported.value.as_ref())?.number();
        let difference = match (new.and_then(|value| value.number()), old) {
            (Some(new), Some(old)) => new.checked_sub(old),
            _ => None,
        };
        certified.this_period = match (&reported.this_period, difference) {
            (Some(increase), Some(difference)) => shifted(increase, difference)?,
            _ => None,
        };
        Ok(certified)
    }

    /// A breakdown names divisions that the measure is allocated to, or that were reported, each with a value in its unit.
    fn check_divisions(
        &self,
        reported: &MeasureValue,
        breakdown: &[DivisionValue],
        unit: &str,
        at: &dyn Fn(&str) -> String,
        faults: &mut Vec<Fault>,
    ) -> Result<(), Refusal> {
        let mut known: HashSet<&str> = self.allocated(&reported.measure).into_iter().collect();
        known.extend(reported.breakdown.iter().map(|value| value.division.as_str()));
        for (place, share) in breakdown.iter().enumerate() {
            if !known.contains(share.division.as_str()) {
                let field = at(&format!("breakdown[{place}].division"));
                faults.push(fault(field, "该计量项没有分解到这个区划", "has no share of this measure"));
            }
            read(&at(&format!("breakdown[{place}].value")), share.value.as_ref(), unit, faults);
        }
        Ok(())
    }

    fn unit(&self, measure: &str) -> Result<&str, Refusal> {
        let found = self.indicator.measures.iter().find(|known| known.code == measure);
        found.map(|measure| measure.unit.as_str()).ok_or_else(|| internal("a reported measure that is in no programme"))
    }

    /// Divisions with a share of the measure's target.
    fn allocated(&self, measure: &str) -> Vec<&str> {
        let table = &self.programme.allocation_table;
        let Some(column) = table.columns.iter().position(|column| column.measure == measure) else {
            return Vec::new();
        };
        let filled = table.rows.iter().filter(|row| row.cells.get(column).is_some_and(Option::is_some));
        filled.map(|row| row.division.as_str()).filter(|division| !division.is_empty()).collect()
    }

    /// Errors that the adjusted values have and the reported ones did not.
    fn new_errors(
        &self,
        reported: &[MeasureValue],
        certified: &[MeasureValue],
        adjustments: &[Adjustment],
    ) -> Result<Vec<Fault>, Refusal> {
        let before: BTreeSet<(&'static str, String)> =
            self.errors(reported)?.into_iter().map(|finding| (finding.code, finding.field)).collect();
        let after = self.errors(certified)?.into_iter();
        let new = after.filter(|finding| !before.contains(&(finding.code, finding.field.clone())));
        Ok(new.map(|finding| (Reason::DecisionInvalid, place(finding, adjustments))).collect())
    }

    fn errors(&self, values: &[MeasureValue]) -> Result<Vec<Finding>, Refusal> {
        let mut measures = Vec::with_capacity(values.len());
        for value in values {
            measures.push(self.input(value, values)?);
        }
        let day = self.period.last_day();
        let report = ReportInput {
            period: self.period,
            filed_on: day,
            deadline_day: day,
            measures,
            texts: Vec::new(),
            evidence: Vec::new(),
            earlier_evidence: Vec::new(),
            units_of_filer: Vec::new(),
            bounds: Bounds::default(),
        };
        Ok(check_report(&report).into_iter().filter(|finding| finding.severity == Severity::Error).collect())
    }

    /// A measure as the checks see it, without history: how it builds on earlier months was checked when it was submitted.
    fn input(&self, value: &MeasureValue, all: &[MeasureValue]) -> Result<MeasureInput, Refusal> {
        let measure = self.indicator.measures.iter().find(|known| known.code == value.measure);
        let measure = measure.ok_or_else(|| internal("a reported measure that is in no programme"))?;
        let year = self.programme.year;
        let spec = measure_spec(year, self.indicator, measure).map_err(|_| internal("a measure without a rule"))?;
        let mut parts = Vec::new();
        for code in spec.kind.rule().part_codes() {
            let part = all.iter().find(|part| part.measure == code);
            parts.push((code.to_owned(), stored(part.and_then(|part| part.value.as_ref()))?));
        }
        let mut breakdown = Vec::with_capacity(value.breakdown.len());
        for share in &value.breakdown {
            breakdown.push((division(&share.division)?, stored(share.value.as_ref())?));
        }
        if !breakdown.is_empty() {
            let given: HashSet<DivisionCode> = breakdown.iter().map(|(code, _)| *code).collect();
            for code in self.allocated(&value.measure) {
                let code = division(code)?;
                if !given.contains(&code) {
                    breakdown.push((code, Value::NotReported));
                }
            }
        }
        let stage = (!value.stage.is_empty()).then(|| StageReached { stage: value.stage.clone(), on: None });
        Ok(MeasureInput {
            unit: spec.unit.clone(),
            spec,
            judging: Judging { year, cut_off: self.period.last_day(), policy: SchedulePolicy::default() },
            actual: Actual {
                value: stored(value.value.as_ref())?,
                stage,
                parts,
                paid: value.paid,
                uncovered: value.not_covered.clone(),
                ..Actual::default()
            },
            this_period: None,
            history: Vec::new(),
            built_on: None,
            breakdown,
            items: None,
            printed_percent: None,
        })
    }
}

/// The finding at the adjustment it is about; a whole that was left as it is while a part moved is said of all.
fn place(finding: Finding, adjustments: &[Adjustment]) -> Violation {
    let inner = finding.field.strip_prefix("measures[").and_then(|rest| rest.split_once(']'));
    let (measure, rest) = inner.unwrap_or_default();
    let field = match adjustments.iter().position(|adjustment| adjustment.measure == measure) {
        Some(place) => format!("adjustments[{place}]{rest}"),
        None => "adjustments".to_owned(),
    };
    let about = |text: String| {
        if field == "adjustments" { format!("{measure}：{text}") } else { text }
    };
    Violation { zh: about(finding.zh.clone()), en: about(finding.en.clone()), field }
}

/// A value of the request; its fault is kept and nothing given back.
fn read(field: &str, value: Option<&common::Value>, unit: &str, faults: &mut Vec<Fault>) -> Option<Value> {
    let value = keep(convert::value::to_domain(field, value, unit), faults)?;
    if let Value::NotApplicable(why) | Value::NoneHere(why) = &value {
        keep(check_no_person(field, why), faults)?;
    }
    Some(value)
}

/// What was given, or none and its faults.
fn keep<T>(result: Result<T, Refusal>, faults: &mut Vec<Fault>) -> Option<T> {
    match result {
        Ok(given) => Some(given),
        Err(refusal) => {
            let reason = refusal.reason;
            faults.extend(refusal.violations.into_iter().map(|violation| (reason, violation)));
            None
        }
    }
}

/// A value that was checked when it was submitted.
fn stored(value: Option<&common::Value>) -> Result<Value, Refusal> {
    use common::value::State;
    Ok(match value.and_then(|value| value.state.as_ref()) {
        Some(State::Quantity(quantity)) => {
            Value::Number(quantity.value.parse().map_err(|_| internal("a stored quantity"))?)
        }
        Some(State::NotApplicable(why)) => Value::NotApplicable(why.reason.clone()),
        Some(State::NoneHere(why)) => Value::NoneHere(why.reason.clone()),
        Some(State::NotReported(_)) | None => Value::NotReported,
    })
}

fn division(code: &str) -> Result<DivisionCode, Refusal> {
    code.parse().map_err(|_| internal("a division's code"))
}

fn shifted(increase: &common::Quantity, difference: Quantity) -> Result<Option<common::Quantity>, Refusal> {
    let old: Quantity = increase.value.parse().map_err(|_| internal("a stored quantity"))?;
    let new = old.checked_add(difference);
    Ok(new.map(|new| convert::value::quantity_to_proto(new, &increase.unit)))
}
