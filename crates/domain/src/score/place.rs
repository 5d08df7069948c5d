//! Places in a group: competition ranking with shared places, and who is named first and last (field rules §4).

use super::scheme::{Naming, Ties};
use crate::quantity::Quantity;

/// A ranking of one group by one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranking {
    /// Name of the order, or "score".
    pub by: String,
    /// What it is called, in Chinese.
    pub label: String,
    /// Places, first to last; units of equal place by id.
    pub places: Vec<Place>,
    /// Units named first, all who share a place among them.
    pub first: Vec<String>,
    /// Units named last; nobody on schedule or done is among them.
    pub last: Vec<String>,
}

/// One unit's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Id of the unit.
    pub unit: String,
    /// The place, from 1.
    pub rank: u32,
    /// The value, rounded to the scheme's decimals for showing; places rest on the exact one.
    pub value: Quantity,
    /// It shares the lowest place, which is not also the first.
    pub last: bool,
}

/// What stands for a place: a unit, its exact value and whether it must not be named last.
pub(crate) struct Entry<'a, V> {
    pub(crate) unit: &'a str,
    pub(crate) value: V,
    pub(crate) shown: Quantity,
    pub(crate) exempt: bool,
}

/// The ranks of values, highest first, in the order given: 1, 2, 3, 3, 5.
pub fn competition_ranks<V: Ord>(values: &[V]) -> Vec<u32> {
    ranks(values, Ties::Competition)
}

/// Ranks of values in the order given.
fn ranks<V: Ord>(values: &[V], ties: Ties) -> Vec<u32> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].cmp(&values[*a]));
    let mut ranks = vec![0_u32; values.len()];
    let mut rank = 0;
    for (position, index) in order.iter().enumerate() {
        let tied = position > 0 && values[order[position - 1]] == values[*index];
        if !tied {
            rank = match ties {
                Ties::Competition => u32::try_from(position + 1).unwrap_or(u32::MAX),
                Ties::Dense => rank + 1,
            };
        }
        ranks[*index] = rank;
    }
    ranks
}

/// Ranks a group's entries; the order they come in does not matter.
pub(crate) fn rank<V: Ord>(by: &str, label: &str, entries: Vec<Entry<'_, V>>, ties: Ties, naming: Naming) -> Ranking {
    let values: Vec<&V> = entries.iter().map(|entry| &entry.value).collect();
    let ranks = ranks(&values, ties);
    let lowest = ranks.iter().copied().max().unwrap_or(1);
    let mut ranked: Vec<(u32, &Entry<'_, V>)> = ranks.iter().copied().zip(&entries).collect();
    ranked.sort_by(|(a, left), (b, right)| a.cmp(b).then_with(|| left.unit.cmp(right.unit)));

    let small = ranked.len() <= naming.small_group as usize;
    let ends = if small { naming.small_ends } else { naming.ends } as usize;
    let bound_first =
        ends.checked_sub(1).and_then(|i| ranked.get(i.min(ranked.len().saturating_sub(1)))).map(|(r, _)| *r);
    let bound_last = ranked.len().checked_sub(ends.max(1)).and_then(|i| ranked.get(i)).map(|(r, _)| *r);
    let is_first = |r: u32| bound_first.is_some_and(|bound| r <= bound);
    let is_last = |r: u32| ends > 0 && r > 1 && bound_last.is_none_or(|bound| r >= bound);
    let named = |wanted: &dyn Fn(u32, &Entry<'_, V>) -> bool| {
        ranked.iter().filter(|(r, entry)| wanted(*r, entry)).map(|(_, entry)| entry.unit.to_owned()).collect()
    };
    Ranking {
        by: by.to_owned(),
        label: label.to_owned(),
        first: named(&|r, _| is_first(r)),
        last: named(&|r, entry| is_last(r) && !is_first(r) && !entry.exempt),
        places: ranked
            .iter()
            .map(|(r, entry)| Place {
                unit: entry.unit.to_owned(),
                rank: *r,
                value: entry.shown,
                last: *r == lowest && *r > 1,
            })
            .collect(),
    }
}
