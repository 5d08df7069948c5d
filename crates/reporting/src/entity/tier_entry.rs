//! Which entry stands under a number of a lower tier's ledger: another one under the same number is a fork.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// An entry that a set rests on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_entry")]
pub struct Model {
    /// Origin, "|" and the entry's number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Line of the ledger that it is of.
    pub line: i64,
    /// Its leaf hash.
    pub leaf_hash: Vec<u8>,
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
