//! One file a command; here is what several of them see and decide alike.

mod amend_programme;
mod decide_finding;
mod import_divisions;
mod import_programme;
mod issue_programme;
mod update_calendar;
mod update_units;

use minsheng_domain::division::DivisionCode;
use minsheng_kit::convert::Faults;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::Context;
use minsheng_proto::catalogue::v1 as proto;

pub(crate) use amend_programme::AmendProgramme;
pub(crate) use decide_finding::DecideFinding;
pub(crate) use import_divisions::ImportDivisions;
pub(crate) use import_programme::ImportProgramme;
pub(crate) use issue_programme::IssueProgramme;
pub(crate) use update_calendar::UpdateCalendar;
pub(crate) use update_units::UpdateUnits;

use crate::entity::{division, finding_decision, programme, programme_version, unit};
use crate::examine::{Known, units_named};

/// A programme with all its versions and decisions.
fn wants_programme(name: &str, wants: &mut Wants) {
    wants.row::<programme::Entity>(name);
    wants.group::<programme_version::Entity>(name);
    wants.group::<finding_decision::Entity>(name);
}

/// A division and those directly below it.
fn wants_division(code: &str, wants: &mut Wants) {
    wants.row::<division::Entity>(code);
    wants.group::<division::Entity>(code);
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
fn known(document: &proto::Programme, code: &str, context: &Context<'_>) -> Known {
    let children = context.group::<division::Entity>(code);
    let below = children.iter().flat_map(|child| context.group::<division::Entity>(&child.code));
    let own = context.get::<division::Entity>(code);
    let divisions = own.into_iter().chain(children.iter().copied()).chain(below);
    let units = units_named(document).into_iter();
    Known {
        divisions: divisions.filter_map(division::Model::known).collect(),
        units: units.filter(|id| context.get::<unit::Entity>(id).is_some()).map(str::to_owned).collect(),
    }
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
fn check_name(document: &proto::Programme, name: &str, faults: &mut Faults) {
    if format!("programmes/{}-{}", document.division, document.year) != name {
        faults.add("division", "区划或年度与名称不符", "division and year are not those of the name");
    } else if !document.name.is_empty() && document.name != name {
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
