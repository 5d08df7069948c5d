//! From the catalogue: programme versions, calendars, units, divisions, and what the parent gives. Each replaces what was
//! known. What was decided before it was said whom it answers goes up when it is, and what the parent refused is tried again
//! when its mandates change.

use minsheng_domain::period::Period;
use minsheng_kit::catalogue::{self, apply_calendar, apply_programme, apply_units};
use minsheng_kit::convert::name::{IndicatorName, MeasureName, ProgrammeName};
use minsheng_kit::error::Refusal;
use minsheng_kit::follower::Followed;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::Context;
use minsheng_proto::catalogue::v1::{DivisionsImported, ProgrammeIssued};
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::tier::v1::{MandatesGiven, MandatesReceived};
use prost::{Message, Name};

use crate::command::Rules;
use crate::entity::{division, outbox, parent_programme, report, tier_figure};
use crate::names::ReportName;
use crate::programme::{self, internal};
use crate::uplink::{self, OutboxState};

/// An indicator that answers the parent, by a version that was issued.
struct Answering {
    /// Name of the indicator here.
    indicator: String,
    /// The parent's indicators.
    parents: Vec<IndicatorName>,
    /// The reports of the months from which the version is in force.
    months: Vec<ReportName>,
}

/// A version that was issued.
struct Issued {
    /// The programme.
    programme: String,
    /// Number of the version.
    version: i32,
    /// The month from which it is in force.
    from: String,
    /// Its indicators that answer the parent.
    indicators: Vec<Answering>,
}

fn answering(entry: &Followed) -> Option<Issued> {
    let ProgrammeIssued { version: Some(version) } = entry.payload()? else { return None };
    let projects = version.programme.into_iter().flat_map(|programme| programme.projects);
    let indicators = projects.flat_map(|project| project.indicators).filter_map(|indicator| {
        let mandates = indicator.mandates.iter().filter(|mandate| !mandate.own_measure.is_empty());
        let parents = mandates.filter_map(|mandate| MeasureName::parse("measure", &mandate.measure).ok());
        let mut parents: Vec<IndicatorName> = parents.map(|measure| measure.indicator).collect();
        parents.dedup();
        if parents.is_empty() {
            return None;
        }
        let name = format!("{}/indicators/{}", version.name, indicator.code);
        let months = months(&version.name, &version.in_force_from, &indicator.code);
        Some(Answering { indicator: name, parents, months })
    });
    let indicators = indicators.collect();
    Some(Issued { programme: version.name, version: version.version, from: version.in_force_from, indicators })
}

/// Reports of an indicator from a month on to the end of the year.
fn months(programme: &str, from: &str, indicator: &str) -> Vec<ReportName> {
    let Ok(ProgrammeName { year, .. }) = ProgrammeName::parse("programme", programme) else { return Vec::new() };
    let months = (1..=12).filter_map(|month| Period::month(year, month).ok());
    let months = months.filter(|month| month.to_string().as_str() >= from);
    months.map(|month| ReportName::of(programme, year, indicator, month)).collect()
}

pub(super) fn wants(entry: &Followed, wants: &mut Wants) {
    catalogue::wants(entry, wants);
    if let Some(issued) = answering(entry) {
        for answering in issued.indicators {
            wants.group::<report::Entity>(answering.indicator);
            for month in answering.months {
                wants.group::<tier_figure::Entity>(month.name);
            }
        }
    }
    if let Some(given) = entry.payload().as_ref().and_then(given) {
        wants.group::<outbox::Entity>(given.programme);
    }
}

pub(super) fn wants_more(entry: &Followed, rows: &Rows, wants: &mut Wants) {
    let Some(issued) = answering(entry) else { return };
    for answering in issued.indicators {
        for (decision, _) in rows.group::<report::Entity>(&answering.indicator).into_iter().flat_map(uplink::decisions)
        {
            for parent in &answering.parents {
                wants.row::<outbox::Entity>(uplink::key(decision, parent));
            }
        }
        for month in &answering.months {
            let shares = rows.group::<tier_figure::Entity>(&month.name).into_iter();
            for decision in shares.filter_map(|share| u64::try_from(share.decision).ok()) {
                for parent in &answering.parents {
                    wants.row::<outbox::Entity>(uplink::key(decision, parent));
                }
            }
        }
    }
}

pub(super) fn apply(entry: &Followed, rules: &Rules, context: &mut Context<'_>) -> Result<(), Refusal> {
    if apply_programme(entry, context)? {
        return programme_issued(entry, rules, context);
    }
    if apply_calendar(entry, context)? || apply_units(entry, context)? {
        return Ok(());
    }
    if let Some(event) = entry.payload::<MandatesReceived>() {
        mandates_received(&event, context);
    } else if let Some(event) = entry.payload::<DivisionsImported>() {
        for division in event.divisions {
            context.put::<division::Entity>(division::Model { code: division.code, title: division.name });
        }
    }
    Ok(())
}

fn programme_issued(entry: &Followed, rules: &Rules, context: &mut Context<'_>) -> Result<(), Refusal> {
    let Some(Issued { programme, version, from, indicators }) = answering(entry) else { return Ok(()) };
    for answering in indicators {
        let rows = context.group::<report::Entity>(&answering.indicator).into_iter();
        let rows: Vec<report::Model> =
            rows.filter(|row| row.period >= from && uplink::decisions(row).next().is_some()).cloned().collect();
        for row in rows {
            let name = ReportName::parse("report", &row.name).map_err(|_| internal("the name of a report"))?;
            let in_force = programme::in_force(&rules.programmes, &programme, Some(name.period), context)?;
            if in_force.version == version {
                uplink::decided_before(&row, &name, &in_force, context)?;
            }
        }
        for month in answering.months {
            if context.group::<tier_figure::Entity>(&month.name).is_empty() {
                continue;
            }
            let in_force = programme::in_force(&rules.programmes, &programme, Some(month.period), context)?;
            if in_force.version == version {
                uplink::composed_before(&month, &in_force, context)?;
            }
        }
    }
    Ok(())
}

/// What the parent's entry gives; one of a kind that is not known here gives nothing.
fn given(event: &MandatesReceived) -> Option<MandatesGiven> {
    let body = EntryBody::decode(event.entry.as_ref()?.body.as_slice()).ok()?;
    if body.kind != MandatesGiven::full_name() {
        return None;
    }
    MandatesGiven::decode(body.payload).ok()
}

/// The sets that go up name the version of the parent's programme that they were made under. Entries come in their order.
fn mandates_received(event: &MandatesReceived, context: &mut Context<'_>) {
    let Some(given) = given(event) else { return };
    let refused: Vec<outbox::Model> = context.group::<outbox::Entity>(&given.programme).into_iter().cloned().collect();
    for row in refused {
        let state = OutboxState::Pending as i32;
        context.put::<outbox::Entity>(outbox::Model {
            state,
            refused_of: String::new(),
            answer: Vec::new(),
            answer_time: 0,
            ..row
        });
    }
    let row = parent_programme::Model { name: given.programme, version: given.programme_version };
    context.put::<parent_programme::Entity>(row);
}
