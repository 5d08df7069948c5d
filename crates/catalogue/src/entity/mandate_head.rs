//! The newest entry by which mandates were given to a lower tier: what the next one names as the one before it.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// The group of all lower tiers, which are few.
pub(crate) const LOWER: &str = "lower";

/// A lower tier.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mandate_head")]
pub struct Model {
    /// Code of its division.
    #[sea_orm(primary_key, auto_increment = false)]
    pub division: String,
    /// Lower tiers are read together.
    pub tiers: String,
    /// Number of the entry.
    pub sequence: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Division
    }

    fn key(model: &Model) -> &str {
        &model.division
    }

    fn group_column() -> Option<Column> {
        Some(Column::Tiers)
    }

    fn group(model: &Model) -> &str {
        &model.tiers
    }
}
