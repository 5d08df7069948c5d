//! Codes of the territory tree that items may lie in.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A division.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "division")]
pub struct Model {
    /// Its code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// Its name.
    pub title: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Code
    }

    fn key(model: &Model) -> &str {
        &model.code
    }
}
