//! Item lists as they are now; a submission takes its copy of them.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

use super::case_items;

/// The list behind a measure.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "item_list")]
pub struct Model {
    /// The programme's name, a bar, the measure's code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Name of the indicator.
    pub indicator: String,
    /// Code of the measure.
    pub measure: String,
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

    fn group_column() -> Option<Column> {
        Some(Column::Indicator)
    }

    fn group(model: &Model) -> &str {
        &model.indicator
    }
}

impl Model {
    /// The copy that a case takes.
    pub(crate) fn of_case(&self, case: &str) -> case_items::Model {
        case_items::Model {
            key: format!("{case}|{}", self.measure),
            case_name: case.to_owned(),
            items: self.items.clone(),
        }
    }
}
