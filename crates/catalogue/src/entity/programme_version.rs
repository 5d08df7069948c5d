//! A version of a programme with its document: the draft (0), which an import replaces, or an issued one, which nothing
//! changes.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_version")]
pub struct Model {
    /// The programme's name followed by /versions/{version}.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// programmes/{division}-{year}.
    pub programme: String,
    /// 0 for the draft.
    pub version: i32,
    /// First month it is in force for; empty for the draft.
    pub in_force_from: String,
    /// Why it was amended; empty for draft and version 1.
    pub reason: String,
    /// When it was taken in or issued, in milliseconds since 1970.
    pub time: i64,
    /// Encoded Programme.
    pub document: Vec<u8>,
    /// Number of the ledger entry that made it: its etag.
    pub revision: i64,
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
