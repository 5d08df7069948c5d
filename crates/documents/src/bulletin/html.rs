//! The bulletin as one HTML file: askama escapes every text, a content policy allows no script, image or connection.

use askama::Template;

use super::BulletinError;
use super::compose::{Bulletin, Part};
use super::table::Table;

/// Width of the type area in points, in which the agency mark should stand on one line.
const LINE_POINTS: usize = 440;

#[derive(Template)]
#[template(path = "bulletin.html")]
struct Page<'a> {
    bulletin: &'a Bulletin,
    office_size: usize,
}

/// Renders the page.
pub(crate) fn render(bulletin: &Bulletin) -> Result<Vec<u8>, BulletinError> {
    let office_size = (LINE_POINTS / bulletin.office.chars().count().max(1)).clamp(20, 34);
    Ok(Page { bulletin, office_size }.render()?.into_bytes())
}

/// A column's share of the table's width in hundredths of a percent, written as a percentage.
fn width(table: &Table, column: &usize) -> String {
    let total: u32 = table.heads.iter().map(|head| u32::from(head.width)).sum();
    let own = table.heads.get(*column).map_or(0, |head| u32::from(head.width));
    let share = own * 10_000 / total.max(1);
    format!("{}.{:02}", share / 100, share % 100)
}
