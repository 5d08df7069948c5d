//! Units as the catalogue last told them.

use minsheng_proto::catalogue::v1::Unit;
use prost::Message;
use sea_orm_migration::prelude::*;

use super::damaged;
use crate::error::Refusal;
use crate::store::Record;

/// Units.
pub mod row {
    use sea_orm::entity::prelude::*;

    /// A unit.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "unit")]
    pub struct Model {
        /// Its id.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        /// The tier, whose units are read together.
        pub tier: String,
        /// Encoded Unit.
        pub document: Vec<u8>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// There is one tier in a database.
pub const TIER: &str = "tier";

impl Record for row::Entity {
    fn key_column() -> row::Column {
        row::Column::Id
    }

    fn key(model: &row::Model) -> &str {
        &model.id
    }

    fn group_column() -> Option<row::Column> {
        Some(row::Column::Tier)
    }

    fn group(model: &row::Model) -> &str {
        &model.tier
    }
}

impl row::Model {
    /// The unit.
    ///
    /// # Errors
    /// INTERNAL for a damaged row.
    pub fn read(&self) -> Result<Unit, Refusal> {
        Unit::decode(self.document.as_slice()).map_err(|_| damaged("a unit is no message", &self.id))
    }
}

/// Makes the table.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_unit"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(row::Entity)
            .col(ColumnDef::new(row::Column::Id).string().not_null().primary_key())
            .col(ColumnDef::new(row::Column::Tier).string().not_null())
            .col(ColumnDef::new(row::Column::Document).blob().not_null())
            .to_owned();
        manager.create_table(table).await
    }
}
