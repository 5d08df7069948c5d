//! An organisation of the division. The unit lies encoded as it travels: it is read whole and listed by id only.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::Record;
use minsheng_proto::catalogue::v1 as proto;
use prost::Message;
use sea_orm::entity::prelude::*;

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unit")]
pub struct Model {
    /// Id inside the tier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Encoded Unit without its etag.
    pub unit: Vec<u8>,
    /// Number of the ledger entry that last changed it.
    pub revision: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Id
    }

    fn key(model: &Model) -> &str {
        &model.id
    }
}

impl Model {
    /// As it travels.
    pub(crate) fn shown(&self) -> Result<proto::Unit, Refusal> {
        let unit = proto::Unit::decode(self.unit.as_slice()).map_err(|error| {
            tracing::error!(%error, unit = self.id, "a stored unit cannot be decoded");
            Refusal::new(Reason::Internal)
        })?;
        Ok(proto::Unit { etag: self.revision.to_string(), ..unit })
    }
}
