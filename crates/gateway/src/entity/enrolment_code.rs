//! Codes by which a lower tier enrols once; the code itself is nowhere.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A code.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolment_code")]
pub struct Model {
    /// SHA-256 of the code, in hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_sha256: String,
    /// Division whose tier may enrol.
    pub division: String,
    /// Until when it is good, in milliseconds since 1970; 0 when it was taken back.
    pub expire_time: i64,
    /// SHA-256 of the request that it was used for, in hex; empty while it is unused.
    pub request_sha256: String,
    /// The certificate that was issued for it.
    pub fingerprint: String,
    /// What seals the files of whoever enrols without a line: made of the code, and told to nobody.
    pub secret: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::CodeSha256
    }

    fn key(model: &Model) -> &str {
        &model.code_sha256
    }

    fn group_column() -> Option<Column> {
        Some(Column::Division)
    }

    fn group(model: &Model) -> &str {
        &model.division
    }
}

impl Model {
    /// Whether it may be used for this request at this moment: it is unused, or was used for the same one.
    pub fn is_good(&self, request_sha256: &str, now: i64) -> bool {
        now < self.expire_time && (self.request_sha256.is_empty() || self.request_sha256 == request_sha256)
    }
}
