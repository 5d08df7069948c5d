//! A document as the JSON that the layouts read. Every text of others passes through here: control characters and marks of
//! direction are replaced, and what has no place to break in gets some.

use qrcode::{Color, EcLevel, QrCode};
use serde_json::{Value, json};
use typst::text::FontInfo;

use super::TypesetError;
use super::fonts::Families;
use super::widths::{LONGEST_RUN, fit};
use crate::document::{Attachment, Block, Cell, Document, Figure, Layout, Level, NOTHING, Table};
use crate::text::clean;
use minsheng_proto::ranking::v1::Light;

/// Width of the type area upright and on its side, in hundredths of a point.
const UPRIGHT: u32 = 44_220;
const LYING: u32 = 63_780;
/// A cell with more letters may break across pages.
const LONG: usize = 200;
/// Letters of half a character's width that a line of text holds at least.
const LINE: usize = 50;
/// A place to break in, without width.
const BREAK: char = '\u{200b}';
/// Stands for a character that no font has.
const MISSING: char = '□';

/// Writes the data of documents whose fonts hold certain characters.
pub(super) struct Writer {
    /// Ranges of characters, first and last, in order.
    ranges: Vec<(u32, u32)>,
}

impl Writer {
    /// For these fonts: what the fallback family holds can always be shown.
    pub(super) fn new<'f>(infos: impl Iterator<Item = &'f FontInfo>, families: &Families) -> Writer {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for letter in infos.filter(|info| info.family == families.fallback).flat_map(|info| info.coverage.iter()) {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == letter => *last = letter,
                _ => ranges.push((letter, letter)),
            }
        }
        ranges.sort_unstable();
        Writer { ranges }
    }

    /// The text without control characters and marks of direction, with □ for what no font has.
    fn covered(&self, text: &str) -> String {
        let held = |letter: char| {
            let code = u32::from(letter);
            let after = self.ranges.partition_point(|(first, _)| *first <= code);
            let within = |&(_, last): &(u32, u32)| code <= last;
            after.checked_sub(1).and_then(|at| self.ranges.get(at)).is_some_and(within)
        };
        let shown = |letter: char| letter.is_ascii() || (letter != char::REPLACEMENT_CHARACTER && held(letter));
        clean(text).chars().map(|letter| if shown(letter) { letter } else { MISSING }).collect()
    }

    /// The data of a document.
    pub(super) fn json(&self, document: &Document, families: &Families) -> Result<Value, TypesetError> {
        let landscape = document.layout == Layout::Printed && document.has_broad_table();
        let masthead = &document.masthead;
        let imprint = &document.imprint;
        let code = document.verification.as_deref().map(code).transpose()?;
        let many = document.attachments.len() > 1;
        let signature = document.signature.as_ref().map(
            |signature| json!({"name": self.text(&signature.name), "date": self.text(&signature.date), "sealed": signature.sealed}),
        );
        Ok(json!({
            "layout": match document.layout {
                Layout::Official => "official",
                Layout::Brief => "brief",
                Layout::Printed => "printed",
            },
            "landscape": landscape,
            "mark": self.covered(&masthead.mark),
            "number": self.text(&masthead.number),
            "issue": self.text(&masthead.issue),
            "compiler": self.text(&masthead.compiler),
            "date": self.text(&masthead.date),
            "title": document.title.iter().map(|piece| self.covered(piece)).collect::<Vec<_>>(),
            "addressees": self.text(&document.addressees),
            "body": self.blocks(&document.body, landscape),
            "attachments": (1..)
                .zip(&document.attachments)
                .map(|(number, attachment)| self.attached(number, attachment, many))
                .collect::<Vec<_>>(),
            "signature": signature,
            "imprint": {
                "reported_to": self.text(&imprint.reported_to),
                "sent_to": self.text(&imprint.sent_to),
                "issued_to": self.text(&imprint.issued_to),
                "copies_to": self.text(&imprint.copies_to),
                "printed_by": self.text(&imprint.printed_by),
                "printed_on": self.text(&imprint.printed_on),
                "copies": imprint.copies,
            },
            "code": code,
            "demo_mark": self.text(&document.demo_mark),
            "origin": self.text(&document.origin),
            "keywords": [self.covered(&masthead.number), self.covered(&document.origin)],
            "fonts": families,
        }))
    }

    fn attached(&self, number: usize, attachment: &Attachment, many: bool) -> Value {
        json!({
            "label": if many { format!("附件{number}") } else { "附件".to_owned() },
            "title": self.covered(&attachment.title),
            "landscape": attachment.landscape,
            "blocks": self.blocks(&attachment.blocks, attachment.landscape),
        })
    }

    fn blocks(&self, blocks: &[Block], landscape: bool) -> Value {
        let room = if landscape { LYING } else { UPRIGHT };
        let made = blocks.iter().map(|block| match block {
            Block::Heading { level, text: words } => {
                json!({"kind": "heading", "level": level_number(*level), "text": self.text(words)})
            }
            Block::Paragraph { lead, text: words } => {
                json!({"kind": "paragraph", "lead": self.text(lead), "text": self.text(words)})
            }
            Block::Table(data) => json!({"kind": "table", "table": self.table(data, room)}),
            Block::Figure(figure) => self.figure_data(figure, room),
            Block::SignatureLines(labels) => {
                json!({"kind": "lines", "labels": labels.iter().map(|label| self.text(label)).collect::<Vec<_>>()})
            }
        });
        made.collect()
    }

    fn figure_data(&self, figure: &Figure, room: u32) -> Value {
        json!({
            "kind": "figure",
            "title": self.text(&figure.title),
            "description": self.covered(&figure.description),
            "svg": self.covered(&figure.svg),
            "table": self.table(&figure.table, room),
        })
    }

    fn table(&self, table: &Table, room: u32) -> Value {
        let (size, widths) = fit(table, room);
        let heads: Vec<Value> = table
            .head_rows()
            .iter()
            .map(|row| {
                let heads = row
                    .iter()
                    .map(|head| json!({"title": self.narrow(&head.title), "columns": head.columns, "rows": head.rows}));
                heads.collect()
            })
            .collect();
        let rows: Vec<Value> = table.rows.iter().map(|row| row.iter().map(|cell| self.cell(cell)).collect()).collect();
        json!({
            "title": self.covered(&table.title),
            "source": self.text(&table.source),
            "units": self.text(&table.units),
            "note": self.text(&table.note),
            "hundredths": size,
            "widths": widths,
            "heads": heads,
            "rows": rows,
            "nothing": NOTHING,
        })
    }

    fn cell(&self, cell: &Cell) -> Value {
        let side = match cell {
            Cell::Text(_) => "text",
            Cell::Number(_) => "number",
            Cell::Blank | Cell::Light(_) => "middle",
        };
        let strong = matches!(cell, Cell::Light(Light::Yellow | Light::Red | Light::NotMet));
        let shown = cell.shown();
        json!({"text": self.narrow(shown), "side": side, "strong": strong, "long": shown.chars().count() > LONG})
    }

    /// A text as the layouts show it: what no font has becomes □, a run of letters that would leave the type area gets places
    /// to break in.
    fn text(&self, text: &str) -> String {
        self.breakable(text, LINE)
    }

    /// The same for the narrow cells of tables.
    fn narrow(&self, text: &str) -> String {
        self.breakable(text, LONGEST_RUN)
    }

    fn breakable(&self, text: &str, longest: usize) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut run = 0;
        for letter in self.covered(text).chars() {
            run = if letter.is_ascii_graphic() { run + 1 } else { 0 };
            if run > longest {
                shown.push(BREAK);
                run = 1;
            }
            shown.push(letter);
        }
        shown
    }
}

fn level_number(level: Level) -> u8 {
    match level {
        Level::First => 1,
        Level::Second => 2,
        Level::Third => 3,
        Level::Fourth => 4,
    }
}

/// The code as a drawing of black squares, a unit each, with the quiet zone of four that readers need.
fn code(text: &str) -> Result<String, TypesetError> {
    const QUIET: usize = 4;
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (row, line) in colors.chunks(width).enumerate() {
        for (column, color) in line.iter().enumerate() {
            if *color == Color::Dark {
                path.push_str(&format!("M{} {}h1v1h-1z", column + QUIET, row + QUIET));
            }
        }
    }
    let side = width + 2 * QUIET;
    Ok(format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\"><path d=\"{path}\"/></svg>"))
}
