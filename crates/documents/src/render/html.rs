//! A document as one HTML file: askama escapes every text, a content policy allows no script, image or connection.

use askama::Template;

use super::RenderError;
use crate::document::{Block, Document, Level, Table};

/// Width of the type area in points, in which the agency mark should stand on one line.
const LINE_POINTS: usize = 440;

#[derive(Template)]
#[template(path = "document.html")]
struct Page<'a> {
    document: &'a Document,
    office_size: usize,
}

/// The document as one HTML file that needs nothing else and runs nothing.
pub fn html(document: &Document) -> Result<Vec<u8>, RenderError> {
    let office_size = (LINE_POINTS / document.masthead.mark.chars().count().max(1)).clamp(20, 34);
    Ok(Page { document, office_size }.render()?.into_bytes())
}

/// A column's share of the table's width in hundredths of a percent, written as a percentage.
fn width(table: &Table, column: &usize) -> String {
    let total: u32 = table.heads.iter().map(|head| u32::from(head.width)).sum();
    let own = table.heads.get(*column).map_or(0, |head| u32::from(head.width));
    let share = own * 10_000 / total.max(1);
    format!("{}.{:02}", share / 100, share % 100)
}

/// Class of a heading.
fn level_class(level: &Level) -> &'static str {
    match level {
        Level::First => "first",
        Level::Second => "second",
        Level::Third | Level::Fourth => "third",
    }
}
