//! Days off and working weekends by year, as the catalogue set them.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A year's calendar.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar")]
pub struct Model {
    /// calendars/{year}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Its revision in the catalogue.
    pub etag: String,
    /// Encoded Calendar.
    pub document: Vec<u8>,
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
