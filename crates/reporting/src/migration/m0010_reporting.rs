//! Reports, what they rest on, and the indexes by which they are looked at together.

use sea_orm_migration::prelude::*;

use crate::entity::{article, division, evidence, filer, item_list, item_object, period, report};

/// Makes the tables.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_reporting"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        reports(manager).await?;
        divisions(manager).await?;
        lists(manager).await?;
        others(manager).await
    }
}

async fn reports(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(report::Entity)
        .col(ColumnDef::new(report::Column::Name).string().not_null().primary_key())
        .col(ColumnDef::new(report::Column::IndicatorName).string().not_null())
        .col(ColumnDef::new(report::Column::Programme).string().not_null())
        .col(ColumnDef::new(report::Column::Period).string().not_null())
        .col(ColumnDef::new(report::Column::Indicator).string().not_null())
        .col(ColumnDef::new(report::Column::Unit).string().not_null())
        .col(ColumnDef::new(report::Column::State).integer().not_null())
        .col(ColumnDef::new(report::Column::Version).integer().not_null())
        .col(ColumnDef::new(report::Column::ProgrammeVersion).integer().not_null())
        .col(ColumnDef::new(report::Column::FirstSubmitTime).big_integer())
        .col(ColumnDef::new(report::Column::Late).boolean().not_null())
        .col(ColumnDef::new(report::Column::WorkingDaysLate).integer().not_null())
        .col(ColumnDef::new(report::Column::EnteredForUnit).boolean().not_null())
        .col(ColumnDef::new(report::Column::EnteredBy).string().not_null())
        .col(ColumnDef::new(report::Column::CertifiedVersion).integer().not_null())
        .col(ColumnDef::new(report::Column::CertifiedEntry).big_integer().not_null())
        .col(ColumnDef::new(report::Column::CertifiedSubmission).big_integer().not_null())
        .col(ColumnDef::new(report::Column::PassedEntry).big_integer().not_null())
        .col(ColumnDef::new(report::Column::CorrectsVersion).integer().not_null())
        .col(ColumnDef::new(report::Column::CorrectionAsked).boolean().not_null())
        .col(ColumnDef::new(report::Column::Stands).boolean().not_null())
        .col(ColumnDef::new(report::Column::Fast).boolean().not_null())
        .col(ColumnDef::new(report::Column::SubmissionSequence).big_integer().not_null())
        .col(ColumnDef::new(report::Column::Persons).text().not_null())
        .col(ColumnDef::new(report::Column::Draft).blob().not_null())
        .col(ColumnDef::new(report::Column::Figures).blob().not_null())
        .col(ColumnDef::new(report::Column::Certified).blob().not_null())
        .col(ColumnDef::new(report::Column::Trail).blob().not_null())
        .col(ColumnDef::new(report::Column::Revision).big_integer().not_null())
        .to_owned();
    manager.create_table(table).await?;
    manager.create_index(index("report_indicator_name", report::Entity, report::Column::IndicatorName)).await?;
    let by_month = Index::create()
        .name("report_month")
        .table(report::Entity)
        .col(report::Column::Programme)
        .col(report::Column::Period)
        .to_owned();
    manager.create_index(by_month).await?;
    Ok(())
}

async fn divisions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(division::Entity)
        .col(ColumnDef::new(division::Column::Code).string().not_null().primary_key())
        .col(ColumnDef::new(division::Column::Title).string().not_null())
        .to_owned();
    manager.create_table(table).await
}

async fn lists(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(item_list::Entity)
        .col(ColumnDef::new(item_list::Column::Name).string().not_null().primary_key())
        .col(ColumnDef::new(item_list::Column::IndicatorName).string().not_null())
        .col(ColumnDef::new(item_list::Column::Measure).string().not_null())
        .col(ColumnDef::new(item_list::Column::Revision).big_integer().not_null())
        .col(ColumnDef::new(item_list::Column::Items).blob().not_null())
        .col(ColumnDef::new(item_list::Column::Elsewhere).blob().not_null())
        .to_owned();
    manager.create_table(table).await?;
    let table = Table::create()
        .table(item_object::Entity)
        .col(ColumnDef::new(item_object::Column::Name).string().not_null().primary_key())
        .col(ColumnDef::new(item_object::Column::Lists).text().not_null())
        .to_owned();
    manager.create_table(table).await?;
    manager
        .create_index(index("item_list_indicator_name", item_list::Entity, item_list::Column::IndicatorName))
        .await?;
    Ok(())
}

async fn others(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(period::Entity)
        .col(ColumnDef::new(period::Column::Name).string().not_null().primary_key())
        .col(ColumnDef::new(period::Column::Sequence).big_integer().not_null())
        .to_owned();
    manager.create_table(table).await?;
    let table = Table::create()
        .table(evidence::Entity)
        .col(ColumnDef::new(evidence::Column::Sha256).string().not_null().primary_key())
        .col(ColumnDef::new(evidence::Column::Size).big_integer().not_null())
        .col(ColumnDef::new(evidence::Column::ContentType).string().not_null())
        .col(ColumnDef::new(evidence::Column::Label).string().not_null())
        .col(ColumnDef::new(evidence::Column::Unit).string().not_null())
        .col(ColumnDef::new(evidence::Column::UsedIn).string().not_null())
        .col(ColumnDef::new(evidence::Column::UsedBy).string().not_null())
        .to_owned();
    manager.create_table(table).await?;
    let table = Table::create()
        .table(article::Entity)
        .col(ColumnDef::new(article::Column::Name).string().not_null().primary_key())
        .col(ColumnDef::new(article::Column::Month).string().not_null())
        .col(ColumnDef::new(article::Column::Unit).string().not_null())
        .col(ColumnDef::new(article::Column::FirstTime).big_integer().not_null())
        .col(ColumnDef::new(article::Column::Late).boolean().not_null())
        .col(ColumnDef::new(article::Column::Document).blob().not_null())
        .to_owned();
    manager.create_table(table).await?;
    let table = Table::create()
        .table(filer::Entity)
        .col(ColumnDef::new(filer::Column::Name).string().not_null().primary_key())
        .col(ColumnDef::new(filer::Column::Units).text().not_null())
        .to_owned();
    manager.create_table(table).await?;
    manager.create_index(index("article_month", article::Entity, article::Column::Month)).await?;
    Ok(())
}

fn index(name: &str, table: impl IntoTableRef, column: impl IntoIndexColumn) -> IndexCreateStatement {
    Index::create().name(name).table(table).col(column).to_owned()
}
