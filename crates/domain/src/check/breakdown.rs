//! Check on the breakdown by the rows of the allocation table: it is complete, names each area once, and adds up to the whole. Field rules §3.

use std::collections::BTreeSet;

use super::{MeasureInput, ReportInput};
use crate::finding::Finding;
use crate::measure::Evaluation;
use crate::quantity::Quantity;

/// Errors: an area named twice, an allocated area without a value, townships that do not add up to the county.
pub(super) fn sums(_: &ReportInput, measure: &MeasureInput, _: &Evaluation) -> Vec<Finding> {
    if measure.breakdown.is_empty() || !measure.actual.value.is_reported() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for (area, value) in &measure.breakdown {
        let field = || measure.field(&format!("breakdown[{area}]"));
        if !seen.insert(*area) {
            findings.push(Finding::error(
                "area_twice",
                field(),
                format!("{area}重复填报"),
                format!("{area} is listed twice"),
            ));
        } else if !value.is_reported() {
            findings.push(Finding::error(
                "area_missing",
                field(),
                format!("{area}有分解任务但未填数；没有进展请填零"),
                format!("{area} has an allocation and no value; no progress is zero"),
            ));
        }
    }
    let sum = Quantity::checked_sum(measure.breakdown.iter().filter_map(|(_, value)| value.number()));
    let whole = measure.actual.value.number().unwrap_or(Quantity::ZERO);
    if findings.is_empty() && sum != Some(whole) {
        let shown = sum.map_or_else(|| "过大".to_owned(), |sum| sum.to_string());
        let finding = Finding::error(
            "townships_county",
            measure.field("breakdown"),
            format!("分解各行合计{shown}与总数{whole}不符"),
            format!("the rows of the breakdown add up to {shown}, the whole is {whole}"),
        );
        findings.push(finding.fact("sum", shown).fact("whole", whole));
    }
    findings
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{codes, measure, q};
    use super::*;
    use crate::value::Value;

    fn with(areas: &[(&str, Value)]) -> MeasureInput {
        let mut it = measure("30");
        it.breakdown = areas.iter().map(|(code, value)| (code.parse().unwrap(), value.clone())).collect();
        it
    }

    #[test]
    fn townships_and_areas_without_a_code_add_up_to_the_county() {
        let number = |text| Value::Number(q(text));
        assert!(codes(with(&[("430923100", number("21")), ("430923L01", number("9"))])).is_empty());
        assert_eq!(codes(with(&[("430923100", number("21")), ("430923L01", number("8"))])), ["townships_county"]);
        assert_eq!(codes(with(&[("430923100", number("30")), ("430923L01", Value::NotReported)])), ["area_missing"]);
        assert_eq!(codes(with(&[("430923100", number("15")), ("430923100", number("15"))])), ["area_twice"]);
        let none = Value::NoneHere("辖区内无符合条件对象".to_owned());
        assert!(codes(with(&[("430923100", number("30")), ("430923L01", none)])).is_empty());
    }
}
