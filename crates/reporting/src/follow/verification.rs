//! From verification: what became of a submitted version. What is said of another version than the one that stands is
//! passed over: it was decided before that version was known here.

use minsheng_kit::error::Refusal;
use minsheng_kit::follower::Followed;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::Context;
use minsheng_proto::reporting::v1::ReportState;
use minsheng_proto::verification::v1::{
    CorrectionApproved, ReportCertified, ReportPassed, ReportReturned, VersionReference,
};
use prost::Message;
use tracing::warn;

use crate::entity::report;
use crate::programme::internal;
use crate::report::Filed;

/// The decisions that are followed.
enum Decision {
    Passed,
    Certified(ReportCertified),
    Returned(ReportReturned),
    CorrectionApproved(CorrectionApproved),
}

fn decision(entry: &Followed) -> Option<(VersionReference, Decision)> {
    let (version, decision) = if let Some(event) = entry.payload::<ReportPassed>() {
        (event.version, Decision::Passed)
    } else if let Some(mut event) = entry.payload::<ReportCertified>() {
        (event.version.take(), Decision::Certified(event))
    } else if let Some(mut event) = entry.payload::<ReportReturned>() {
        (event.version.take(), Decision::Returned(event))
    } else if let Some(mut event) = entry.payload::<CorrectionApproved>() {
        (event.version.take(), Decision::CorrectionApproved(event))
    } else {
        return None;
    };
    Some((version.unwrap_or_default(), decision))
}

pub(super) fn wants(entry: &Followed, wants: &mut Wants) {
    if let Some((version, _)) = decision(entry) {
        wants.row::<report::Entity>(version.report);
    }
}

pub(super) fn apply(entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal> {
    let Some((version, decision)) = decision(entry) else {
        return Ok(());
    };
    let row = context.get::<report::Entity>(&version.report).cloned();
    let mut row = row.ok_or_else(|| internal("a decision on a report that was never submitted"))?;
    if row.version != version.version {
        warn!(report = row.name, version = version.version, "a decision on a version that does not stand; passed over");
        return Ok(());
    }
    let time = entry.time;
    match decision {
        Decision::Passed => {
            row.fast = true;
            row.add_step("PASSED", &entry.actor, time)?;
            row.become_state(ReportState::Fast);
        }
        Decision::Certified(event) => {
            row.certified = Filed { values: event.values, ..Filed::default() }.encode_to_vec();
            row.add_step("CERTIFIED", &entry.actor, time)?;
            row.become_state(ReportState::Certified);
        }
        Decision::Returned(event) => {
            row.fast = false;
            row.stands = false;
            row.set_return_reasons(event.reasons)?;
            row.add_step("RETURNED", &entry.actor, time)?;
            row.become_state(ReportState::Returned);
        }
        Decision::CorrectionApproved(event) => {
            row.add_step("CORRECTION_DECIDED", &entry.actor, time)?;
            if event.opened {
                row.correction_asked = false;
                row.corrects_version = row.version;
                row.become_state(ReportState::Correction);
            } else {
                let state = row.state();
                row.become_state(state);
            }
        }
    }
    context.put::<report::Entity>(row);
    Ok(())
}
