//! A page's characters as paragraphs and tables: those within a ruled table go to its cells, the others to lines, and lines
//! to paragraphs by where they begin and end.
#![allow(clippy::float_arithmetic, reason = "places on a page, no figures of the field")]

use super::rulings::{Ruled, Ruling, tables};
use super::{ExtractedBlock, ExtractedCell, ExtractedRow};

/// A character where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Glyph {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) text: String,
}

/// What stands on a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Page {
    pub(super) glyphs: Vec<Glyph>,
    pub(super) rulings: Vec<Ruling>,
}

/// A line of characters.
struct Line {
    y: f64,
    left: f64,
    right: f64,
    size: f64,
    text: String,
}

/// A page's blocks from its top.
pub(super) fn blocks(page: Page) -> Vec<ExtractedBlock> {
    let ruled = tables(&page.rulings);
    let mut inside: Vec<Vec<Glyph>> = vec![Vec::new(); ruled.len()];
    let mut outside = Vec::new();
    for glyph in page.glyphs {
        let middle = (glyph.x + glyph.width / 2.0, glyph.y + glyph.height * 0.3);
        match ruled.iter().position(|table| holds(table, middle)) {
            Some(table) => inside[table].push(glyph),
            None => outside.push(glyph),
        }
    }
    let edge = ruled.iter().filter_map(|table| table.xs.last()).fold(0.0_f64, |right, x| right.max(*x));
    let mut placed: Vec<(f64, ExtractedBlock)> = paragraphs(lines(outside), edge);
    for (table, glyphs) in ruled.iter().zip(inside) {
        placed.push((table.ys[0], ExtractedBlock { paragraph: String::new(), rows: rows(table, glyphs) }));
    }
    placed.sort_by(|left, right| right.0.total_cmp(&left.0));
    placed.into_iter().map(|(_, block)| block).collect()
}

fn holds(table: &Ruled, (x, y): (f64, f64)) -> bool {
    let (Some(left), Some(right)) = (table.xs.first(), table.xs.last()) else { return false };
    let (Some(top), Some(bottom)) = (table.ys.first(), table.ys.last()) else { return false };
    (*left..=*right).contains(&x) && (*bottom..=*top).contains(&y)
}

fn rows(table: &Ruled, glyphs: Vec<Glyph>) -> Vec<ExtractedRow> {
    let place = |glyph: &Glyph| {
        let (x, y) = (glyph.x + glyph.width / 2.0, glyph.y + glyph.height * 0.3);
        let column = table.xs.windows(2).position(|pair| (pair[0]..pair[1]).contains(&x)).unwrap_or(0);
        let row = table.ys.windows(2).position(|pair| (pair[1]..pair[0]).contains(&y)).unwrap_or(0);
        (row, column)
    };
    let mut texts: std::collections::BTreeMap<(usize, usize), Vec<Glyph>> = std::collections::BTreeMap::new();
    for glyph in glyphs {
        let (row, column) = place(&glyph);
        let owner = (0..=row).rev().find_map(|first| {
            let own = |cell: &&(usize, usize, usize)| {
                (cell.0..cell.0 + cell.1).contains(&column) && (first..first + cell.2).contains(&row)
            };
            table.cells[first].iter().find(own).map(|cell| (first, cell.0))
        });
        texts.entry(owner.unwrap_or((row, column))).or_default().push(glyph);
    }
    let mut rows = Vec::new();
    for (row, cells) in table.cells.iter().enumerate() {
        let cells = cells.iter().map(|(column, wide, high)| {
            let own = texts.remove(&(row, *column)).unwrap_or_default();
            // A cell's lines are one text broken by its width.
            let text: String = lines(own).into_iter().map(|line| line.text).collect::<Vec<_>>().join("");
            let number = |value: usize| u32::try_from(value).unwrap_or(1);
            ExtractedCell { text: text.trim().to_owned(), columns: number(*wide), rows: number(*high) }
        });
        rows.push(ExtractedRow { cells: cells.collect() });
    }
    rows
}

/// Characters as lines from the top.
fn lines(mut glyphs: Vec<Glyph>) -> Vec<Line> {
    glyphs.retain(|glyph| !glyph.text.trim().is_empty() || glyph.text == " ");
    glyphs.sort_by(|left, right| right.y.total_cmp(&left.y));
    let mut groups: Vec<Vec<Glyph>> = Vec::new();
    for glyph in glyphs {
        match groups.last_mut() {
            Some(group) if (group[0].y - glyph.y).abs() < group[0].height.max(glyph.height).max(4.0) * 0.5 => {
                group.push(glyph)
            }
            _ => groups.push(vec![glyph]),
        }
    }
    groups.into_iter().filter_map(line).collect()
}

fn line(mut glyphs: Vec<Glyph>) -> Option<Line> {
    glyphs.sort_by(|left, right| left.x.total_cmp(&right.x));
    let first = glyphs.iter().find(|glyph| glyph.text != " ")?;
    let (y, left) = (first.y, first.x);
    let size = glyphs.iter().map(|glyph| glyph.height).fold(0.0, f64::max).max(1.0);
    let mut text = String::new();
    let mut right = left;
    for glyph in &glyphs {
        // Wide gaps part words that stand in columns.
        if !text.is_empty() && glyph.x - right > size * 1.2 {
            text.push_str("  ");
        }
        text.push_str(&glyph.text);
        right = right.max(glyph.x + glyph.width);
    }
    Some(Line { y, left, right, size, text: text.trim().to_owned() })
}

/// Lines as paragraphs with the height of their first line; text reaches at least as far right as a table's `edge`.
fn paragraphs(lines: Vec<Line>, edge: f64) -> Vec<(f64, ExtractedBlock)> {
    let lines: Vec<Line> = lines.into_iter().filter(|line| !is_page_number(&line.text)).collect();
    let left = lines.iter().map(|line| line.left).fold(f64::INFINITY, f64::min);
    let right = lines.iter().map(|line| line.right).fold(edge, f64::max);
    let mut paragraphs: Vec<(f64, String)> = Vec::new();
    let (mut full, mut size) = (false, 0.0_f64);
    for line in lines {
        let flush = line.left - left < line.size * 1.2;
        match paragraphs.last_mut() {
            Some((_, text)) if full && flush && (line.size - size).abs() < size * 0.1 => text.push_str(&line.text),
            _ => paragraphs.push((line.y, line.text.clone())),
        }
        full = right - line.right < line.size * 2.5;
        size = line.size;
    }
    paragraphs.into_iter().map(|(y, text)| (y, ExtractedBlock::paragraph(text))).collect()
}

fn is_page_number(text: &str) -> bool {
    let bare = text.trim_matches(|c: char| matches!(c, '-' | '—' | '–' | '－' | ' ' | '·'));
    !bare.is_empty() && bare.len() < text.len() && bare.len() <= 4 && bare.bytes().all(|byte| byte.is_ascii_digit())
}
