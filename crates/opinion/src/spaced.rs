//! Tables whose cells are parted by blanks: known by a line of headings, or by lines of a division's name and as many
//! figures each. Where lines have lost cells, nothing is taken for a table of figures.

use std::ops::Range;

use crate::allocation::{is_division, is_figure, is_total};
use crate::columns::{is_heading, is_task_table, of_heading, settle};
use crate::document::{Cell, Grid};
use crate::record::annex;
use crate::span::{Piece, Span, narrow};

/// A table and the lines that it takes.
#[derive(Debug, Clone)]
pub(crate) struct Spaced {
    pub(crate) lines: Range<usize>,
    pub(crate) grid: Grid,
}

/// The tables among a text's lines.
pub(crate) fn tables(text: &str, lines: &[Span]) -> Vec<Spaced> {
    let words: Vec<Vec<Span>> = lines.iter().map(|line| split(text, *line)).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        match tasks(text, &words, at).or_else(|| figures(text, &words, at)) {
            Some(table) => {
                at = table.lines.end;
                found.push(table);
            }
            None => at += 1,
        }
    }
    found
}

/// A line's words, parted by blanks; a line with tabs or bars is none of these.
fn split(text: &str, line: Span) -> Vec<Span> {
    let words = line.of(text);
    if words.contains(['\t', '|', '｜', '│']) {
        return Vec::new();
    }
    let mut found: Vec<Span> = Vec::new();
    let mut open = None;
    for (offset, character) in words.char_indices().chain([(words.len(), ' ')]) {
        let at = line.start + offset;
        match (narrow(character) == ' ', open) {
            (false, None) => open = Some(at),
            (true, Some(from)) => {
                found.push(Span::new(from, at));
                open = None;
            }
            _ => {}
        }
    }
    found
}

fn cell(span: &Span) -> Cell {
    Cell { span: *span, from_above: false, from_left: false }
}

fn word(text: &str, span: &Span) -> String {
    Piece::new(text, *span).text
}

/// A line of headings and the lines of words under it.
fn tasks(text: &str, words: &[Vec<Span>], at: usize) -> Option<Spaced> {
    let headings: Vec<String> = words[at].iter().map(|span| word(text, span)).collect();
    if headings.len() < 3 || !headings.iter().all(|heading| is_heading(heading)) {
        return None;
    }
    let mut columns: Vec<_> = headings.iter().flat_map(|heading| of_heading(heading)).collect();
    settle(&mut columns);
    if !is_task_table(&columns) {
        return None;
    }
    let mut rows: Vec<Vec<Cell>> = vec![words[at].iter().map(cell).collect()];
    let mut end = at + 1;
    for line in &words[at + 1..] {
        let first = line.first().map(|span| word(text, span)).unwrap_or_default();
        // A line of one long sentence is text again.
        let prose = line.len() == 1 && (annex(&first).is_some() || first.chars().count() > 30);
        if prose || crate::flat::is_foot(&first) {
            break;
        }
        if !line.is_empty() {
            rows.push(line.iter().map(cell).collect());
        }
        end += 1;
    }
    (rows.len() > 1).then_some(Spaced { lines: at..end, grid: Grid { rows, loose: true } })
}

/// Headings, and three or more lines of a name and as many figures as there are headings.
fn figures(text: &str, words: &[Vec<Span>], at: usize) -> Option<Spaced> {
    let width = words[at].len();
    let is_row = |line: &Vec<Span>| {
        let name = line.first().map(|span| word(text, span)).unwrap_or_default();
        line.len() == width
            && (is_division(&name) || is_total(&name))
            && line[1..].iter().all(|span| is_figure(&word(text, span)))
    };
    let headings = width >= 2 && words[at].iter().skip(1).all(|span| !is_figure(&word(text, span)));
    if !headings || is_row(&words[at]) {
        return None;
    }
    let mut rows: Vec<Vec<Cell>> = vec![words[at].iter().map(cell).collect()];
    let mut end = at + 1;
    for line in &words[at + 1..] {
        if !line.is_empty() && !is_row(line) {
            break;
        }
        if !line.is_empty() {
            rows.push(line.iter().map(cell).collect());
        }
        end += 1;
    }
    // A line that follows with a name and fewer figures has lost some of them, and so may the others have.
    let lost = words.get(end).is_some_and(|line| {
        line.len() > 1 && line.len() < width && line.first().is_some_and(|span| is_division(&word(text, span)))
    });
    (rows.len() > 3 && !lost).then_some(Spaced { lines: at..end, grid: Grid { rows, loose: false } })
}
