//! What a programme of a parent gives to this tier, by its newest entry.

use minsheng_kit::store::Record;
use minsheng_proto::tier::v1::MandatesGiven;
use prost::Message;
use sea_orm::entity::prelude::*;

/// The group of all of them: they are few.
pub(crate) const RECEIVED: &str = "received";

/// A parent's programme.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mandate")]
pub struct Model {
    /// The parent's programme.
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme: String,
    /// They are read together.
    pub received: String,
    /// Origin of the parent's ledger.
    pub origin: String,
    /// Number of the entry there.
    pub sequence: i64,
    /// Encoded MandatesGiven.
    pub given: Vec<u8>,
    /// When it was received, in milliseconds since 1970.
    pub time: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Programme
    }

    fn key(model: &Model) -> &str {
        &model.programme
    }

    fn group_column() -> Option<Column> {
        Some(Column::Received)
    }

    fn group(model: &Model) -> &str {
        &model.received
    }
}

impl Model {
    /// What is given. It was read before it was stored.
    pub(crate) fn read(&self) -> MandatesGiven {
        MandatesGiven::decode(self.given.as_slice()).unwrap_or_default()
    }
}
