//! The service's tables and their indexes.

use sea_orm_migration::prelude::*;

use crate::entity::{article, bulletin, numbering, period, scheme, snapshot, standing, submission, template, township};

/// Makes the tables.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_ranking"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut submission = Table::create();
        submission.table(submission::Entity);
        submission.col(ColumnDef::new(submission::Column::Name).string().not_null().primary_key());
        submission.col(ColumnDef::new(submission::Column::Month).string().not_null());
        submission.col(ColumnDef::new(submission::Column::Indicator).string().not_null());
        submission.col(ColumnDef::new(submission::Column::Version).integer().not_null());
        submission.col(ColumnDef::new(submission::Column::Submitted).boolean().not_null());
        submission.col(ColumnDef::new(submission::Column::Late).boolean().not_null());
        submission.col(ColumnDef::new(submission::Column::WorkingDaysLate).integer().not_null());
        submission.col(ColumnDef::new(submission::Column::ToConfirm).boolean().not_null());
        submission.col(ColumnDef::new(submission::Column::Content).blob().not_null());
        submission.col(ColumnDef::new(submission::Column::Sequence).big_integer().not_null());
        submission.col(ColumnDef::new(submission::Column::LeafHash).blob().not_null());
        submission.col(ColumnDef::new(submission::Column::Passed).blob());
        submission.col(ColumnDef::new(submission::Column::PassSequence).big_integer());
        submission.col(ColumnDef::new(submission::Column::Certified).blob());
        submission.col(ColumnDef::new(submission::Column::CertificationSequence).big_integer());
        submission.col(ColumnDef::new(submission::Column::Returned).blob());
        manager.create_table(submission).await?;
        manager.create_index(index("submission_by_month", submission::Entity, submission::Column::Month)).await?;
        let mut article = Table::create();
        article.table(article::Entity);
        article.col(ColumnDef::new(article::Column::Name).string().not_null().primary_key());
        article.col(ColumnDef::new(article::Column::Month).string().not_null());
        article.col(ColumnDef::new(article::Column::Unit).string().not_null());
        article.col(ColumnDef::new(article::Column::Title).string().not_null());
        article.col(ColumnDef::new(article::Column::Late).boolean().not_null());
        manager.create_table(article).await?;
        manager.create_index(index("article_by_month", article::Entity, article::Column::Month)).await?;
        let mut period = Table::create();
        period.table(period::Entity);
        period.col(ColumnDef::new(period::Column::Month).string().not_null().primary_key());
        period.col(ColumnDef::new(period::Column::Sequence).big_integer().not_null());
        manager.create_table(period).await?;
        let mut scheme = Table::create();
        scheme.table(scheme::Entity);
        scheme.col(ColumnDef::new(scheme::Column::Name).string().not_null().primary_key());
        scheme.col(ColumnDef::new(scheme::Column::Scheme).string().not_null());
        scheme.col(ColumnDef::new(scheme::Column::Version).integer().not_null());
        scheme.col(ColumnDef::new(scheme::Column::Definition).blob().not_null());
        manager.create_table(scheme).await?;
        manager.create_index(index("scheme_by_scheme", scheme::Entity, scheme::Column::Scheme)).await?;
        let mut standing = Table::create();
        standing.table(standing::Entity);
        standing.col(ColumnDef::new(standing::Column::Name).string().not_null().primary_key());
        standing.col(ColumnDef::new(standing::Column::Programme).string().not_null());
        standing.col(ColumnDef::new(standing::Column::Period).string().not_null());
        standing.col(ColumnDef::new(standing::Column::Number).integer().not_null());
        standing.col(ColumnDef::new(standing::Column::Basis).integer().not_null());
        standing.col(ColumnDef::new(standing::Column::Scheme).string().not_null());
        standing.col(ColumnDef::new(standing::Column::Sha256).blob().not_null());
        standing.col(ColumnDef::new(standing::Column::Sequence).big_integer().not_null());
        standing.col(ColumnDef::new(standing::Column::PublishTime).big_integer().not_null());
        standing.col(ColumnDef::new(standing::Column::PublishedBy).string().not_null());
        standing.col(ColumnDef::new(standing::Column::CertifiedBy).text().not_null());
        manager.create_table(standing).await?;
        manager.create_index(index("standing_by_programme", standing::Entity, standing::Column::Programme)).await?;
        let mut snapshot = Table::create();
        snapshot.table(snapshot::Entity);
        snapshot.col(ColumnDef::new(snapshot::Column::Name).string().not_null().primary_key());
        snapshot.col(ColumnDef::new(snapshot::Column::Bytes).blob().not_null());
        manager.create_table(snapshot).await?;
        let mut bulletin = Table::create();
        bulletin.table(bulletin::Entity);
        bulletin.col(ColumnDef::new(bulletin::Column::Name).string().not_null().primary_key());
        bulletin.col(ColumnDef::new(bulletin::Column::Programme).string().not_null());
        bulletin.col(ColumnDef::new(bulletin::Column::Kind).string().not_null());
        bulletin.col(ColumnDef::new(bulletin::Column::Period).string().not_null());
        bulletin.col(ColumnDef::new(bulletin::Column::Number).integer().not_null());
        bulletin.col(ColumnDef::new(bulletin::Column::State).integer().not_null());
        bulletin.col(ColumnDef::new(bulletin::Column::Drafted).big_integer().not_null());
        bulletin.col(ColumnDef::new(bulletin::Column::Snapshot).string().not_null());
        bulletin.col(ColumnDef::new(bulletin::Column::Published).boolean().not_null());
        bulletin.col(ColumnDef::new(bulletin::Column::Bulletin).blob().not_null());
        manager.create_table(bulletin).await?;
        manager.create_index(index("bulletin_by_programme", bulletin::Entity, bulletin::Column::Programme)).await?;
        let mut numbering = Table::create();
        numbering.table(numbering::Entity);
        numbering.col(ColumnDef::new(numbering::Column::Name).string().not_null().primary_key());
        numbering.col(ColumnDef::new(numbering::Column::Series).string().not_null());
        numbering.col(ColumnDef::new(numbering::Column::Issued).integer().not_null());
        numbering.col(ColumnDef::new(numbering::Column::Holder).string().not_null());
        manager.create_table(numbering).await?;
        let mut template = Table::create();
        template.table(template::Entity);
        template.col(ColumnDef::new(template::Column::Sha256).string().not_null().primary_key());
        template.col(ColumnDef::new(template::Column::Content).blob().not_null());
        manager.create_table(template).await?;
        let mut township = Table::create();
        township.table(township::Entity);
        township.col(ColumnDef::new(township::Column::Code).string().not_null().primary_key());
        township.col(ColumnDef::new(township::Column::Tier).string().not_null());
        township.col(ColumnDef::new(township::Column::Title).string().not_null());
        manager.create_table(township).await?;
        Ok(())
    }
}

fn index(name: &str, table: impl IntoTableRef, column: impl IntoIndexColumn) -> IndexCreateStatement {
    Index::create().name(name).table(table).col(column).to_owned()
}
