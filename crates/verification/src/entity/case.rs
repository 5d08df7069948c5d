//! A submitted version before the office and the certifier: one row a version. The columns are what is decided and
//! listed by; the figures side by side and the findings lie encoded in one blob, and what was submitted in another table.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "certification_case")]
pub struct Model {
    /// The report's name followed by /versions/{n}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The report.
    pub report: String,
    /// programmes/{division}-{year}.
    pub programme: String,
    /// Month.
    pub period: String,
    /// Code of the indicator.
    pub indicator: String,
    /// Number of the version.
    pub version: i32,
    /// Lead unit.
    pub unit: String,
    /// Certifying unit, by the programme version in force.
    pub certifier: String,
    /// Number of the CaseState.
    pub state: i32,
    /// Whether this version is the one that counts: no newer one was submitted.
    pub stands: bool,
    /// Programme version it was judged by.
    pub programme_version: i32,
    /// After the deadline.
    pub late: bool,
    /// Entered by the office for the unit.
    pub entered_for_unit: bool,
    /// Whether the programme certifies this month.
    pub to_be_certified: bool,
    /// Number of the submission's entry in the reporting ledger.
    pub submission_sequence: i64,
    /// Its leaf hash.
    pub submission_leaf_hash: Vec<u8>,
    /// When it was submitted, in milliseconds since 1970.
    pub submit_time: i64,
    /// When it was passed.
    pub pass_time: Option<i64>,
    /// When it was certified.
    pub certify_time: Option<i64>,
    /// Persons who took part in the report, one a line.
    pub persons: String,
    /// Person who passed it; empty before.
    pub passed_by: String,
    /// Why a correction is asked for.
    pub correction_reason: String,
    /// Person who asks for it.
    pub correction_asked_by: String,
    /// Person of the office who agreed to it; empty before.
    pub correction_office: String,
    /// Person of the certifier who agreed to it; empty before.
    pub correction_certifier: String,
    /// Encoded Case with nothing but findings and values.
    pub figures: Vec<u8>,
    /// How often the row was changed: its etag.
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

    /// All versions of a report are looked at together.
    fn group_column() -> Option<Column> {
        Some(Column::Report)
    }

    fn group(model: &Model) -> &str {
        &model.report
    }
}
