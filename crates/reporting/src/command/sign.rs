//! The unit's head signs the reviewed draft as it is.

use minsheng_kit::error::Refusal;
use minsheng_kit::policy::Action;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{ReportState, SignReportRequest, SignReportResponse};

use super::{Desk, Rules, Step, step};
use crate::names::ReportName;

const STEP: Step =
    Step { action: Action::SignReport, act: "SIGNED", from: &[ReportState::Reviewed], to: ReportState::Signed };

/// The step.
#[derive(Debug)]
pub(crate) struct SignReport {
    name: ReportName,
    etag: String,
    rules: Rules,
}

impl SignReport {
    /// Reads the call.
    ///
    /// # Errors
    /// FIELD_INVALID, PERIOD_INVALID.
    pub(crate) fn new(request: SignReportRequest, rules: Rules) -> Result<Self, Refusal> {
        Ok(Self { name: ReportName::parse("name", &request.name)?, etag: request.etag, rules })
    }
}

impl Command for SignReport {
    type Answer = SignReportResponse;

    fn wants(&self, wants: &mut Wants) {
        Desk::wants(&self.name, wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        Desk::wants_more(&self.name, &self.rules, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<SignReportResponse, Refusal> {
        let report = step(&self.name, &self.etag, &STEP, &self.rules, context)?;
        Ok(SignReportResponse { report: Some(report) })
    }
}
