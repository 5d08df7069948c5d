//! A year's days off and working weekends.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::Record;
use minsheng_proto::catalogue::v1 as proto;
use prost::Message;
use sea_orm::entity::prelude::*;

/// A calendar.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar")]
pub struct Model {
    /// calendars/{year}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Encoded Calendar without its etag.
    pub calendar: Vec<u8>,
    /// Number of the ledger entry that last changed it.
    pub revision: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Name
    }

    fn key(model: &Model) -> &str {
        &model.name
    }
}

impl Model {
    /// As it travels.
    pub(crate) fn shown(&self) -> Result<proto::Calendar, Refusal> {
        let calendar = proto::Calendar::decode(self.calendar.as_slice()).map_err(|error| {
            tracing::error!(%error, calendar = self.name, "a stored calendar cannot be decoded");
            Refusal::new(Reason::Internal)
        })?;
        Ok(proto::Calendar { etag: self.revision.to_string(), ..calendar })
    }
}
