//! Bundles that were taken in, so that one is known when it comes again.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A bundle.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bundle_received")]
pub struct Model {
    /// SHA-256 of it, in hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sha256: String,
    /// Division that it came from.
    pub division: String,
    /// Its number.
    pub number: i64,
    /// When it came first, in milliseconds since 1970.
    pub time: i64,
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
