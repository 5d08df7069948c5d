//! Evidence files by their hash.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence")]
pub struct Model {
    /// SHA-256 in hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sha256: String,
    /// Size in bytes.
    pub size: i64,
    /// Content type told from the bytes.
    pub content_type: String,
    /// Label.
    pub label: String,
    /// Unit that stored it.
    pub unit: String,
    /// Name of the report that used it first; empty for none.
    pub used_in: String,
    /// Unit of that report.
    pub used_by: String,
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
