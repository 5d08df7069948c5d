//! Submitted versions of reports with what was decided on them. Reporting and verification are followed apart, so a
//! decision may be known before its submission.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A submitted version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "submission")]
pub struct Model {
    /// The report's name followed by /versions/{n}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// programmes/{division}-{year}/{period}.
    pub month: String,
    /// Indicator's code.
    pub indicator: String,
    /// Version, from 1.
    pub version: i32,
    /// The submission itself is known.
    pub submitted: bool,
    /// Received after the deadline.
    pub late: bool,
    /// Working days late.
    pub working_days_late: i32,
    /// Entered for the unit and not confirmed yet.
    pub to_confirm: bool,
    /// Encoded ReportContent, values and evidence only.
    pub content: Vec<u8>,
    /// Number of its entry in the reporting ledger.
    pub sequence: i64,
    /// Leaf hash of that entry.
    pub leaf_hash: Vec<u8>,
    /// Encoded ReportPassed.
    pub passed: Option<Vec<u8>>,
    /// Number of the pass's entry in the verification ledger.
    pub pass_sequence: Option<i64>,
    /// Encoded ReportCertified.
    pub certified: Option<Vec<u8>>,
    /// Number of the certification's entry in the verification ledger.
    pub certification_sequence: Option<i64>,
    /// Encoded ReportReturned.
    pub returned: Option<Vec<u8>>,
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
        Some(Column::Month)
    }

    fn group(model: &Model) -> &str {
        &model.month
    }
}
