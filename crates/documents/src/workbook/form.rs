//! Writes templates: one table a sheet under a title, a filling note and a frozen heading; drop-downs and hints in the
//! cells; heads and given cells protected without a password; a hidden sheet with the schema's version and a hash of what
//! it says. The same input gives the same bytes.

use std::collections::BTreeMap;

use minsheng_domain::quantity::Quantity;
use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, ProtectionOptions,
    Workbook, Worksheet, XlsxError,
};

use sha2::{Digest, Sha256};

use super::SCHEMA_VERSION;
use super::words::Words;
use crate::text::{clean, lines_in, row_height};

/// Row of the headings in every table sheet.
pub(crate) const HEAD_ROW: u32 = 2;
/// Name of the hidden sheet.
pub(crate) const META_SHEET: &str = "_模板";
/// Columns of a free sheet that may be filled in.
const MATRIX_COLUMNS: u16 = 100;
/// Blank rows prepared under the filled ones.
const SPARE_ROWS: u32 = 200;

/// What a column takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entry {
    /// Free text.
    Text,
    /// Code or date, kept as text.
    Code,
    /// Exact number.
    Number,
    /// One of a few words.
    Choice(Words),
    /// Filled by the template; to be left alone.
    Given,
}

/// A column of a table sheet.
#[derive(Debug)]
pub(crate) struct Column {
    /// Heading; the reader finds the column by it.
    pub(crate) title: &'static str,
    /// Width in characters.
    pub(crate) width: u16,
    /// What it takes.
    pub(crate) entry: Entry,
    /// Hint shown when a cell is chosen; empty for none.
    pub(crate) hint: &'static str,
}

impl Column {
    /// A column.
    pub(crate) const fn new(title: &'static str, width: u16, entry: Entry, hint: &'static str) -> Column {
        Column { title, width, entry, hint }
    }
}

/// A table sheet.
#[derive(Debug)]
pub(crate) struct Table {
    /// Name of the sheet.
    pub(crate) sheet: &'static str,
    /// How it is to be filled in.
    pub(crate) note: &'static str,
    /// Columns.
    pub(crate) columns: &'static [Column],
}

/// A template being written.
pub(crate) struct FormWriter {
    workbook: Workbook,
    mark: String,
    title: Format,
    note: Format,
    head: Format,
    open_head: Format,
    text: Format,
    number: Format,
    given: Format,
}

impl FormWriter {
    /// Begins a template; the mark of invented figures, if any, stands in every sheet's title.
    pub(crate) fn new(title: &str, mark: &str) -> Result<FormWriter, XlsxError> {
        let mut workbook = Workbook::new();
        let created = ExcelDateTime::from_ymd(2023, 1, 1)?;
        workbook.set_properties(&DocProperties::new().set_title(clean(title)).set_creation_datetime(&created));
        let plain = Format::new().set_font_name("宋体");
        let cell = plain.clone().set_border(FormatBorder::Thin).set_border_color(Color::RGB(0x00BF_BFBF));
        let cell = cell.set_align(FormatAlign::VerticalCenter).set_text_wrap();
        let head = cell.clone().set_bold().set_align(FormatAlign::Center).set_background_color(Color::RGB(0x00DD_EBF7));
        Ok(FormWriter {
            workbook,
            mark: if mark.is_empty() { String::new() } else { format!("（{}）", clean(mark)) },
            title: plain.clone().set_bold().set_font_size(16),
            note: plain.set_font_color(Color::RGB(0x0059_5959)).set_text_wrap().set_align(FormatAlign::Top),
            head: head.clone(),
            text: cell.clone().set_num_format("@").set_unlocked(),
            number: cell.clone().set_unlocked(),
            open_head: head.clone().set_num_format("@").set_unlocked(),
            given: cell.set_num_format("@").set_background_color(Color::RGB(0x00F2_F2F2)),
        })
    }

    /// A sheet of lines that say how the template is filled in.
    pub(crate) fn guide(&mut self, title: &str, lines: &[String]) -> Result<(), XlsxError> {
        let title = format!("{title}{}", self.mark);
        let line_format = self.note.clone();
        let title_format = self.title.clone();
        let sheet = self.workbook.add_worksheet();
        sheet.set_name("填写说明")?.set_column_width(0, 100)?;
        sheet.write_string_with_format(0, 0, clean(&title), &title_format)?.set_row_height(0, 30)?;
        for (row, line) in (2..).zip(lines) {
            sheet.write_string_with_format(row, 0, clean(line), &line_format)?;
        }
        page(sheet);
        Ok(())
    }

    /// A table sheet with rows of cells' texts; missing cells are blank. `spare` prepares blank rows below.
    pub(crate) fn table(&mut self, table: &Table, rows: &[Vec<String>], spare: bool) -> Result<(), XlsxError> {
        let formats: Vec<Format> = table.columns.iter().map(|column| self.format(column.entry).clone()).collect();
        let last_column = table.columns.len().saturating_sub(1);
        let (title, note, head) = (self.title.clone(), self.note.clone(), self.head.clone());
        let (mark, below) = (self.mark.clone(), Format::new().set_unlocked());
        let sheet = self.workbook.add_worksheet();
        sheet.set_name(table.sheet)?;
        sheet.write_string_with_format(0, 0, format!("{}{mark}", table.sheet), &title)?;
        match u16::try_from(last_column).unwrap_or(u16::MAX) {
            0 => sheet.write_string_with_format(1, 0, table.note, &note)?,
            last => sheet.merge_range(1, 0, 1, last, table.note, &note)?,
        };
        let width: u16 = table.columns.iter().map(|column| column.width).sum();
        sheet.set_row_height(1, row_height(lines_in(table.note, width)))?;
        let heading = table.columns.iter().map(|column| lines_in(column.title, column.width));
        sheet.set_row_height(HEAD_ROW, row_height(heading.max().unwrap_or(1)) + 6)?;
        let filled = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let end = HEAD_ROW + filled + if spare { SPARE_ROWS } else { 0 };
        for (index, column) in (0_u16..).zip(table.columns) {
            sheet.set_column_width(index, column.width)?;
            if spare {
                // Rows beyond the prepared ones may be filled too.
                sheet.set_column_format(index, &below)?;
            }
            sheet.write_string_with_format(HEAD_ROW, index, column.title, &head)?;
            if end > HEAD_ROW {
                validate(sheet, index, end, column)?;
            }
        }
        for row in 0..end.saturating_sub(HEAD_ROW) {
            let cells = rows.get(usize::try_from(row).unwrap_or(usize::MAX));
            for ((index, format), column) in (0_u16..).zip(&formats).zip(table.columns) {
                let text = cells.and_then(|cells| cells.get(usize::from(index))).map_or("", String::as_str);
                write_cell(sheet, HEAD_ROW + 1 + row, index, text, column.entry, format)?;
            }
            if let Some(cells) = cells {
                let lines = table.columns.iter().zip(cells).map(|(column, text)| lines_in(text, column.width));
                sheet.set_row_height(HEAD_ROW + 1 + row, row_height(lines.max().unwrap_or(1)))?;
            }
        }
        sheet.set_freeze_panes(HEAD_ROW + 1, 0)?.set_repeat_rows(0, HEAD_ROW)?;
        page(sheet);
        Ok(())
    }

    /// A sheet of free form: rows of cells, the first `heads` rows as headings, numbers after the first `fixed` columns.
    pub(crate) fn matrix(
        &mut self,
        sheet_name: &str,
        note: &str,
        rows: &[Vec<String>],
        heads: u32,
        fixed: usize,
    ) -> Result<(), XlsxError> {
        let fixed = u16::try_from(fixed).unwrap_or(u16::MAX);
        let (title, note_format, head) = (self.title.clone(), self.note.clone(), self.head.clone());
        let (text, number, mark) = (self.text.clone(), self.number.clone(), self.mark.clone());
        let (open_head, below) = (self.open_head.clone(), Format::new().set_unlocked());
        let sheet = self.workbook.add_worksheet();
        sheet.set_name(sheet_name)?.set_column_width(0, 14)?.set_column_width(1, 16)?;
        sheet.write_string_with_format(0, 0, format!("{sheet_name}{mark}"), &title)?;
        sheet.merge_range(1, 0, 1, 8, note, &note_format)?.set_row_height(1, 32)?;
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        for column in 0..MATRIX_COLUMNS {
            sheet.set_column_format(column, &below)?;
        }
        for column in fixed..u16::try_from(columns).unwrap_or(u16::MAX) {
            sheet.set_column_width(column, 14)?;
        }
        for (row, cells) in (HEAD_ROW..).zip(rows) {
            for (column, cell) in (0_u16..).zip(cells) {
                match (row < HEAD_ROW + heads, column >= fixed) {
                    (true, false) => sheet.write_string_with_format(row, column, clean(cell), &head)?,
                    (true, true) => sheet.write_string_with_format(row, column, clean(cell), &open_head)?,
                    (false, true) => write_cell(sheet, row, column, cell, Entry::Number, &number)?,
                    (false, false) => write_cell(sheet, row, column, cell, Entry::Code, &text)?,
                };
            }
        }
        sheet.set_freeze_panes(HEAD_ROW + heads, fixed)?.set_repeat_rows(0, HEAD_ROW + heads - 1)?;
        page(sheet);
        Ok(())
    }

    /// Ends the template with its hidden sheet: what it is, its version, and more facts by name.
    pub(crate) fn finish(mut self, kind: &str, facts: &[(&str, &str)]) -> Result<Vec<u8>, XlsxError> {
        let text = self.text.clone();
        let sheet = self.workbook.add_worksheet();
        sheet.set_name(META_SHEET)?.set_very_hidden(true);
        let all = [("模板", kind), ("版本", SCHEMA_VERSION)].into_iter().chain(facts.iter().copied());
        let mut all: BTreeMap<String, String> = all.map(|(name, value)| (name.to_owned(), clean(value))).collect();
        all.insert(CHECK.to_owned(), check(&all));
        for (row, (name, value)) in (0..).zip(&all) {
            sheet.write_string_with_format(row, 0, name, &text)?;
            sheet.write_string_with_format(row, 1, value, &text)?;
        }
        sheet.protect();
        self.workbook.save_to_buffer()
    }

    fn format(&self, entry: Entry) -> &Format {
        match entry {
            Entry::Text | Entry::Code | Entry::Choice(_) => &self.text,
            Entry::Number => &self.number,
            Entry::Given => &self.given,
        }
    }
}

fn validate(sheet: &mut Worksheet, column_index: u16, end: u32, column: &Column) -> Result<(), XlsxError> {
    let rule = match column.entry {
        Entry::Choice(words) => {
            let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let rule = DataValidation::new().allow_list_strings(&list)?;
            Some(rule.set_error_title("请从下拉列表中选择")?.set_error_message("该单元格只能填写下拉列表中的词。")?)
        }
        _ if column.hint.is_empty() => None,
        _ => Some(DataValidation::new().allow_any_value()),
    };
    let Some(mut rule) = rule else {
        return Ok(());
    };
    if !column.hint.is_empty() {
        rule = rule.set_input_title(column.title)?.set_input_message(column.hint)?;
    }
    sheet.add_data_validation(HEAD_ROW + 1, column_index, end, column_index, &rule)?;
    Ok(())
}

/// Numbers that a spreadsheet can keep exactly are numbers; everything else is text, so nothing becomes a formula.
fn write_cell<'s>(
    sheet: &'s mut Worksheet,
    row: u32,
    column: u16,
    text: &str,
    entry: Entry,
    format: &Format,
) -> Result<&'s mut Worksheet, XlsxError> {
    match (entry, text) {
        (_, "") => sheet.write_blank(row, column, format),
        (Entry::Number, text) => match exact_number(text) {
            Some(number) => sheet.write_number_with_format(row, column, number, format),
            None => sheet.write_string_with_format(row, column, clean(text), format),
        },
        (_, text) => sheet.write_string_with_format(row, column, clean(text), format),
    }
}

/// The number as spreadsheets hold it, where they hold it exactly: at most fifteen significant digits.
pub(crate) fn exact_number(text: &str) -> Option<f64> {
    text.parse::<Quantity>().ok()?;
    let digits = text.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').count();
    if digits <= 15 { text.parse().ok() } else { None }
}

/// Name of the fact that proves the others.
pub(crate) const CHECK: &str = "校验";

/// SHA-256 over the other facts of the hidden sheet, so that nobody files for another month or unit by mistake.
pub(crate) fn check(facts: &BTreeMap<String, String>) -> String {
    let mut hasher = Sha256::new();
    for (name, value) in facts.iter().filter(|(name, _)| *name != CHECK) {
        hasher.update(format!("{name}\t{}\n", value.trim()));
    }
    hex::encode(hasher.finalize())
}

fn page(sheet: &mut Worksheet) {
    sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0).set_footer("&C&P / &N");
    let allowed = ProtectionOptions { format_columns: true, format_rows: true, sort: true, ..Default::default() };
    sheet.protect_with_options(&allowed);
}
