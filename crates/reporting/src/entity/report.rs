//! Reports of an indicator by month: where each stands, its draft, and the figures filed, passed and certified.
//! What a submitted version says in words lies in the ledger and nowhere else.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A report.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "report")]
pub struct Model {
    /// Resource name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Resource name of its indicator: the months of a year are looked at together.
    pub indicator_name: String,
    /// programmes/{division}-{year}.
    pub programme: String,
    /// Month.
    pub period: String,
    /// Code of the indicator.
    pub indicator: String,
    /// Lead unit.
    pub unit: String,
    /// ReportState.
    pub state: i32,
    /// Version last submitted; 0 for none.
    pub version: i32,
    /// Version of the programme it was judged by.
    pub programme_version: i32,
    /// When the first version was received, milliseconds.
    pub first_submit_time: Option<i64>,
    /// Whether that was after the deadline.
    pub late: bool,
    /// Working days late.
    pub working_days_late: i32,
    /// The version last submitted was entered by the office.
    pub entered_for_unit: bool,
    /// Person who entered it; empty for nobody.
    pub entered_by: String,
    /// Version last certified; 0 for none.
    pub certified_version: i32,
    /// Number of that certification's entry in verification's ledger; -1 for none.
    pub certified_entry: i64,
    /// Number of that version's own entry; -1 for none.
    pub certified_submission: i64,
    /// Number of the last pass's entry in verification's ledger; -1 for none.
    pub passed_entry: i64,
    /// Certified version that a correction was opened for; 0 for none.
    pub corrects_version: i32,
    /// A correction is asked for and not yet decided.
    pub correction_asked: bool,
    /// The version last submitted was not returned: later months build on it.
    pub stands: bool,
    /// The office has passed it.
    pub fast: bool,
    /// Number of its entry in the ledger; -1 for none.
    pub submission_sequence: i64,
    /// Persons who took part, one a line.
    pub persons: String,
    /// Encoded ReportContent of the draft; empty for none.
    pub draft: Vec<u8>,
    /// Values last submitted with what they were built on; empty for none.
    pub figures: Vec<u8>,
    /// Values last certified; empty for none.
    pub certified: Vec<u8>,
    /// Steps and reasons of the last return.
    pub trail: Vec<u8>,
    /// Counts its changes; the etag.
    pub revision: i64,
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
