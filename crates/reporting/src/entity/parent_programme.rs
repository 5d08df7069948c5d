//! Versions of the parent's programmes, as its mandates came.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A programme.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "parent_programme")]
pub struct Model {
    /// The parent's programme.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Its newest version that gave mandates to this tier.
    pub version: i32,
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
