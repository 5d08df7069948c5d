//! Turns a document into files: one module a format, each a pure function, so that the same document gives the same bytes
//! on any machine, in any language and time zone.

mod docx;
mod html;
mod xlsx;

pub use docx::docx;
pub use html::html;
pub use xlsx::xlsx;

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
