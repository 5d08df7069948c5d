//! Any workbook's sheet as the texts of its cells, as a reader sees them printed: for tables that somebody else made. Read
//! under the same guards as templates; a workbook with formulas is refused, since what they last showed proves nothing.

use super::grid::serial_date;
use super::number::{cell_number, shown_number};
use super::package::{Book, Content, Sheet};
use super::parts::Shown;
use super::{CellError, WorkbookError};

/// Most decimals of a number that no format limits: those of a quantity.
const DECIMALS: u8 = 4;

/// A sheet's rows from its first; blank rows are kept, cells beyond a row's last filled one are not.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SheetRows {
    /// Name of the sheet.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Rows.
    #[prost(message, repeated, tag = "2")]
    pub rows: Vec<SheetRow>,
    /// Names of the workbook's other sheets that hold anything.
    #[prost(string, repeated, tag = "3")]
    pub others: Vec<String>,
}

/// A row.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SheetRow {
    /// Texts of its cells from the first column; empty for blank ones.
    #[prost(string, repeated, tag = "1")]
    pub cells: Vec<String>,
}

/// Reads the sheet of that name, or the first that holds anything where no name is given.
pub fn read_sheet(bytes: &[u8], name: &str) -> Result<SheetRows, WorkbookError> {
    let book = Book::read(bytes).map_err(WorkbookError::Refused)?;
    let filled = |sheet: &&Sheet| !sheet.cells.is_empty();
    let found = if name.is_empty() { book.sheets.iter().find(filled) } else { book.sheet(name) };
    let Some(sheet) = found else {
        let message =
            if name.is_empty() { "工作簿是空的".to_owned() } else { format!("没有工作表“{name}”") };
        return Err(WorkbookError::Refused(vec![CellError::file("SHEET_MISSING", message)]));
    };
    let others = book.sheets.iter().filter(filled).filter(|other| other.name != sheet.name);
    let mut read = SheetRows {
        name: sheet.name.clone(),
        others: others.map(|other| other.name.clone()).collect(),
        ..SheetRows::default()
    };
    for ((row, column), content) in &sheet.cells {
        let decimals = sheet.decimals.get(&(*row, *column)).copied();
        let (row, column) = (usize_of(*row), usize_of(*column));
        if read.rows.len() <= row {
            read.rows.resize_with(row + 1, SheetRow::default);
        }
        let cells = &mut read.rows[row].cells;
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        cells[column] = text(content, decimals, book.from_1904);
    }
    Ok(read)
}

/// A number stands as exactly as a quantity can hold it, else rounded as its format shows it; a percentage as it is shown.
fn text(content: &Content, decimals: Option<u8>, from_1904: bool) -> String {
    match content {
        Content::Text(text) | Content::Other(text) => text.trim().to_owned(),
        Content::Number(raw, Shown::Percent) => {
            shown_number(raw, 2, decimals.unwrap_or(0)).map_or_else(|_| raw.clone(), |number| format!("{number}%"))
        }
        Content::Number(raw, Shown::Date) => {
            serial_date(raw, from_1904).map_or_else(|| raw.clone(), |day| day.to_string())
        }
        Content::Number(raw, Shown::Plain) => match cell_number(raw) {
            Ok(number) => number.display_with(0),
            Err(_) => shown_number(raw, 0, decimals.unwrap_or(DECIMALS)).unwrap_or_else(|_| raw.clone()),
        },
    }
}

fn usize_of(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
