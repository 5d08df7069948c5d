//! Which document is which version of a programme, and from which month it is in force.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_version")]
pub struct Model {
    /// The programme's name, "@" and the version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// programmes/{division}-{year}.
    pub programme: String,
    /// Number of the version.
    pub version: i32,
    /// First month it is in force for.
    pub in_force_from: String,
    /// SHA-256 of its document in hexadecimal.
    pub document: String,
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
