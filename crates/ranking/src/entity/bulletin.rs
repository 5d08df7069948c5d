//! Bulletins as they stand.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A bulletin.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bulletin")]
pub struct Model {
    /// programmes/{division}-{year}/bulletins/{period}-{number}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// programmes/{division}-{year}.
    pub programme: String,
    /// Name of its template.
    pub kind: String,
    /// Period that it is about.
    pub period: String,
    /// Number within the period, from 1.
    pub number: i32,
    /// BulletinState.
    pub state: i32,
    /// Number of the entry that drafted it; lists are in this order.
    pub drafted: i64,
    /// The snapshot it is made of.
    pub snapshot: String,
    /// It has been issued, and perhaps withdrawn since.
    pub published: bool,
    /// Encoded Bulletin.
    pub bulletin: Vec<u8>,
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
