//! A programme's head: which versions it has. The versions lie in a table of their own.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A programme.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme")]
pub struct Model {
    /// programmes/{division}-{year}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Number of the newest issued version; 0 while there is a draft only.
    pub newest: i32,
    /// Number of the ledger entry that last changed the draft or made the newest version.
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
