//! Published standings, without their snapshots.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A published standing.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "standing")]
pub struct Model {
    /// programmes/{division}-{year}/snapshots/{period}-{number}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// programmes/{division}-{year}.
    pub programme: String,
    /// Month.
    pub period: String,
    /// Number within the month, from 1.
    pub number: i32,
    /// FigureBasis.
    pub basis: i32,
    /// schemes/{id}.
    pub scheme: String,
    /// SHA-256 of the snapshot's bytes.
    pub sha256: Vec<u8>,
    /// Number of its entry in the ranking ledger.
    pub sequence: i64,
    /// When, in milliseconds since 1970.
    pub publish_time: i64,
    /// Account.
    pub published_by: String,
    /// Persons who certified figures of the month, one a line.
    pub certified_by: String,
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

    fn group_column() -> Option<Column> {
        Some(Column::Programme)
    }

    fn group(model: &Model) -> &str {
        &model.programme
    }
}
