//! From the catalogue: programme versions, calendars, units, divisions. Each replaces what was known.

use minsheng_kit::error::Refusal;
use minsheng_kit::follower::Followed;
use minsheng_kit::writer::Context;
use minsheng_proto::catalogue::v1::{CalendarUpdated, DivisionsImported, ProgrammeIssued, UnitsUpdated};
use prost::Message;

use crate::entity::{calendar, division, programme_document, programme_version, unit};
use crate::programme::internal;

pub(super) fn apply(entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal> {
    if let Some(event) = entry.payload::<ProgrammeIssued>() {
        return programme_issued(event, context);
    }
    if let Some(CalendarUpdated { calendar: Some(calendar) }) = entry.payload() {
        let document = calendar.encode_to_vec();
        let row = calendar::Model { name: calendar.name, etag: entry.sequence.to_string(), document };
        context.put::<calendar::Entity>(row);
    } else if let Some(event) = entry.payload::<UnitsUpdated>() {
        for unit in event.units {
            let document = unit.encode_to_vec();
            context.put::<unit::Entity>(unit::Model { id: unit.id, document });
        }
    } else if let Some(event) = entry.payload::<DivisionsImported>() {
        for division in event.divisions {
            context.put::<division::Entity>(division::Model { code: division.code, title: division.name });
        }
    }
    Ok(())
}

fn programme_issued(event: ProgrammeIssued, context: &mut Context<'_>) -> Result<(), Refusal> {
    let version = event.version.ok_or_else(|| internal("an issue without its version"))?;
    let programme = version.programme.ok_or_else(|| internal("an issue without its document"))?;
    let sha256 = hex::encode(&version.sha256);
    context.put::<programme_version::Entity>(programme_version::Model {
        name: format!("{}@{}", version.name, version.version),
        programme: version.name,
        version: version.version,
        in_force_from: version.in_force_from,
        document: sha256.clone(),
    });
    let document = programme.encode_to_vec();
    context.put::<programme_document::Entity>(programme_document::Model { sha256, document });
    Ok(())
}
