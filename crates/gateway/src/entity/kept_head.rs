//! Heads of other tiers' ledgers, as this tier keeps and has cosigned them.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A head.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "kept_head")]
pub struct Model {
    /// Origin of the ledger.
    #[sea_orm(primary_key, auto_increment = false)]
    pub origin: String,
    /// Division whose tier keeps the ledger.
    pub division: String,
    /// Key of the ledger as a signed-note verifier line.
    pub verifier_key: String,
    /// Entries; 0 while only the key is known.
    pub size: i64,
    /// The head with the ledger's signature and this tier's own; empty while only the key is known.
    #[sea_orm(column_type = "Text")]
    pub checkpoint: String,
    /// When it was kept, in milliseconds since 1970.
    pub keep_time: i64,
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

    fn group_column() -> Option<Column> {
        Some(Column::Division)
    }

    fn group(model: &Model) -> &str {
        &model.division
    }
}
