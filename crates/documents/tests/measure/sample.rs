//! A letter to be measured, and where the standard puts things.
#![allow(dead_code, unreachable_pub, missing_docs)]

use minsheng_documents::bulletin::compose;
use minsheng_documents::document::{Block, Cell, Document, Head, Table};

use super::MM;
use crate::fixture::{material, snapshot};

/// The type area: 156 × 225 mm, 28 mm from the left, 37 mm from above.
pub const LEFT: f64 = 28.0;
pub const TOP: f64 = 37.0;
pub const RIGHT: f64 = 28.0 + 156.0;
pub const BOTTOM: f64 = 37.0 + 225.0;
pub const LINE: f64 = 225.0 / 22.0;
/// 4号 and 3号 characters.
pub const FOURTH: f64 = 14.0 * MM;
pub const PITCH: f64 = 156.0 / 28.0;
/// What poppler's boxes and ink at a tenth of a millimetre allow to say.
pub const FINE: f64 = 0.35;

/// Text without a mark of punctuation, of so many characters.
pub fn plain(characters: usize) -> String {
    "为扎实推进重点民生实事项目建设县委县政府多次召开会议研究部署各级各部门密切配合"
        .chars()
        .cycle()
        .take(characters)
        .collect()
}

/// The bulletin of the fixture's month.
pub fn bulletin() -> Document {
    compose(&material(&snapshot())).unwrap()
}

/// A letter whose text is so many characters long, without tables.
pub fn letter(characters: usize) -> Document {
    let mut document = bulletin();
    document.body = vec![Block::paragraph(plain(characters))];
    document.attachments = Vec::new();
    document.demo_mark = String::new();
    document
}

pub fn table(title: &str, columns: usize, rows: usize) -> Table {
    let heads = (1..=columns).map(|column| Head::new(&format!("第{column}列"), 10));
    let row = |number: usize| (0..columns).map(|column| Cell::Number((number * 10 + column).to_string())).collect();
    Table {
        sheet: title.to_owned(),
        title: title.to_owned(),
        source: "数据截至2023年6月20日；依据认定数".to_owned(),
        units: "单位：项".to_owned(),
        heads: heads.collect(),
        rows: (0..rows).map(row).collect(),
        note: String::new(),
    }
}
