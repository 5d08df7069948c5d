//! Sets of figures for the parent, from the decision on until the parent has answered, and what it answered.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A set.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    /// Number of the decision's entry in verification's ledger, "|" and the parent's indicator: in order of the numbers.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// OutboxState.
    pub state: i32,
    /// The parent's programme.
    pub programme: String,
    /// The same where the parent refused it, else empty: when mandates change, the refused ones are tried again.
    pub refused_of: String,
    /// Month.
    pub period: String,
    /// Number of the decision's entry.
    pub decision: i64,
    /// Number of the submission's entry in the own ledger; -1 for a composed figure.
    pub submission: i64,
    /// Lower tiers' shares that a composed figure rests on, one a line.
    pub shares: String,
    /// The set without its proofs.
    pub figures: Vec<u8>,
    /// The parent's Receipt, or the RowFailure by which it refused; empty before.
    pub answer: Vec<u8>,
    /// When it was put here, in milliseconds since 1970.
    pub put_time: i64,
    /// When the answer came; 0 before.
    pub answer_time: i64,
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
        Some(Column::RefusedOf)
    }

    fn group(model: &Model) -> &str {
        &model.refused_of
    }
}
