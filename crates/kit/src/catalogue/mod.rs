//! What a service keeps of the catalogue's ledger: issued versions of programmes, calendars, units. It follows the ledger
//! with [`wants`] and the `apply_…` functions, and decides with [`Programmes`] and [`Calendars`].
//!
//! A decision needs two things. Which version is in force may change with every followed entry, and another replica may
//! have applied it: that is read in the writer's transaction, under the lock of the ledger's head, from one small row
//! (`head`); an entry that the same batch applied is seen there too. What a version says never changes once it is issued:
//! that is read once and kept in memory by name and number, and no change can make it stale. So nothing in memory says
//! what is the newest, a rollback leaves nothing wrong behind, and no cache is emptied when an entry is applied.

mod calendars;
mod document;
mod follow;
mod head;
mod kept;
mod programmes;
pub mod unit;

use sea_orm_migration::prelude::*;

pub use calendars::Calendars;
pub use follow::{apply_calendar, apply_programme, apply_units, wants};
pub use programmes::{Programmes, Version, programme_names};

use crate::error::{Reason, Refusal};

/// Makes the tables of heads and documents; those of units has a migration of its own.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_catalogue"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let heads = Table::create()
            .table(head::row::Entity)
            .col(ColumnDef::new(head::row::Column::Name).string().not_null().primary_key())
            .col(ColumnDef::new(head::row::Column::Versions).text().not_null())
            .to_owned();
        manager.create_table(heads).await?;
        let documents = Table::create()
            .table(document::row::Entity)
            .col(ColumnDef::new(document::row::Column::Name).string().not_null().primary_key())
            .col(ColumnDef::new(document::row::Column::Document).blob().not_null())
            .to_owned();
        manager.create_table(documents).await
    }
}

/// What cannot happen as long as the catalogue's ledger says the truth: logged, and the caller learns no more.
fn damaged(what: &str, name: &str) -> Refusal {
    tracing::error!(what, name, "what is kept of the catalogue contradicts itself");
    Refusal::new(Reason::Internal)
}
