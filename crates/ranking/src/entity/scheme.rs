//! Versions of scoring schemes; never changed.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scheme")]
pub struct Model {
    /// schemes/{id}/versions/{n}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// schemes/{id}.
    pub scheme: String,
    /// Version, from 1.
    pub version: i32,
    /// Encoded Scheme.
    pub definition: Vec<u8>,
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

    fn group_column() -> Option<Column> {
        Some(Column::Scheme)
    }

    fn group(model: &Model) -> &str {
        &model.scheme
    }
}
