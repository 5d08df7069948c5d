//! What a version says, as submitted; never changed.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// The content of a version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "submission")]
pub struct Model {
    /// Name of the case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Encoded ReportContent.
    pub content: Vec<u8>,
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
