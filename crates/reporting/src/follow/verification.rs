//! From verification: what became of a submitted version. What is said of another version than the one that stands is
//! passed over: it was decided before that version was known here. Of a lower tier's report it is not: a certified version
//! stands against the newer one, whose figures are asked for as a correction.

use minsheng_domain::programme::tier_of_unit;
use minsheng_kit::error::Refusal;
use minsheng_kit::follower::Followed;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::Context;
use minsheng_proto::reporting::v1::ReportState;
use minsheng_proto::tier::v1::FigureMark;
use minsheng_proto::verification::v1::{
    CorrectionApproved, CorrectionRefused, ReportCertified, ReportPassed, ReportReturned, VersionReference,
};
use prost::Message;
use tracing::warn;

use crate::command::{Desk, Rules};
use crate::entity::{report, tier_figure};
use crate::names::ReportName;
use crate::programme::{self, Programmes, internal};
use crate::report::Filed;
use crate::{tier, uplink};

/// The decisions that are followed.
enum Decision {
    Passed(ReportPassed),
    Certified(ReportCertified),
    Returned(ReportReturned),
    CorrectionApproved(CorrectionApproved),
    CorrectionRefused(CorrectionRefused),
}

impl Decision {
    /// Whether a correction is opened by it.
    fn opens(&self) -> bool {
        matches!(self, Decision::CorrectionApproved(event) if event.opened)
    }

    /// The values decided on, and how they stand.
    fn figures(&self) -> Option<(&[minsheng_proto::reporting::v1::MeasureValue], FigureMark)> {
        match self {
            Decision::Passed(event) => Some((&event.values, FigureMark::Fast)),
            Decision::Certified(event) => Some((&event.values, FigureMark::Certified)),
            Decision::Returned(_) | Decision::CorrectionApproved(_) | Decision::CorrectionRefused(_) => None,
        }
    }
}

fn decision(entry: &Followed) -> Option<(VersionReference, Decision)> {
    let (version, decision) = if let Some(mut event) = entry.payload::<ReportPassed>() {
        (event.version.take(), Decision::Passed(event))
    } else if let Some(mut event) = entry.payload::<ReportCertified>() {
        (event.version.take(), Decision::Certified(event))
    } else if let Some(mut event) = entry.payload::<ReportReturned>() {
        (event.version.take(), Decision::Returned(event))
    } else if let Some(mut event) = entry.payload::<CorrectionApproved>() {
        (event.version.take(), Decision::CorrectionApproved(event))
    } else if let Some(mut event) = entry.payload::<CorrectionRefused>() {
        (event.version.take(), Decision::CorrectionRefused(event))
    } else {
        return None;
    };
    Some((version.unwrap_or_default(), decision))
}

pub(super) fn wants(entry: &Followed, wants: &mut Wants) {
    let Some((version, decision)) = decision(entry) else { return };
    if let Ok(name) = ReportName::parse("report", &version.report) {
        Programmes::wants(&name.programme, wants);
        if let Some(whole) = tier::share_of(&name) {
            // A version is made only where a correction is opened.
            if decision.opens() {
                tier::wants_report(&name, wants);
            } else {
                tier::wants_sets(&name, wants);
            }
            wants.group::<tier_figure::Entity>(whole.name);
        }
    }
    wants.row::<report::Entity>(version.report);
}

pub(super) fn wants_more(entry: &Followed, rules: &Rules, rows: &Rows, wants: &mut Wants) {
    let Some((version, decision)) = decision(entry) else { return };
    if let Ok(name) = ReportName::parse("report", &version.report) {
        match tier::share_of(&name) {
            Some(_) if decision.opens() => Desk::wants_more(&name, rules, rows, wants),
            _ => {
                if let Some(in_force) = rules.programmes.wants_more(&name.programme, Some(name.period), rows, wants) {
                    uplink::wants(&name, &in_force, wants);
                }
            }
        }
    }
}

pub(super) fn apply(entry: &Followed, rules: &Rules, context: &mut Context<'_>) -> Result<(), Refusal> {
    let Some((version, decision)) = decision(entry) else {
        return Ok(());
    };
    let row = context.get::<report::Entity>(&version.report).cloned();
    let mut row = row.ok_or_else(|| internal("a decision on a report that was never submitted"))?;
    let name = ReportName::parse("report", &row.name).map_err(|_| internal("the name of a report"))?;
    let is_tier = tier_of_unit(&row.unit).is_some();
    // Of a certified version that a newer one did not replace it is still decided whether it may be corrected.
    let about_certified = matches!(decision, Decision::CorrectionApproved(_) | Decision::CorrectionRefused(_))
        && row.certified_version == version.version;
    if row.version != version.version && !about_certified {
        match decision {
            Decision::Certified(event) if is_tier => {
                certified_before(&name, row, &version, &event, entry, context)?;
                return figures(&name, &version, &Decision::Certified(event), entry, rules, context);
            }
            decision => {
                warn!(
                    report = row.name,
                    version = version.version,
                    "a decision on a version that does not stand; passed over"
                );
                // The parent is told of it all the same: it was decided.
                return if is_tier { Ok(()) } else { figures(&name, &version, &decision, entry, rules, context) };
            }
        }
    }
    let time = entry.time;
    let mut opened = false;
    match &decision {
        Decision::Passed(_) => {
            row.fast = true;
            row.passed_entry = number(entry.sequence)?;
            row.add_step("PASSED", &entry.actor, time)?;
            row.become_state(ReportState::Fast);
        }
        Decision::Certified(event) => become_certified(&mut row, &version, event, entry)?,
        Decision::Returned(event) => {
            row.fast = false;
            row.stands = false;
            row.set_return_reasons(event.reasons.clone())?;
            row.add_step("RETURNED", &entry.actor, time)?;
            row.become_state(ReportState::Returned);
        }
        Decision::CorrectionApproved(event) => {
            row.add_step_because("CORRECTION_DECIDED", &event.reason, &entry.actor, time)?;
            if event.opened {
                row.correction_asked = false;
                row.corrects_version = version.version;
                row.become_state(ReportState::Correction);
                opened = is_tier;
            } else {
                let state = row.state();
                row.become_state(state);
            }
        }
        Decision::CorrectionRefused(event) => {
            row.add_step_because("CORRECTION_REFUSED", &event.reason, &entry.actor, time)?;
            row.correction_asked = false;
            row.become_state(ReportState::Certified);
        }
    }
    context.put::<report::Entity>(row);
    if opened {
        tier::settle_opened(&name, rules, context)?;
    }
    figures(&name, &version, &decision, entry, rules, context)
}

/// A lower tier's version was certified while its next one was on the way: it stays certified, and the next one's figures
/// are asked for as a correction.
fn certified_before(
    name: &ReportName,
    mut row: report::Model,
    version: &VersionReference,
    event: &ReportCertified,
    entry: &Followed,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    tracing::info!(report = name.name, version = version.version, "certified while a newer version came");
    become_certified(&mut row, version, event, entry)?;
    tier::settle_certified(&mut row, event, context)?;
    context.put::<report::Entity>(row);
    Ok(())
}

fn become_certified(
    row: &mut report::Model,
    version: &VersionReference,
    event: &ReportCertified,
    entry: &Followed,
) -> Result<(), Refusal> {
    row.certified = Filed { values: event.values.clone(), ..Filed::default() }.encode_to_vec();
    row.certified_version = version.version;
    row.certified_entry = number(entry.sequence)?;
    row.certified_submission = number(version.submission_sequence)?;
    row.add_step("CERTIFIED", &entry.actor, entry.time)?;
    row.become_state(ReportState::Certified);
    Ok(())
}

fn number(sequence: u64) -> Result<i64, Refusal> {
    i64::try_from(sequence).map_err(|_| internal("a sequence number"))
}

/// What follows of figures that were decided on: they go up, and a tier's share makes a new whole.
fn figures(
    name: &ReportName,
    version: &VersionReference,
    decision: &Decision,
    entry: &Followed,
    rules: &Rules,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let Some((values, mark)) = decision.figures() else { return Ok(()) };
    let in_force = programme::in_force(&rules.programmes, &name.programme, Some(name.period), context)?;
    let submission = number(version.submission_sequence)?;
    let decided = uplink::Decided { entry: entry.sequence, submission, values: values.into(), mark };
    let Some(whole) = tier::share_of(name) else {
        return uplink::decided(&decided, name, &in_force, context);
    };
    tier::note_figures(name, version.version, &decided, context);
    uplink::composed(entry.sequence, &whole, &in_force, context)
}
