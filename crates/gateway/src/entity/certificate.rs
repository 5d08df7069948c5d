//! The enrolled list: certificates of lower tiers. One waits until its first use, which ends the older ones.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// Issued, not used yet.
pub const ISSUED: &str = "ISSUED";
/// In use.
pub const USED: &str = "USED";
/// Replaced by a newer one.
pub const ENDED: &str = "ENDED";
/// Taken back.
pub const REVOKED: &str = "REVOKED";

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_certificate")]
pub struct Model {
    /// SHA-256 of it, in hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub fingerprint: String,
    /// Division that it names.
    pub division: String,
    /// One of the constants of this module.
    pub state: String,
    /// SHA-256 of the request that it was issued for, in hex.
    pub request_sha256: String,
    /// The certificate, then the authority's, PEM.
    #[sea_orm(column_type = "Text")]
    pub chain: String,
    /// When it was issued, in milliseconds since 1970.
    pub issue_time: i64,
    /// Until when it is good.
    pub expire_time: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Fingerprint
    }

    fn key(model: &Model) -> &str {
        &model.fingerprint
    }

    fn group_column() -> Option<Column> {
        Some(Column::Division)
    }

    fn group(model: &Model) -> &str {
        &model.division
    }
}

impl Model {
    /// Whether calls with it are, or may become, good.
    pub fn is_alive(&self) -> bool {
        self.state == ISSUED || self.state == USED
    }
}
