//! Documents of a period as pure functions of their material: sealed snapshots, a set of templates, and the head that the
//! office gives them. The same material gives the same bytes on any machine, in any language and time zone.

mod compose;
mod named;
mod pictured;
mod tables;
mod tasks;

use minsheng_proto::ranking::v1::Snapshot;

pub use compose::compose;

use crate::render::{self, RenderError};
use crate::typeset::{FontSet, TypesetError};
use crate::words::figures::changes;
use crate::words::{TemplateError, Templates};

/// Version of composer and renderers together; a change of either that changes bytes changes this.
pub const RENDERER: &str = render::VERSION;

/// Everything that a document is made of.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Material {
    /// Kind, which is the name of its template: monthly.
    #[prost(string, tag = "1")]
    pub kind: String,
    /// The sealed snapshot.
    #[prost(message, optional, tag = "2")]
    pub snapshot: Option<Snapshot>,
    /// What it carries besides.
    #[prost(message, optional, tag = "3")]
    pub head: Option<BulletinHead>,
    /// The templates.
    #[prost(message, optional, tag = "4")]
    pub templates: Option<Templates>,
    /// The issue before of its kind.
    #[prost(message, optional, tag = "5")]
    pub previous: Option<Earlier>,
    /// The document that it corrects.
    #[prost(message, optional, tag = "6")]
    pub corrected: Option<Earlier>,
    /// Months of a quarter or year, in order.
    #[prost(message, repeated, tag = "7")]
    pub months: Vec<MonthMaterial>,
}

/// What a document carries besides its snapshots.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BulletinHead {
    /// Office that makes it, for example 安化县重点民生实事项目办公室; the agency mark (发文机关标志) of a document.
    #[prost(string, tag = "1")]
    pub office: String,
    /// Number as printed, for example 安实办通报〔2023〕3号; empty on a draft.
    #[prost(string, tag = "2")]
    pub document_number: String,
    /// Name of a brief, in red.
    #[prost(string, tag = "3")]
    pub brief_name: String,
    /// Day on the document, ISO date.
    #[prost(string, tag = "4")]
    pub date: String,
    /// Whom it is addressed to, in order; may be empty.
    #[prost(string, repeated, tag = "5")]
    pub addressees: Vec<String>,
    /// Who gets a copy (抄送), in order; may be empty.
    #[prost(string, repeated, tag = "6")]
    pub copies_to: Vec<String>,
    /// To whom a brief goes: 报.
    #[prost(string, repeated, tag = "7")]
    pub reported_to: Vec<String>,
    /// 送.
    #[prost(string, repeated, tag = "8")]
    pub sent_to: Vec<String>,
    /// 发.
    #[prost(string, repeated, tag = "9")]
    pub issued_to: Vec<String>,
    /// Copies printed of a brief; 0 is not shown.
    #[prost(uint32, tag = "10")]
    pub copies: u32,
    /// The set of templates by its name, in small print.
    #[prost(string, tag = "11")]
    pub template: String,
}

/// An earlier document with the snapshot that it was made of.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Earlier {
    /// Number as printed.
    #[prost(string, tag = "1")]
    pub document_number: String,
    /// Day on it, ISO date.
    #[prost(string, tag = "2")]
    pub date: String,
    /// Its snapshot.
    #[prost(message, optional, tag = "3")]
    pub snapshot: Option<Snapshot>,
}

/// A month of a quarter or year.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MonthMaterial {
    /// As it stands.
    #[prost(message, optional, tag = "1")]
    pub snapshot: Option<Snapshot>,
    /// As it was first published, where it has been corrected since.
    #[prost(message, optional, tag = "2")]
    pub first: Option<Snapshot>,
}

/// Why a document could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BulletinError {
    /// Nothing to make it of.
    #[error("the material holds no snapshot")]
    NoSnapshot,
    /// There is no template for the kind.
    #[error("there is no template of the kind \"{0}\"")]
    Kind(String),
    /// The snapshot's period is not one that the kind is written on.
    #[error("this kind of document is not written on a snapshot of \"{0}\"")]
    Period(String),
    /// The snapshot does not say what its figures rest on.
    #[error("the snapshot does not say whether it rests on fast or on certified figures")]
    Basis,
    /// The date is no ISO date.
    #[error("\"{0}\" is no date of the form 2023-06-20")]
    Date(String),
    /// A template is wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// It could not be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// It could not be set in type.
    #[error(transparent)]
    Typeset(#[from] TypesetError),
}

/// Whether any figure differs between two snapshots.
pub fn moved(before: &Snapshot, after: &Snapshot) -> bool {
    !changes::figures(before, after).is_empty()
}

/// The document as one HTML file that needs nothing else and runs nothing.
pub fn render_html(material: &Material) -> Result<Vec<u8>, BulletinError> {
    Ok(render::html(&compose(material)?)?)
}

/// The document's figures as a workbook.
pub fn render_xlsx(material: &Material) -> Result<Vec<u8>, BulletinError> {
    Ok(render::xlsx(&compose(material)?)?)
}

/// The document as one that an office goes on editing.
pub fn render_docx(material: &Material) -> Result<Vec<u8>, BulletinError> {
    Ok(render::docx(&compose(material)?)?)
}

/// The document as PDF, set in these fonts.
pub fn render_pdf(material: &Material, fonts: &FontSet) -> Result<Vec<u8>, BulletinError> {
    Ok(render::pdf(&compose(material)?, fonts)?)
}
