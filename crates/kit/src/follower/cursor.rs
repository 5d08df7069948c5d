//! How far a followed ledger has been applied: size, the head that covers it, and the tree's frontier.

use sea_orm_migration::prelude::*;

use crate::store::Record;

/// Cursors.
pub mod row {
    use sea_orm::entity::prelude::*;

    /// A followed ledger.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "follow_cursor")]
    pub struct Model {
        /// Name of the followed service.
        #[sea_orm(primary_key, auto_increment = false)]
        pub source: String,
        /// Entries applied.
        pub size: i64,
        /// Signed checkpoint of that size.
        pub checkpoint: String,
        /// The frontier's hashes, 32 bytes each.
        pub frontier: Vec<u8>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for row::Entity {
    fn key_column() -> row::Column {
        row::Column::Source
    }

    fn key(model: &row::Model) -> &str {
        &model.source
    }
}

/// Makes the table.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0003_follow_cursor"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(row::Entity)
                    .col(ColumnDef::new(row::Column::Source).string().not_null().primary_key())
                    .col(ColumnDef::new(row::Column::Size).big_integer().not_null())
                    .col(ColumnDef::new(row::Column::Checkpoint).text().not_null())
                    .col(ColumnDef::new(row::Column::Frontier).blob().not_null())
                    .to_owned(),
            )
            .await
    }
}
