//! Documents of programme versions by their hash.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_document")]
pub struct Model {
    /// Its SHA-256 in hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sha256: String,
    /// Encoded Programme.
    pub document: Vec<u8>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Sha256
    }

    fn key(model: &Model) -> &str {
        &model.sha256
    }
}
