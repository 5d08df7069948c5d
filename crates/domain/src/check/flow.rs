//! Checks on flows: previous + this period = cumulative, an earlier month certified later, and falls. Field rules §3.

use super::{MeasureInput, ReportInput};
use crate::finding::Finding;
use crate::measure::Evaluation;
use crate::quantity::Quantity;
use crate::target::Basis;

/// Error: a flow's previous figure and this period's increase do not make its cumulative one. Where the previous figure
/// was certified after the report was built on another, the difference is a warning and no error.
pub(super) fn arithmetic(_: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    let (Basis::Flow, Some(increase), Some(cumulative)) =
        (measure.spec.basis, measure.this_period, measure.actual.value.number())
    else {
        return Vec::new();
    };
    let (previous, source) = match measure.previous() {
        Some((figure, source)) => (figure, source.label()),
        None => (Quantity::ZERO, "年初"),
    };
    if previous.checked_add(increase) == Some(cumulative) {
        return Vec::new();
    }
    let as_filed = measure.built_on.filter(|built_on| built_on.checked_add(increase) == Some(cumulative));
    if let Some(built_on) = as_filed {
        let difference = previous.checked_sub(built_on).unwrap_or_default();
        let finding = Finding::warning(
            "previous_changed_later",
            measure.field("value"),
            format!("本期填报所依据的上期数{built_on}后来为{source}{previous}，相差{difference}"),
            format!("built on the previous figure {built_on}, which is now {previous}: a difference of {difference}"),
        );
        return vec![finding.fact("built_on", built_on).fact("previous", previous).fact("difference", difference)];
    }
    let finding = Finding::error(
        "flow_arithmetic",
        measure.field("value"),
        format!("上期{source}{previous}＋本期{increase}≠累计{cumulative}"),
        format!("previous {previous} + this period {increase} is not the cumulative {cumulative}"),
    );
    vec![
        finding
            .fact("previous", previous)
            .fact("source", source)
            .fact("this_period", increase)
            .fact("cumulative", cumulative),
    ]
}

/// Warning: a cumulative figure falls (核减).
pub(super) fn fall(_: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    let (Basis::Flow, Some(cumulative)) = (measure.spec.basis, measure.actual.value.number()) else {
        return Vec::new();
    };
    let before = measure.previous().map(|(figure, _)| figure);
    let fallen = before.is_some_and(|before| cumulative < before);
    if !fallen && !measure.this_period.is_some_and(Quantity::is_negative) {
        return Vec::new();
    }
    let shown = before.map_or_else(|| "无".to_owned(), |before| before.to_string());
    let finding = Finding::warning(
        "fall",
        measure.field("value"),
        format!("累计数较上期减少（上期{shown}，本期累计{cumulative}），请说明核减原因"),
        format!("the cumulative figure falls from {shown} to {cumulative}"),
    );
    vec![finding.fact("previous", shown).fact("cumulative", cumulative)]
}

#[cfg(test)]
mod tests {
    use super::super::testing::{codes, earlier, measure, q};
    use super::*;

    fn june(cumulative: &str, increase: &str) -> MeasureInput {
        let mut it = measure(cumulative);
        it.history = vec![earlier(4, "1101"), earlier(5, "1412")];
        it.this_period = Some(q(increase));
        it
    }

    #[test]
    fn previous_and_this_period_make_the_cumulative() {
        assert!(codes(june("1734", "322")).is_empty());
        assert_eq!(codes(june("1734", "321")), ["flow_arithmetic"]);
        let mut first = measure("200");
        first.this_period = Some(q("200"));
        assert!(codes(first.clone()).is_empty());
        first.this_period = Some(q("201"));
        assert_eq!(codes(first), ["flow_arithmetic"]);
    }

    #[test]
    fn stocks_have_no_such_rule_and_may_fall() {
        let mut stock = june("1300", "5");
        stock.spec.basis = Basis::Stock;
        assert!(codes(stock).is_empty());
    }

    #[test]
    fn the_latest_earlier_period_counts_certified_before_reported() {
        let mut it = june("1732", "322");
        it.history[1].certified = Some(q("1410"));
        assert!(codes(it).is_empty());
    }

    #[test]
    fn an_earlier_month_certified_later_is_a_warning_on_the_months_built_on_it() {
        let mut it = june("1734", "322");
        it.built_on = Some(q("1412"));
        it.history[1].certified = Some(q("1400"));
        assert_eq!(codes(it), ["previous_changed_later"]);
    }

    #[test]
    fn a_fall_asks_for_an_explanation() {
        assert_eq!(codes(june("1402", "-10")), ["fall"]);
    }
}
