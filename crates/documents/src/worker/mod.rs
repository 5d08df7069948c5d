//! Rendering and parsing in a process of their own, with bounds on memory and time: a job goes in on standard input, the
//! answer comes out on standard output, each as a big-endian u32 length and an encoded message. Services hold a `Client`;
//! the program calls `run_worker` before it starts any thread.

mod client;
mod process;

use minsheng_proto::catalogue::v1::Programme;

use crate::bulletin::Material;
use crate::extract::ExtractedText;
use crate::typeset::FontSet;
use crate::words::TemplateError;
use crate::workbook::{CellError, MonthForm, MonthReports, SheetRows};

pub use client::{Client, WorkerError};
pub use process::run_worker;

/// Longest message either way, in bytes.
pub(crate) const MAX_MESSAGE: usize = 64 << 20;

/// What a worker is asked to do.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Job {
    /// A bulletin.
    #[prost(message, boxed, tag = "1")]
    RenderBulletin(Box<RenderBulletin>),
    /// A filled catalogue template's bytes.
    #[prost(bytes, tag = "2")]
    ReadCatalogue(Vec<u8>),
    /// A filled month's template's bytes.
    #[prost(bytes, tag = "3")]
    ReadMonth(Vec<u8>),
    /// A programme; the default one gives the empty template.
    #[prost(message, tag = "4")]
    WriteCatalogueTemplate(Programme),
    /// A month's template.
    #[prost(message, tag = "5")]
    WriteMonthTemplate(MonthForm),
    /// A sheet of any workbook.
    #[prost(message, tag = "6")]
    ReadSheet(ReadSheet),
    /// A workbook whose errors are to be marked in it.
    #[prost(message, tag = "7")]
    MarkErrors(MarkErrors),
    /// A document's bytes, for its text.
    #[prost(bytes, tag = "8")]
    ExtractText(Vec<u8>),
}

/// A workbook whose errors are to be marked in it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MarkErrors {
    /// The workbook's bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub workbook: Vec<u8>,
    /// The errors.
    #[prost(message, repeated, tag = "2")]
    pub errors: Vec<CellError>,
}

/// A sheet to read.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ReadSheet {
    /// The workbook's bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub workbook: Vec<u8>,
    /// Name of the sheet; empty for the first that holds anything.
    #[prost(string, tag = "2")]
    pub sheet: String,
}

/// A bulletin to render.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RenderBulletin {
    /// What it is made of.
    #[prost(message, optional, tag = "1")]
    pub material: Option<Material>,
    /// As which file.
    #[prost(enumeration = "Form", tag = "2")]
    pub form: i32,
    /// Fonts that a PDF is set in.
    #[prost(message, optional, tag = "3")]
    pub fonts: Option<FontSet>,
}

/// As which file a bulletin is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Form {
    /// Not given; refused.
    Unspecified = 0,
    /// One HTML file.
    Html = 1,
    /// A workbook.
    Xlsx = 2,
    /// A text document that an office goes on editing.
    Docx = 3,
    /// PDF; it needs fonts.
    Pdf = 4,
}

/// What a worker answers.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Answer {
    /// A file's bytes.
    #[prost(bytes, tag = "1")]
    File(Vec<u8>),
    /// The programme read.
    #[prost(message, boxed, tag = "2")]
    Catalogue(Box<Programme>),
    /// The reports read.
    #[prost(message, tag = "3")]
    Month(MonthReports),
    /// The workbook is refused.
    #[prost(message, tag = "4")]
    Refused(Refusals),
    /// The job could not be done.
    #[prost(string, tag = "5")]
    Failed(String),
    /// The sheet read.
    #[prost(message, tag = "6")]
    Sheet(SheetRows),
    /// A template of the document is wrong.
    #[prost(message, tag = "7")]
    Template(TemplateError),
    /// The text extracted.
    #[prost(message, tag = "8")]
    Text(ExtractedText),
}

/// Everything that is wrong with a workbook.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Refusals {
    /// The errors.
    #[prost(message, repeated, tag = "1")]
    pub errors: Vec<CellError>,
}

/// A job on the wire.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct JobMessage {
    #[prost(oneof = "Job", tags = "1, 2, 3, 4, 5, 6, 7, 8")]
    pub(crate) job: Option<Job>,
}

/// An answer on the wire.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AnswerMessage {
    #[prost(oneof = "Answer", tags = "1, 2, 3, 4, 5, 6, 7, 8")]
    pub(crate) answer: Option<Answer>,
}
