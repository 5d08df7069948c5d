//! The parent that this tier has joined: one row, or none.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// Key of the one row.
pub const KEY: &str = "parent";

/// The parent.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "parent")]
pub struct Model {
    /// Always the same.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Code of its division.
    pub division: String,
    /// Address of its gateway.
    pub url: String,
    /// Fingerprint by which it was known when this tier joined, in hex.
    pub pinned: String,
    /// This tier's certificate, then the parent's authority, PEM.
    #[sea_orm(column_type = "Text")]
    pub chain: String,
    /// Name of the file with its key.
    pub key_file: String,
    /// SHA-256 of the certificate, in hex.
    pub fingerprint: String,
    /// When it was issued, in milliseconds since 1970.
    pub issue_time: i64,
    /// Until when it is good.
    pub expire_time: i64,
    /// When this tier joined.
    pub join_time: i64,
    /// Whether it left again.
    pub left: bool,
    /// When heads were exchanged last; 0 for never.
    pub exchange_time: i64,
    /// The parent's witness key as a verifier line, once it was told.
    pub witness_key: String,
    /// Names of files with keys that this one's certificate has replaced, one a line; they are deleted once it was used.
    pub old_key_files: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Id
    }

    fn key(model: &Model) -> &str {
        &model.id
    }
}

impl Model {
    /// The files whose keys are of no use once another certificate replaces this one.
    pub fn replaced_key_files(&self) -> String {
        format!("{}{}\n", self.old_key_files, self.key_file)
    }

    /// Whether a third of the certificate's life, or less, is left.
    pub fn is_due(&self, now: i64) -> bool {
        self.expire_time.saturating_sub(now) <= self.expire_time.saturating_sub(self.issue_time) / 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_while_a_third_of_its_life_is_left() {
        let parent = Model {
            id: KEY.into(),
            division: "430900".into(),
            url: String::new(),
            pinned: String::new(),
            chain: String::new(),
            key_file: String::new(),
            fingerprint: String::new(),
            issue_time: 1_000,
            expire_time: 91_000,
            join_time: 0,
            left: false,
            exchange_time: 0,
            witness_key: String::new(),
            old_key_files: String::new(),
        };
        assert!(!parent.is_due(1_000) && !parent.is_due(60_999));
        assert!(parent.is_due(61_000) && parent.is_due(200_000));
    }
}
