//! Files many reports in one transaction. All rows are judged first, each as those before it leave things; in the mode that
//! is all or nothing one refused row refuses all, with every row's error in the answer.

use std::collections::HashSet;

use minsheng_kit::error::Refusal;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::common::v1::{BulkMode, RowFailure};
use minsheng_proto::reporting::v1::{
    BatchFileReportsRequest, BatchFileReportsResponse, FileReportSuccess, ReportContent,
};
use prost::Message;

use super::filing::{self, Version, Way};
use super::{Desk, Pending, Rules, wants_evidence};
use crate::names::ReportName;

/// Rows of one call.
pub(super) const MAX_ROWS: usize = 1_000;
/// Longest sub-request id, in characters.
const ID_CHARS: usize = 64;

/// Reports to file.
#[derive(Debug)]
pub(crate) struct BatchFileReports {
    rows: Vec<Row>,
    refused: Vec<RowFailure>,
    mode: BulkMode,
    account: String,
    rules: Rules,
}

#[derive(Debug)]
struct Row {
    id: String,
    name: ReportName,
    content: ReportContent,
}

impl BatchFileReports {
    /// Reads the call. A row whose name cannot be read is refused with the others.
    ///
    /// # Errors
    /// FIELD_REQUIRED without rows, FIELD_INVALID for too many, for an unknown mode, for ids or reports given twice.
    pub(crate) fn new(request: BatchFileReportsRequest, account: &str, rules: Rules) -> Result<Self, Refusal> {
        let mode = mode(request.mode)?;
        check_ids(request.rows.iter().map(|row| row.id.as_str()))?;
        let mut rows = Vec::with_capacity(request.rows.len());
        let mut refused = Vec::new();
        let mut names = HashSet::new();
        for (place, row) in request.rows.into_iter().enumerate() {
            if !names.insert(row.name.clone()) {
                let field = format!("rows[{place}].name");
                return Err(Refusal::invalid(field, "同一份报送在一批中只能出现一次", "stands in the batch already"));
            }
            let content = row.content.ok_or_else(|| Refusal::required("content"));
            match ReportName::parse("name", &row.name).and_then(|name| Ok((name, content?))) {
                Ok((name, content)) => rows.push(Row { id: row.id, name, content }),
                Err(refusal) => refused.push(refusal.row(row.id)),
            }
        }
        Ok(Self { rows, refused, mode, account: account.to_owned(), rules })
    }
}

/// How a bulk call treats a refused row.
pub(super) fn mode(number: i32) -> Result<BulkMode, Refusal> {
    match BulkMode::try_from(number) {
        Ok(BulkMode::Unspecified | BulkMode::AllOrNothing) => Ok(BulkMode::AllOrNothing),
        Ok(BulkMode::RowByRow) => Ok(BulkMode::RowByRow),
        Err(_) => Err(Refusal::invalid("mode", "没有这种方式", "is no mode")),
    }
}

/// Sub-request ids: there are some, not too many, each once.
pub(super) fn check_ids<'a>(ids: impl ExactSizeIterator<Item = &'a str>) -> Result<(), Refusal> {
    if ids.len() == 0 {
        return Err(Refusal::required("rows"));
    }
    if ids.len() > MAX_ROWS {
        return Err(Refusal::invalid("rows", "至多1000行", "must be at most 1000"));
    }
    let mut seen = HashSet::new();
    for (place, id) in ids.enumerate() {
        if !(1..=ID_CHARS).contains(&id.chars().count()) || !seen.insert(id) {
            let field = format!("rows[{place}].id");
            return Err(Refusal::invalid(
                field,
                "须为1至64个字符，且不得重复",
                "must be 1 to 64 characters and unique",
            ));
        }
    }
    Ok(())
}

impl Command for BatchFileReports {
    type Answer = BatchFileReportsResponse;

    fn wants(&self, wants: &mut Wants) {
        for row in &self.rows {
            Desk::wants(&row.name, wants);
            wants_evidence(&row.content, wants);
            filing::wants_filer(&row.name, &self.account, wants);
        }
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        for row in &self.rows {
            Desk::wants_more(&row.name, &self.rules, rows, wants);
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<BatchFileReportsResponse, Refusal> {
        let mut answer = BatchFileReportsResponse { failures: self.refused.clone(), ..Default::default() };
        let mut pending = Pending::default();
        let mut versions: Vec<(String, Version)> = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let way = Way::Filed(row.content.clone());
            match filing::judge(&row.name, way, &self.rules, &mut pending, context) {
                Ok(version) => versions.push((row.id.clone(), version)),
                Err(refusal) => answer.failures.push(refusal.row(row.id.as_str())),
            }
        }
        if self.mode == BulkMode::AllOrNothing && !answer.failures.is_empty() {
            return Ok(answer);
        }
        for (id, version) in &versions {
            let report = Some(version.report.clone());
            answer.successes.push(FileReportSuccess { id: id.clone(), report, receipt: None });
        }
        filing::write(versions.into_iter().map(|(_, version)| version), pending, context)?;
        Ok(answer)
    }

    fn weight(&self) -> usize {
        self.rows.iter().map(|row| row.content.encoded_len()).sum()
    }
}
