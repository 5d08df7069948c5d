//! A division of the territory, or a reporting area without a statistical code.

use minsheng_domain::programme::check::KnownDivision;
use minsheng_kit::store::Record;
use minsheng_proto::catalogue::v1 as proto;
use sea_orm::entity::prelude::*;

/// A division.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "division")]
pub struct Model {
    /// Statistical or local code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// Name as published.
    pub name: String,
    /// Number of the DivisionLevel.
    pub level: i32,
    /// Code of the parent; empty for a province. It follows from the code and never changes.
    pub parent: String,
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

    /// The divisions directly below one are looked at together.
    fn group_column() -> Option<Column> {
        Some(Column::Parent)
    }

    fn group(model: &Model) -> &str {
        &model.parent
    }
}

impl Model {
    /// As the checks know it.
    pub(crate) fn known(&self) -> Option<KnownDivision> {
        let code = self.code.parse().ok()?;
        Some(KnownDivision { code, name: self.name.clone() })
    }

    /// As it travels.
    pub(crate) fn shown(self) -> proto::Division {
        proto::Division { code: self.code, name: self.name, level: self.level, parent: self.parent }
    }
}
