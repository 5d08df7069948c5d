//! Alarms about other tiers' ledgers: one row a ledger, used again; what came before is in this tier's own ledger.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "alarm")]
pub struct Model {
    /// Origin of the ledger.
    #[sea_orm(primary_key, auto_increment = false)]
    pub origin: String,
    /// Division whose tier keeps the ledger.
    pub division: String,
    /// LEDGER_FORKED, LEDGER_SHORTER, LEDGER_KEY_CHANGED or LEDGER_UNSIGNED.
    pub reason: String,
    /// Head that was kept when it was raised.
    #[sea_orm(column_type = "Text")]
    pub kept_checkpoint: String,
    /// Head that was offered last.
    #[sea_orm(column_type = "Text")]
    pub offered_checkpoint: String,
    /// Key that was shown with it, as a signed-note verifier line.
    pub verifier_key: String,
    /// When it was raised, in milliseconds since 1970.
    pub raise_time: i64,
    /// When it was resolved; 0 while it is open.
    pub resolve_time: i64,
    /// Account that resolved it.
    pub resolved_by: String,
    /// Why it was resolved so.
    #[sea_orm(column_type = "Text")]
    pub resolve_reason: String,
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

impl Model {
    /// Whether nobody has resolved it.
    pub fn is_open(&self) -> bool {
        self.resolve_time == 0
    }
}
