//! Person-months told in a remark: 目标180×8=1440人·月；累计126人1005人·月. Heads and months are two parts of one measure,
//! and months cannot exceed heads times months elapsed (field rules §2).

use super::cell::{Number, numbers};
use crate::quantity::Quantity;

/// What a remark says of person-months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PersonMonths {
    /// Heads in the target.
    pub(super) target_heads: Quantity,
    /// Months that each is owed.
    pub(super) months_each: Quantity,
    /// Person-months in the target, as printed.
    pub(super) target: Quantity,
    /// Heads so far.
    pub(super) heads: Option<Quantity>,
    /// Person-months so far.
    pub(super) months: Option<Quantity>,
}

/// Reads a remark; none where it says nothing of the sort.
pub(super) fn person_months(text: &str) -> Option<PersonMonths> {
    let found = numbers(text);
    let at = found.windows(3).position(|w| is_product(&w[0]) && w[1].rest == "=" && is_months(&w[2]))?;
    let so_far = &found[at + 3..];
    let value = |wanted: fn(&Number) -> bool| so_far.iter().find(|n| wanted(n)).and_then(|n| n.value);
    Some(PersonMonths {
        target_heads: found[at].value?,
        months_each: found[at + 1].value?,
        target: found[at + 2].value?,
        heads: value(|n| n.rest.starts_with('人') && !is_months(n)),
        months: value(is_months),
    })
}

fn is_product(number: &Number) -> bool {
    matches!(number.rest.as_str(), "×" | "x" | "X" | "*" | "人×")
}

fn is_months(number: &Number) -> bool {
    ["人·月", "人月", "人.月", "人•月", "月·人", "月人"].iter().any(|unit| number.rest.starts_with(unit))
}
