//! Keys of the ledgers of lower tiers, kept at first sight until people accept another one.

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
    /// Keys that were kept before, one a line: what was proven by them then still is.
    pub former_keys: String,
    /// How often people accepted that the ledger was begun anew: entries of a later line are newer, whatever their numbers.
    pub line: i64,
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
