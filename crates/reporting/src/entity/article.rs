//! Experience articles.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// An article.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "article")]
pub struct Model {
    /// programmes/{division}-{year}/articles/{unit}-{period}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The programme's name, "|" and the month.
    pub month: String,
    /// Unit.
    pub unit: String,
    /// When the first text was received, milliseconds.
    pub first_time: i64,
    /// Whether that was after the deadline.
    pub late: bool,
    /// Encoded Article.
    pub document: Vec<u8>,
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
}
