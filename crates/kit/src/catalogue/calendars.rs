//! Days off and working weekends. A decision looks at a year's calendar and the next year's: December's report is due in
//! January.

use std::sync::Arc;

use minsheng_domain::calendar::Holidays;
use minsheng_proto::catalogue::v1::Calendar;
use prost::Message;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::kept::Kept;
use super::{damaged, document, head};
use crate::convert;
use crate::error::Refusal;
use crate::store::{Rows, Wants};
use crate::writer::Context;

/// Names of the newest versions of two years' calendars; none for a year without one.
type Names = [Option<String>; 2];

/// Calendars read so far, and the days they make together. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Calendars(Arc<Read>);

#[derive(Debug, Default)]
struct Read {
    calendars: Kept<String, Calendar>,
    holidays: Kept<Names, Holidays>,
}

impl Calendars {
    /// First which versions there are of a year's calendar and the next year's.
    pub fn wants(year: i16, wants: &mut Wants) {
        for name in names(year) {
            wants.row::<head::row::Entity>(name);
        }
    }

    /// Then their documents, unless they have been read.
    pub fn wants_more(&self, year: i16, rows: &Rows, wants: &mut Wants) {
        for name in newest(year, |name| rows.get::<head::row::Entity>(name)).into_iter().flatten() {
            if self.0.calendars.get(&name).is_none() {
                wants.row::<document::row::Entity>(name);
            }
        }
    }

    /// Working days of a year and the next.
    ///
    /// # Errors
    /// INTERNAL for a calendar that is none.
    pub fn holidays(&self, year: i16, context: &Context<'_>) -> Result<Arc<Holidays>, Refusal> {
        let names = newest(year, |name| context.get::<head::row::Entity>(name));
        if let Some(kept) = self.0.holidays.get(&names) {
            return Ok(kept);
        }
        let mut calendars = Vec::new();
        for name in names.iter().flatten() {
            calendars.push(match self.0.calendars.get(name) {
                Some(kept) => kept,
                None => self.read(name, context.get::<document::row::Entity>(name))?,
            });
        }
        self.keep(names, &calendars)
    }

    /// The same for a query.
    ///
    /// # Errors
    /// INTERNAL, and those of the database.
    pub async fn load(&self, year: i16, connection: &impl ConnectionTrait) -> Result<Arc<Holidays>, Refusal> {
        let heads =
            head::row::Entity::find().filter(head::row::Column::Name.is_in(names(year))).all(connection).await?;
        let names = newest(year, |name| heads.iter().find(|head| head.name == name));
        if let Some(kept) = self.0.holidays.get(&names) {
            return Ok(kept);
        }
        let mut calendars = Vec::new();
        for name in names.iter().flatten() {
            let row = document::row::Entity::find_by_id(name.as_str()).one(connection).await?;
            calendars.push(self.read(name, row.as_ref())?);
        }
        self.keep(names, &calendars)
    }

    fn read(&self, name: &str, row: Option<&document::row::Model>) -> Result<Arc<Calendar>, Refusal> {
        let row = row.ok_or_else(|| damaged("a calendar without its document", name))?;
        let read = Calendar::decode(row.document.as_slice()).map_err(|_| damaged("a calendar is no message", name))?;
        Ok(self.0.calendars.keep(name.to_owned(), read))
    }

    fn keep(&self, names: Names, calendars: &[Arc<Calendar>]) -> Result<Arc<Holidays>, Refusal> {
        let days = convert::calendar::holidays(calendars.iter().map(Arc::as_ref))?;
        Ok(self.0.holidays.keep(names, days))
    }
}

fn names(year: i16) -> [String; 2] {
    [year, year + 1].map(|year| format!("calendars/{year}"))
}

fn newest<'a>(year: i16, head: impl Fn(&str) -> Option<&'a head::row::Model>) -> Names {
    names(year).map(|name| head(&name)?.in_force(None).map(|number| document::name(&name, number)))
}
