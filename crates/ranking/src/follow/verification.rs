//! From verification: fast figures, certified figures, returns. An opened correction changes no figure: the certified one
//! stands until the corrected version is certified.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::follower::Followed;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::Context;
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed, ReportReturned, VersionReference};
use prost::Message;

use super::submission as row_of;
use crate::entity::submission;
use crate::names;
use crate::stored::signed;

pub(super) fn wants(entry: &Followed, wants: &mut Wants) {
    let passed = || entry.payload::<ReportPassed>().and_then(|decided| decided.version);
    let certified = || entry.payload::<ReportCertified>().and_then(|decided| decided.version);
    let returned = || entry.payload::<ReportReturned>().and_then(|decided| decided.version);
    if let Some(version) = passed().or_else(certified).or_else(returned) {
        wants.row::<submission::Entity>(names::version(&version.report, version.version));
    }
}

pub(super) fn apply(entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal> {
    let sequence = Some(signed(entry.sequence)?);
    let changed = if let Some(passed) = entry.payload::<ReportPassed>() {
        let row = row(context, passed.version.as_ref())?;
        submission::Model { passed: Some(passed.encode_to_vec()), pass_sequence: sequence, ..row }
    } else if let Some(certified) = entry.payload::<ReportCertified>() {
        let row = row(context, certified.version.as_ref())?;
        submission::Model { certified: Some(certified.encode_to_vec()), certification_sequence: sequence, ..row }
    } else if let Some(returned) = entry.payload::<ReportReturned>() {
        let row = row(context, returned.version.as_ref())?;
        submission::Model { returned: Some(returned.encode_to_vec()), ..row }
    } else {
        return Ok(());
    };
    context.put::<submission::Entity>(changed);
    Ok(())
}

fn row(context: &Context<'_>, version: Option<&VersionReference>) -> Result<submission::Model, Refusal> {
    let version = version.ok_or_else(|| Refusal::new(Reason::Internal))?;
    row_of(context, &version.report, version.version)
}
