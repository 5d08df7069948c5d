//! How wide a table's columns are and how large its type: as wide as the composer said, but never narrower than the longest
//! number in the column, in the largest type in which that goes. Lengths are hundredths of a point.

use crate::document::{Cell, Table};

/// Sizes of type, from the one of few columns to the smallest that can still be read.
const SIZES: [u32; 6] = [1050, 900, 800, 700, 600, 500];
/// Room left and right of a cell's text with its rule.
const AROUND: u32 = 520;
/// A longer run of letters and digits may be torn.
pub(super) const LONGEST_RUN: usize = 20;

/// Size of type and widths of the columns of a table in so much room.
pub(super) fn fit(table: &Table, room: u32) -> (u32, Vec<u32>) {
    let runs: Vec<u32> = (0..table.columns()).map(|column| longest_run(table, column)).collect();
    let least = |size: u32| -> Vec<u32> { runs.iter().map(|run| run * size.div_ceil(2) + AROUND).collect() };
    let first = match table.columns() {
        0..=8 => 0,
        9..=12 => 1,
        _ => 2,
    };
    let sizes = SIZES.iter().skip(first).copied();
    let size = sizes.clone().find(|size| least(*size).iter().sum::<u32>() <= room).unwrap_or(SIZES[SIZES.len() - 1]);
    (size, share(table, &least(size), room))
}

/// The room in the proportion of the columns' widths, where that leaves none of them less than it needs.
fn share(table: &Table, least: &[u32], room: u32) -> Vec<u32> {
    let wanted: Vec<u32> = table.heads.iter().map(|head| u32::from(head.width.max(1))).collect();
    let mut fixed = vec![false; wanted.len()];
    loop {
        let taken: u32 = least.iter().zip(&fixed).filter(|(_, fixed)| **fixed).map(|(least, _)| *least).sum();
        let left = u64::from(room.saturating_sub(taken));
        let total: u64 =
            wanted.iter().zip(&fixed).filter(|(_, fixed)| !**fixed).map(|(wide, _)| u64::from(*wide)).sum();
        let part = |column: usize| match fixed[column] {
            true => least[column],
            false => u32::try_from(u64::from(wanted[column]) * left / total.max(1)).unwrap_or(room),
        };
        let parts: Vec<u32> = (0..wanted.len()).map(part).collect();
        match (0..wanted.len()).find(|column| !fixed[*column] && parts[*column] < least[*column]) {
            Some(narrow) => fixed[narrow] = true,
            None => return parts,
        }
    }
}

/// Half-width letters of the longest run in a column that must not be torn; the word for a light counts as four characters.
fn longest_run(table: &Table, column: usize) -> u32 {
    let cells = || table.rows.iter().filter_map(|row| row.get(column));
    if cells().any(|cell| matches!(cell, Cell::Light(_))) {
        return 8;
    }
    let cells = cells().map(Cell::shown);
    let heads = table.heads.get(column).map(|head| head.title.as_str());
    let runs = cells.chain(heads).flat_map(|text| text.split(|letter: char| !letter.is_ascii_graphic()));
    let longest = runs.map(str::len).max().unwrap_or(0).clamp(2, LONGEST_RUN);
    u32::try_from(longest).unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Head;

    fn table(heads: &[(&str, u16)], rows: Vec<Vec<Cell>>) -> Table {
        Table {
            sheet: "表".to_owned(),
            title: "表".to_owned(),
            source: String::new(),
            units: String::new(),
            heads: heads.iter().map(|(title, width)| Head::new(title, *width)).collect(),
            rows,
            note: String::new(),
        }
    }

    #[test]
    fn columns_are_as_wide_as_said_and_fill_the_room() {
        let (size, widths) = fit(&table(&[("名称", 30), ("数", 10)], Vec::new()), 44_000);
        assert_eq!((size, widths), (1050, vec![33_000, 11_000]));
    }

    #[test]
    fn a_long_number_widens_its_column() {
        let rows = vec![vec![Cell::text("城镇"), Cell::number("1234567890.1234")]];
        let (size, widths) = fit(&table(&[("名称", 38), ("数", 2)], rows), 44_000);
        assert_eq!(size, 1050);
        assert_eq!(widths[1], 15 * 525 + AROUND);
        assert_eq!(widths[0], 44_000 - widths[1]);
    }

    #[test]
    fn type_gets_smaller_before_numbers_are_torn() {
        let rows = vec![vec![Cell::number("123456789"); 16]];
        let heads = vec![("数", 8); 16];
        let (size, widths) = fit(&table(&heads, rows), 63_700);
        assert_eq!(size, 700);
        assert!(widths.iter().all(|width| *width >= 9 * 350 + AROUND), "{widths:?}");
    }
}
