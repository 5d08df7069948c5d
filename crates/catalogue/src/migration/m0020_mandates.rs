//! Mandates: those given to lower tiers, and those that came from the parent.

use sea_orm_migration::prelude::*;

use crate::entity::{mandate, mandate_alarm, mandate_entry, mandate_feed, mandate_given, mandate_head};

/// Makes the tables.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0020_mandates"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        given(manager).await?;
        received(manager).await?;
        feeds(manager).await
    }
}

async fn given(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    use mandate_given::Column as Given;
    use mandate_head::Column as Head;
    let heads = Table::create()
        .table(mandate_head::Entity)
        .col(ColumnDef::new(Head::Division).string().not_null().primary_key())
        .col(ColumnDef::new(Head::Tiers).string().not_null())
        .col(ColumnDef::new(Head::Sequence).big_integer().not_null())
        .to_owned();
    manager.create_table(heads).await?;
    let entries = Table::create()
        .table(mandate_given::Entity)
        .col(ColumnDef::new(Given::Key).string().not_null().primary_key())
        .col(ColumnDef::new(Given::Division).string().not_null())
        .col(ColumnDef::new(Given::Sequence).big_integer().not_null())
        .to_owned();
    manager.create_table(entries).await?;
    let by_division = Index::create()
        .name("mandate_given_division")
        .table(mandate_given::Entity)
        .col(Given::Division)
        .col(Given::Sequence)
        .to_owned();
    manager.create_index(by_division).await
}

async fn received(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    use mandate::Column as Mandate;
    use mandate_entry::Column as Entry;
    let entries = Table::create()
        .table(mandate_entry::Entity)
        .col(ColumnDef::new(Entry::Key).string().not_null().primary_key())
        .col(ColumnDef::new(Entry::Origin).string().not_null())
        .col(ColumnDef::new(Entry::Sequence).big_integer().not_null())
        .col(ColumnDef::new(Entry::Kind).string().not_null())
        .col(ColumnDef::new(Entry::Unread).integer().not_null())
        .col(ColumnDef::new(Entry::Proven).blob().not_null())
        .col(ColumnDef::new(Entry::Time).big_integer().not_null())
        .to_owned();
    manager.create_table(entries).await?;
    let mandates = Table::create()
        .table(mandate::Entity)
        .col(ColumnDef::new(Mandate::Programme).string().not_null().primary_key())
        .col(ColumnDef::new(Mandate::Received).string().not_null())
        .col(ColumnDef::new(Mandate::Origin).string().not_null())
        .col(ColumnDef::new(Mandate::Sequence).big_integer().not_null())
        .col(ColumnDef::new(Mandate::Given).blob().not_null())
        .col(ColumnDef::new(Mandate::Time).big_integer().not_null())
        .to_owned();
    manager.create_table(mandates).await
}

async fn feeds(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    use mandate_alarm::Column as Alarm;
    use mandate_feed::Column as Feed;
    let feeds = Table::create()
        .table(mandate_feed::Entity)
        .col(ColumnDef::new(Feed::Origin).string().not_null().primary_key())
        .col(ColumnDef::new(Feed::Parents).string().not_null())
        .col(ColumnDef::new(Feed::VerifierKey).string().not_null())
        .col(ColumnDef::new(Feed::Last).big_integer())
        .col(ColumnDef::new(Feed::Time).big_integer().not_null())
        .to_owned();
    manager.create_table(feeds).await?;
    let alarms = Table::create()
        .table(mandate_alarm::Entity)
        .col(ColumnDef::new(Alarm::Key).string().not_null().primary_key())
        .col(ColumnDef::new(Alarm::Origin).string().not_null())
        .col(ColumnDef::new(Alarm::Code).string().not_null())
        .col(ColumnDef::new(Alarm::Zh).text().not_null())
        .col(ColumnDef::new(Alarm::En).text().not_null())
        .col(ColumnDef::new(Alarm::Time).big_integer().not_null())
        .to_owned();
    manager.create_table(alarms).await
}
