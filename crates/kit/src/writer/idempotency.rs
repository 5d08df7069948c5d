//! What makes a repeated request harmless: the answer of the first, kept in the transaction of its change.

use sea_orm_migration::prelude::*;

use crate::store::Record;

/// Records.
pub mod record {
    use sea_orm::entity::prelude::*;

    /// A request that was carried out.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency")]
    pub struct Model {
        /// Person, method and request id.
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        /// SHA-256 of the request's body.
        pub body_sha256: Vec<u8>,
        /// Encoded answer.
        pub answer: Vec<u8>,
        /// Number of its first ledger entry.
        pub first_sequence: i64,
        /// How many entries it wrote.
        pub entries: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for record::Entity {
    fn key_column() -> record::Column {
        record::Column::Key
    }

    fn key(model: &record::Model) -> &str {
        &model.key
    }
}

/// Makes the table.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_idempotency"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(record::Entity)
                    .col(ColumnDef::new(record::Column::Key).string().not_null().primary_key())
                    .col(ColumnDef::new(record::Column::BodySha256).blob().not_null())
                    .col(ColumnDef::new(record::Column::Answer).blob().not_null())
                    .col(ColumnDef::new(record::Column::FirstSequence).big_integer().not_null())
                    .col(ColumnDef::new(record::Column::Entries).big_integer().not_null())
                    .to_owned(),
            )
            .await
    }
}
