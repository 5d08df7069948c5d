//! Item lists by measure.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A list.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "item_list")]
pub struct Model {
    /// The programme's name, "|" and the measure's code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Resource name of the indicator.
    pub indicator_name: String,
    /// Code of the measure.
    pub measure: String,
    /// Counts its changes.
    pub revision: i64,
    /// Encoded ItemsUpdated.
    pub items: Vec<u8>,
    /// Items that a list of another programme holds too, by serial.
    pub elsewhere: Vec<u8>,
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
        Some(Column::IndicatorName)
    }

    fn group(model: &Model) -> &str {
        &model.indicator_name
    }
}
