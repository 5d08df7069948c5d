//! Workbooks in and out: the catalogue's and the month's templates, written for Excel and WPS and read back under guards; and
//! any sheet as texts.
//! A hostile file is refused before anything is parsed; what is wrong in an honest one is told cell by cell, all at once.

mod allocation_read;
mod catalogue;
mod catalogue_read;
mod catalogue_sheets;
mod form;
mod grid;
mod guard;
mod mark;
mod month;
mod month_read;
mod number;
mod package;
mod parts;
mod sheet_read;
mod words;
mod xml;

pub use catalogue::write_catalogue_template;
pub use catalogue_read::read_catalogue;
pub use mark::mark_errors;
pub use month::{Draft, MonthForm, Previous, write_month_template};
pub use month_read::{FiledReport, MonthReports, read_month};
pub use sheet_read::{SheetRow, SheetRows, read_sheet};

pub(crate) use form::exact_number;
pub(crate) use guard::Package;
pub(crate) use xml::{MAX_ELEMENTS, Tag, Token, Tokens};

/// Version of the templates' layout, kept on a hidden sheet; another one is refused.
pub const SCHEMA_VERSION: &str = "3";

/// One thing that is wrong with a workbook, named to the cell.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct CellError {
    /// Sheet and cell, for example `计量项!D7`; only the sheet, or empty, where no single cell is at fault.
    #[prost(string, tag = "1")]
    pub place: String,
    /// The rule, a stable word in SCREAMING_SNAKE, for example `CELL_FORMULA`.
    #[prost(string, tag = "2")]
    pub rule: String,
    /// What is wrong and what to do, in Chinese.
    #[prost(string, tag = "3")]
    pub message: String,
}

impl CellError {
    pub(crate) fn new(place: impl Into<String>, rule: &str, message: impl Into<String>) -> CellError {
        CellError { place: place.into(), rule: rule.to_owned(), message: message.into() }
    }

    /// An error of the file as a whole.
    pub(crate) fn file(rule: &str, message: impl Into<String>) -> CellError {
        CellError::new("", rule, message)
    }
}

impl std::fmt::Display for CellError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.place.as_str() {
            "" => write!(formatter, "{}（{}）", self.message, self.rule),
            place => write!(formatter, "{place}：{}（{}）", self.message, self.rule),
        }
    }
}

/// Why a workbook could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// The file is refused, with everything that is wrong with it.
    #[error("the workbook is refused: {} error(s), first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Refused(Vec<CellError>),
    /// It could not be written.
    #[error("the workbook could not be written: {0}")]
    Write(#[from] rust_xlsxwriter::XlsxError),
}

/// A cell's name: row and column from 0, `D7` for (6, 3).
pub(crate) fn cell_name(row: u32, column: u32) -> String {
    format!("{}{}", column_name(column), u64::from(row) + 1)
}

fn column_name(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = u64::from(column) + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    letters.iter().rev().collect()
}
