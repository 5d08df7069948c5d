//! Sets of figures that lower tiers filed: which there are, which act, which wait for a correction. The set as it came, with
//! its proofs, lies in the ledger.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A set.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_set")]
pub struct Model {
    /// Origin of the entry that the set rests on, "|", its number, "|" and the report.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Report here that the set is of.
    pub report: String,
    /// Division of the sender.
    pub division: String,
    /// programmes/{division}-{year}.
    pub programme: String,
    /// Month.
    pub period: String,
    /// FigureMark.
    pub mark: i32,
    /// Number of the entry that the set rests on.
    pub sequence: i64,
    /// Its leaf hash.
    pub leaf_hash: Vec<u8>,
    /// Its ledger.
    pub origin: String,
    /// When it was received, milliseconds.
    pub receive_time: i64,
    /// Number of the own entry that holds it.
    pub entry: i64,
    /// Version of the report that was made of it; 0 for none.
    pub version: i32,
    /// It waits for a correction of what is certified to be opened.
    pub waits: bool,
    /// It is the newest of its report and mark.
    pub newest: bool,
    /// Its entries are of kinds that are known here.
    pub understood: bool,
    /// The set as it is submitted, without its proofs.
    pub figures: Vec<u8>,
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
        Some(Column::Report)
    }

    fn group(model: &Model) -> &str {
        &model.report
    }
}
