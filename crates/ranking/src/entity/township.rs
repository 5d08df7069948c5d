//! Names of townships: a table whose rows are villages is shown by them.

use minsheng_kit::catalogue::unit::TIER;
use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A township.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "township")]
pub struct Model {
    /// Its code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// The tier, whose townships are read together.
    pub tier: String,
    /// Its name.
    pub title: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Code
    }

    fn key(model: &Model) -> &str {
        &model.code
    }

    fn group_column() -> Option<Column> {
        Some(Column::Tier)
    }

    fn group(model: &Model) -> &str {
        &model.tier
    }
}

impl Model {
    /// A township of the tier.
    pub(crate) fn new(code: String, title: String) -> Self {
        Self { code, tier: TIER.to_owned(), title }
    }
}
