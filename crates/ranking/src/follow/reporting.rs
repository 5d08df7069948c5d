//! From reporting: submitted versions, confirmations, articles, closed months.

use minsheng_kit::error::Refusal;
use minsheng_kit::follower::Followed;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::Context;
use minsheng_proto::reporting::v1::{ArticleFiled, PeriodClosed, ReportConfirmed, ReportSubmitted};
use prost::bytes::Bytes;
use prost::{Message, Name};

use super::submission as row_of;
use crate::entity::{article, period, submission};
use crate::names;
use crate::stored::signed;

/// A submission as far as figures, their trace and documents need it; the rest stays with reporting.
#[derive(Clone, PartialEq, Message)]
struct Submitted {
    #[prost(string, tag = "1")]
    report: String,
    #[prost(int32, tag = "2")]
    version: i32,
    #[prost(message, optional, tag = "4")]
    content: Option<KeptContent>,
    #[prost(bool, tag = "8")]
    late: bool,
    #[prost(int32, tag = "9")]
    working_days_late: i32,
    #[prost(bool, tag = "11")]
    to_confirm: bool,
}

impl Name for Submitted {
    const NAME: &'static str = ReportSubmitted::NAME;
    const PACKAGE: &'static str = ReportSubmitted::PACKAGE;
}

/// Values, evidence and words on problems of a ReportContent, encoded as they came.
#[derive(Clone, PartialEq, Message)]
struct KeptContent {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    values: Vec<Bytes>,
    #[prost(message, optional, tag = "2")]
    narrative: Option<KeptNarrative>,
    #[prost(bytes = "bytes", repeated, tag = "3")]
    evidence: Vec<Bytes>,
}

/// What documents say of a report's narrative.
#[derive(Clone, PartialEq, Message)]
struct KeptNarrative {
    #[prost(string, tag = "3")]
    problems: String,
    #[prost(string, tag = "4")]
    next_steps: String,
}

pub(super) fn wants(entry: &Followed, wants: &mut Wants) {
    if let Some(submitted) = entry.payload::<Submitted>() {
        wants.row::<submission::Entity>(names::version(&submitted.report, submitted.version));
    } else if let Some(confirmed) = entry.payload::<ReportConfirmed>() {
        wants.row::<submission::Entity>(names::version(&confirmed.report, confirmed.version));
    } else if let Some(ArticleFiled { article: Some(filed), .. }) = entry.payload() {
        wants.row::<article::Entity>(filed.name);
    }
}

pub(super) fn apply(entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal> {
    if let Some(submitted) = entry.payload::<Submitted>() {
        return take_in(entry, submitted, context);
    }
    if let Some(confirmed) = entry.payload::<ReportConfirmed>() {
        let row = row_of(context, &confirmed.report, confirmed.version)?;
        context.put::<submission::Entity>(submission::Model { to_confirm: false, ..row });
    } else if let Some(ArticleFiled { article: Some(filed), late }) = entry.payload() {
        // A replaced article came when its first version came.
        let known = context.get::<article::Entity>(&filed.name).cloned();
        if let Some(known) = known {
            context.put::<article::Entity>(article::Model { title: filed.title, ..known });
        } else {
            let programme = filed.name.split_once("/articles/").map_or("", |(programme, _)| programme);
            let month = names::month(programme, &filed.period);
            context.put::<article::Entity>(article::Model {
                name: filed.name,
                month,
                unit: filed.unit,
                title: filed.title,
                late,
            });
        }
    } else if let Some(closed) = entry.payload::<PeriodClosed>() {
        let month = names::month(&closed.programme, &closed.period);
        context.put::<period::Entity>(period::Model { month, sequence: signed(entry.sequence)? });
    }
    Ok(())
}

fn take_in(entry: &Followed, submitted: Submitted, context: &mut Context<'_>) -> Result<(), Refusal> {
    let row = row_of(context, &submitted.report, submitted.version)?;
    context.put::<submission::Entity>(submission::Model {
        submitted: true,
        late: submitted.late,
        working_days_late: submitted.working_days_late,
        to_confirm: submitted.to_confirm,
        content: submitted.content.unwrap_or_default().encode_to_vec(),
        sequence: signed(entry.sequence)?,
        leaf_hash: entry.leaf_hash.0.to_vec(),
        ..row
    });
    Ok(())
}
