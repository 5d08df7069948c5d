//! Drafting, filing in one step, and entering for a unit: from flags, a JSON file, or the month's workbook.

use std::path::Path;

use minsheng_documents::workbook::MonthReports;
use minsheng_documents::worker::Client;
use minsheng_proto::catalogue::v1::Indicator;
use minsheng_proto::reporting::v1::{
    BatchFileReportsRequest, EnterReportRequest, FileReportRequest, FileReportRow, ReportContent, UpdateDraftRequest,
};

use super::content::{ContentArgs, indicator, sha256};
use super::{show, steps};
use crate::command::evidence;
use crate::command::units::mode;
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::session::{ReportName, Session};
use crate::words;
use crate::workbook::refused;

/// Reports a call.
const ROWS: usize = 1000;

pub(super) async fn draft(session: &mut Session, name: Option<String>, content: ContentArgs) -> Outcome {
    let Some(workbook) = &content.workbook else {
        let name = session.report(&one(name)?).await?;
        let now = steps::get(session, &name).await?;
        let built = build(session, &name, &content, now.content.unwrap_or_default()).await?;
        return save(session, name.to_string(), built, now.etag, session.request_id()).await;
    };
    none(name)?;
    let month = read(session, workbook).await?;
    for (index, report) in month.reports.into_iter().enumerate() {
        let parsed = ReportName::parse(&report.name).ok_or_else(|| Failure::refused("工作簿中的报送名不对"))?;
        let now = steps::get(session, &parsed).await?;
        let id = session.request_id_of(index + 1);
        save(session, report.name, report.content.unwrap_or_default(), now.etag, id).await?;
    }
    Ok(())
}

async fn save(session: &Session, name: String, content: ReportContent, etag: String, request_id: String) -> Outcome {
    let request = UpdateDraftRequest { name, content: Some(content), etag, request_id };
    let answer = session.gateway.reports().update_draft(request).await?.into_inner();
    session.output.answer(&answer, |answer| {
        let line = answer.report.as_ref().map(show::line).unwrap_or_default();
        format!("{line}{}", words::findings(&answer.findings))
    })
}

pub(super) async fn file(
    session: &mut Session,
    name: Option<String>,
    content: ContentArgs,
    row_by_row: bool,
) -> Outcome {
    if let Some(workbook) = &content.workbook {
        none(name)?;
        return file_workbook(session, workbook, row_by_row).await;
    }
    let name = session.report(&one(name)?).await?;
    let built = build(session, &name, &content, ReportContent::default()).await?;
    let request = FileReportRequest { name: name.to_string(), content: Some(built), request_id: session.request_id() };
    let answer = session.gateway.reports().file_report(request).await?.into_inner();
    session.receipts([&answer.receipt])?;
    session.output.answer(&answer, |answer| {
        let line = answer.report.as_ref().map(show::line).unwrap_or_default();
        let said = if answer.findings.is_empty() { String::new() } else { words::findings(&answer.findings) };
        format!("{line}{said}")
    })
}

async fn file_workbook(session: &mut Session, workbook: &Path, row_by_row: bool) -> Outcome {
    let month = read(session, workbook).await?;
    let rows: Vec<FileReportRow> = month
        .reports
        .into_iter()
        .map(|report| FileReportRow { id: report.indicator, name: report.name, content: report.content })
        .collect();
    if rows.is_empty() || rows.len() > ROWS {
        return Err(Failure::refused(format!("工作簿中有{}份报送，应为1至{ROWS}份", rows.len())));
    }
    let request = BatchFileReportsRequest { rows, mode: mode(row_by_row).into(), request_id: session.request_id() };
    let answer = session.gateway.reports().batch_file_reports(request).await?.into_inner();
    session.receipts(answer.successes.iter().map(|success| &success.receipt))?;
    session.output.answer(&answer, |answer| {
        let lines = answer.successes.iter().filter_map(|success| success.report.as_ref()).map(show::line);
        format!("{}已报送{}份。\n", lines.collect::<String>(), answer.successes.len())
    })?;
    if answer.failures.is_empty() { Ok(()) } else { Err(Failure::rows(&answer.failures)) }
}

pub(super) async fn enter(session: &mut Session, text: &str, content: ContentArgs, sealed: &str) -> Outcome {
    if content.workbook.is_some() {
        return Err(Failure::usage("代录逐份进行，不用 --workbook"));
    }
    let name = session.report(text).await?;
    let sealed_original = match Path::new(sealed) {
        path if path.is_file() => evidence::upload(session, path, "盖章原件").await?.sha256,
        _ => sha256(sealed)?,
    };
    let mut built = build(session, &name, &content, ReportContent::default()).await?;
    if built.evidence.iter().all(|file| file.sha256 != sealed_original) {
        let label = "盖章原件".to_owned();
        let sha256 = sealed_original.clone();
        built.evidence.push(minsheng_proto::reporting::v1::EvidenceReference { sha256, label, measure: String::new() });
    }
    let request = EnterReportRequest {
        name: name.to_string(),
        content: Some(built),
        sealed_original,
        request_id: session.request_id(),
    };
    let answer = session.gateway.reports().enter_report(request).await?.into_inner();
    session.receipts([&answer.receipt])?;
    session.output.answer(&answer.report.unwrap_or_default(), show::line)
}

async fn build(
    session: &Session,
    name: &ReportName,
    args: &ContentArgs,
    base: ReportContent,
) -> Outcome<ReportContent> {
    if !args.needs_catalogue() {
        return args.build(base, &Indicator::default());
    }
    let programme = session.catalogue(&name.programme, &name.period).await?;
    args.build(base, indicator(&programme, &name.indicator)?)
}

async fn read(session: &Session, workbook: &Path) -> Outcome<MonthReports> {
    let (worker, bytes) = (Client::this_program()?, file::bytes(workbook)?);
    let month = match worker.read_month(bytes.clone()).await {
        Ok(month) => month,
        Err(error) => return Err(refused(&worker, workbook, bytes, error).await),
    };
    if !month.blank.is_empty() {
        session.output.remark(&format!("以下指标整项空白，没有报送：{}", month.blank.join("、")));
    }
    Ok(month)
}

fn one(name: Option<String>) -> Outcome<String> {
    name.ok_or_else(|| Failure::usage("缺少报送名，如 3.2/2023-06；或用 --workbook 报送工作簿"))
}

fn none(name: Option<String>) -> Outcome {
    if name.is_some() { Err(Failure::usage("用 --workbook 时不写报送名，工作簿中已有")) } else { Ok(()) }
}
