//! Item lists as they stood when a version was submitted: what its counts were checked against.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// The list behind a measure of a case.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_items")]
pub struct Model {
    /// The case's name, a bar, the measure's code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Name of the case.
    pub case_name: String,
    /// Encoded CaseItems.
    pub items: Vec<u8>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Key
    }

    fn key(model: &Model) -> &str {
        &model.key
    }
}
