//! What lower tiers filed, and what goes up to the parent.

use sea_orm_migration::prelude::*;

use crate::entity::{
    outbox, parent_programme, tier_alarm, tier_entry, tier_figure, tier_key, tier_quarantine, tier_set,
};

/// Makes the tables.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0020_tiers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        received(manager).await?;
        ledgers(manager).await?;
        outgoing(manager).await
    }
}

async fn received(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sets = Table::create()
        .table(tier_set::Entity)
        .col(ColumnDef::new(tier_set::Column::Key).string().not_null().primary_key())
        .col(ColumnDef::new(tier_set::Column::Report).string().not_null())
        .col(ColumnDef::new(tier_set::Column::Division).string().not_null())
        .col(ColumnDef::new(tier_set::Column::Programme).string().not_null())
        .col(ColumnDef::new(tier_set::Column::Period).string().not_null())
        .col(ColumnDef::new(tier_set::Column::Mark).integer().not_null())
        .col(ColumnDef::new(tier_set::Column::Line).big_integer().not_null())
        .col(ColumnDef::new(tier_set::Column::Sequence).big_integer().not_null())
        .col(ColumnDef::new(tier_set::Column::LeafHash).blob().not_null())
        .col(ColumnDef::new(tier_set::Column::Origin).string().not_null())
        .col(ColumnDef::new(tier_set::Column::ReceiveTime).big_integer().not_null())
        .col(ColumnDef::new(tier_set::Column::Entry).big_integer().not_null())
        .col(ColumnDef::new(tier_set::Column::Version).integer().not_null())
        .col(ColumnDef::new(tier_set::Column::Waits).boolean().not_null())
        .col(ColumnDef::new(tier_set::Column::Newest).boolean().not_null())
        .col(ColumnDef::new(tier_set::Column::Unread).integer().not_null())
        .col(ColumnDef::new(tier_set::Column::Composed).boolean().not_null())
        .col(ColumnDef::new(tier_set::Column::Figures).blob().not_null())
        .to_owned();
    manager.create_table(sets).await?;
    let by_report =
        Index::create().name("tier_set_report").table(tier_set::Entity).col(tier_set::Column::Report).to_owned();
    manager.create_index(by_report).await?;
    let of_tier = Index::create()
        .name("tier_set_programme")
        .table(tier_set::Entity)
        .col(tier_set::Column::Programme)
        .col(tier_set::Column::Division)
        .to_owned();
    manager.create_index(of_tier).await?;
    let figures = Table::create()
        .table(tier_figure::Entity)
        .col(ColumnDef::new(tier_figure::Column::Report).string().not_null().primary_key())
        .col(ColumnDef::new(tier_figure::Column::Whole).string().not_null())
        .col(ColumnDef::new(tier_figure::Column::Division).string().not_null())
        .col(ColumnDef::new(tier_figure::Column::Certified).boolean().not_null())
        .col(ColumnDef::new(tier_figure::Column::SetKey).string().not_null())
        .col(ColumnDef::new(tier_figure::Column::Decision).big_integer().not_null())
        .col(ColumnDef::new(tier_figure::Column::Submission).big_integer().not_null())
        .col(ColumnDef::new(tier_figure::Column::Figures).blob().not_null())
        .to_owned();
    manager.create_table(figures).await?;
    let by_whole =
        Index::create().name("tier_figure_whole").table(tier_figure::Entity).col(tier_figure::Column::Whole).to_owned();
    manager.create_index(by_whole).await
}

async fn ledgers(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let keys = Table::create()
        .table(tier_key::Entity)
        .col(ColumnDef::new(tier_key::Column::Origin).string().not_null().primary_key())
        .col(ColumnDef::new(tier_key::Column::VerifierKey).string().not_null())
        .col(ColumnDef::new(tier_key::Column::FormerKeys).text().not_null())
        .col(ColumnDef::new(tier_key::Column::Line).big_integer().not_null())
        .to_owned();
    manager.create_table(keys).await?;
    let entries = Table::create()
        .table(tier_entry::Entity)
        .col(ColumnDef::new(tier_entry::Column::Key).string().not_null().primary_key())
        .col(ColumnDef::new(tier_entry::Column::Line).big_integer().not_null())
        .col(ColumnDef::new(tier_entry::Column::LeafHash).blob().not_null())
        .to_owned();
    manager.create_table(entries).await?;
    let aside = Table::create()
        .table(tier_quarantine::Entity)
        .col(ColumnDef::new(tier_quarantine::Column::Key).string().not_null().primary_key())
        .col(ColumnDef::new(tier_quarantine::Column::Report).string().not_null())
        .col(ColumnDef::new(tier_quarantine::Column::Entry).big_integer().not_null())
        .to_owned();
    manager.create_table(aside).await?;
    let alarms = Table::create()
        .table(tier_alarm::Entity)
        .col(ColumnDef::new(tier_alarm::Column::Key).string().not_null().primary_key())
        .col(ColumnDef::new(tier_alarm::Column::Division).string().not_null())
        .col(ColumnDef::new(tier_alarm::Column::Origin).string().not_null())
        .col(ColumnDef::new(tier_alarm::Column::Alarm).string().not_null())
        .col(ColumnDef::new(tier_alarm::Column::Zh).text().not_null())
        .col(ColumnDef::new(tier_alarm::Column::En).text().not_null())
        .col(ColumnDef::new(tier_alarm::Column::KeptKey).text().not_null())
        .col(ColumnDef::new(tier_alarm::Column::OfferedKey).text().not_null())
        .col(ColumnDef::new(tier_alarm::Column::RaiseTime).big_integer().not_null())
        .col(ColumnDef::new(tier_alarm::Column::ResolveTime).big_integer().not_null())
        .col(ColumnDef::new(tier_alarm::Column::ResolvedBy).string().not_null())
        .col(ColumnDef::new(tier_alarm::Column::ResolveReason).text().not_null())
        .to_owned();
    manager.create_table(alarms).await?;
    let by_origin =
        Index::create().name("tier_alarm_origin").table(tier_alarm::Entity).col(tier_alarm::Column::Origin).to_owned();
    manager.create_index(by_origin).await
}

async fn outgoing(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sets = Table::create()
        .table(outbox::Entity)
        .col(ColumnDef::new(outbox::Column::Key).string().not_null().primary_key())
        .col(ColumnDef::new(outbox::Column::State).integer().not_null())
        .col(ColumnDef::new(outbox::Column::Programme).string().not_null())
        .col(ColumnDef::new(outbox::Column::RefusedOf).string().not_null())
        .col(ColumnDef::new(outbox::Column::Period).string().not_null())
        .col(ColumnDef::new(outbox::Column::Decision).big_integer().not_null())
        .col(ColumnDef::new(outbox::Column::Submission).big_integer().not_null())
        .col(ColumnDef::new(outbox::Column::Shares).text().not_null())
        .col(ColumnDef::new(outbox::Column::Figures).blob().not_null())
        .col(ColumnDef::new(outbox::Column::Answer).blob().not_null())
        .col(ColumnDef::new(outbox::Column::PutTime).big_integer().not_null())
        .col(ColumnDef::new(outbox::Column::AnswerTime).big_integer().not_null())
        .to_owned();
    manager.create_table(sets).await?;
    let by_state = Index::create()
        .name("outbox_state")
        .table(outbox::Entity)
        .col(outbox::Column::State)
        .col(outbox::Column::Key)
        .to_owned();
    manager.create_index(by_state).await?;
    let refused =
        Index::create().name("outbox_refused_of").table(outbox::Entity).col(outbox::Column::RefusedOf).to_owned();
    manager.create_index(refused).await?;
    let programmes = Table::create()
        .table(parent_programme::Entity)
        .col(ColumnDef::new(parent_programme::Column::Name).string().not_null().primary_key())
        .col(ColumnDef::new(parent_programme::Column::Version).integer().not_null())
        .to_owned();
    manager.create_table(programmes).await
}
