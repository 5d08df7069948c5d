//! A document as DOCX that an office goes on editing: named styles, headings with outline levels, heads of tables that
//! repeat, page fields, sections with footers of their own, fonts by name. Parts are written here with quick-xml's escaping
//! and zip: docx-rs 0.4 knows neither repeating heads nor the rules of the grid (snapToGrid, overflowPunct, East Asian
//! spacing), writes sections, styles and paragraph properties in an order that the schema forbids, and numbers paragraphs by
//! thread.

mod drawing;
mod ending;
mod flow;
mod head;
mod measure;
mod package;
mod section;
mod table;
mod xml;

use flow::{Flow, Inline, Paragraph};
use measure::{HEIGHT, WIDTH};
use package::{Package, Properties};
use section::{Pages, Sections};

use super::RenderError;
use crate::document::{Attachment, Block, Document, Level};

/// The document as DOCX.
pub fn docx(document: &Document) -> Result<Vec<u8>, RenderError> {
    let mut package = Package::default();
    let sections = Sections::new(&mut package, &document.demo_mark);
    let mut flow = Flow::default();
    head::write(&mut flow, document);
    blocks(&mut flow, &document.body, WIDTH, "");
    ending::write(&mut flow, document);
    let mut pages = Pages::Upright;
    for (number, attachment) in (1..).zip(&document.attachments) {
        let own = if attachment.landscape { Pages::Lying } else { Pages::Upright };
        let turned = own != pages;
        if turned {
            flow.end_section(&sections.properties(pages));
            pages = own;
        }
        attach(&mut flow, attachment, number, document.attachments.len(), turned);
    }
    if ending::has_imprint(&document.imprint) {
        flow.end_section(&sections.properties(pages));
        pages = Pages::Imprint;
        flow.hang(ending::imprint(&document.imprint));
    }
    let body = flow.finish(&sections.properties(pages));
    let facts = [
        ("文号", document.masthead.number.as_str()),
        ("数据依据", &document.source),
        ("出处", &document.origin),
        ("核验", document.verification.as_deref().unwrap_or_default()),
    ];
    let properties = Properties {
        title: &document.full_title(),
        creator: &document.masthead.compiler,
        day: &document.day.to_string(),
        facts: &facts,
    };
    Ok(package.finish(&body, &properties)?)
}

/// An attachment on a page of its own: its label, its title on the third line, what it holds.
fn attach(flow: &mut Flow, attachment: &Attachment, number: usize, of: usize, new_section: bool) {
    let label = if of > 1 { format!("附件{number}") } else { "附件".to_owned() };
    let label = Paragraph::text("AttachmentLabel", &label);
    flow.push(if new_section { label } else { label.on_new_page() });
    flow.push(Paragraph::text("AttachmentTitle", &attachment.title));
    let width = if attachment.landscape { HEIGHT } else { WIDTH };
    blocks(flow, &attachment.blocks, width, &attachment.title);
}

/// Writes blocks across `width`; a table whose title has just been `said` does not repeat it.
fn blocks(flow: &mut Flow, blocks: &[Block], width: i64, said: &str) {
    for block in blocks {
        match block {
            Block::Heading { level, text } => {
                let style = match level {
                    Level::First => "Heading1",
                    Level::Second => "Heading2",
                    Level::Third => "Heading3",
                    Level::Fourth => "Heading4",
                };
                flow.push(Paragraph::text(style, text));
            }
            Block::Paragraph { lead, text } => {
                let paragraph = Paragraph::new("BodyText");
                let lead = (!lead.is_empty()).then(|| Inline::Styled("LeadIn", lead.clone()));
                let paragraph = lead.into_iter().fold(paragraph, Paragraph::with);
                flow.push(paragraph.with(Inline::Text(text.clone())));
            }
            Block::Table(table) => table::write(flow, table, width, table.title != said),
            Block::Figure(figure) => table::write(flow, &figure.table, width, true),
            Block::SignatureLines(labels) => ending::signature_lines(flow, labels, width),
        }
    }
}
