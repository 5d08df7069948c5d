//! Checks on the form of values: unit of measure, decimals, signs, shares of a whole, what is missing. Field rules §3.

use super::{MeasureInput, ReportInput};
use crate::finding::Finding;
use crate::measure::Evaluation;
use crate::quantity::Quantity;
use crate::target::{Basis, Kind};
use crate::value::Value;

/// Error: the unit is part of the value; 万元 for 元 or 户 for 人 is another value.
pub(super) fn unit(_: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    if measure.unit == measure.spec.unit {
        return Vec::new();
    }
    let finding = Finding::error(
        "wrong_unit",
        measure.field("unit"),
        format!("计量单位应为“{}”，所报为“{}”", measure.spec.unit, measure.unit),
        format!("the unit of measure is {}, reported is {}", measure.spec.unit, measure.unit),
    );
    vec![finding.fact("expected", &measure.spec.unit).fact("reported", &measure.unit)]
}

/// Every number filed for a measure in its own unit, with its field.
fn numbers(measure: &MeasureInput) -> Vec<(String, Quantity)> {
    let mut numbers = Vec::new();
    if let Some(value) = measure.actual.value.number() {
        numbers.push((measure.field("value"), value));
    }
    if let Some(value) = measure.this_period {
        numbers.push((measure.field("this_period"), value));
    }
    for (stage, count) in &measure.actual.stage_counts {
        numbers.push((measure.field(&format!("stage_counts[{stage}]")), *count));
    }
    for (area, value) in &measure.breakdown {
        numbers.extend(value.number().map(|number| (measure.field(&format!("breakdown[{area}]")), number)));
    }
    numbers
}

/// Error: more fraction digits than the measure has.
pub(super) fn decimals(_: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    let allowed = measure.spec.decimals;
    let excess = numbers(measure).into_iter().filter(|(_, number)| number.decimals_used() > allowed);
    let find = |(field, number): (String, Quantity)| {
        Finding::error(
            "too_many_decimals",
            field,
            format!("{number}的小数位数超过规定的{allowed}位"),
            format!("{number} has more than {allowed} fraction digits"),
        )
        .fact("value", number)
        .fact("decimals", allowed)
    };
    excess.map(find).collect()
}

/// Error: what is counted cannot be negative. A negative increase is a fall, which has a check of its own, and a rate of
/// change may be negative.
pub(super) fn signs(_: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    if measure.spec.basis == Basis::Rate {
        return Vec::new();
    }
    let increase = measure.field("this_period");
    let parts = measure.actual.parts.iter().filter_map(|(code, value)| Some((code, value.number()?)));
    let parts = parts.map(|(code, number)| (measure.field(&format!("parts[{code}]")), number));
    let all = numbers(measure).into_iter().chain(parts);
    let negative = all.filter(|(field, number)| number.is_negative() && *field != increase);
    let find = |(field, number): (String, Quantity)| {
        Finding::error(
            "negative_value",
            field,
            format!("数值{number}不得为负"),
            format!("{number}: what is counted cannot be negative"),
        )
        .fact("value", number)
    };
    negative.map(find).collect()
}

/// Error: a rate above 100%, or more counted than there are in all.
pub(super) fn shares_of_a_whole(_: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    let mut findings = Vec::new();
    let hundred = Quantity::from_scaled(1_000_000);
    let value = measure.actual.value.number();
    if let (Kind::Rate(_), Some(value)) = (&measure.spec.kind, value)
        && value > hundred
    {
        let finding = Finding::error(
            "rate_above_100",
            measure.field("value"),
            format!("比率{value}%超过100%"),
            format!("a rate of {value}% is above 100%"),
        );
        findings.push(finding.fact("value", value));
    }
    if let Some(pooled) = measure.actual.pooled
        && (pooled.part > pooled.whole || pooled.part.is_negative() || pooled.whole <= Quantity::ZERO)
    {
        let finding = Finding::error(
            "pooled_part",
            measure.field("pooled"),
            format!("累计数{}不应超过总数{}，总数须大于零", pooled.part, pooled.whole),
            format!("{} of {}: a part lies between zero and a whole above zero", pooled.part, pooled.whole),
        );
        findings.push(finding.fact("part", pooled.part).fact("whole", pooled.whole));
    }
    findings
}

/// Warning: nothing was said for a measure; missing is not zero, and "not applicable" or "none here" can be said.
pub(super) fn missing(_: &ReportInput, measure: &MeasureInput, evaluation: &Evaluation) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !evaluation.reported && measure.spec.is_due_in(measure.judging.year) {
        findings.push(Finding::warning(
            "value_missing",
            measure.field("value"),
            "未填报数值；空白不等于零，如不适用或本地无此项请注明原因",
            "no value was reported; blank is not zero",
        ));
    }
    if let Value::NotApplicable(reason) | Value::NoneHere(reason) = &measure.actual.value
        && reason.trim().is_empty()
    {
        findings.push(Finding::error(
            "reason_missing",
            measure.field("value"),
            "填报“不适用”或“本地无此项”须写明原因",
            "not applicable and none here need a reason",
        ));
    }
    findings
}

/// Error: an empty report is no report.
pub(super) fn empty(report: &ReportInput) -> Vec<Finding> {
    let says = |measure: &MeasureInput| {
        let actual = &measure.actual;
        actual.value.is_reported()
            || actual.stage.is_some()
            || actual.pooled.is_some()
            || !actual.stage_counts.is_empty()
            || actual.parts.iter().any(|(_, value)| value.is_reported())
    };
    if report.measures.iter().any(says) {
        return Vec::new();
    }
    vec![Finding::error(
        "empty_report",
        "measures",
        "报表没有任何数值，空表不算按时报送",
        "the report holds no value; an empty report is not on time",
    )]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{codes, measure, q};
    use super::*;
    use crate::target::{Actual, Pooled, Rate};

    #[test]
    fn households_are_no_persons() {
        let mut wrong = measure("1734");
        wrong.unit = "户".parse().unwrap();
        assert_eq!(codes(wrong), ["wrong_unit"]);
    }

    #[test]
    fn decimals_are_those_of_the_measure() {
        assert_eq!(codes(measure("1734.5")), ["too_many_decimals"]);
        let mut water = measure("36.25");
        water.spec.decimals = 2;
        assert!(codes(water).is_empty());
    }

    #[test]
    fn heads_are_never_negative() {
        assert_eq!(codes(measure("-3")), ["negative_value"]);
        let mut rate = measure("-3");
        rate.spec.basis = Basis::Rate;
        assert!(!codes(rate).contains(&"negative_value"));
        let mut part = measure("5");
        part.actual.parts = vec![("3.1-2".to_owned(), Value::Number(q("-1")))];
        assert_eq!(codes(part), ["negative_value"]);
    }

    #[test]
    fn a_rate_ends_at_100() {
        let mut air = measure("101");
        air.spec.basis = Basis::Rate;
        air.spec.kind = Kind::Rate(Rate { target: q("95") });
        assert_eq!(codes(air.clone()), ["rate_above_100"]);
        air.actual = Actual { pooled: Some(Pooled { part: q("172"), whole: q("171") }), ..Actual::default() };
        assert_eq!(codes(air), ["pooled_part"]);
    }

    #[test]
    fn blank_is_not_zero_and_empty_is_no_report() {
        let mut blank = measure("1");
        blank.actual = Actual::default();
        assert_eq!(codes(blank.clone()), ["value_missing", "empty_report"]);
        assert!(codes(measure("0")).is_empty());
        blank.actual.value = Value::NoneHere(" ".to_owned());
        assert_eq!(codes(blank.clone()), ["reason_missing"]);
        blank.actual.value = Value::NoneHere("本县无此类机构".to_owned());
        assert!(codes(blank).is_empty());
    }
}
