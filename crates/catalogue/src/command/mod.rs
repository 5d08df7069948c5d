//! One file a command; here is what several of them see and decide alike.

mod amend_programme;
mod decide_finding;
mod import_divisions;
mod import_programme;
mod issue_programme;
mod note_alarm;
mod receive_mandates;
mod resolve_mandate_alarm;
mod update_calendar;
mod update_units;

use minsheng_domain::division::DivisionCode;
use minsheng_kit::convert::Faults;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::ledger::MAX_DOCUMENT;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::Context;
use minsheng_proto::catalogue::v1 as proto;

pub(crate) use amend_programme::AmendProgramme;
pub(crate) use decide_finding::DecideFinding;
pub(crate) use import_divisions::ImportDivisions;
pub(crate) use import_programme::ImportProgramme;
pub(crate) use issue_programme::IssueProgramme;
#[cfg(test)]
pub(crate) use issue_programme::{give, wants_lower};
pub(crate) use note_alarm::NoteAlarm;
pub(crate) use receive_mandates::ReceiveMandates;
pub(crate) use resolve_mandate_alarm::ResolveMandateAlarm;
pub(crate) use update_calendar::UpdateCalendar;
pub(crate) use update_units::UpdateUnits;

use crate::entity::{division, finding_decision, mandate, mandate_feed, programme, programme_version, unit};
use crate::examine::{Known, divided, units_named};
use crate::mandate::asked::asked;

/// A programme with all its versions and decisions.
fn wants_programme(name: &str, wants: &mut Wants) {
    wants.row::<programme::Entity>(name);
    wants.group::<programme_version::Entity>(name);
    wants.group::<finding_decision::Entity>(name);
}

/// What the parent asks of this tier.
fn wants_mandates(wants: &mut Wants) {
    wants.group::<mandate_feed::Entity>(mandate_feed::PARENTS);
    wants.group::<mandate::Entity>(mandate::RECEIVED);
}

/// The division of a programme, those directly below it, and those around the rows of the document's table.
fn wants_divisions(document: &proto::Programme, wants: &mut Wants) {
    wants.row::<division::Entity>(document.division.as_str());
    for above in divided(document) {
        wants.group::<division::Entity>(above);
    }
}

/// Those two levels below, once those directly below are known.
fn wants_below(code: &str, rows: &Rows, wants: &mut Wants) {
    for child in rows.group::<division::Entity>(code) {
        wants.group::<division::Entity>(child.code.as_str());
    }
}

/// The units that a document names.
fn wants_units(document: &proto::Programme, wants: &mut Wants) {
    for unit in units_named(document) {
        wants.row::<unit::Entity>(unit);
    }
}

/// What a document is held against, once it was asked for.
fn known(document: &proto::Programme, context: &Context<'_>) -> Known {
    let code = document.division.as_str();
    let mut parents = divided(document);
    let children = context.group::<division::Entity>(code);
    parents.remove(code);
    parents.extend(children.iter().map(|child| child.code.clone()));
    let below = parents.iter().flat_map(|parent| context.group::<division::Entity>(parent));
    let own = context.get::<division::Entity>(code);
    let divisions = own.into_iter().chain(children.iter().copied()).chain(below);
    let units = units_named(document).into_iter();
    Known {
        divisions: divisions.filter_map(division::Model::known).collect(),
        units: units.filter(|id| context.get::<unit::Entity>(id).is_some()).map(str::to_owned).collect(),
        mandates: (!context.group::<mandate_feed::Entity>(mandate_feed::PARENTS).is_empty())
            .then(|| asked(context.group::<mandate::Entity>(mandate::RECEIVED), document)),
    }
}

/// Refuses a document that its ledger entry could not carry to the followers.
fn check_size(document: &[u8]) -> Result<(), Refusal> {
    if document.len() <= MAX_DOCUMENT {
        return Ok(());
    }
    Err(Refusal::new(Reason::TooLarge).with("limit_bytes", MAX_DOCUMENT).with("bytes", document.len()))
}

/// A tier serves its own division and what lies below it.
fn check_own(field: &str, code: &str, context: &Context<'_>, faults: &mut Faults) {
    let own = context.caller().division.parse::<DivisionCode>();
    let given = code.parse::<DivisionCode>();
    if let (Ok(own), Ok(given)) = (own, given)
        && !given.is_within(own)
    {
        faults.add(
            field,
            format!("{code}不属于本级{own}"),
            format!("{code} does not lie within {own}, which this tier serves"),
        );
    }
}

/// Refuses a document that is somebody else's, or says that it is.
fn check_name(document: &proto::Programme, given: &str, name: &str, faults: &mut Faults) {
    if format!("programmes/{}-{}", document.division, document.year) != name {
        faults.add("division", "区划或年度与名称不符", "division and year are not those of the name");
    } else if !given.is_empty() && given != name {
        faults.add("name", "由区划和年度得出，请留空", "follows from division and year; leave it empty");
    }
}

/// Refuses a change that rests on an older state.
fn check_etag(given: &str, current: i64) -> Result<(), Refusal> {
    if given.is_empty() {
        return Err(Refusal::required("etag"));
    }
    if given == current.to_string() {
        return Ok(());
    }
    Err(Refusal::new(Reason::EtagMismatch).with("etag", current).with("given", given))
}

fn unknown(name: &str) -> Refusal {
    Refusal::new(Reason::ProgrammeUnknown).with("programme", name)
}

/// Decisions on a programme's findings.
fn decisions<'a>(name: &str, context: &'a Context<'_>) -> Vec<&'a finding_decision::Model> {
    context.group::<finding_decision::Entity>(name)
}
