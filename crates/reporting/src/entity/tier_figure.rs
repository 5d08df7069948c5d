//! What each lower tier last reported of an indicator and month, as it was passed or certified here: a whole is composed of
//! these.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A tier's figures.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_figure")]
pub struct Model {
    /// The tier's report.
    #[sea_orm(primary_key, auto_increment = false)]
    pub report: String,
    /// The report that it is a share of: all tiers of one are looked at together.
    pub whole: String,
    /// Division of the tier.
    pub division: String,
    /// Certified here, else fast.
    pub certified: bool,
    /// The set that it came in; empty where it is not known.
    pub set_key: String,
    /// Number of the decision's entry in verification's ledger.
    pub decision: i64,
    /// Number of the submission's entry in the own ledger.
    pub submission: i64,
    /// Encoded Filed: the values.
    pub figures: Vec<u8>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Report
    }

    fn key(model: &Model) -> &str {
        &model.report
    }

    fn group_column() -> Option<Column> {
        Some(Column::Whole)
    }

    fn group(model: &Model) -> &str {
        &model.whole
    }
}
