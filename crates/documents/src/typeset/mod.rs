//! The one place that knows typst: a document's data, layouts of our own (`typst/*.typ`) and a font set give a PDF, tagged,
//! with bookmarks and every font embedded. Texts travel as JSON and are shown as they are; none is ever run as markup.

mod data;
mod fonts;
mod widths;
mod world;

use typst::comemo;
use typst::diag::{SourceDiagnostic, Warned};
use typst::ecow::EcoVec;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

pub use fonts::{Families, FontError, FontFile, FontSet};

use crate::document::Document;
use data::Writer;
use world::PrintWorld;

/// Minutes by which the time of making in a file is ahead of UTC: Beijing's.
const OFFSET: i32 = 480;

/// Why a document could not be set.
#[derive(Debug, thiserror::Error)]
pub enum TypesetError {
    /// A font of the set is not what it was when the set was made.
    #[error(transparent)]
    Font(#[from] FontError),
    /// The code for verification cannot hold its text.
    #[error("the code for verification cannot be drawn: {0}")]
    Code(#[from] qrcode::types::QrError),
    /// The data could not be handed over.
    #[error("the document's data could not be written: {0}")]
    Data(#[from] serde_json::Error),
    /// The layout failed or warned; nothing is issued that it is not sure of.
    #[error("the document could not be set: {0}")]
    Layout(String),
}

/// The document as PDF; the same document and font set give the same bytes.
pub fn pdf(document: &Document, fonts: &FontSet) -> Result<Vec<u8>, TypesetError> {
    let faces = fonts.faces()?;
    let writer = Writer::new(faces.iter().map(|(_, _, info)| info), fonts.families());
    let data = serde_json::to_vec(&writer.json(document, fonts.families())?)?;
    let world = PrintWorld::new(data, faces)?;
    let set = set(&world, document);
    // What typst remembers between documents would only grow.
    comemo::evict(0);
    world.failure().map_or(set, |failure| Err(failure.into()))
}

fn set(world: &PrintWorld<'_>, document: &Document) -> Result<Vec<u8>, TypesetError> {
    let Warned { output, warnings } = typst::compile::<PagedDocument>(world);
    let pages = output.map_err(|errors| layout_error(&errors))?;
    if !warnings.is_empty() {
        return Err(layout_error(&warnings));
    }
    typst_pdf::pdf(&pages, &options(document)?).map_err(|errors| layout_error(&errors))
}

fn options(document: &Document) -> Result<PdfOptions, TypesetError> {
    let (year, month, day) = (document.day.year(), document.day.month(), document.day.day());
    let unsigned = |number: i8| u8::try_from(number).unwrap_or(1);
    let made = Datetime::from_ymd_hms(i32::from(year), unsigned(month), unsigned(day), 0, 0, 0);
    let standards = PdfStandards::new(&[PdfStandard::Ua_1]);
    Ok(PdfOptions {
        ident: Smart::Custom(format!("{}\n{}\n{}", document.masthead.number, document.full_title(), document.origin)),
        creator: Smart::Custom(Some(crate::render::VERSION.to_owned())),
        timestamp: made.and_then(|made| Timestamp::new_local(made, OFFSET)),
        standards: standards.map_err(|error| TypesetError::Layout(error.message().to_string()))?,
        ..PdfOptions::default()
    })
}

fn layout_error(diagnostics: &EcoVec<SourceDiagnostic>) -> TypesetError {
    let messages = diagnostics.iter().map(|diagnostic| diagnostic.message.as_str());
    TypesetError::Layout(messages.collect::<Vec<_>>().join("; "))
}
