//! The tables' history: what kit brings, then this service's own.

mod m0010_reporting;
mod m0020_tiers;

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
            Box::new(minsheng_kit::follower::cursor::Migration),
            Box::new(minsheng_kit::catalogue::Migration),
            Box::new(minsheng_kit::catalogue::unit::Migration),
            Box::new(m0010_reporting::Migration),
            Box::new(m0020_tiers::Migration),
        ]
    }
}
