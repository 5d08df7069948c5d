//! From the catalogue: units with their names, issued versions of programmes, calendars.

use minsheng_kit::error::Refusal;
use minsheng_kit::follower::Followed;
use minsheng_kit::writer::Context;
use minsheng_proto::catalogue::v1::{CalendarUpdated, ProgrammeIssued, UnitsUpdated};
use prost::Message;

use crate::entity::{calendar, programme_version, unit};
use crate::names;

pub(super) fn apply(entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal> {
    if let Some(changed) = entry.payload::<UnitsUpdated>() {
        for known in changed.units {
            context.put::<unit::Entity>(unit::Model {
                id: known.id.clone(),
                tier: unit::TIER.to_owned(),
                unit: known.encode_to_vec(),
            });
        }
    } else if let Some(ProgrammeIssued { version: Some(issued) }) = entry.payload() {
        context.put::<programme_version::Entity>(programme_version::Model {
            name: names::version(&issued.name, issued.version),
            programme: issued.name.clone(),
            version: issued.version,
            in_force_from: issued.in_force_from.clone(),
            document: issued.encode_to_vec(),
        });
    } else if let Some(CalendarUpdated { calendar: Some(set) }) = entry.payload() {
        context.put::<calendar::Entity>(calendar::Model { name: set.name.clone(), calendar: set.encode_to_vec() });
    }
    Ok(())
}
