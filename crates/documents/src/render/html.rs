//! A document as one HTML file: askama escapes every text, a content policy allows no script, image or connection.

use askama::Template;

use super::RenderError;
use crate::document::{Block, Document, Layout, Level, Table};

/// Width of the type area in points, in which the agency mark should stand on one line.
const LINE_POINTS: usize = 440;

#[derive(Template)]
#[template(path = "document.html")]
struct Page<'a> {
    document: &'a Document,
    layout: &'static str,
    lying: bool,
    office_size: usize,
    imprint: Vec<(&'static str, &'a str)>,
}

/// The document as one HTML file that needs nothing else and runs nothing.
pub fn html(document: &Document) -> Result<Vec<u8>, RenderError> {
    let layout = match document.layout {
        Layout::Official => "official",
        Layout::Brief => "brief",
        Layout::Printed => "printed",
    };
    let office_size = (LINE_POINTS / document.masthead.mark.chars().count().max(1)).clamp(20, 48);
    let lying = document.layout == Layout::Printed && document.has_broad_table();
    Ok(Page { document, layout, lying, office_size, imprint: imprint(document) }.render()?.into_bytes())
}

/// The imprint's lines that say to whom the document goes.
fn imprint(document: &Document) -> Vec<(&'static str, &str)> {
    let foot = &document.imprint;
    let lines =
        [("报", foot.reported_to.as_str()), ("送", &foot.sent_to), ("发", &foot.issued_to), ("抄送", &foot.copies_to)];
    lines.into_iter().filter(|(_, names)| !names.is_empty()).collect()
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
