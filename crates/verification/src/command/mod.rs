//! The decisions: what rows each wants, and the pure decision over them. Who decides, on what state and on which revision is
//! checked here, in the writer's transaction.

mod approve_correction;
mod batch;
mod certify;
mod pass;
mod refuse_correction;
mod return_report;

pub(crate) use approve_correction::ApproveCorrection;
pub(crate) use batch::BatchDecide;
pub(crate) use certify::CertifyReport;
pub(crate) use pass::PassReport;
pub(crate) use refuse_correction::RefuseCorrection;
pub(crate) use return_report::ReturnReport;

use minsheng_kit::convert::name::VersionName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::Context;
use minsheng_proto::reporting::v1::{MeasureValue, ReportContent};
use prost::Message;

use crate::entity::{case, submission};
use crate::programmes::internal;

/// The case and what was submitted.
fn wants_version(name: &str, wants: &mut Wants) {
    wants.row::<case::Entity>(name);
    wants.row::<submission::Entity>(name);
}

/// The case of this name.
fn find<'c>(name: &str, context: &'c Context<'_>) -> Result<&'c case::Model, Refusal> {
    context.get::<case::Entity>(name).ok_or_else(|| unknown(name))
}

/// There is no such case: CASE_UNKNOWN, or FIELD_INVALID where there never can be.
pub(crate) fn unknown(name: &str) -> Refusal {
    let malformed = VersionName::parse("name", name).err();
    malformed.unwrap_or_else(|| Refusal::new(Reason::CaseUnknown).with("name", name))
}

/// The values as submitted.
fn submitted_values(name: &str, context: &Context<'_>) -> Result<Vec<MeasureValue>, Refusal> {
    let row = context.get::<submission::Entity>(name).ok_or_else(|| internal("a case without its submission"))?;
    let content = ReportContent::decode(row.content.as_slice()).map_err(|_| internal("the content of a submission"))?;
    Ok(content.values)
}
