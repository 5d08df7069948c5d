//! Sets a year's days off and working weekends, from the notice that gives them.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use minsheng_kit::convert::{self, Faults, name};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::catalogue::v1::{Calendar, CalendarUpdated, UpdateCalendarRequest, UpdateCalendarResponse};
use prost::Message;

use crate::entity::calendar;

/// Longest source, in characters.
const MAX_SOURCE: usize = 300;
/// Days of a year.
const MAX_DAYS: usize = 366;

/// The calendar to set.
#[derive(Debug)]
pub(crate) struct UpdateCalendar(pub(crate) UpdateCalendarRequest);

impl Command for UpdateCalendar {
    type Answer = UpdateCalendarResponse;

    fn wants(&self, wants: &mut Wants) {
        if let Some(calendar) = &self.0.calendar {
            wants.row::<calendar::Entity>(calendar.name.as_str());
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<UpdateCalendarResponse, Refusal> {
        context.authorise(Action::UpdateCalendar, &Resource::new("calendar"))?;
        let given = self.0.calendar.as_ref().ok_or_else(|| Refusal::required("calendar"))?;
        let year = name::calendar("calendar.name", &given.name)?;
        check(given, year)?;
        let present = context.get::<calendar::Entity>(&given.name);
        let current = present.map(|present| present.revision.to_string()).unwrap_or_default();
        if given.etag != current {
            return Err(Refusal::new(Reason::EtagMismatch).with("etag", &current).with("given", &given.etag).field(
                "calendar.etag",
                format!("现为“{current}”"),
                format!("is {current:?} now"),
            ));
        }
        let sequence = context.next_sequence();
        let shown = Calendar { etag: sequence.to_string(), ..given.clone() };
        context.record(&given.name, &CalendarUpdated { calendar: Some(shown.clone()) });
        context.put::<calendar::Entity>(calendar::Model {
            name: given.name.clone(),
            calendar: Calendar { etag: String::new(), ..given.clone() }.encode_to_vec(),
            revision: i64::try_from(sequence).unwrap_or(i64::MAX),
        });
        Ok(UpdateCalendarResponse { calendar: Some(shown), receipt: None })
    }
}

fn check(given: &Calendar, year: i16) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    let mut off = BTreeSet::new();
    faults.text("calendar.source", &given.source, MAX_SOURCE);
    let lists = [("calendar.days_off", &given.days_off, false), ("calendar.working_days", &given.working_days, true)];
    for (field, texts, worked) in lists {
        faults.count(field, texts.len(), MAX_DAYS);
        let mut seen = BTreeSet::new();
        for (place, text) in texts.iter().enumerate().take(MAX_DAYS) {
            let field = format!("{field}[{place}]");
            let Some(date) = faults.keep(convert::period::date(&field, text)) else {
                continue;
            };
            if date.year() != year {
                faults.add(field.as_str(), format!("不在{year}年内"), format!("does not lie in {year}"));
            }
            if !seen.insert(date) {
                faults.add(field.as_str(), "重复", "stands twice");
            }
            if worked && !is_weekend(date) {
                faults.add(field.as_str(), "只列周末的上班日", "must be a Saturday or Sunday");
            }
            if worked && off.contains(&date) {
                faults.add(field, "同时列为放假日", "is a day off as well");
            }
        }
        off.extend(seen);
    }
    faults.check(Reason::CalendarInvalid)
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}
