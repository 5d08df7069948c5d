//! Days off and working weekends by year.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A calendar.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar")]
pub struct Model {
    /// calendars/{year}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Encoded catalogue Calendar.
    pub calendar: Vec<u8>,
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
