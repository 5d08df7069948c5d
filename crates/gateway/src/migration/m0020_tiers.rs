//! Lower tiers with their certificates and codes, the parent, and what is kept of other tiers' ledgers.

use sea_orm_migration::prelude::*;

use crate::entity::{alarm, certificate, cosigned_head, enrolment_code, kept_head, parent, tier};

/// Makes the tables.
#[derive(Debug)]
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0020_tiers"
    }
}

fn key(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).string().not_null().primary_key().to_owned()
}

fn string(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).string().not_null().to_owned()
}

fn text(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).text().not_null().to_owned()
}

fn number(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).big_integer().not_null().to_owned()
}

fn flag(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).boolean().not_null().to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        use tier::Column as T;
        let tiers = Table::create()
            .table(tier::Entity)
            .col(key(T::Division))
            .col(flag(T::Revoked))
            .col(string(T::RevokeReason))
            .col(number(T::EnrolTime))
            .col(number(T::ExchangeTime))
            .col(string(T::WitnessKey))
            .to_owned();
        manager.create_table(tiers).await?;

        use certificate::Column as C;
        let certificates = Table::create()
            .table(certificate::Entity)
            .col(key(C::Fingerprint))
            .col(string(C::Division))
            .col(string(C::State))
            .col(string(C::RequestSha256))
            .col(text(C::Chain))
            .col(number(C::IssueTime))
            .col(number(C::ExpireTime))
            .to_owned();
        manager.create_table(certificates).await?;
        let index =
            Index::create().name("tier_certificate_division").table(certificate::Entity).col(C::Division).to_owned();
        manager.create_index(index).await?;

        use enrolment_code::Column as E;
        let codes = Table::create()
            .table(enrolment_code::Entity)
            .col(key(E::CodeSha256))
            .col(string(E::Division))
            .col(number(E::ExpireTime))
            .col(string(E::RequestSha256))
            .col(string(E::Fingerprint))
            .to_owned();
        manager.create_table(codes).await?;
        let index =
            Index::create().name("enrolment_code_division").table(enrolment_code::Entity).col(E::Division).to_owned();
        manager.create_index(index).await?;

        use parent::Column as P;
        let parents = Table::create()
            .table(parent::Entity)
            .col(key(P::Id))
            .col(string(P::Division))
            .col(string(P::Url))
            .col(string(P::Pinned))
            .col(text(P::Chain))
            .col(string(P::KeyFile))
            .col(string(P::Fingerprint))
            .col(number(P::IssueTime))
            .col(number(P::ExpireTime))
            .col(number(P::JoinTime))
            .col(flag(P::Left))
            .col(number(P::ExchangeTime))
            .col(string(P::WitnessKey))
            .col(text(P::OldKeyFiles))
            .to_owned();
        manager.create_table(parents).await?;

        use kept_head::Column as K;
        let kept = Table::create()
            .table(kept_head::Entity)
            .col(key(K::Origin))
            .col(string(K::Division))
            .col(string(K::VerifierKey))
            .col(number(K::Size))
            .col(text(K::Checkpoint))
            .col(number(K::KeepTime))
            .to_owned();
        manager.create_table(kept).await?;
        let index = Index::create().name("kept_head_division").table(kept_head::Entity).col(K::Division).to_owned();
        manager.create_index(index).await?;

        use cosigned_head::Column as H;
        let cosigned = Table::create()
            .table(cosigned_head::Entity)
            .col(key(H::Key))
            .col(string(H::Witness))
            .col(string(H::Origin))
            .col(number(H::Size))
            .col(text(H::Checkpoint))
            .col(number(H::KeepTime))
            .to_owned();
        manager.create_table(cosigned).await?;
        let index =
            Index::create().name("cosigned_head_witness").table(cosigned_head::Entity).col(H::Witness).to_owned();
        manager.create_index(index).await?;

        use alarm::Column as A;
        let alarms = Table::create()
            .table(alarm::Entity)
            .col(key(A::Origin))
            .col(string(A::Division))
            .col(string(A::Reason))
            .col(text(A::KeptCheckpoint))
            .col(text(A::OfferedCheckpoint))
            .col(string(A::VerifierKey))
            .col(number(A::RaiseTime))
            .col(number(A::ResolveTime))
            .col(string(A::ResolvedBy))
            .col(text(A::ResolveReason))
            .to_owned();
        manager.create_table(alarms).await
    }
}
