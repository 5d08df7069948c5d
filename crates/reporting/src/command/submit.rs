//! Submits the signed draft. Errors of the checks refuse it; warnings need an explanation each.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{SubmitReportRequest, SubmitReportResponse};

use super::filing::{self, Way};
use super::{Desk, Pending, Rules, wants_evidence};
use crate::entity::report;
use crate::names::ReportName;

/// A submission.
#[derive(Debug)]
pub(crate) struct SubmitReport {
    name: ReportName,
    request: SubmitReportRequest,
    account: String,
    rules: Rules,
}

impl SubmitReport {
    /// Reads the call.
    ///
    /// # Errors
    /// FIELD_INVALID, PERIOD_INVALID.
    pub(crate) fn new(request: SubmitReportRequest, account: &str, rules: Rules) -> Result<Self, Refusal> {
        let name = ReportName::parse("name", &request.name)?;
        Ok(Self { name, request, account: account.to_owned(), rules })
    }
}

impl Command for SubmitReport {
    type Answer = SubmitReportResponse;

    fn wants(&self, wants: &mut Wants) {
        Desk::wants(&self.name, wants);
        filing::wants_filer(&self.name, &self.account, wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        Desk::wants_more(&self.name, &self.rules, rows, wants);
        let draft = rows.get::<report::Entity>(&self.name.name).and_then(|row| row.draft().ok().flatten());
        if let Some(draft) = draft {
            wants_evidence(&draft, wants);
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<SubmitReportResponse, Refusal> {
        let mut pending = Pending::default();
        let way = Way::Submitted { etag: &self.request.etag, explanations: &self.request.explanations };
        let version = filing::judge(&self.name, way, &self.rules, &mut pending, context)?;
        let report = version.report.clone();
        filing::write([version], pending, context)?;
        Ok(SubmitReportResponse { report: Some(report), receipt: None })
    }
}
