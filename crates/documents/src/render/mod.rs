//! Turns a document into files: one module a format, each a pure function, so that the same document gives the same bytes
//! on any machine, in any language and time zone.

mod docx;
mod html;
mod xlsx;

pub use crate::typeset::pdf;
pub use docx::docx;
pub use html::html;
pub use xlsx::xlsx;

/// Version of the renderers together; a change of any of them that changes bytes changes this.
pub const VERSION: &str =
    "minsheng-documents/0.1 bulletin/4 askama/0.14 minijinja/3.1 rust_xlsxwriter/0.90 typst/0.15.1";

/// Why a document could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The template failed.
    #[error("the document's template failed: {0}")]
    Template(#[from] askama::Error),
    /// The workbook could not be written.
    #[error("the document's workbook could not be written: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The package could not be written.
    #[error("the document's package could not be written: {0}")]
    Package(#[from] zip::result::ZipError),
}
