//! The steps of a report by their actors. Each is taken on the revision that the command has just read.

use minsheng_proto::common::v1::Explanation;
use minsheng_proto::reporting::v1::{
    CheckReportRequest, ConfirmReportRequest, FillUnchangedRequest, GetReportRequest, Report, RequestCorrectionRequest,
    ReviewReportRequest, SignReportRequest, SubmitReportRequest,
};

use super::show;
use crate::failure::{Failure, Outcome};
use crate::session::{ReportName, Session};
use crate::words;

/// The report as it is now.
pub(super) async fn get(session: &Session, name: &ReportName) -> Outcome<Report> {
    let request = GetReportRequest { name: name.to_string() };
    let answer = session.gateway.reports().get_report(request).await?.into_inner();
    answer.report.ok_or_else(|| Failure::answer("report"))
}

async fn named(session: &Session, text: &str) -> Outcome<(String, String)> {
    let name = session.report(text).await?;
    let etag = get(session, &name).await?.etag;
    Ok((name.to_string(), etag))
}

fn answer(session: &Session, report: Option<Report>) -> Outcome {
    session.output.answer(&report.unwrap_or_default(), show::line)
}

pub(super) async fn unchanged(session: &mut Session, text: &str) -> Outcome {
    let (name, etag) = named(session, text).await?;
    let request = FillUnchangedRequest { name, etag, request_id: session.request_id() };
    let filled = session.gateway.reports().fill_unchanged(request).await?.into_inner();
    answer(session, filled.report)
}

pub(super) async fn check(session: &mut Session, text: &str) -> Outcome {
    let name = session.report(text).await?.to_string();
    let checked = session.gateway.reports().check_report(CheckReportRequest { name }).await?.into_inner();
    session.output.answer(&checked, |checked| words::findings(&checked.findings))
}

pub(super) async fn review(session: &mut Session, text: &str) -> Outcome {
    let (name, etag) = named(session, text).await?;
    let request = ReviewReportRequest { name, etag, request_id: session.request_id() };
    let done = session.gateway.reports().review_report(request).await?.into_inner();
    answer(session, done.report)
}

pub(super) async fn sign(session: &mut Session, text: &str) -> Outcome {
    let (name, etag) = named(session, text).await?;
    let request = SignReportRequest { name, etag, request_id: session.request_id() };
    let done = session.gateway.reports().sign_report(request).await?.into_inner();
    answer(session, done.report)
}

pub(super) async fn submit(session: &mut Session, text: &str, explanations: Vec<(String, String)>) -> Outcome {
    let (name, etag) = named(session, text).await?;
    let explanations = explanations.into_iter().map(|(finding_id, text)| Explanation { finding_id, text }).collect();
    let request = SubmitReportRequest { name, etag, explanations, request_id: session.request_id() };
    let done = session.gateway.reports().submit_report(request).await?.into_inner();
    session.receipts([&done.receipt])?;
    answer(session, done.report)
}

pub(super) async fn confirm(session: &mut Session, text: &str) -> Outcome {
    let (name, etag) = named(session, text).await?;
    let request = ConfirmReportRequest { name, etag, request_id: session.request_id() };
    let done = session.gateway.reports().confirm_report(request).await?.into_inner();
    session.receipts([&done.receipt])?;
    answer(session, done.report)
}

pub(super) async fn correct(session: &mut Session, text: &str, reason: String) -> Outcome {
    let (name, etag) = named(session, text).await?;
    let request = RequestCorrectionRequest { name, etag, reason, request_id: session.request_id() };
    let done = session.gateway.reports().request_correction(request).await?.into_inner();
    session.receipts([&done.receipt])?;
    answer(session, done.report)
}
