//! What stands above the text: the red mark with number and line of a document, the masthead of a brief, the title broken
//! by sense, the addressees.

use super::flow::{Flow, Inline, Paragraph};
use super::measure::{LINE, WIDTH, halves, twips};
use crate::document::{Document, Layout};

/// Characters of the title (2号) that a line takes, with one left over on either side.
const TITLE_HALVES: i64 = 2 * 18;
/// From the type area's top down to the red mark of a document.
const ABOVE_MARK: i64 = twips(35_000);
/// Largest red mark in points, about 22 mm high as the standard allows.
const LARGEST_MARK: i64 = 62;
/// From the number's line down to the red line, so that 4 mm are seen between them: the line's own room takes the rest.
const ABOVE_RED_LINE: i64 = twips(1_700);

/// Writes what stands above the text.
pub(super) fn write(flow: &mut Flow, document: &Document) {
    let masthead = &document.masthead;
    match document.layout {
        Layout::Official => {
            flow.push(mark(&masthead.mark, ABOVE_MARK));
            flow.push(Paragraph::text("DocumentNumber", &masthead.number));
            flow.push(Paragraph::new("RedLine").below(ABOVE_RED_LINE));
        }
        Layout::Brief => {
            flow.push(mark(&masthead.mark, LINE));
            if !masthead.issue.is_empty() {
                flow.push(Paragraph::text("BriefIssue", &masthead.issue));
            }
            let office = Paragraph::text("BriefOffice", &masthead.compiler).tab(WIDTH, "right", "none");
            flow.push(office.with(Inline::Tab).with(Inline::Text(masthead.date.clone())));
            flow.push(Paragraph::new("RedLine").below(ABOVE_RED_LINE));
        }
        Layout::Printed => {}
    }
    if !document.title.is_empty() {
        let title = Paragraph::text("Title", &broken(&document.title));
        flow.push(if document.layout == Layout::Printed { title.below(0) } else { title });
    }
    if !document.addressees.is_empty() {
        flow.push(Paragraph::text("Addressee", &document.addressees));
    }
}

/// The red mark as large as one line allows. A line of 1.1 times the letters' height puts their top at its own.
fn mark(words: &str, above: i64) -> Paragraph {
    let points = (WIDTH / 10 / halves(words).max(1)).clamp(22, LARGEST_MARK);
    Paragraph::text("Mark", words).sized(2 * points).below(above).lines_of(22 * points)
}

/// The pieces on as few lines as hold them, broken only between pieces.
fn broken(pieces: &[String]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if halves(line) + halves(piece) <= TITLE_HALVES => line.push_str(piece),
            _ => lines.push(piece.clone()),
        }
    }
    lines.join("\n")
}
