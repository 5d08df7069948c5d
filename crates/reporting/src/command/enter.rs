//! The office enters a sheet for a unit (代录) with the sealed original; it waits for the unit's confirmation.

use minsheng_kit::error::Refusal;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{EnterReportRequest, EnterReportResponse, ReportContent};
use prost::Message;

use super::filing::{self, Way};
use super::{Desk, Pending, Rules, wants_evidence};
use crate::names::ReportName;

/// A sheet to enter.
#[derive(Debug)]
pub(crate) struct EnterReport {
    name: ReportName,
    content: ReportContent,
    sealed_original: Vec<u8>,
    rules: Rules,
}

impl EnterReport {
    /// Reads the call.
    ///
    /// # Errors
    /// FIELD_INVALID, PERIOD_INVALID, FIELD_REQUIRED.
    pub(crate) fn new(request: EnterReportRequest, rules: Rules) -> Result<Self, Refusal> {
        let name = ReportName::parse("name", &request.name)?;
        let content = request.content.ok_or_else(|| Refusal::required("content"))?;
        if request.sealed_original.is_empty() {
            return Err(Refusal::required("sealed_original"));
        }
        Ok(Self { name, content, sealed_original: request.sealed_original, rules })
    }
}

impl Command for EnterReport {
    type Answer = EnterReportResponse;

    fn wants(&self, wants: &mut Wants) {
        Desk::wants(&self.name, wants);
        wants_evidence(&self.content, wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        Desk::wants_more(&self.name, &self.rules, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<EnterReportResponse, Refusal> {
        let mut pending = Pending::default();
        let way = Way::Entered { content: self.content.clone(), sealed_original: &self.sealed_original };
        let version = filing::judge(&self.name, way, &self.rules, &mut pending, context)?;
        let report = version.report.clone();
        filing::write([version], pending, context)?;
        Ok(EnterReportResponse { report: Some(report), receipt: None })
    }

    fn weight(&self) -> usize {
        self.content.encoded_len()
    }
}
