//! What brings a database up to date, in order.

mod m0010_ranking;

use sea_orm_migration::prelude::*;

/// The service's migrations, after those that every service has.
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
            Box::new(m0010_ranking::Migration),
        ]
    }
}
