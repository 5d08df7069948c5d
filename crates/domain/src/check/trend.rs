//! Checks on a figure against its own past and its target: a jump, the same figure again, exactly the target just before
//! the deadline, far beyond the target. All warnings: nothing is rejected for looking odd alone. Field rules §3.

use super::{MeasureInput, ReportInput};
use crate::finding::Finding;
use crate::measure::Evaluation;
use crate::quantity::Quantity;
use crate::ratio::Ratio;
use crate::target::{Basis, Kind};

/// Growth since the last figure and before it, each with its days; none where there is nothing to compare.
fn growth(measure: &MeasureInput) -> Option<((Quantity, i64), (Quantity, i64))> {
    let value = measure.actual.value.number()?;
    let (last, (before, _)) = measure.history.iter().rev().find_map(|earlier| Some((earlier, earlier.figure()?)))?;
    let from = match measure.spec.basis {
        Basis::Flow => Quantity::ZERO,
        Basis::Stock => measure.spec.start_value?,
        Basis::Rate | Basis::OneOff => return None,
    };
    let days = |from: jiff::civil::Date, to| from.duration_until(to).as_hours().div_euclid(24);
    let earlier_days = days(measure.spec.start, last.cut_off) + 1;
    let these_days = days(last.cut_off, measure.judging.cut_off);
    let usable = earlier_days > 0 && these_days > 0;
    usable.then_some(((value.checked_sub(before)?, these_days), (before.checked_sub(from)?, earlier_days)))
}

/// Warning: growth a day over 30% above the earlier pace.
pub(super) fn jump(report: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    let Some(((now, these_days), (earlier, earlier_days))) = growth(measure) else {
        return Vec::new();
    };
    let a_day = |growth: Quantity, days: i64| Ratio::new(growth.scaled().into(), days.into()).unwrap_or(Ratio::ZERO);
    let (pace, pace_before) = (a_day(now, these_days), a_day(earlier, earlier_days));
    let Some(times) = pace.checked_div(pace_before).filter(|_| pace_before > Ratio::ZERO) else {
        return Vec::new();
    };
    let percent = i128::from(report.bounds.jump_percent);
    if times <= Ratio::new(100 + percent, 100).unwrap_or(Ratio::ONE) {
        return Vec::new();
    }
    let above = (times - Ratio::ONE).percent(1);
    let finding = Finding::warning(
        "jump",
        measure.field("value"),
        format!("{these_days}天增加{now}，日均较此前进度高{above}，请说明原因"),
        format!("an increase of {now} in {these_days} days is {above} above the earlier pace"),
    );
    vec![
        finding
            .fact("increase", now)
            .fact("days", these_days)
            .fact("earlier", earlier)
            .fact("earlier_days", earlier_days),
    ]
}

/// Warning: the same figure as last time; silent for what is done, for standards and for milestones.
pub(super) fn same_again(_: &ReportInput, measure: &MeasureInput, evaluation: &Evaluation) -> Vec<Finding> {
    let silent = evaluation.done || matches!(measure.spec.kind, Kind::StandardRaised(_) | Kind::Milestone(_));
    let (Some(value), Some((before, _))) = (measure.actual.value.number(), measure.previous()) else {
        return Vec::new();
    };
    if silent || value != before {
        return Vec::new();
    }
    let finding = Finding::warning(
        "same_figure",
        measure.field("value"),
        format!("与上期数{before}相同，请确认本期无进展并说明原因"),
        format!("the same figure as last time, {before}"),
    );
    vec![finding.fact("value", value)]
}

/// Warning: the figure becomes exactly the target shortly before the deadline. Silent where exactly the target is the
/// only way to be done: coverage, standards.
pub(super) fn exactly_the_target(report: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    if matches!(measure.spec.kind, Kind::Coverage(_) | Kind::StandardRaised(_)) {
        return Vec::new();
    }
    let (value, target) = (measure.actual.value.number(), measure.spec.kind.rule().target());
    let before = measure.previous().map(|(figure, _)| figure);
    let days_left = report.filed_on.duration_until(report.deadline_day).as_hours().div_euclid(24);
    let near = (0..=i64::from(report.bounds.near_deadline_days)).contains(&days_left);
    if !near || value.is_none() || value != target || before == value {
        return Vec::new();
    }
    let (value, before) = (measure.actual.value.label(), before.map_or_else(|| "无".to_owned(), |it| it.to_string()));
    let finding = Finding::warning(
        "exactly_the_target",
        measure.field("value"),
        format!("截止前{days_left}天由{before}变为恰好等于目标的{value}"),
        format!("from {before} to exactly the target {value}, {days_left} days before the deadline"),
    );
    vec![finding.fact("before", before).fact("after", value).fact("days_left", days_left)]
}

/// Warning: done many times over.
pub(super) fn far_beyond(report: &ReportInput, measure: &MeasureInput, evaluation: &Evaluation) -> Vec<Finding> {
    let Some(completion) = evaluation.completion else {
        return Vec::new();
    };
    if completion < Ratio::integer(report.bounds.far_beyond.into()) {
        return Vec::new();
    }
    let shown = completion.completion_percent(1);
    let finding = Finding::warning(
        "far_beyond_target",
        measure.field("value"),
        format!("完成率{shown}，远超目标，请核对单位和口径"),
        format!("completion is {shown}, far beyond the target; check unit and what is counted"),
    );
    vec![finding.fact("completion", shown)]
}

#[cfg(test)]
mod tests {
    use super::super::testing::{codes, codes_of, earlier, measure, q, report};
    use super::*;
    use crate::target::{Coverage, StandardRaised};
    use jiff::civil::date;

    fn june(value: &str, may: &str) -> MeasureInput {
        let mut it = measure(value);
        it.history = vec![earlier(5, may)];
        it
    }

    #[test]
    fn over_30_percent_above_the_earlier_pace_is_a_jump() {
        // 140 days to 20 May at 10 a day, then 31 days: up to 403 is no jump, 404 is one.
        assert!(codes(june("1803", "1400")).is_empty());
        assert_eq!(codes(june("1804", "1400")), ["jump"]);
        assert!(codes(june("500", "0")).is_empty());
    }

    #[test]
    fn a_stock_jumps_against_its_growth_since_the_start() {
        let mut stock = june("1804", "1400");
        stock.spec.basis = Basis::Stock;
        assert!(codes(stock.clone()).is_empty());
        stock.spec.start_value = Some(q("0"));
        assert_eq!(codes(stock), ["jump"]);
    }

    #[test]
    fn the_same_figure_is_noticed_unless_it_is_done_a_standard_or_a_milestone() {
        assert_eq!(codes(june("1400", "1400")), ["same_figure"]);
        assert!(codes(june("3700", "3700")).is_empty());
        let mut standard = june("600", "600");
        standard.spec.basis = Basis::Stock;
        standard.spec.kind = Kind::StandardRaised(StandardRaised { baseline: Some(q("600")), target: q("650") });
        assert!(codes(standard).is_empty());
    }

    #[test]
    fn exactly_the_target_just_before_the_deadline_is_marked_with_before_and_after() {
        let mut it = report(vec![june("3650", "3400")]);
        assert!(codes_of(&it).is_empty());
        it.filed_on = date(2023, 6, 19);
        assert_eq!(codes_of(&it), ["exactly_the_target"]);
        it.measures[0].spec.kind = Kind::Coverage(Coverage { base: q("3650") });
        assert!(codes_of(&it).is_empty());
        it.measures = vec![june("3650", "3650")];
        assert!(codes_of(&it).is_empty());
    }

    #[test]
    fn ten_times_the_plan_is_a_warning() {
        assert_eq!(codes(measure("36500")), ["far_beyond_target"]);
        assert!(codes(measure("36499")).is_empty());
    }
}
