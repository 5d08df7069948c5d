//! Ranking a foreign table by each of its rates, as a province names its first and last three (field rules §4).

use super::columns::Progress;
use super::report::TableRow;
use crate::ratio::Ratio;
use crate::score::scheme::{Naming, Ties};
use crate::score::{Entry, Ranking, rank};

/// One ranking a rate, over the rows that have one; total rows have no place.
pub(super) fn rankings(progress: &[Progress], rows: &[TableRow]) -> Vec<Ranking> {
    let hundred = Ratio::integer(100);
    progress
        .iter()
        .enumerate()
        .map(|(index, group)| {
            let entries = rows.iter().filter(|row| !row.total).filter_map(|row| {
                let rate = row.rates.get(index).copied().flatten()?;
                let shown = (rate * hundred).round(2)?;
                Some(Entry { unit: &row.name, value: rate, shown, exempt: rate >= Ratio::ONE })
            });
            rank(&group.label, &group.label, entries.collect(), Ties::Competition, Naming::default())
        })
        .collect()
}
