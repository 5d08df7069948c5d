//! A service without its server: database, writer, ledger, policies, a clock set by hand.

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use minsheng_kit::clock::ManualClock;
use minsheng_kit::ledger::LedgerSigner;
use minsheng_kit::policy::Policies;
use minsheng_kit::service::Service;
use minsheng_kit::store::Database;
use sea_orm_migration::MigratorTrait;

use crate::{TestDatabase, moment};

/// The signer of a service's ledger in the division 430923, the same in every test.
pub fn signer(name: &str) -> LedgerSigner {
    let mut seed = [7; 32];
    for (place, byte) in seed.iter_mut().zip(name.bytes()) {
        *place = byte;
    }
    LedgerSigner::new(&format!("minsheng/430923/{name}"), &SigningKey::from_bytes(&seed)).unwrap()
}

/// Opens a service on a database; its clock stands at noon of 10 June 2023 in Beijing.
pub async fn open<M: MigratorTrait>(name: &'static str, database: &TestDatabase) -> (Service, ManualClock) {
    let clock = ManualClock::at(moment("2023-06-10T12:00:00+08:00"));
    (open_at::<M>(name, database, &clock).await, clock)
}

/// Opens a service on a database with a clock.
pub async fn open_at<M: MigratorTrait>(name: &'static str, database: &TestDatabase, clock: &ManualClock) -> Service {
    let opened = Database::open::<M>(database.url()).await.unwrap();
    let policies = Arc::new(Policies::load().unwrap());
    Service::start(name, "430923", opened, signer(name), policies, Arc::new(clock.clone())).await.unwrap()
}
