//! An entry of a parent's ledger, as the bytes that came with their proof.

use minsheng_kit::store::Record;
use minsheng_proto::tier::v1::Unread;
use sea_orm::entity::prelude::*;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mandate_entry")]
pub struct Model {
    /// Origin, number and leaf hash.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Origin of the ledger.
    pub origin: String,
    /// Number there.
    pub sequence: i64,
    /// Full name of the payload's message.
    pub kind: String,
    /// Number of what is not understood.
    pub unread: i32,
    /// Encoded Proven.
    pub proven: Vec<u8>,
    /// When it was received, in milliseconds since 1970.
    pub time: i64,
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

impl Model {
    /// What of it is not understood.
    pub(crate) fn unread(&self) -> Unread {
        Unread::try_from(self.unread).unwrap_or_default()
    }
}
