//! Services of a simulated tier: opened on a database as after a start, and their ledgers checked from the first entry.

use std::sync::{Arc, OnceLock};

use ed25519_dalek::SigningKey;
use minsheng_kit::clock::ManualClock;
use minsheng_kit::ledger::{LedgerCheck, LedgerSigner, LedgerVerifier};
use minsheng_kit::policy::Policies;
use minsheng_kit::service::Service;
use minsheng_kit::store::Database;
use minsheng_proto::ledger::v1::EntryBody;
use prost::Message;
use sea_orm_migration::MigratorTrait;

/// A service of a division's tier on its database, with the same key at each start.
pub async fn open<M: MigratorTrait>(name: &'static str, division: &str, url: &str, clock: &ManualClock) -> Service {
    static POLICIES: OnceLock<Arc<Policies>> = OnceLock::new();
    let policies = POLICIES.get_or_init(|| Arc::new(Policies::load().unwrap())).clone();
    let database = Database::open::<M>(url).await.unwrap();
    let signer = LedgerSigner::new(&format!("minsheng/{division}/{name}"), &SigningKey::from_bytes(&[9; 32])).unwrap();
    Service::start(name, division, database, signer, policies, Arc::new(clock.clone())).await.unwrap()
}

/// All entries of a service's ledger.
///
/// # Errors
/// The first thing by which they do not add up to its signed head.
pub async fn verified(service: &Service) -> Result<Vec<EntryBody>, String> {
    let ledger = service.writer.ledger();
    let wrong = |fault: &dyn std::fmt::Display| format!("the ledger {}: {fault}", ledger.origin());
    let (size, checkpoint) = ledger.head().await.unwrap();
    let entries = ledger.entries(0, size, usize::MAX).await.unwrap();
    let verifier = LedgerVerifier::new(ledger.verifier_key()).unwrap();
    let mut check = LedgerCheck::begin(&checkpoint, &verifier).map_err(|fault| wrong(&fault))?;
    for entry in &entries {
        check.entry(&entry.body, None).map_err(|fault| wrong(&fault))?;
    }
    check.finish().map_err(|fault| wrong(&fault))?;
    Ok(entries.iter().map(|entry| EntryBody::decode(entry.body.as_slice()).unwrap()).collect())
}
