//! Sessions: a fixed number of places for each account, used again and again, so that nothing needs to be deleted. What
//! stood in a place last also tells from where, and from which device, the account was used.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A place with the session in it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// Account and number of the place.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: String,
    /// Account id.
    pub account: String,
    /// SHA-256 of the token, in hex; the token itself is nowhere.
    pub token_sha256: String,
    /// Network source it was opened from.
    pub source: String,
    /// When it was opened, in milliseconds since 1970.
    pub open_time: i64,
    /// When it ends by itself.
    pub expire_time: i64,
    /// When it was used last, to a minute.
    pub use_time: i64,
    /// Whether it was ended.
    pub ended: bool,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Place
    }

    fn key(model: &Model) -> &str {
        &model.place
    }

    fn group_column() -> Option<Column> {
        Some(Column::Account)
    }

    fn group(model: &Model) -> &str {
        &model.account
    }
}

impl Model {
    /// The place's key.
    pub fn key_of(account: &str, number: u32) -> String {
        format!("{account}/{number}")
    }

    /// Whether it is open at this moment, used last at `use_time`.
    pub fn is_open(&self, now: i64, use_time: i64, idle: i64) -> bool {
        !self.ended && now < self.expire_time && now < use_time.saturating_add(idle)
    }
}
