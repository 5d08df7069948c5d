//! Tables of tasks: where the header is, what each column holds, and the rows as records, merged cells carried down.

use minsheng_domain::programme::ProjectKind;

use crate::columns::{Column, is_task_table, of_heading, settle};
use crate::document::{Cell, Document, Grid};
use crate::people;
use crate::record::{Caption, List, Record, Told, kind_of};
use crate::span::Span;
use crate::stream;

/// Rows among which the header is looked for.
const HEADER_WITHIN: usize = 6;

/// The tasks of a table; none where it is no table of tasks. Section rows such as 二、重点监测项目 divide it.
pub(crate) fn lists(document: &Document, grid: &Grid, caption: &Caption) -> Option<Vec<List>> {
    let (columns, first) = header(document, grid)?;
    let mut lists =
        vec![List { kind: kind_of(&caption.title), place: caption.place.clone(), records: Vec::new(), table: true }];
    if grid.loose {
        let cells = grid.rows[first..].iter().flat_map(|row| {
            row.iter().enumerate().map(|(place, cell)| stream::StreamCell::new(document, cell.span, Some(place == 0)))
        });
        let records = stream::records(&cells.collect::<Vec<_>>(), &columns);
        lists[0].records = records;
        return (!lists[0].records.is_empty()).then_some(lists);
    }
    for row in &grid.rows[first..] {
        if is_header(document, row, &columns) {
            continue;
        }
        if let Some(section) = section(document, row) {
            let text = document.piece(section).text;
            if lists.last().is_some_and(|list| list.records.is_empty()) {
                lists.pop();
            }
            let kind = if text.contains("监测") { ProjectKind::Monitored } else { kind_of(&caption.title) };
            lists.push(List { kind, place: caption.place.clone(), records: Vec::new(), table: true });
            continue;
        }
        let before = lists.last().and_then(|list| list.records.last()).cloned();
        if let Some(record) = record(document, row, &columns, before.as_ref())
            && let Some(list) = lists.last_mut()
        {
            list.records.push(record);
        }
    }
    lists.retain(|list| !list.records.is_empty());
    (!lists.is_empty()).then_some(lists)
}

/// The columns, and the first row of data.
fn header(document: &Document, grid: &Grid) -> Option<(Vec<Column>, usize)> {
    for (index, row) in grid.rows.iter().enumerate().take(HEADER_WITHIN) {
        let mut columns = columns_of(document, row, None);
        let mut last = index;
        // A second row of headings stands under merged ones.
        if let Some(below) = grid.rows.get(index + 1)
            && below.iter().any(|cell| cell.from_above)
            && row.iter().any(|cell| cell.from_left)
            && !below.iter().any(|cell| !cell.from_above && is_number(document, cell.span))
        {
            columns = columns_of(document, row, Some(below));
            last = index + 1;
        }
        settle(&mut columns);
        if is_task_table(&columns) {
            return Some((columns, last + 1));
        }
    }
    None
}

fn columns_of(document: &Document, row: &[Cell], below: Option<&Vec<Cell>>) -> Vec<Column> {
    let mut columns = Vec::new();
    for (place, cell) in row.iter().enumerate() {
        let heading = document.piece(cell.span).text;
        let under = below.and_then(|row| row.get(place)).filter(|cell| !cell.from_above);
        let under =
            under.map(|cell| of_heading(&document.piece(cell.span).text)).filter(|found| found[0] != Column::Other);
        let found = under.unwrap_or_else(|| of_heading(&heading));
        // A heading over two columns gives each its own; one over one column gives the last.
        let column = if found.len() == 2 {
            let wide = cell.from_left || row.get(place + 1).is_some_and(|next| next.from_left);
            if wide && !cell.from_left { found[0] } else { found[1] }
        } else {
            found[0]
        };
        columns.push(column);
    }
    columns
}

fn is_number(document: &Document, span: Span) -> bool {
    let text = document.piece(span).text;
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A header repeated on a new page.
fn is_header(document: &Document, row: &[Cell], columns: &[Column]) -> bool {
    let again = columns_of(document, row, None);
    let known = again.iter().zip(columns).filter(|(again, _)| **again != Column::Other);
    known.count() >= 3 && again.contains(&Column::Serial)
}

/// A row that one text fills: the name of a section.
fn section(document: &Document, row: &[Cell]) -> Option<Span> {
    let first = row.first()?;
    let one = row.len() > 2 && row[1..].iter().all(|cell| cell.from_left);
    let alone = row.len() > 2 && row[1..].iter().all(|cell| cell.span.of(&document.text).trim().is_empty());
    let text = first.span.of(&document.text).trim();
    ((one || alone && !first.from_above && text.chars().count() >= 4 && !is_number(document, first.span))
        && !text.is_empty())
    .then_some(first.span)
}

fn record(document: &Document, row: &[Cell], columns: &[Column], before: Option<&Record>) -> Option<Record> {
    let blank = |cell: &Cell| document.piece(cell.span).text.is_empty();
    let told = |wanted: Column| -> Vec<Told> {
        let cells =
            row.iter().zip(columns).filter(|(cell, column)| **column == wanted && !cell.from_left && !blank(cell));
        cells.map(|(cell, _)| Told { span: cell.span, inherited: cell.from_above }).collect()
    };
    let mut task = told(Column::Task);
    // A task merged over rows belongs to the first of them, unless the row says more of it.
    let amount = told(Column::Amount).first().copied();
    if task.iter().all(|told| told.inherited) && amount.is_none_or(|told| told.inherited) {
        return None;
    }
    task.retain(|told| !told.inherited || amount.is_some());
    let serial = told(Column::Serial).first().copied();
    let number = serial.and_then(|told| number(&document.piece(told.span).text));
    let title = told(Column::Title).first().copied();
    let begins = serial
        .map_or_else(|| title.is_some_and(|title| !title.inherited), |serial| !serial.inherited && number.is_some());
    if total(document, row) {
        return None;
    }
    let mut record = Record {
        begins: begins || before.is_none(),
        number,
        title,
        amount: amount.map(|told| told.span),
        unit: told(Column::Unit).first().map(|told| told.span),
        lead: told(Column::Lead),
        participants: told(Column::Participants),
        leaders: told(Column::Leader),
        certifier: told(Column::Certifier),
        due: told(Column::Due).first().copied(),
        remark: told(Column::Remark).first().copied(),
        ..Record::of(task.iter().map(|told| told.span).collect(), 96)
    };
    if record.lead.is_empty() && !columns.contains(&Column::Lead) {
        // Duties may stand in the remark.
        record.lead.extend(record.remark.filter(|told| !people::duties(&document.piece(told.span).text).is_empty()));
    }
    Some(record)
}

fn total(document: &Document, row: &[Cell]) -> bool {
    let first = row.iter().take(2).map(|cell| document.piece(cell.span).text);
    first.into_iter().any(|text| crate::words::TOTALS.contains(&text.as_str()))
}

/// A serial number: 3, (三), 三、.
pub(crate) fn number(text: &str) -> Option<u32> {
    let bare = text.trim_matches(|c: char| matches!(c, '(' | ')' | '、' | '.' | ' ' | '第' | '项' | '件'));
    if bare.len() <= 3 && !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit()) {
        return bare.parse().ok().filter(|number| *number > 0);
    }
    crate::number::small(bare).and_then(|number| u32::try_from(number).ok()).filter(|_| bare.chars().count() <= 3)
}
