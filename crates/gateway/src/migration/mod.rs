//! The tables' history: what kit brings, then the gateway's own.

mod m0010_accounts;
mod m0020_tiers;
mod m0030_bundles;

use sea_orm_migration::prelude::*;

/// All migrations in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(minsheng_kit::ledger::entity::Migration),
            Box::new(minsheng_kit::writer::idempotency::Migration),
            Box::new(minsheng_kit::lease::Migration),
            Box::new(m0010_accounts::Migration),
            Box::new(m0020_tiers::Migration),
            Box::new(m0030_bundles::Migration),
        ]
    }
}
