//! Issue numbers of a year, without gaps.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// The series of bulletins.
pub const BULLETINS: &str = "bulletins";

/// A year.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "numbering")]
pub struct Model {
    /// Year on the documents.
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: String,
    /// Series of documents that is numbered; there is one.
    pub series: String,
    /// Numbers issued, which is the last one too.
    pub issued: i32,
    /// Bulletin that the next number is reserved for; empty for none.
    pub holder: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Year
    }

    fn key(model: &Model) -> &str {
        &model.year
    }

    fn group_column() -> Option<Column> {
        Some(Column::Series)
    }

    fn group(model: &Model) -> &str {
        &model.series
    }
}
