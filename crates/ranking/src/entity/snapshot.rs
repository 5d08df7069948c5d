//! Sealed snapshots as stored: these bytes are what the hash is over.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "snapshot")]
pub struct Model {
    /// programmes/{division}-{year}/snapshots/{period}-{number}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Encoded Snapshot.
    pub bytes: Vec<u8>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Name
    }

    fn key(model: &Model) -> &str {
        &model.name
    }
}
