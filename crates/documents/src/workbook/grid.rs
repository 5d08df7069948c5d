//! Reads a template's table sheets by their headings and collects every error with its cell. A column's place does not
//! matter, an unknown or missing heading does.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};
use minsheng_domain::quantity::Quantity;

use super::form::{CHECK, HEAD_ROW, META_SHEET, Table, check};
use super::number::cell_number;
use super::package::{Book, Content, MAX_ERRORS, Sheet};
use super::parts::Shown;
use super::words::Words;
use super::{CellError, SCHEMA_VERSION, cell_name};

/// Signs that sheets use for "blank".
const BLANK_SIGNS: [&str; 6] = ["—", "——", "-", "－", "/", "／"];

/// Errors as they are found.
#[derive(Default)]
pub(crate) struct Errors(RefCell<Vec<CellError>>);

impl Errors {
    /// Notes an error; beyond `MAX_ERRORS` no more are kept.
    pub(crate) fn push(&self, error: CellError) {
        let mut errors = self.0.borrow_mut();
        if errors.len() < MAX_ERRORS {
            errors.push(error);
        }
    }

    /// The value where nothing was wrong.
    pub(crate) fn result<T>(self, value: T) -> Result<T, Vec<CellError>> {
        let errors = self.0.into_inner();
        if errors.is_empty() { Ok(value) } else { Err(errors) }
    }
}

/// Facts of the hidden sheet, once kind and version are those asked for.
pub(crate) fn template_facts(book: &Book, kind: &str) -> Result<BTreeMap<String, String>, CellError> {
    let wrong = |message: &str| CellError::new(META_SHEET, "TEMPLATE_UNKNOWN", message);
    let sheet = book.sheet(META_SHEET).ok_or_else(|| wrong("文件不是由本系统下载的模板，请下载模板后填写"))?;
    let text = |row, column| match sheet.cells.get(&(row, column)) {
        Some(Content::Text(text)) => text.trim().to_owned(),
        Some(Content::Number(text, _)) => text.clone(),
        _ => String::new(),
    };
    let rows = sheet.cells.keys().map(|(row, _)| *row);
    let facts: BTreeMap<String, String> = rows.map(|row| (text(row, 0), text(row, 1))).collect();
    if facts.get("模板").map(String::as_str) != Some(kind) {
        return Err(wrong("文件是另一种模板，请核对所选的功能"));
    }
    if facts.get("版本").map(String::as_str) != Some(SCHEMA_VERSION) {
        return Err(wrong("模板版本已更新，请重新下载模板"));
    }
    if facts.get(CHECK) != Some(&check(&facts)) {
        return Err(wrong("模板的隐藏工作表被改动，请重新下载模板"));
    }
    Ok(facts)
}

/// A table sheet found in a workbook.
pub(crate) struct Grid<'a> {
    sheet: &'a Sheet,
    columns: BTreeMap<&'static str, u32>,
    errors: &'a Errors,
    from_1904: bool,
}

impl<'a> Grid<'a> {
    /// Finds the sheet and its headings; what is missing is noted.
    pub(crate) fn open(book: &'a Book, table: &Table, errors: &'a Errors) -> Option<Grid<'a>> {
        let Some(sheet) = book.sheet(table.sheet) else {
            errors.push(CellError::new(table.sheet, "SHEET_MISSING", "缺少此工作表，请使用完整的模板"));
            return None;
        };
        for (first, last) in sheet.merged.iter().filter(|(_, last)| last.0 >= HEAD_ROW) {
            let place = format!("{}!{}", sheet.name, cell_name(first.0, first.1));
            let message = format!(
                "{}至{}是合并单元格，看不出数属于哪一格；请取消合并，逐格填写",
                cell_name(first.0, first.1),
                cell_name(last.0, last.1)
            );
            errors.push(CellError::new(place, "CELL_MERGED", message));
        }
        let mut columns = BTreeMap::new();
        for ((row, column), content) in sheet.cells.range((HEAD_ROW, 0)..(HEAD_ROW + 1, 0)) {
            let place = format!("{}!{}", sheet.name, cell_name(*row, *column));
            let heading = match content {
                Content::Text(text) => text.trim(),
                Content::Number(..) | Content::Other(_) => "",
            };
            match table.columns.iter().find(|known| known.title == heading) {
                None => errors.push(CellError::new(place, "HEADING_UNKNOWN", "表头不属于模板，请恢复模板的表头")),
                Some(known) => {
                    if columns.insert(known.title, *column).is_some() {
                        errors.push(CellError::new(place, "HEADING_TWICE", "表头重复，请删除多余的一列"));
                    }
                }
            }
        }
        let place = format!("{}!{}", sheet.name, cell_name(HEAD_ROW, 0));
        for missing in table.columns.iter().filter(|known| !columns.contains_key(known.title)) {
            let message = format!("缺少表头“{}”，请恢复模板的表头", missing.title);
            errors.push(CellError::new(&place, "HEADING_MISSING", message));
        }
        Some(Grid { sheet, columns, errors, from_1904: book.from_1904 })
    }

    /// Rows with anything under a heading.
    pub(crate) fn rows(&self) -> Vec<Row<'_, 'a>> {
        let mut rows = Vec::new();
        for ((row, _), _) in self.sheet.cells.range((HEAD_ROW + 1, 0)..) {
            if rows.last() != Some(row) {
                rows.push(*row);
            }
        }
        rows.into_iter().map(|row| Row { grid: self, row }).collect()
    }

    /// Rows by the text in their first column, for sheets of names and contents.
    pub(crate) fn by_name(&self, column: &'static str) -> BTreeMap<String, Row<'_, 'a>> {
        self.rows().into_iter().map(|row| (row.text(column), row)).collect()
    }
}

/// A row of a table sheet.
#[derive(Clone, Copy)]
pub(crate) struct Row<'g, 'a> {
    grid: &'g Grid<'a>,
    row: u32,
}

impl Row<'_, '_> {
    fn cell(&self, title: &'static str) -> Option<&Content> {
        let column = self.grid.columns.get(title)?;
        self.grid.sheet.cells.get(&(self.row, *column))
    }

    /// Sheet and cell of that column.
    pub(crate) fn place(&self, title: &'static str) -> String {
        let column = self.grid.columns.get(title).copied().unwrap_or(0);
        format!("{}!{}", self.grid.sheet.name, cell_name(self.row, column))
    }

    /// Notes an error in that column.
    pub(crate) fn error(&self, title: &'static str, rule: &str, message: impl Into<String>) {
        self.grid.errors.push(CellError::new(self.place(title), rule, message));
    }

    /// Text without blanks around it; empty for a blank cell. Whole numbers count as text, others do not: 1.10 would be 1.1.
    pub(crate) fn text(&self, title: &'static str) -> String {
        match self.cell(title) {
            None => String::new(),
            Some(Content::Text(text)) => text.trim().to_owned(),
            Some(Content::Number(raw, Shown::Plain)) if raw.bytes().all(|byte| byte.is_ascii_digit()) => raw.clone(),
            Some(Content::Number(..)) => {
                self.error(title, "CELL_NOT_TEXT", "此格应为文本；请先把单元格格式设为“文本”，再重新填写");
                String::new()
            }
            Some(Content::Other(raw)) => {
                self.error(title, "CELL_ERROR_VALUE", format!("单元格内容“{raw}”是错误值或逻辑值，请改填文本"));
                String::new()
            }
        }
    }

    /// Text that must be there.
    pub(crate) fn required(&self, title: &'static str) -> String {
        let text = self.text(title);
        if text.is_empty() && self.cell(title).is_none_or(|content| matches!(content, Content::Text(_))) {
            self.error(title, "CELL_REQUIRED", format!("“{title}”不能为空"));
        }
        text
    }

    /// An exact number as a decimal string; none for a blank cell and its signs (—, /).
    pub(crate) fn number(&self, title: &'static str) -> Option<String> {
        read_number(self.cell(title)?).unwrap_or_else(|message| {
            self.error(title, "CELL_NUMBER", message);
            None
        })
    }

    /// A whole number within bounds; 0 for a blank cell.
    pub(crate) fn integer(&self, title: &'static str, least: i32, most: i32) -> i32 {
        let Some(text) = self.number(title) else {
            return 0;
        };
        match text.parse::<i32>() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                self.error(title, "CELL_INTEGER", format!("“{title}”应为{least}至{most}之间的整数"));
                0
            }
        }
    }

    /// One of a few words; 0 for a blank cell.
    pub(crate) fn choice(&self, title: &'static str, words: Words) -> i32 {
        let text = self.text(title);
        if text.is_empty() {
            return 0;
        }
        if let Some((_, number)) = words.iter().find(|(word, _)| *word == text) {
            return *number;
        }
        let known = crate::text::list(words.iter().map(|(word, _)| word));
        self.error(title, "CELL_CHOICE", format!("“{text}”不在可选范围内，可填：{known}"));
        0
    }

    /// One of a few words that must be there.
    pub(crate) fn required_choice(&self, title: &'static str, words: Words) -> i32 {
        if self.cell(title).is_none() {
            self.error(title, "CELL_REQUIRED", format!("“{title}”不能为空"));
        }
        self.choice(title, words)
    }

    /// An ISO date from text or from a date cell; empty for a blank cell.
    pub(crate) fn date(&self, title: &'static str) -> String {
        match self.cell(title) {
            Some(Content::Number(raw, Shown::Date)) => match serial_date(raw, self.grid.from_1904) {
                Some(day) => day.to_string(),
                None => {
                    self.error(title, "CELL_DATE", "日期无效，请写成2023-06-20的形式");
                    String::new()
                }
            },
            Some(Content::Text(text))
                if text.trim().parse::<Date>().is_ok_and(|day| day.to_string() == text.trim()) =>
            {
                text.trim().to_owned()
            }
            None => String::new(),
            Some(_) => {
                self.error(title, "CELL_DATE", "日期应写成2023-06-20的形式");
                String::new()
            }
        }
    }
}

/// A number cell's exact decimal string, none for blank; otherwise what is wrong and what to do.
pub(crate) fn read_number(content: &Content) -> Result<Option<String>, String> {
    match content {
        Content::Number(raw, Shown::Plain) => {
            let number = cell_number(raw).map_err(|error| error.zh().to_owned())?;
            Ok(Some(number.display_with(0)))
        }
        Content::Number(_, Shown::Percent) => {
            Err("单元格是百分比格式，95%实际存为0.95；请改为常规格式，只填数字".to_owned())
        }
        Content::Number(_, Shown::Date) => Err("单元格是日期格式；请改为常规格式，只填数字".to_owned()),
        Content::Text(text) if BLANK_SIGNS.contains(&text.trim()) => Ok(None),
        Content::Text(text) => match text.trim().parse::<Quantity>() {
            Ok(number) => Ok(Some(number.display_with(0))),
            Err(error) => Err(format!("“{}”：{}；请只填半角数字，不带单位", shorten(text.trim()), error.zh())),
        },
        Content::Other(raw) => Err(format!("单元格内容“{raw}”是错误值或逻辑值，请填数字或留空")),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(20) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The day of a spreadsheet's serial number; 1900 counts a 29 February that never was, so days before March 1900 are none.
pub(crate) fn serial_date(raw: &str, from_1904: bool) -> Option<Date> {
    let days: i64 = raw.split('.').next()?.parse().ok()?;
    let (start, least) = if from_1904 { (date(1904, 1, 1), 0) } else { (date(1899, 12, 30), 61) };
    let span: Span = if (least..200_000).contains(&days) {
        days.days()
    } else {
        return None;
    };
    start.checked_add(span).ok()
}
