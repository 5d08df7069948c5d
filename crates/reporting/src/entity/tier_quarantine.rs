//! Sets that were set aside: their entry contradicts one that is kept under the same number.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A set.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_quarantine")]
pub struct Model {
    /// Key that the set would have.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Report here that it is of.
    pub report: String,
    /// Number of the own entry that holds it.
    pub entry: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Key
    }

    fn key(model: &Model) -> &str {
        &model.key
    }
}
