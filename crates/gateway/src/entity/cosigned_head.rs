//! Heads of this tier's own ledgers as another tier has cosigned them last.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A cosigned head.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cosigned_head")]
pub struct Model {
    /// Division of the witness, then the origin of the ledger.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Division of the witness.
    pub witness: String,
    /// Origin of the ledger.
    pub origin: String,
    /// Entries that the witness keeps.
    pub size: i64,
    /// The head with both signatures.
    #[sea_orm(column_type = "Text")]
    pub checkpoint: String,
    /// When it came, in milliseconds since 1970.
    pub keep_time: i64,
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

    fn group_column() -> Option<Column> {
        Some(Column::Witness)
    }

    fn group(model: &Model) -> &str {
        &model.witness
    }
}

impl Model {
    /// The key of a row.
    pub fn key_of(witness: &str, origin: &str) -> String {
        format!("{witness}|{origin}")
    }
}
