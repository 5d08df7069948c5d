//! Sets of templates that documents were drafted by.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A set.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "template_set")]
pub struct Model {
    /// SHA-256 of its bytes, in hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sha256: String,
    /// Encoded set.
    pub content: Vec<u8>,
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
