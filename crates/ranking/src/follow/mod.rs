//! What this service learns from the ledgers of catalogue, reporting and verification. Each is followed apart: a decision
//! may be known before the submission that it is about, and waits for it in the same row.

mod reporting;
mod verification;

use minsheng_kit::catalogue;
use minsheng_kit::convert::name::ReportName;
use minsheng_kit::error::Refusal;
use minsheng_kit::follower::{Follow, Followed};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::Context;
use minsheng_proto::catalogue::v1::{DivisionLevel, DivisionsImported};

use crate::entity::{submission, township};
use crate::names;

/// The ledgers that are followed.
pub const SOURCES: [&str; 3] = ["catalogue", "reporting", "verification"];

/// Keeps what rankings are made of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts;

impl Follow for Facts {
    fn wants(&self, source: &str, entry: &Followed, wants: &mut Wants) {
        match source {
            "catalogue" => catalogue::wants(entry, wants),
            "reporting" => reporting::wants(entry, wants),
            "verification" => verification::wants(entry, wants),
            _ => {}
        }
    }

    fn apply(&self, source: &str, entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal> {
        match source {
            "catalogue" => {
                // Programmes, calendars, units, townships' names: nothing else of it is of interest here.
                let _ = catalogue::apply_programme(entry, context)?
                    || catalogue::apply_calendar(entry, context)?
                    || catalogue::apply_units(entry, context)?
                    || apply_townships(entry, context);
                Ok(())
            }
            "reporting" => reporting::apply(entry, context),
            "verification" => verification::apply(entry, context),
            _ => Ok(()),
        }
    }
}

/// Divisions were imported: those that are townships are kept by name.
fn apply_townships(entry: &Followed, context: &mut Context<'_>) -> bool {
    let Some(DivisionsImported { divisions }) = entry.payload() else {
        return false;
    };
    for division in divisions.into_iter().filter(|division| division.level() == DivisionLevel::Township) {
        context.put::<township::Entity>(township::Model::new(division.code, division.name));
    }
    true
}

/// The row of a submitted version, new if nothing is known of it yet.
fn submission(context: &Context<'_>, report: &str, version: i32) -> Result<submission::Model, Refusal> {
    let key = names::version(report, version);
    if let Some(known) = context.get::<submission::Entity>(&key) {
        return Ok(known.clone());
    }
    let name = ReportName::parse("report", report).inspect_err(|_| {
        tracing::error!(report, "a followed entry names a report in another form");
    })?;
    Ok(submission::Model {
        name: key,
        month: names::month_of(&name),
        indicator: name.indicator.code,
        version,
        submitted: false,
        late: false,
        working_days_late: 0,
        to_confirm: false,
        content: Vec::new(),
        sequence: 0,
        leaf_hash: Vec::new(),
        passed: None,
        pass_sequence: None,
        certified: None,
        certification_sequence: None,
        returned: None,
    })
}
