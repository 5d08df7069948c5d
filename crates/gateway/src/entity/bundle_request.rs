//! The request for a certificate that went to the parent as a file and waits for its answer: one row, or none.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// Key of the one row.
pub const KEY: &str = "request";

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bundle_request")]
pub struct Model {
    /// Always the same.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// What seals the files, made of the code; empty once the answer was accepted.
    pub secret: String,
    /// Name of the file with the key that was made for it.
    pub key_file: String,
    /// SHA-256 of the certificate request, in hex.
    pub request_sha256: String,
    /// When it was made, in milliseconds since 1970.
    pub time: i64,
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
