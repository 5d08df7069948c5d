//! Files between tiers: how far they are, which came, the request that waits for its answer, and what seals a code's files.

use sea_orm_migration::prelude::*;

use crate::entity::{bundle_received, bundle_request, bundle_side, enrolment_code};

/// Makes the tables.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0030_bundles"
    }
}

fn key(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).string().not_null().primary_key().to_owned()
}

fn string(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).string().not_null().to_owned()
}

fn number(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).big_integer().not_null().to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        use bundle_side::Column as S;
        let sides = Table::create()
            .table(bundle_side::Entity)
            .col(key(S::Division))
            .col(number(S::Sent))
            .col(string(S::SentSha256))
            .col(number(S::SendTime))
            .col(number(S::Received))
            .col(number(S::ReceiveTime))
            .col(ColumnDef::new(S::Missing).text().not_null())
            .col(ColumnDef::new(S::MandatesAfter).big_integer())
            .to_owned();
        manager.create_table(sides).await?;

        use bundle_received::Column as B;
        let received = Table::create()
            .table(bundle_received::Entity)
            .col(key(B::Sha256))
            .col(string(B::Division))
            .col(number(B::Number))
            .col(number(B::Time))
            .to_owned();
        manager.create_table(received).await?;

        use bundle_request::Column as R;
        let request = Table::create()
            .table(bundle_request::Entity)
            .col(key(R::Id))
            .col(string(R::Secret))
            .col(string(R::KeyFile))
            .col(string(R::RequestSha256))
            .col(number(R::Time))
            .to_owned();
        manager.create_table(request).await?;

        let secret = ColumnDef::new(enrolment_code::Column::Secret).string().not_null().default("").to_owned();
        let codes = Table::alter().table(enrolment_code::Entity).add_column(secret).to_owned();
        manager.alter_table(codes).await
    }
}
