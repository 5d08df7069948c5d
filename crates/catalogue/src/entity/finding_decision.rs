//! What the office decided on a finding; the latest stands, the ledger keeps the earlier ones.

use minsheng_kit::clock;
use minsheng_kit::store::Record;
use minsheng_proto::catalogue::v1 as proto;
use sea_orm::entity::prelude::*;

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "finding_decision")]
pub struct Model {
    /// The programme's name followed by /findings/{id}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// programmes/{division}-{year}.
    pub programme: String,
    /// Id of the finding.
    pub finding: String,
    /// The decision in words.
    pub decision: String,
    /// Account that decided.
    pub decided_by: String,
    /// When, in milliseconds since 1970.
    pub time: i64,
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
        Some(Column::Programme)
    }

    fn group(model: &Model) -> &str {
        &model.programme
    }
}

impl Model {
    /// As it travels.
    pub(crate) fn shown(&self) -> proto::FindingDecision {
        proto::FindingDecision {
            finding_id: self.finding.clone(),
            decision: self.decision.clone(),
            decided_by: self.decided_by.clone(),
            decide_time: jiff::Timestamp::from_millisecond(self.time).ok().map(clock::to_proto),
        }
    }
}
