//! The unit confirms what the office entered for it; the version stays as it is.

use minsheng_kit::clock;
use minsheng_kit::error::Refusal;
use minsheng_kit::policy::Action;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{ConfirmReportRequest, ConfirmReportResponse, ReportConfirmed, ReportState};

use super::{Desk, Pending, Rules};
use crate::entity::report;
use crate::names::ReportName;

/// A confirmation.
#[derive(Debug)]
pub(crate) struct ConfirmReport {
    name: ReportName,
    etag: String,
    rules: Rules,
}

impl ConfirmReport {
    /// Reads the call.
    ///
    /// # Errors
    /// FIELD_INVALID, PERIOD_INVALID.
    pub(crate) fn new(request: ConfirmReportRequest, rules: Rules) -> Result<Self, Refusal> {
        Ok(Self { name: ReportName::parse("name", &request.name)?, etag: request.etag, rules })
    }
}

impl Command for ConfirmReport {
    type Answer = ConfirmReportResponse;

    fn wants(&self, wants: &mut Wants) {
        Desk::wants(&self.name, wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        Desk::wants_more(&self.name, &self.rules, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ConfirmReportResponse, Refusal> {
        let desk = Desk::open(&self.name, &self.rules, context)?;
        let mut row = desk.report(&self.name, &Pending::default(), context)?;
        context.authorise(Action::ConfirmReport, &row.resource(&desk.indicator(&self.name)?.certifier))?;
        row.as_seen(&self.etag, None)?;
        row.expect(&[ReportState::ToConfirm])?;
        row.add_person(&context.caller().person);
        row.add_step("CONFIRMED", &context.caller().actor(), clock::to_proto(context.now()))?;
        row.become_state(ReportState::Submitted);
        let person = context.caller().person.clone();
        let event = ReportConfirmed { report: row.name.clone(), version: row.version, person };
        context.record(&row.name, &event);
        let report = desk.shown(&self.name, &row)?;
        context.put::<report::Entity>(row);
        Ok(ConfirmReportResponse { report: Some(report), receipt: None })
    }
}
