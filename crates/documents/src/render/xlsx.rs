//! A document's figures as a workbook: one sheet a table under title, source and units, heads frozen and repeated in
//! print, numbers as numbers with their decimals, every text as text.

use minsheng_proto::ranking::v1::Light;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::RenderError;
use crate::document::{Block, Cell, Document, Head, NOTHING, Table};
use crate::text::{lines_in, row_height};
use crate::workbook::exact_number;

/// Longest text of a cell; spreadsheets end at 32,767.
const LONGEST: usize = 32_000;

/// The document's figures as a workbook.
pub fn xlsx(document: &Document) -> Result<Vec<u8>, RenderError> {
    let mut workbook = Workbook::new();
    let (year, month, day) = (document.day.year(), document.day.month(), document.day.day());
    let positive = |number: i8| u8::try_from(number).unwrap_or(1);
    let created = ExcelDateTime::from_ymd(year.unsigned_abs(), positive(month), positive(day))?;
    let properties = DocProperties::new().set_title(document.full_title()).set_author(&document.masthead.compiler);
    workbook.set_properties(&properties.set_creation_datetime(&created));
    let formats = Formats::new();
    write(workbook.add_worksheet(), &summary(document), &formats)?;
    for table in document.tables() {
        write(workbook.add_worksheet(), table, &formats)?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// The text of the document as rows.
fn summary(document: &Document) -> Table {
    let mut rows = vec![
        [Cell::text("发文机关"), Cell::text(&document.masthead.compiler)],
        [Cell::text("文号"), Cell::text(&document.masthead.number)],
        [Cell::text("日期"), Cell::text(&document.masthead.date)],
    ];
    for (name, text) in [("主送", &document.addressees), ("抄送", &document.imprint.copies_to)] {
        if !text.is_empty() {
            rows.push([Cell::text(name), Cell::text(text)]);
        }
    }
    let mut heading = "概述";
    for block in &document.body {
        match block {
            Block::Heading { text, .. } => heading = text,
            Block::Paragraph { lead, text } => {
                rows.push([Cell::Text(heading.to_owned()), Cell::Text(format!("{lead}{text}"))]);
                heading = "";
            }
            Block::Table(_) | Block::Figure(_) | Block::SignatureLines(_) => {}
        }
    }
    rows.push([Cell::text("出处"), Cell::text(&document.origin)]);
    Table {
        sheet: document.summary_sheet.clone(),
        title: document.full_title(),
        source: document.source.clone(),
        units: String::new(),
        heads: vec![Head::new("事项", 18), Head::new("内容", 110)],
        rows: rows.into_iter().map(Vec::from).collect(),
        note: String::new(),
    }
}

struct Formats {
    title: Format,
    source: Format,
    units: Format,
    head: Format,
    text: Format,
    centred: Format,
    numbers: [Format; 5],
    note: Format,
}

impl Formats {
    fn new() -> Formats {
        let plain = Format::new().set_font_name("宋体");
        let small = plain.clone().set_font_size(9).set_font_color(Color::RGB(0x0040_4040));
        let cell = plain.clone().set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter).set_text_wrap();
        let number = |code: &str| cell.clone().set_align(FormatAlign::Right).set_indent(1).set_num_format(code);
        Formats {
            title: plain.set_bold().set_font_size(16).set_align(FormatAlign::Center).set_text_wrap(),
            source: small.clone().set_align(FormatAlign::Left),
            units: small.clone().set_align(FormatAlign::Right),
            head: cell.clone().set_bold().set_align(FormatAlign::Center).set_background_color(Color::RGB(0x00EE_EEEA)),
            centred: cell.clone().set_align(FormatAlign::Center),
            text: cell.clone(),
            numbers: ["0", "0.0", "0.00", "0.000", "0.0000"].map(number),
            note: small.set_text_wrap(),
        }
    }

    fn light(&self, light: Light) -> Format {
        let colour = match light {
            Light::Blue => 0x000B_4F9E,
            Light::Green => 0x001A_6B2D,
            Light::Yellow => 0x008A_5A00,
            Light::Red => 0x00C0_0000,
            _ => 0x0000_0000,
        };
        self.centred.clone().set_font_color(Color::RGB(colour))
    }
}

fn write(sheet: &mut Worksheet, table: &Table, formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_name(&table.sheet)?;
    let last = u16::try_from(table.columns().saturating_sub(1)).unwrap_or(u16::MAX);
    for (column, head) in (0_u16..).zip(&table.heads) {
        sheet.set_column_width(column, head.width)?;
    }
    line(sheet, 0, last, &table.title, &formats.title)?;
    sheet.set_row_height(0, 30)?;
    line(sheet, 1, last, &table.source, &formats.source)?;
    line(sheet, 2, last, &table.units, &formats.units)?;
    let first_head = 3;
    let head_rows = table.head_rows();
    for (row, heads) in (first_head..).zip(&head_rows) {
        for head in heads {
            let column = u16::try_from(head.column).unwrap_or(u16::MAX);
            let last_column = column + u16::try_from(head.columns.saturating_sub(1)).unwrap_or(0);
            let last_row = row + u32::try_from(head.rows.saturating_sub(1)).unwrap_or(0);
            if (last_row, last_column) == (row, column) {
                sheet.write_string_with_format(row, column, &head.title, &formats.head)?;
            } else {
                sheet.merge_range(row, column, last_row, last_column, &head.title, &formats.head)?;
            }
        }
    }
    let first_row = first_head + u32::try_from(head_rows.len()).unwrap_or(1);
    let mut row = first_row;
    for cells in &table.rows {
        for (column, cell) in (0_u16..).zip(cells) {
            write_cell(sheet, row, column, cell, formats)?;
        }
        let lines = table.heads.iter().zip(cells).map(|(head, cell)| lines_in(cell.shown(), head.width));
        sheet.set_row_height(row, row_height(lines.max().unwrap_or(1)))?;
        row += 1;
    }
    if table.rows.is_empty() {
        line(sheet, row, last, NOTHING, &formats.centred)?;
        row += 1;
    }
    if !table.note.is_empty() {
        line(sheet, row, last, &format!("注：{}", table.note), &formats.note)?;
        sheet.set_row_height(row, 26)?;
    }
    let frozen = if table.columns() > 2 { 2 } else { 0 };
    sheet.set_freeze_panes(first_row, frozen)?.set_repeat_rows(0, first_row - 1)?;
    sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0).set_footer("&C— &P —");
    Ok(())
}

fn line(sheet: &mut Worksheet, row: u32, last: u16, text: &str, format: &Format) -> Result<(), XlsxError> {
    if last == 0 {
        sheet.write_string_with_format(row, 0, text, format)?;
    } else {
        sheet.merge_range(row, 0, row, last, text, format)?;
    }
    Ok(())
}

fn write_cell(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell, formats: &Formats) -> Result<(), XlsxError> {
    match cell {
        Cell::Number(text) => match exact_number(text) {
            Some(number) => {
                let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.len()).min(4);
                sheet.write_number_with_format(row, column, number, &formats.numbers[decimals])?
            }
            None => sheet.write_string_with_format(row, column, text, &formats.text)?,
        },
        // Without the sign of text, a spreadsheet would take it for a formula once somebody edits the cell.
        Cell::Text(text) if text.starts_with(['=', '+', '-', '@', '\t']) => {
            let format = formats.text.clone().set_quote_prefix();
            sheet.write_string_with_format(row, column, shortened(text), &format)?
        }
        Cell::Text(text) => sheet.write_string_with_format(row, column, shortened(text), &formats.text)?,
        Cell::Light(light) => sheet.write_string_with_format(row, column, cell.shown(), &formats.light(*light))?,
        Cell::Blank => sheet.write_string_with_format(row, column, cell.shown(), &formats.centred)?,
    };
    Ok(())
}

/// A text that a cell can hold; a longer one says that it was cut.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}……（超出单元格长度，余下从略）", &text[..end]),
        None => text.to_owned(),
    }
}
