//! Issued versions of programmes.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A version with its document.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_version")]
pub struct Model {
    /// programmes/{division}-{year}/versions/{n}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// programmes/{division}-{year}.
    pub programme: String,
    /// Version, from 1.
    pub version: i32,
    /// First month it is in force for.
    pub in_force_from: String,
    /// Encoded catalogue ProgrammeVersion.
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

    fn group_column() -> Option<Column> {
        Some(Column::Programme)
    }

    fn group(model: &Model) -> &str {
        &model.programme
    }
}
