//! Lines of document numbers, each without gaps.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// The group of all lines.
pub const DOCUMENTS: &str = "documents";

/// A line of numbers.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "numbering")]
pub struct Model {
    /// 机关代字 and year, as documents' numbers begin: 安实办通报〔2023〕.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Always `DOCUMENTS`.
    pub series: String,
    /// Numbers used, which is the last one too.
    pub issued: i32,
    /// Bulletin that the next number is reserved for; empty for none.
    pub holder: String,
}

impl Model {
    /// A line of which no number is used.
    pub fn new(name: String) -> Self {
        Self { name, series: DOCUMENTS.to_owned(), issued: 0, holder: String::new() }
    }
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
        Some(Column::Series)
    }

    fn group(model: &Model) -> &str {
        &model.series
    }
}
