//! A parent's ledger that mandates come from: its key as it was first seen, and the last entry that was taken.

use minsheng_kit::store::Record;
use sea_orm::entity::prelude::*;

use crate::mandate::pull::Feed;

/// The group of all parents: there is one at a time.
pub(crate) const PARENTS: &str = "parents";

/// A parent's ledger.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mandate_feed")]
pub struct Model {
    /// Its origin.
    #[sea_orm(primary_key, auto_increment = false)]
    pub origin: String,
    /// Parents are read together.
    pub parents: String,
    /// Its key as a signed-note verifier line; empty when it is to be taken at first sight again.
    pub verifier_key: String,
    /// Number of the last entry taken; none before the first.
    pub last: Option<i64>,
    /// When something was last taken, in milliseconds since 1970: the newest is the parent of now.
    pub time: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// As pulling knows it; none when nothing is kept any more.
    pub(crate) fn feed(&self) -> Option<Feed> {
        let last = self.last.and_then(|last| u64::try_from(last).ok());
        let (origin, verifier_key) = (self.origin.clone(), self.verifier_key.clone());
        (!verifier_key.is_empty()).then_some(Feed { origin, verifier_key, last })
    }
}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Origin
    }

    fn key(model: &Model) -> &str {
        &model.origin
    }

    fn group_column() -> Option<Column> {
        Some(Column::Parents)
    }

    fn group(model: &Model) -> &str {
        &model.parents
    }
}
