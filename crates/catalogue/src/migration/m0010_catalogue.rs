//! Divisions, units, calendars, programmes with versions and decisions, and the indexes by which they are grouped.

use sea_orm_migration::prelude::*;

use crate::entity::{calendar, division, finding_decision, programme, programme_version, unit};

/// Makes the tables.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_catalogue"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        reference(manager).await?;
        programmes(manager).await
    }
}

async fn reference(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let divisions = Table::create()
        .table(division::Entity)
        .col(ColumnDef::new(division::Column::Code).string().not_null().primary_key())
        .col(ColumnDef::new(division::Column::Name).string().not_null())
        .col(ColumnDef::new(division::Column::Level).integer().not_null())
        .col(ColumnDef::new(division::Column::Parent).string().not_null())
        .to_owned();
    manager.create_table(divisions).await?;
    let by_parent = Index::create()
        .name("division_parent")
        .table(division::Entity)
        .col(division::Column::Parent)
        .col(division::Column::Code)
        .to_owned();
    manager.create_index(by_parent).await?;
    let units = Table::create()
        .table(unit::Entity)
        .col(ColumnDef::new(unit::Column::Id).string().not_null().primary_key())
        .col(ColumnDef::new(unit::Column::Unit).blob().not_null())
        .col(ColumnDef::new(unit::Column::Revision).big_integer().not_null())
        .to_owned();
    manager.create_table(units).await?;
    let calendars = Table::create()
        .table(calendar::Entity)
        .col(ColumnDef::new(calendar::Column::Name).string().not_null().primary_key())
        .col(ColumnDef::new(calendar::Column::Calendar).blob().not_null())
        .col(ColumnDef::new(calendar::Column::Revision).big_integer().not_null())
        .to_owned();
    manager.create_table(calendars).await
}

async fn programmes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    use finding_decision::Column as Decision;
    use programme_version::Column as Version;
    let heads = Table::create()
        .table(programme::Entity)
        .col(ColumnDef::new(programme::Column::Name).string().not_null().primary_key())
        .col(ColumnDef::new(programme::Column::Newest).integer().not_null())
        .col(ColumnDef::new(programme::Column::Revision).big_integer().not_null())
        .to_owned();
    manager.create_table(heads).await?;
    let versions = Table::create()
        .table(programme_version::Entity)
        .col(ColumnDef::new(Version::Key).string().not_null().primary_key())
        .col(ColumnDef::new(Version::Programme).string().not_null())
        .col(ColumnDef::new(Version::Version).integer().not_null())
        .col(ColumnDef::new(Version::InForceFrom).string().not_null())
        .col(ColumnDef::new(Version::Reason).text().not_null())
        .col(ColumnDef::new(Version::Time).big_integer().not_null())
        .col(ColumnDef::new(Version::Document).blob().not_null())
        .col(ColumnDef::new(Version::Revision).big_integer().not_null())
        .to_owned();
    manager.create_table(versions).await?;
    let by_programme = Index::create()
        .name("programme_version_programme")
        .table(programme_version::Entity)
        .col(Version::Programme)
        .to_owned();
    manager.create_index(by_programme).await?;
    let decisions = Table::create()
        .table(finding_decision::Entity)
        .col(ColumnDef::new(Decision::Key).string().not_null().primary_key())
        .col(ColumnDef::new(Decision::Programme).string().not_null())
        .col(ColumnDef::new(Decision::Finding).string().not_null())
        .col(ColumnDef::new(Decision::Decision).text().not_null())
        .col(ColumnDef::new(Decision::DecidedBy).string().not_null())
        .col(ColumnDef::new(Decision::Time).big_integer().not_null())
        .to_owned();
    manager.create_table(decisions).await?;
    let by_programme = Index::create()
        .name("finding_decision_programme")
        .table(finding_decision::Entity)
        .col(Decision::Programme)
        .to_owned();
    manager.create_index(by_programme).await
}
