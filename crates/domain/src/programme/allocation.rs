//! A table that divides measures' targets among divisions (任务分解), as it was printed: a blank cell is not zero, and the
//! printed totals stand beside what the rows add up to.

use crate::quantity::Quantity;

/// An allocation table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Allocation {
    /// What is divided.
    pub columns: Vec<AllocationColumn>,
    /// Among whom.
    pub rows: Vec<AllocationRow>,
    /// The printed total row, one entry a column; none where no total is printed under it.
    pub printed_totals: Vec<Option<Quantity>>,
    /// A note printed under the table.
    pub note: String,
}

/// A column: one measure's target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AllocationColumn {
    /// Code of the measure.
    pub measure: String,
    /// The heading, as printed, without its unit.
    pub heading: String,
    /// The unit of measure, as printed.
    pub unit: String,
}

/// A row: a division of any depth below the programme's own, or a local area. No row lies inside another one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AllocationRow {
    /// Name, as printed.
    pub name: String,
    /// Code of the division, or a local code for an area without one; empty where only the name was printed.
    pub division: String,
    /// One cell a column; blank is not zero.
    pub cells: Vec<Option<Quantity>>,
    /// The row is a mandate to the lower tier of that division, which reports its own figures.
    pub mandate: bool,
}

impl Allocation {
    /// The cells of a column that are filled.
    pub fn filled(&self, column: usize) -> impl Iterator<Item = Quantity> + '_ {
        self.rows.iter().filter_map(move |row| row.cells.get(column).copied().flatten())
    }

    /// What a column adds up to, blanks left out; none when it leaves the range of a quantity.
    pub fn column_sum(&self, column: usize) -> Option<Quantity> {
        Quantity::checked_sum(self.filled(column))
    }

    /// Whether a column divides the measure's target.
    pub fn divides(&self, measure: &str) -> bool {
        self.columns.iter().any(|column| column.measure == measure)
    }

    /// How many cells the table has, blank ones too.
    pub fn cell_count(&self) -> usize {
        self.rows.len() * self.columns.len()
    }
}
