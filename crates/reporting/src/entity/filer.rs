//! For how many units an account has filed in a month.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// An account's month.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "filer")]
pub struct Model {
    /// The programme's name, "|", the month, "|" and the account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Units filed for, one a line.
    pub units: String,
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
