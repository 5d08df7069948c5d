//! A month's bulletin (月通报) as a pure function of a sealed snapshot and the head that the office gives it, as one HTML
//! file or as a workbook: the same two give the same bytes on any machine, in any language and time zone.

mod behind;
mod compose;
mod discipline;
mod overall;
mod ranks;
mod requirements;
mod tables;

use minsheng_proto::ranking::v1::Snapshot;

pub use compose::compose;

use crate::render::{self, RenderError};

/// Version of template and renderer together; a change of either that changes bytes changes this.
pub const RENDERER: &str = "minsheng-documents/0.1 bulletin-month/3 askama/0.14 rust_xlsxwriter/0.90";

/// What a bulletin carries besides its snapshot.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BulletinHead {
    /// Agency mark (发文机关标志) as it stands in red, for example 安化县重点民生实事项目办公室.
    #[prost(string, tag = "1")]
    pub office: String,
    /// Number as printed, for example 安实办通报〔2023〕3号; empty on a draft.
    #[prost(string, tag = "2")]
    pub document_number: String,
    /// Issue number in the year, from 1; 0 on a draft.
    #[prost(int32, tag = "3")]
    pub issue_number: i32,
    /// Day on the document, ISO date.
    #[prost(string, tag = "4")]
    pub date: String,
    /// Whom it is addressed to, in order; may be empty.
    #[prost(string, repeated, tag = "5")]
    pub addressees: Vec<String>,
    /// Who gets a copy (抄送), in order; may be empty.
    #[prost(string, repeated, tag = "6")]
    pub copies_to: Vec<String>,
}

/// Why a bulletin could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BulletinError {
    /// The snapshot's period is no month.
    #[error("a month's bulletin needs a month, not \"{0}\"")]
    Period(String),
    /// The snapshot does not say what its figures rest on.
    #[error("the snapshot does not say whether it rests on fast or on certified figures")]
    Basis,
    /// The date is no ISO date.
    #[error("\"{0}\" is no date of the form 2023-06-20")]
    Date(String),
    /// It could not be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// The bulletin as one HTML file that needs nothing else and runs nothing.
pub fn render_html(snapshot: &Snapshot, head: &BulletinHead) -> Result<Vec<u8>, BulletinError> {
    Ok(render::html(&compose(snapshot, head)?)?)
}

/// The bulletin's figures as a workbook.
pub fn render_xlsx(snapshot: &Snapshot, head: &BulletinHead) -> Result<Vec<u8>, BulletinError> {
    Ok(render::xlsx(&compose(snapshot, head)?)?)
}
