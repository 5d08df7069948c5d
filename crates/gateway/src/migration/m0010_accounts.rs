//! Accounts and sessions.

use sea_orm_migration::prelude::*;

use crate::entity::{account, session};

/// Makes the tables.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_accounts"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        use account::Column as A;
        let accounts = Table::create()
            .table(account::Entity)
            .col(ColumnDef::new(A::Id).string().not_null().primary_key())
            .col(ColumnDef::new(A::DisplayName).string().not_null())
            .col(ColumnDef::new(A::Person).string().not_null())
            .col(ColumnDef::new(A::Unit).string().not_null())
            .col(ColumnDef::new(A::Roles).string().not_null())
            .col(ColumnDef::new(A::Disabled).boolean().not_null())
            .col(ColumnDef::new(A::PasswordHash).string().not_null())
            .col(ColumnDef::new(A::Revision).big_integer().not_null())
            .col(ColumnDef::new(A::CreateTime).big_integer().not_null())
            .to_owned();
        manager.create_table(accounts).await?;
        let by_person = Index::create().name("account_person").table(account::Entity).col(A::Person).to_owned();
        manager.create_index(by_person).await?;

        use session::Column as S;
        let sessions = Table::create()
            .table(session::Entity)
            .col(ColumnDef::new(S::Place).string().not_null().primary_key())
            .col(ColumnDef::new(S::Account).string().not_null())
            .col(ColumnDef::new(S::TokenSha256).string().not_null())
            .col(ColumnDef::new(S::Source).string().not_null())
            .col(ColumnDef::new(S::OpenTime).big_integer().not_null())
            .col(ColumnDef::new(S::ExpireTime).big_integer().not_null())
            .col(ColumnDef::new(S::UseTime).big_integer().not_null())
            .col(ColumnDef::new(S::Ended).boolean().not_null())
            .to_owned();
        manager.create_table(sessions).await?;
        for (name, column) in [("session_account", S::Account), ("session_token", S::TokenSha256)] {
            let index = Index::create().name(name).table(session::Entity).col(column).to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
