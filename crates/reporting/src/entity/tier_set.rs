//! Sets of figures that lower tiers filed: which there are, which act, which wait for a correction. The set as it came, with
//! its proofs, lies in the ledger.

use minsheng_kit::store::Record;
use minsheng_proto::tier::v1::Unread;
use sea_orm::entity::prelude::*;

/// A set.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_set")]
pub struct Model {
    /// Origin of the entry that the set rests on, its number, the beginning of its leaf hash and the report, with "|" between
    /// them.
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
    /// Line of the ledger that the entry is of.
    pub line: i64,
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
    /// Number of what its entries hold that is not known here.
    pub unread: i32,
    /// It rests on no submission: it is the sum of what tiers further down reported.
    pub composed: bool,
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

impl Model {
    /// What of its entries is not known here.
    pub(crate) fn unread(&self) -> Unread {
        Unread::try_from(self.unread).unwrap_or_default()
    }

    /// Its place among the sets of its report: of two the later one is newer.
    pub(crate) fn age(&self) -> (i64, i64) {
        (self.line, self.sequence)
    }
}
