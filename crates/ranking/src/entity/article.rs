//! Experience articles: that there is one, and whether it came late.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// An article.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article")]
pub struct Model {
    /// programmes/{division}-{year}/articles/{unit}-{period}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// programmes/{division}-{year}/{period}.
    pub month: String,
    /// Unit.
    pub unit: String,
    /// Title.
    pub title: String,
    /// First received after the deadline.
    pub late: bool,
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
        Some(Column::Month)
    }

    fn group(model: &Model) -> &str {
        &model.month
    }
}
