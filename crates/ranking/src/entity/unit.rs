//! Units as the catalogue last told them.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// There is one tier in a database.
pub const TIER: &str = "tier";

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unit")]
pub struct Model {
    /// Unit id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The tier, whose units are read together.
    pub tier: String,
    /// Encoded catalogue Unit.
    pub unit: Vec<u8>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Id
    }

    fn key(model: &Model) -> &str {
        &model.id
    }

    fn group_column() -> Option<Column> {
        Some(Column::Tier)
    }

    fn group(model: &Model) -> &str {
        &model.tier
    }
}
