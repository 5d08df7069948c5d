//! The township table of a filled catalogue template: a matrix of measures by townships, in which blanks stay blank.

use minsheng_proto::catalogue::v1::{AllocationColumn, AllocationRow, Programme};

use super::catalogue_sheets::{ALLOCATION_FIXED, ALLOCATION_HEADS, ALLOCATION_SHEET, TOTAL_ROW};
use super::form::HEAD_ROW;
use super::grid::{Errors, read_number};
use super::package::{Book, Content};
use super::words::YES_NO;
use super::{CellError, cell_name};

/// Reads the sheet into the programme's table; what is wrong is noted.
pub(crate) fn read_allocation(book: &Book, errors: &Errors, programme: &mut Programme) {
    let Some(sheet) = book.sheet(ALLOCATION_SHEET) else {
        errors.push(CellError::new(ALLOCATION_SHEET, "SHEET_MISSING", "缺少此工作表，请使用完整的模板"));
        return;
    };
    let place = |row, column| format!("{ALLOCATION_SHEET}!{}", cell_name(row, column));
    let text = |row: u32, column: u32| match sheet.cells.get(&(row, column)) {
        Some(Content::Text(text)) => text.trim().to_owned(),
        Some(Content::Number(raw, _)) => raw.clone(),
        Some(Content::Other(_)) | None => String::new(),
    };
    for (row, heads) in (HEAD_ROW..).zip(ALLOCATION_HEADS) {
        if [text(row, 0), text(row, 1), text(row, 2)] != heads {
            errors.push(CellError::new(place(row, 0), "HEADING_UNKNOWN", "表头不属于模板，请恢复模板的表头"));
            return;
        }
    }
    let first_row = HEAD_ROW + 3;
    let first_column = u32::try_from(ALLOCATION_FIXED).unwrap_or(u32::MAX);
    let columns = sheet.cells.range((HEAD_ROW, first_column)..).map(|((_, column), _)| *column + 1);
    let end = columns.max().unwrap_or_default().max(first_column);
    let mut table = programme.allocation_table.take().unwrap_or_default();
    for column in first_column..end {
        let allocation = AllocationColumn {
            measure: text(HEAD_ROW, column),
            heading: text(HEAD_ROW + 1, column),
            unit: text(HEAD_ROW + 2, column),
        };
        if allocation.measure.is_empty() {
            errors.push(CellError::new(place(HEAD_ROW, column), "CELL_REQUIRED", "此列缺少计量项编码"));
        }
        table.columns.push(allocation);
    }
    let mut rows: Vec<u32> = sheet.cells.range((first_row, 0)..).map(|((row, _), _)| *row).collect();
    rows.dedup();
    for row in rows {
        let cells = (first_column..end).map(|column| {
            let content = sheet.cells.get(&(row, column));
            let number = content.map_or(Ok(None), read_number);
            number.map(Option::unwrap_or_default).unwrap_or_else(|message| {
                errors.push(CellError::new(place(row, column), "CELL_NUMBER", message));
                String::new()
            })
        });
        let cells: Vec<String> = cells.collect();
        let (division, display_name) = (text(row, 0), text(row, 1));
        let mark = text(row, 2);
        let known = YES_NO.iter().find(|(word, _)| *word == mark).map(|(_, number)| *number == 1);
        if known.is_none() && !mark.is_empty() {
            errors.push(CellError::new(place(row, 2), "CELL_CHOICE", "“下达”只能填是或否，也可以留空"));
        }
        let mandate = known.unwrap_or_default();
        match (division.is_empty(), display_name.as_str()) {
            (true, TOTAL_ROW) => table.printed_totals = cells,
            (true, _) => errors.push(CellError::new(place(row, 0), "CELL_REQUIRED", "“区划代码”不能为空")),
            (false, _) => table.rows.push(AllocationRow { division, display_name, cells, mandate }),
        }
    }
    if table != Default::default() {
        programme.allocation_table = Some(table);
    }
}
