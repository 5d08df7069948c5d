//! Tables that divide targets among townships, counties or cities: from a table, from one turned on its side, or from lines.
//! A blank cell stays blank; where blanks were lost and no width fits, nothing is guessed.

use crate::document::{Cell, Document, Grid};
use crate::flat::{Flat, Line, is_foot};
use crate::record::{Caption, caption};
use crate::span::Span;
use crate::words::{DIVISION_ENDS, TOTALS, UNITS, ends};

/// A table of figures by division.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Matrix {
    pub(crate) place: String,
    /// Headings of the columns of figures.
    pub(crate) headings: Vec<Span>,
    /// Units of the columns, where they stand in a row or column of their own.
    pub(crate) units: Vec<Option<Span>>,
    /// Each division's name and its cells.
    pub(crate) rows: Vec<(Span, Vec<Span>)>,
    /// The printed totals.
    pub(crate) totals: Vec<Span>,
    /// The note under the table.
    pub(crate) note: Option<Span>,
    /// How sure, 0 to 100.
    pub(crate) confidence: u8,
}

/// Whether a text has the form of a division's name.
pub(crate) fn is_division(text: &str) -> bool {
    let length = text.chars().count();
    let heading =
        ["乡镇", "县市区", "县区", "市州", "区县", "地区", "街道", "镇街", "市县", "辖区", "县市"].contains(&text);
    (2..=12).contains(&length)
        && !heading
        && text.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c) || matches!(c, '(' | ')' | '·' | '、'))
        && ends(text, DIVISION_ENDS).is_some()
}

pub(crate) fn is_total(text: &str) -> bool {
    TOTALS.iter().any(|total| text == *total || text.strip_prefix(total).is_some_and(|rest| rest.starts_with('(')))
}

/// A figure, or a sign that there is none.
pub(crate) fn is_figure(text: &str) -> bool {
    let text = text.trim_end_matches(|c: char| {
        !c.is_ascii_digit() && text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().count() < 12
    });
    let bare = text.trim();
    bare.is_empty()
        || bare.chars().all(|c| matches!(c, '-' | '—' | '/' | '\\'))
        || bare.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
            && bare.bytes().any(|byte| byte.is_ascii_digit())
}

/// Reads a table; none where it divides nothing.
pub(crate) fn matrix(document: &Document, grid: &Grid, caption: &Caption) -> Option<Matrix> {
    let turned: Vec<Vec<Cell>> = transposed(grid);
    let upright = read(document, &grid.rows, caption);
    let on_side =
        read(document, &turned, caption).map(|matrix| Matrix { confidence: matrix.confidence.min(88), ..matrix });
    match (upright, on_side) {
        (Some(upright), Some(on_side)) => Some(if on_side.rows.len() > upright.rows.len() { on_side } else { upright }),
        (upright, on_side) => upright.or(on_side),
    }
}

fn transposed(grid: &Grid) -> Vec<Vec<Cell>> {
    let width = grid.rows.iter().map(Vec::len).min().unwrap_or(0);
    (0..width).map(|column| grid.rows.iter().map(|row| row[column]).collect()).collect()
}

fn read(document: &Document, rows: &[Vec<Cell>], caption: &Caption) -> Option<Matrix> {
    let text = |cell: &Cell| document.piece(cell.span).text;
    let width = rows.iter().map(Vec::len).max()?;
    // The column of names: the one with most divisions.
    let names = (0..width.min(4)).max_by_key(|column| {
        let divisions = rows.iter().filter(|row| row.get(*column).is_some_and(|cell| is_division(&text(cell))));
        (divisions.count(), usize::MAX - column)
    })?;
    let is_row = |row: &Vec<Cell>| row.get(names).is_some_and(|cell| is_division(&text(cell)));
    let first = rows.iter().position(|row| {
        is_row(row) && row[names + 1..].iter().any(|cell| !text(cell).is_empty() && is_figure(&text(cell)))
    })?;
    let named: Vec<&Vec<Cell>> = rows[first..].iter().filter(|row| is_row(row)).collect();
    if named.len() < 2 || first == 0 {
        return None;
    }
    // Columns of figures: where almost every row holds one or nothing.
    let columns: Vec<usize> = (names + 1..width)
        .filter(|column| {
            let figures =
                named.iter().filter(|row| row.get(*column).is_some_and(|cell| is_figure(&text(cell)))).count();
            let filled = named
                .iter()
                .any(|row| row.get(*column).is_some_and(|cell| is_figure(&text(cell)) && !text(cell).is_empty()));
            filled && figures * 10 >= named.len() * 9
        })
        .collect();
    if columns.is_empty() {
        return None;
    }
    let mut matrix = Matrix { place: caption.place.clone(), confidence: 95, ..Matrix::default() };
    for column in &columns {
        let above: Vec<Span> = rows[..first]
            .iter()
            .filter_map(|row| row.get(*column))
            .filter(|cell| !cell.from_above && !text(cell).is_empty())
            .map(|cell| cell.span)
            .collect();
        let is_unit = |span: &&Span| UNITS.contains(&document.piece(**span).text.trim_matches(['(', ')']));
        let unit = above.iter().find(is_unit).copied();
        let heading = above.iter().rev().find(|span| !is_unit(span) && !is_figure(&document.piece(**span).text));
        matrix.headings.push(heading.copied()?);
        matrix.units.push(unit);
    }
    for row in rows {
        let own = |row: &Vec<Cell>| -> Vec<Span> {
            columns.iter().map(|column| row.get(*column).map_or(Span::default(), |cell| cell.span)).collect()
        };
        let name = row.get(names).map(&text).unwrap_or_default();
        let serial = row.first().map(&text).unwrap_or_default();
        if is_total(&name) || is_total(&serial) {
            matrix.totals = own(row);
        } else if is_row(row)
            || !name.is_empty()
                && !matrix.rows.is_empty()
                && own(row).iter().all(|span| is_figure(&document.piece(*span).text))
        {
            matrix.rows.push((row[names].span, own(row)));
        } else if name.is_empty()
            && matrix.rows.len() >= named.len()
            && matrix.totals.is_empty()
            && own(row).iter().any(|span| !document.piece(*span).text.is_empty())
        {
            matrix.totals = own(row);
        }
        if let Some(note) = row.first().filter(|cell| text(cell).starts_with("注")) {
            matrix.note = Some(note.span);
        }
    }
    Some(matrix)
}

/// Finds tables of divisions among lines of one cell each.
pub(crate) fn flattened(lines: &[Line], found: &mut Flat) {
    let mut at = 0;
    while at < lines.len() {
        let Some((first, width)) = begins_at(lines, at) else {
            at += 1;
            continue;
        };
        let Some((matrix, from, end)) = lay_out(lines, first, width, found.matrices.len() + 1) else {
            at = first + 1;
            continue;
        };
        found.taken.extend(lines[from..end].iter().map(|line| line.block));
        found.matrices.push(matrix);
        at = end;
    }
    if found.matrices.is_empty() {
        misaligned(lines, found);
    }
}

/// A row that begins at a line: a division's name and cells up to the next; how many lines it takes.
fn begins_at(lines: &[Line], at: usize) -> Option<(usize, usize)> {
    is_division(&lines[at].text).then_some(())?;
    let cells = lines[at + 1..].iter().take_while(|line| is_figure(&line.text)).count();
    let width = cells + 1;
    if cells == 0 || lines[at + 1..].iter().take(cells).all(|line| line.text.is_empty()) {
        return None;
    }
    // Two more rows of the same width prove it; the last of three may be the last of all.
    let row = |from: usize| {
        lines.get(from).is_some_and(|line| !is_figure(&line.text))
            && lines.get(from + 1..from + width).is_some_and(|cells| cells.iter().all(|line| is_figure(&line.text)))
    };
    (row(at + width) && row(at + 2 * width)).then_some((at, width))
}

fn lay_out(lines: &[Line], first: usize, width: usize, ordinal: usize) -> Option<(Matrix, usize, usize)> {
    // A serial number before each name stands at the end of the row before.
    let serial = first > 0
        && lines[first - 1].text == "1"
        && width > 2
        && lines.get(first + width - 1).is_some_and(|line| line.text == "2");
    let columns = width - 1 - usize::from(serial);
    let mut matrix = Matrix { confidence: 88, ..Matrix::default() };
    let mut at = first;
    while let Some(row) = lines.get(at..).and_then(|rest| rest.get(..rest.len().min(width))) {
        let Some(name) = row.first() else { break };
        let cells = &row[1..];
        let full = cells.len() >= columns && cells[..columns].iter().all(|line| is_figure(&line.text));
        if !full || is_foot(&name.text) {
            break;
        }
        let spans: Vec<Span> = cells[..columns].iter().map(|line| line.span).collect();
        let figures = cells[..columns].iter().any(|line| !line.text.is_empty());
        if is_total(&name.text) || name.text.is_empty() && figures {
            matrix.totals = spans;
            at += columns + 1;
            break;
        }
        if is_figure(&name.text) || name.text.chars().count() > 14 {
            break;
        }
        matrix.rows.push((name.span, spans));
        at += if serial && cells.len() < columns + 1 { columns + 1 } else { width };
    }
    let above: Vec<usize> =
        (0..first - usize::from(serial)).rev().filter(|line| !lines[*line].text.is_empty()).take(columns).collect();
    if above.len() < columns || above.iter().any(|line| is_figure(&lines[*line].text)) || matrix.rows.len() < 3 {
        return None;
    }
    matrix.headings = above.iter().rev().map(|line| lines[*line].span).collect();
    matrix.units = vec![None; columns];
    let start = *above.last()?;
    let words = lines[..start].iter().rev().map(|line| line.text.as_str());
    // 乡镇 and 项目 over the names and the headings are no title.
    matrix.place = caption(
        words.filter(|text| {
            text.chars().count() > 3 || crate::record::annex(text).is_some() || text.bytes().all(|b| b.is_ascii_digit())
        }),
        ordinal,
    )
    .place;
    let from = (start.saturating_sub(4)..start)
        .rev()
        .take_while(|line| lines[*line].text.chars().count() <= 3)
        .last()
        .unwrap_or(start);
    let note = lines.get(at).filter(|line| line.text.starts_with('注'));
    matrix.note = note.map(|line| line.span);
    Some((matrix, from, at + usize::from(note.is_some())))
}

/// Many names with figures after them, and no width that fits: says so instead of guessing.
fn misaligned(lines: &[Line], found: &mut Flat) {
    let rows: Vec<usize> = (0..lines.len().saturating_sub(1))
        .filter(|at| {
            is_division(&lines[*at].text) && !lines[*at + 1].text.is_empty() && is_figure(&lines[*at + 1].text)
        })
        .collect();
    if rows.len() >= 4
        && let (Some(first), Some(last)) = (rows.first(), rows.last())
    {
        found.misaligned.push(Span::new(lines[*first].span.start, lines[*last].span.end));
    }
}
