//! What must be looked into about lower tiers' filings: the newest of each kind; the ledger keeps the earlier ones.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// An alarm.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_alarm")]
pub struct Model {
    /// Division, alarm and origin, with "|" between them.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Division of the tier that filed.
    pub division: String,
    /// Ledger that it is about.
    pub origin: String,
    /// Its name.
    pub alarm: String,
    /// What was found, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// Key that is kept; empty where it is not about a key.
    pub kept_key: String,
    /// Key that came last.
    pub offered_key: String,
    /// Since when, milliseconds.
    pub raise_time: i64,
    /// When it was resolved, milliseconds; 0 while it is open.
    pub resolve_time: i64,
    /// Account that resolved it.
    pub resolved_by: String,
    /// Why it was resolved so.
    pub resolve_reason: String,
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
        Some(Column::Origin)
    }

    fn group(model: &Model) -> &str {
        &model.origin
    }
}

impl Model {
    /// Whether nobody has resolved it.
    pub(crate) fn is_open(&self) -> bool {
        self.resolve_time == 0
    }
}
