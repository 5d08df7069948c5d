//! The reviewer agrees with the draft as it is.

use minsheng_kit::error::Refusal;
use minsheng_kit::policy::Action;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{ReportState, ReviewReportRequest, ReviewReportResponse};

use super::{Desk, Rules, Step, step};
use crate::names::ReportName;

const STEP: Step =
    Step { action: Action::ReviewReport, act: "REVIEWED", from: &[ReportState::Draft], to: ReportState::Reviewed };

/// The step.
#[derive(Debug)]
pub(crate) struct ReviewReport {
    name: ReportName,
    etag: String,
    rules: Rules,
}

impl ReviewReport {
    /// Reads the call.
    ///
    /// # Errors
    /// FIELD_INVALID, PERIOD_INVALID.
    pub(crate) fn new(request: ReviewReportRequest, rules: Rules) -> Result<Self, Refusal> {
        Ok(Self { name: ReportName::parse("name", &request.name)?, etag: request.etag, rules })
    }
}

impl Command for ReviewReport {
    type Answer = ReviewReportResponse;

    fn wants(&self, wants: &mut Wants) {
        Desk::wants(&self.name, wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        Desk::wants_more(&self.name, &self.rules, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ReviewReportResponse, Refusal> {
        let report = step(&self.name, &self.etag, &STEP, &self.rules, context)?;
        Ok(ReviewReportResponse { report: Some(report) })
    }
}
