//! The ledger's tables: entries, the tree's stored hashes, the head; and their migration.

use sea_orm_migration::prelude::*;

/// Entries as stored.
pub mod entry {
    use sea_orm::entity::prelude::*;

    /// An entry.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_entry")]
    pub struct Model {
        /// Number, from 0, without gaps.
        #[sea_orm(primary_key, auto_increment = false)]
        pub sequence: i64,
        /// Full name of the payload's message.
        pub kind: String,
        /// Resource name of what changed.
        pub subject: String,
        /// Encoded EntryBody.
        pub body: Vec<u8>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Stored hashes of the tree.
pub mod hash {
    use sea_orm::entity::prelude::*;

    /// A hash.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_hash")]
    pub struct Model {
        /// Stored hash index.
        #[sea_orm(primary_key, auto_increment = false)]
        pub place: i64,
        /// 32 bytes.
        pub hash: Vec<u8>,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The head: one row.
pub mod head {
    use sea_orm::entity::prelude::*;

    /// The head.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_head")]
    pub struct Model {
        /// Always 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        /// Entries.
        pub size: i64,
        /// Signed checkpoint.
        pub checkpoint: String,
        /// Time of the last entry in milliseconds since 1970.
        pub last_time: i64,
    }

    /// No relations.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Makes the tables.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_ledger"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(entry::Entity)
                    .col(ColumnDef::new(entry::Column::Sequence).big_integer().not_null().primary_key())
                    .col(ColumnDef::new(entry::Column::Kind).string().not_null())
                    .col(ColumnDef::new(entry::Column::Subject).string().not_null())
                    .col(ColumnDef::new(entry::Column::Body).blob().not_null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(hash::Entity)
                    .col(ColumnDef::new(hash::Column::Place).big_integer().not_null().primary_key())
                    .col(ColumnDef::new(hash::Column::Hash).blob().not_null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table(head::Entity)
                    .col(ColumnDef::new(head::Column::Id).integer().not_null().primary_key())
                    .col(ColumnDef::new(head::Column::Size).big_integer().not_null())
                    .col(ColumnDef::new(head::Column::Checkpoint).text().not_null())
                    .col(ColumnDef::new(head::Column::LastTime).big_integer().not_null())
                    .to_owned(),
            )
            .await
    }
}
