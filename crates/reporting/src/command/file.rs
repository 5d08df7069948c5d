//! A head files in one step what was reviewed and signed on paper.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{FileReportRequest, FileReportResponse, ReportContent};
use prost::Message;

use super::filing::{self, Way};
use super::{Desk, Pending, Rules, wants_evidence};
use crate::names::ReportName;

/// A report filed in one step.
#[derive(Debug)]
pub(crate) struct FileReport {
    name: ReportName,
    content: ReportContent,
    account: String,
    rules: Rules,
}

impl FileReport {
    /// Reads the call.
    ///
    /// # Errors
    /// FIELD_INVALID, PERIOD_INVALID, FIELD_REQUIRED.
    pub(crate) fn new(request: FileReportRequest, account: &str, rules: Rules) -> Result<Self, Refusal> {
        let name = ReportName::parse("name", &request.name)?;
        let content = request.content.ok_or_else(|| Refusal::required("content"))?;
        Ok(Self { name, content, account: account.to_owned(), rules })
    }
}

impl Command for FileReport {
    type Answer = FileReportResponse;

    fn wants(&self, wants: &mut Wants) {
        Desk::wants(&self.name, wants);
        wants_evidence(&self.content, wants);
        filing::wants_filer(&self.name, &self.account, wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        Desk::wants_more(&self.name, &self.rules, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<FileReportResponse, Refusal> {
        let mut pending = Pending::default();
        let way = Way::Filed(self.content.clone());
        let version = filing::judge(&self.name, way, &self.rules, &mut pending, context)?;
        let (report, findings) = (version.report.clone(), version.findings().to_vec());
        filing::write([version], pending, context)?;
        Ok(FileReportResponse { report: Some(report), findings, receipt: None })
    }

    fn weight(&self) -> usize {
        self.content.encoded_len()
    }
}
