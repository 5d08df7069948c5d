//! Keys of the ledgers of lower tiers, kept at first sight.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A ledger.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_key")]
pub struct Model {
    /// Origin of the ledger.
    #[sea_orm(primary_key, auto_increment = false)]
    pub origin: String,
    /// Its key as a verifier line.
    pub verifier_key: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Origin
    }

    fn key(model: &Model) -> &str {
        &model.origin
    }
}
