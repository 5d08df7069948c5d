//! Months that were closed.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A closed month.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "closed_period")]
pub struct Model {
    /// The programme's name, "|" and the month.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Number of the entry that closed it.
    pub sequence: i64,
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
