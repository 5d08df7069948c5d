//! Named objects and the lists that hold them, so that one in two programmes is noticed.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// An object.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "item_object")]
pub struct Model {
    /// Division and name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Names of the lists that hold it, one a line.
    pub lists: String,
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
