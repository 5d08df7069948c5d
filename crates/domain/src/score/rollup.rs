//! Columns in memory: values by division and measure, rolled up the territory, and divisions ranked by them (field rules §8).
//! Plain i64 columns (×10^4) and parent indexes: no hashing and no allocation in the inner loops. Missing is not zero:
//! how many values were expected, reported and "none here" is summed beside each figure.

use std::cmp::Ordering;

/// The territory as arrays; a parent's index is always smaller than its children's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Territory {
    parents: Vec<Option<u32>>,
    levels: Vec<u8>,
}

/// Why a territory cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TerritoryError {
    /// A parent must come before its children.
    #[error("division {index} names parent {parent}, which does not come before it")]
    ParentNotBefore {
        /// Index of the child.
        index: usize,
        /// Index that it gives as its parent.
        parent: u32,
    },
    /// More divisions than an index holds.
    #[error("{0} divisions are more than an index of 32 bits holds")]
    TooMany(usize),
}

impl Territory {
    /// Takes each division's parent index (None for the root or roots), parents before children.
    ///
    /// # Errors
    /// When a parent does not come before its child, or there are more than u32::MAX divisions.
    pub fn new(parents: Vec<Option<u32>>) -> Result<Self, TerritoryError> {
        if u32::try_from(parents.len()).is_err() {
            return Err(TerritoryError::TooMany(parents.len()));
        }
        let mut levels: Vec<u8> = Vec::with_capacity(parents.len());
        for (index, parent) in parents.iter().enumerate() {
            match *parent {
                None => levels.push(0),
                Some(parent) => match levels.get(parent as usize) {
                    Some(level) => levels.push(level.saturating_add(1)),
                    None => return Err(TerritoryError::ParentNotBefore { index, parent }),
                },
            }
        }
        Ok(Self { parents, levels })
    }

    /// How many divisions there are.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// The division's depth below its root: 0 for a root.
    pub fn level(&self, index: usize) -> Option<u8> {
        self.levels.get(index).copied()
    }

    /// The indexes of a depth, in order.
    pub fn at_level(&self, level: u8) -> impl Iterator<Item = usize> + '_ {
        self.levels.iter().enumerate().filter(move |(_, l)| **l == level).map(|(index, _)| index)
    }
}

/// The state of one cell of a column: one of the four states of a value, or nothing asked for here (field rules §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum CellState {
    /// Nothing is owed here.
    #[default]
    NotExpected = 0,
    /// Owed and not reported.
    NotReported = 1,
    /// A number; zero is a number.
    Reported = 2,
    /// There is none here.
    NoneHere = 3,
    /// Does not apply, with a reason kept elsewhere.
    NotApplicable = 4,
}

/// One measure's column over all divisions, and what it adds up to at each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    values: Vec<i64>,
    states: Vec<CellState>,
    /// Sums at each division of its own value and everything below it, ×10^4.
    pub sums: Vec<i64>,
    /// How many values are owed at and below each division.
    pub expected: Vec<u32>,
    /// How many of them were given as a number.
    pub reported: Vec<u32>,
    /// How many of them were given as "there is none here".
    pub none_here: Vec<u32>,
    /// A sum left the range of a quantity; the sums are then not to be used.
    pub overflowed: bool,
}

impl Column {
    /// An empty column over so many divisions: nothing is owed anywhere yet.
    pub fn new(divisions: usize) -> Self {
        Self {
            values: vec![0; divisions],
            states: vec![CellState::NotExpected; divisions],
            sums: vec![0; divisions],
            expected: vec![0; divisions],
            reported: vec![0; divisions],
            none_here: vec![0; divisions],
            overflowed: false,
        }
    }

    /// Sets a cell; the value (×10^4) counts only in the state Reported. An index outside the territory changes nothing
    /// and answers false.
    pub fn set(&mut self, division: usize, state: CellState, scaled: i64) -> bool {
        match (self.values.get_mut(division), self.states.get_mut(division)) {
            (Some(value), Some(cell)) => {
                *value = if state == CellState::Reported { scaled } else { 0 };
                *cell = state;
                true
            }
            _ => false,
        }
    }

    /// The state and value (×10^4) of a cell as it was set.
    pub fn cell(&self, division: usize) -> Option<(CellState, i64)> {
        Some((*self.states.get(division)?, *self.values.get(division)?))
    }

    /// Adds every division up into its parents, from the leaves to the roots, in one pass.
    pub fn roll_up(&mut self, territory: &Territory) {
        self.sums.copy_from_slice(&self.values);
        for (index, state) in self.states.iter().enumerate() {
            self.expected[index] = u32::from(*state != CellState::NotExpected);
            self.reported[index] = u32::from(*state == CellState::Reported);
            self.none_here[index] = u32::from(*state == CellState::NoneHere);
        }
        let mut overflowed = false;
        let end = territory.len().min(self.sums.len());
        for index in (0..end).rev() {
            if let Some(parent) = territory.parents[index] {
                let parent = parent as usize;
                let (sum, over) = self.sums[parent].overflowing_add(self.sums[index]);
                self.sums[parent] = sum;
                overflowed |= over;
                self.expected[parent] += self.expected[index];
                self.reported[parent] += self.reported[index];
                self.none_here[parent] += self.none_here[index];
            }
        }
        self.overflowed = overflowed;
    }
}

/// All measures' columns over one territory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    territory: Territory,
    columns: Vec<Column>,
}

impl Columns {
    /// Empty columns for so many measures.
    pub fn new(territory: Territory, measures: usize) -> Self {
        let divisions = territory.len();
        Self { territory, columns: vec![Column::new(divisions); measures] }
    }

    /// The territory they stand on.
    pub fn territory(&self) -> &Territory {
        &self.territory
    }

    /// Adds a measure's column and answers its index.
    pub fn add_measure(&mut self) -> usize {
        self.columns.push(Column::new(self.territory.len()));
        self.columns.len() - 1
    }

    /// One measure's column.
    pub fn column(&self, measure: usize) -> Option<&Column> {
        self.columns.get(measure)
    }

    /// One measure's column, to fill.
    pub fn column_mut(&mut self, measure: usize) -> Option<&mut Column> {
        self.columns.get_mut(measure)
    }

    /// Rolls every column up.
    pub fn roll_up(&mut self) {
        for column in &mut self.columns {
            column.roll_up(&self.territory);
        }
    }
}

/// A division's place in a ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DivisionPlace {
    /// Index of the division in the territory.
    pub division: u32,
    /// Its place: competition ranking, equal completions share one.
    pub rank: u32,
    /// The rolled-up value, ×10^4.
    pub actual: i64,
    /// The target it is measured by, ×10^4.
    pub target: i64,
}

/// Ranks divisions by actual ÷ target as exact fractions, highest first. A division without a positive target or without
/// any reported value has no place (field rules §4). `targets` is ×10^4 by division.
pub fn rank_by_completion(
    column: &Column,
    targets: &[i64],
    divisions: impl Iterator<Item = usize>,
) -> Vec<DivisionPlace> {
    let mut places: Vec<DivisionPlace> = divisions
        .filter_map(|index| {
            let target = *targets.get(index)?;
            let actual = *column.sums.get(index)?;
            let reported = *column.reported.get(index)?;
            let division = u32::try_from(index).ok()?;
            (target > 0 && reported > 0).then_some(DivisionPlace { division, rank: 0, actual, target })
        })
        .collect();
    places.sort_unstable_by(|a, b| compare(b, a).then(a.division.cmp(&b.division)));
    let mut rank = 0;
    for index in 0..places.len() {
        if index == 0 || compare(&places[index - 1], &places[index]) != Ordering::Equal {
            rank = u32::try_from(index + 1).unwrap_or(u32::MAX);
        }
        places[index].rank = rank;
    }
    places
}

/// Compares actual ÷ target exactly; both targets are positive.
fn compare(a: &DivisionPlace, b: &DivisionPlace) -> Ordering {
    let left = i128::from(a.actual) * i128::from(b.target);
    let right = i128::from(b.actual) * i128::from(a.target);
    left.cmp(&right)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A county with two townships, of two villages each.
    fn county() -> Territory {
        Territory::new(vec![None, Some(0), Some(0), Some(1), Some(1), Some(2), Some(2)]).unwrap()
    }

    #[test]
    fn values_add_up_with_blanks_and_empty_bases_kept_apart() {
        let mut columns = Columns::new(county(), 1);
        let column = columns.column_mut(0).unwrap();
        assert!(column.set(3, CellState::Reported, 10_000));
        assert!(column.set(4, CellState::Reported, 0));
        assert!(column.set(5, CellState::NotReported, 99));
        assert!(column.set(6, CellState::NoneHere, 99));
        assert!(!column.set(7, CellState::Reported, 1));
        columns.roll_up();
        let column = columns.column(0).unwrap();
        assert_eq!((column.sums[0], column.sums[1], column.sums[2]), (10_000, 10_000, 0));
        assert_eq!((column.expected[0], column.reported[0], column.none_here[0]), (4, 2, 1));
        assert_eq!((column.expected[2], column.reported[2], column.none_here[2]), (2, 0, 1));
        assert!(!column.overflowed);
    }

    #[test]
    fn rolling_up_twice_changes_nothing() {
        let mut columns = Columns::new(county(), 1);
        columns.column_mut(0).unwrap().set(3, CellState::Reported, 70_000);
        columns.roll_up();
        let once = columns.clone();
        columns.roll_up();
        assert_eq!(columns, once);
    }

    #[test]
    fn equal_completions_share_a_place_and_the_unreported_have_none() {
        let territory = Territory::new(vec![None; 6]).unwrap();
        let mut column = Column::new(6);
        for (index, actual) in [10, 8, 4, 2, 1].into_iter().enumerate() {
            column.set(index, CellState::Reported, actual);
        }
        column.set(5, CellState::NotReported, 0);
        column.roll_up(&territory);
        let places = rank_by_completion(&column, &[10, 10, 8, 4, 10, 10], 0..6);
        assert_eq!(places.iter().map(|p| p.rank).collect::<Vec<_>>(), [1, 2, 3, 3, 5]);
        assert!(places.iter().all(|p| p.division != 5));
    }

    #[test]
    fn an_overflow_is_told() {
        let mut columns = Columns::new(county(), 1);
        let column = columns.column_mut(0).unwrap();
        column.set(3, CellState::Reported, i64::MAX);
        column.set(4, CellState::Reported, 1);
        columns.roll_up();
        assert!(columns.column(0).unwrap().overflowed);
    }

    #[test]
    fn a_child_before_its_parent_is_refused() {
        assert!(matches!(
            Territory::new(vec![Some(1), None]),
            Err(TerritoryError::ParentNotBefore { index: 0, parent: 1 })
        ));
    }
}
