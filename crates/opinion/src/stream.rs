//! Tables that became a row of lines: one cell a line, merged and blank cells gone. Which line belongs to which column is
//! the best of all ways to lay the lines out, judged by the form of each: numbers, names, offices, dates, tasks.

use crate::columns::Column;
use crate::document::Document;
use crate::grid::number;
use crate::people::{are_offices, are_persons, duties};
use crate::record::{Record, Told};
use crate::span::Span;
use crate::target::is_task;

/// A cell of the stream.
#[derive(Debug, Clone)]
pub(crate) struct StreamCell {
    span: Span,
    text: String,
    /// Whether it begins a line of several cells; none where each cell is a line.
    first: Option<bool>,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Blank,
    Number,
    Person,
    Office,
    Date,
    Task,
    Waiting,
    Words,
}

impl StreamCell {
    pub(crate) fn new(document: &Document, span: Span, first: Option<bool>) -> StreamCell {
        let text = document.piece(span).text;
        let form = form(&text);
        StreamCell { span, text, first, form }
    }
}

fn form(text: &str) -> Form {
    let length = text.chars().count();
    if text.chars().all(|c| matches!(c, '-' | '—' | '/' | '\\' | ' ' | '\n' | '|' | '｜')) {
        Form::Blank
    } else if number(text).is_some() && length <= 4 {
        Form::Number
    } else if are_persons(text) {
        Form::Person
    } else if are_offices(text) || duties(text).len() > 1 {
        Form::Office
    } else if length <= 16
        && text.contains(['月', '年'])
        && crate::due::in_cell(text, 2000).is_some()
        && !text.contains(['个', '，', ','])
    {
        Form::Date
    } else if text.starts_with('待') && length < 40 {
        Form::Waiting
    } else if is_task(text) || text.ends_with('。') {
        Form::Task
    } else {
        Form::Words
    }
}

/// How well a cell fits a column.
fn fit(cell: &StreamCell, column: Column) -> i32 {
    use Column::{
        Amount, Category, Certifier, Due, Lead, Leader, Money, Other, Participants, Remark, Serial, Task, Title, Unit,
    };
    let length = cell.text.chars().count();
    match (column, cell.form) {
        (Serial, Form::Number) => 8,
        (Serial, _) => -20,
        (Amount | Money, Form::Number) => 5,
        (Amount | Money, Form::Task) if length <= 14 => 3,
        (Amount | Money, Form::Blank) => 1,
        (Amount | Money, _) => -12,
        (Unit, Form::Words) if crate::words::UNITS.contains(&cell.text.as_str()) => 6,
        (Unit, _) => -12,
        (Title, Form::Words) if (3..=40).contains(&length) => 4,
        (Title, Form::Task) if length <= 40 => 3,
        (Title, Form::Task | Form::Words) => -1,
        (Task, Form::Task) => 6,
        (Task, Form::Words) if length >= 6 => 3,
        (Task, Form::Words) => 0,
        (Task | Title, _) => -9,
        (Category, Form::Words) if length <= 14 => 1,
        (Category, _) => -8,
        (Leader, Form::Person) => 8,
        (Leader | Lead | Participants | Certifier | Due, Form::Blank) => 1,
        (Leader, _) => -12,
        (Lead | Certifier | Participants, Form::Office) => 7,
        (Lead | Participants, Form::Person) => -6,
        (Lead | Participants | Certifier, Form::Words) if length <= 6 => -2,
        (Lead | Participants | Certifier, _) => -12,
        (Due, Form::Date) => 7,
        (Due, Form::Words) if length <= 8 => 0,
        (Due, _) => -10,
        (Remark, Form::Waiting) => 6,
        (Remark, Form::Blank) => 2,
        (Remark, Form::Number) => -6,
        (Remark, _) => -1,
        (Other, Form::Number | Form::Office | Form::Person) => -3,
        (Other, _) => 3,
    }
}

/// What it costs to begin a row at a column.
fn begin(column: Column) -> i32 {
    match column {
        Column::Serial => 3,
        Column::Category => 0,
        Column::Title => -3,
        Column::Task => -2,
        _ => -10,
    }
}

/// What it costs to leave a column out.
fn skip(column: Column) -> i32 {
    match column {
        Column::Task => -6,
        Column::Lead => -3,
        Column::Serial | Column::Title => -2,
        Column::Remark | Column::Other | Column::Category => 0,
        _ => -1,
    }
}

#[derive(Debug, Clone, Copy)]
struct Step {
    score: i32,
    from: usize,
    new_row: bool,
}

const WORST: i32 = i32::MIN / 4;

/// The rows that a stream of cells makes.
pub(crate) fn records(cells: &[StreamCell], columns: &[Column]) -> Vec<Record> {
    let layout = lay_out(cells, columns);
    let mut rows: Vec<Vec<(usize, Column)>> = Vec::new();
    for (index, (place, new_row)) in layout.into_iter().enumerate() {
        if new_row || rows.is_empty() {
            rows.push(Vec::new());
        }
        if let (Some(row), Some(column)) = (rows.last_mut(), columns.get(place)) {
            row.push((index, *column));
        }
    }
    let mut records: Vec<Record> = Vec::new();
    for row in rows {
        let before = records.last().cloned();
        if let Some(record) = record(cells, &row, before.as_ref()) {
            records.push(record);
        }
    }
    records
}

/// For each cell its column and whether a row begins with it: the best path through all.
fn lay_out(cells: &[StreamCell], columns: &[Column]) -> Vec<(usize, bool)> {
    let width = columns.len();
    if width == 0 || cells.is_empty() {
        return Vec::new();
    }
    let mut steps: Vec<Vec<Step>> = Vec::with_capacity(cells.len());
    for (index, cell) in cells.iter().enumerate() {
        let row_bonus = match cell.first {
            Some(true) => 6,
            Some(false) => -14,
            None => 0,
        };
        let within = if cell.first == Some(true) { -14 } else { 0 };
        let mut row = Vec::with_capacity(width);
        for to in 0..width {
            let fits = fit(cell, columns[to]);
            let start = begin(columns[to]) + row_bonus;
            let mut best = Step { score: if index == 0 { start } else { WORST }, from: to, new_row: true };
            if let Some(before) = steps.last() {
                for (from, step) in before.iter().enumerate() {
                    let (cost, new_row) = if from < to {
                        (1 + within + columns[from + 1..to].iter().map(|column| skip(*column)).sum::<i32>(), false)
                    } else if from == to && !matches!(columns[to], Column::Serial) {
                        let again = if cell.form == Form::Blank { 0 } else { -3 }
                            - if columns[to] == Column::Task { 2 } else { 0 };
                        if again + within > start { (again + within, false) } else { (start, true) }
                    } else {
                        (start, true)
                    };
                    let score = step.score.saturating_add(cost);
                    if score > best.score {
                        best = Step { score, from, new_row };
                    }
                }
            }
            best.score = best.score.saturating_add(fits);
            row.push(best);
        }
        steps.push(row);
    }
    let mut layout = vec![(0, false); cells.len()];
    let last = steps.last().and_then(|row| (0..width).max_by_key(|place| row[*place].score));
    let mut place = last.unwrap_or(0);
    for index in (0..cells.len()).rev() {
        let step = steps[index][place];
        layout[index] = (place, step.new_row);
        place = step.from;
    }
    layout
}

fn record(cells: &[StreamCell], row: &[(usize, Column)], before: Option<&Record>) -> Option<Record> {
    let here = |wanted: Column| -> Vec<Told> {
        let own = row.iter().filter(|(index, column)| *column == wanted && cells[*index].form != Form::Blank);
        own.map(|(index, _)| Told::here(cells[*index].span)).collect()
    };
    let stands = |wanted: Column| row.iter().any(|(_, column)| *column == wanted);
    let task = here(Column::Task);
    if task.is_empty() {
        return None;
    }
    let serial = row.iter().find(|(_, column)| *column == Column::Serial);
    let number = serial.and_then(|(index, _)| number(&cells[*index].text));
    let begins = serial.is_some() || before.is_none() || stands(Column::Title);
    let down = |told: &[Told]| told.iter().map(|told| Told { inherited: true, ..*told }).collect::<Vec<_>>();
    // What a row lacks was merged with the row above: within its project, certifiers and remarks also beyond it.
    let carry = |wanted: Column, above: fn(&Record) -> &Vec<Told>, beyond: bool| {
        let own = here(wanted);
        match before {
            Some(before) if own.is_empty() && !stands(wanted) && (beyond || !begins) => down(above(before)),
            _ => own,
        }
    };
    Some(Record {
        begins,
        number,
        title: here(Column::Title).first().copied().or_else(|| {
            let above = before.and_then(|before| before.title).filter(|_| !begins)?;
            Some(Told { inherited: true, ..above })
        }),
        amount: here(Column::Amount).first().map(|told| told.span),
        unit: here(Column::Unit).first().map(|told| told.span),
        lead: carry(Column::Lead, |record| &record.lead, false),
        participants: carry(Column::Participants, |record| &record.participants, false),
        leaders: carry(Column::Leader, |record| &record.leaders, false),
        certifier: carry(Column::Certifier, |record| &record.certifier, true),
        due: here(Column::Due).first().copied().or_else(|| {
            let above = before.and_then(|before| before.due).filter(|_| !begins)?;
            Some(Told { inherited: true, ..above })
        }),
        remark: here(Column::Remark).first().copied().or_else(|| {
            let above = before.and_then(|before| before.remark).filter(|_| !begins)?;
            Some(Told { inherited: true, ..above })
        }),
        ..Record::of(task.iter().map(|told| told.span).collect(), 84)
    })
}
