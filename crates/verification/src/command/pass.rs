//! The office passes a version: its values become fast figures (快报数), exactly as reported.

use minsheng_kit::error::Refusal;
use minsheng_kit::policy::Action;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::verification::v1::{CaseState, PassReportRequest, PassReportResponse, ReportPassed};

use super::{find, submitted_values, wants_version};
use crate::entity::case;

/// The office's pass.
#[derive(Debug)]
pub(crate) struct PassReport(pub(crate) PassReportRequest);

impl Command for PassReport {
    type Answer = PassReportResponse;

    fn wants(&self, wants: &mut Wants) {
        wants_version(&self.0.name, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<PassReportResponse, Refusal> {
        let (case, event) = judge(&self.0.name, &self.0.etag, context)?;
        let shown = case.shown()?;
        context.record(&case.name, &event);
        context.put::<case::Entity>(case);
        Ok(PassReportResponse { case: Some(shown), receipt: None })
    }
}

/// Whether the caller may pass it now, and what follows. Nobody who took part in the report passes it, and what the office
/// entered for a unit waits for the unit's confirmation.
pub(super) fn judge(name: &str, etag: &str, context: &Context<'_>) -> Result<(case::Model, ReportPassed), Refusal> {
    let case = find(name, context)?;
    context.authorise(Action::PassReport, &case.resource(&[]))?;
    case.as_seen(etag)?;
    case.expect(&[CaseState::ToCheck])?;
    let mut passed = case.clone();
    passed.become_fast(context.now().as_millisecond(), &context.caller().person)?;
    let event = ReportPassed {
        version: Some(passed.reference()),
        values: submitted_values(name, context)?,
        person: context.caller().person.clone(),
    };
    Ok((passed, event))
}
