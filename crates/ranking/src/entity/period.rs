//! Months that reporting has closed.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A closed month.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "closed_period")]
pub struct Model {
    /// programmes/{division}-{year}/{period}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    /// Number of the closing entry in the reporting ledger.
    pub sequence: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Month
    }

    fn key(model: &Model) -> &str {
        &model.month
    }
}
