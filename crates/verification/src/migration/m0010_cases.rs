//! Cases, what they rest on, and the indexes by which they are listed.

use sea_orm_migration::prelude::*;

use crate::entity::{case, case_items, item_list, submission};

/// Makes the tables.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_cases"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        cases(manager).await?;
        let submissions = Table::create()
            .table(submission::Entity)
            .col(ColumnDef::new(submission::Column::Name).string().not_null().primary_key())
            .col(ColumnDef::new(submission::Column::Content).blob().not_null())
            .to_owned();
        manager.create_table(submissions).await?;
        items(manager).await
    }
}

async fn cases(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    use case::Column as C;
    let table = Table::create()
        .table(case::Entity)
        .col(ColumnDef::new(C::Name).string().not_null().primary_key())
        .col(ColumnDef::new(C::Report).string().not_null())
        .col(ColumnDef::new(C::Programme).string().not_null())
        .col(ColumnDef::new(C::Period).string().not_null())
        .col(ColumnDef::new(C::Indicator).string().not_null())
        .col(ColumnDef::new(C::Version).integer().not_null())
        .col(ColumnDef::new(C::Unit).string().not_null())
        .col(ColumnDef::new(C::Certifier).string().not_null())
        .col(ColumnDef::new(C::State).integer().not_null())
        .col(ColumnDef::new(C::Stands).boolean().not_null())
        .col(ColumnDef::new(C::ProgrammeVersion).integer().not_null())
        .col(ColumnDef::new(C::Late).boolean().not_null())
        .col(ColumnDef::new(C::EnteredForUnit).boolean().not_null())
        .col(ColumnDef::new(C::ToBeCertified).boolean().not_null())
        .col(ColumnDef::new(C::SubmissionSequence).big_integer().not_null())
        .col(ColumnDef::new(C::SubmissionLeafHash).blob().not_null())
        .col(ColumnDef::new(C::SubmitTime).big_integer().not_null())
        .col(ColumnDef::new(C::PassTime).big_integer())
        .col(ColumnDef::new(C::CertifyTime).big_integer())
        .col(ColumnDef::new(C::Persons).text().not_null())
        .col(ColumnDef::new(C::PassedBy).string().not_null())
        .col(ColumnDef::new(C::CorrectionReason).text().not_null())
        .col(ColumnDef::new(C::CorrectionAskedBy).string().not_null())
        .col(ColumnDef::new(C::CorrectionOffice).string().not_null())
        .col(ColumnDef::new(C::CorrectionCertifier).string().not_null())
        .col(ColumnDef::new(C::Figures).blob().not_null())
        .col(ColumnDef::new(C::Revision).big_integer().not_null())
        .to_owned();
    manager.create_table(table).await?;
    let index =
        |name: &str, column| Index::create().name(name).table(case::Entity).col(C::Programme).col(column).to_owned();
    manager.create_index(index("certification_case_period", C::Period)).await?;
    manager.create_index(index("certification_case_indicator", C::Indicator)).await?;
    let by_report = Index::create().name("certification_case_report").table(case::Entity).col(C::Report).to_owned();
    manager.create_index(by_report).await
}

async fn items(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let lists = Table::create()
        .table(item_list::Entity)
        .col(ColumnDef::new(item_list::Column::Key).string().not_null().primary_key())
        .col(ColumnDef::new(item_list::Column::Indicator).string().not_null())
        .col(ColumnDef::new(item_list::Column::Measure).string().not_null())
        .col(ColumnDef::new(item_list::Column::Items).blob().not_null())
        .to_owned();
    manager.create_table(lists).await?;
    let by_indicator = Index::create()
        .name("item_list_indicator")
        .table(item_list::Entity)
        .col(item_list::Column::Indicator)
        .to_owned();
    manager.create_index(by_indicator).await?;
    let of_cases = Table::create()
        .table(case_items::Entity)
        .col(ColumnDef::new(case_items::Column::Key).string().not_null().primary_key())
        .col(ColumnDef::new(case_items::Column::CaseName).string().not_null())
        .col(ColumnDef::new(case_items::Column::Items).blob().not_null())
        .to_owned();
    manager.create_table(of_cases).await?;
    let by_case =
        Index::create().name("case_items_case").table(case_items::Entity).col(case_items::Column::CaseName).to_owned();
    manager.create_index(by_case).await
}
