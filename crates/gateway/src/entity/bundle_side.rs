//! Bundles exchanged with another tier: how far their numbers are, in both directions.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// One neighbour.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bundle_side")]
pub struct Model {
    /// Code of its division.
    #[sea_orm(primary_key, auto_increment = false)]
    pub division: String,
    /// Number of the last bundle made for it; 0 for none.
    pub sent: i64,
    /// SHA-256 of it, in hex.
    pub sent_sha256: String,
    /// When it was made, in milliseconds since 1970.
    pub send_time: i64,
    /// Highest number of a bundle that came from it; 0 for none.
    pub received: i64,
    /// When the last one came.
    pub receive_time: i64,
    /// Numbers below that have not come, in order, with commas between; the newest of them, when there are very many.
    #[sea_orm(column_type = "Text")]
    pub missing: String,
    /// Number of the last mandate entry that a lower tier said to have; none when it has none.
    pub mandates_after: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Division
    }

    fn key(model: &Model) -> &str {
        &model.division
    }
}

impl Model {
    /// The numbers that have not come.
    pub fn missing(&self) -> Vec<u64> {
        self.missing.split(',').filter_map(|number| number.parse().ok()).collect()
    }
}
