//! Check on who files: one account that files for many units. Filling in for others is forbidden; the office's entry for
//! a unit (代录) is marked as such and is not counted here. Field rules §3 and §7.

use super::ReportInput;
use crate::finding::Finding;

/// Warning: the account has filed for this many units or more in the period.
pub(super) fn many_units(report: &ReportInput) -> Vec<Finding> {
    let units = &report.units_of_filer;
    let bound = usize::try_from(report.bounds.many_units).unwrap_or(usize::MAX);
    if units.len() < bound.max(2) {
        return Vec::new();
    }
    let finding = Finding::warning(
        "one_account_many_units",
        "filer",
        format!("同一账号本期已为{}个单位填报：{}", units.len(), units.join("、")),
        format!("one account has filed for {} units this period", units.len()),
    );
    vec![finding.fact("units", units.join(", "))]
}

#[cfg(test)]
mod tests {
    use super::super::testing::{codes_of, measure, report};

    #[test]
    fn one_account_for_three_units_is_noticed() {
        let mut it = report(vec![measure("1734")]);
        it.units_of_filer = ["rsj", "jyj"].map(str::to_owned).to_vec();
        assert!(codes_of(&it).is_empty());
        it.units_of_filer.push("wjj".to_owned());
        assert_eq!(codes_of(&it), ["one_account_many_units"]);
    }
}
