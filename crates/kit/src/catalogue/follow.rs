//! Applying the catalogue's entries. Each function says whether the entry was of its kind.

use minsheng_proto::catalogue::v1::{CalendarUpdated, ProgrammeIssued, UnitsUpdated};
use prost::Message;

use super::{damaged, document, head, unit};
use crate::error::Refusal;
use crate::follower::Followed;
use crate::store::Wants;
use crate::writer::Context;

/// The rows that applying an entry must see.
pub fn wants(entry: &Followed, wants: &mut Wants) {
    if let Some(ProgrammeIssued { version: Some(version) }) = entry.payload() {
        wants.row::<head::row::Entity>(version.name);
    } else if let Some(CalendarUpdated { calendar: Some(calendar) }) = entry.payload() {
        wants.row::<head::row::Entity>(calendar.name);
    }
}

/// A version of a programme was issued.
///
/// # Errors
/// INTERNAL for an issue without its document, which the catalogue does not record.
pub fn apply_programme(entry: &Followed, context: &mut Context<'_>) -> Result<bool, Refusal> {
    let Some(ProgrammeIssued { version }) = entry.payload() else {
        return Ok(false);
    };
    let version = version.filter(|version| version.programme.is_some());
    let version = version.ok_or_else(|| damaged("an issue without its document", &entry.subject))?;
    let document = version.encode_to_vec();
    put(&version.name, i64::from(version.version), &version.in_force_from, document, context);
    Ok(true)
}

/// A year's calendar was set: its version has the number of the entry.
///
/// # Errors
/// INTERNAL for an entry without the calendar, which the catalogue does not record.
pub fn apply_calendar(entry: &Followed, context: &mut Context<'_>) -> Result<bool, Refusal> {
    let Some(CalendarUpdated { calendar }) = entry.payload() else {
        return Ok(false);
    };
    let calendar = calendar.ok_or_else(|| damaged("an update without its calendar", &entry.subject))?;
    let number = i64::try_from(entry.sequence).map_err(|_| damaged("a sequence number", &entry.subject))?;
    put(&calendar.name, number, "", calendar.encode_to_vec(), context);
    Ok(true)
}

/// Units were made or changed: each replaces what was known of it.
///
/// # Errors
/// None so far.
pub fn apply_units(entry: &Followed, context: &mut Context<'_>) -> Result<bool, Refusal> {
    let Some(UnitsUpdated { units }) = entry.payload() else {
        return Ok(false);
    };
    for unit in units {
        let document = unit.encode_to_vec();
        context.put::<unit::row::Entity>(unit::row::Model { id: unit.id, tier: unit::TIER.to_owned(), document });
    }
    Ok(true)
}

fn put(name: &str, number: i64, from: &str, document: Vec<u8>, context: &mut Context<'_>) {
    let head = head::row::Model::with(context.get::<head::row::Entity>(name), name, number, from);
    context.put::<head::row::Entity>(head);
    context.put::<document::row::Entity>(document::row::Model { name: document::name(name, number), document });
}
