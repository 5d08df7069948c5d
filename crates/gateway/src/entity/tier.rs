//! Lower tiers: one row a division, kept when its certificates are taken back.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A lower tier.
#[derive(Clone, Debug, Default, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lower_tier")]
pub struct Model {
    /// Code of its division.
    #[sea_orm(primary_key, auto_increment = false)]
    pub division: String,
    /// Whether its certificates were taken back.
    pub revoked: bool,
    /// Why they were.
    pub revoke_reason: String,
    /// When it enrolled last, in milliseconds since 1970.
    pub enrol_time: i64,
    /// When heads were exchanged last, in milliseconds since 1970; 0 for never.
    pub exchange_time: i64,
    /// Its witness key as a verifier line, once it was told.
    pub witness_key: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Division
    }

    fn key(model: &Model) -> &str {
        &model.division
    }
}
