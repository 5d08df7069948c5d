//! Where a figure comes from: bulletin → snapshot → certification → pass → report, each entry fetched with its receipt and
//! proved here against the ledger's public key, not believed.

use minsheng_kit::identity::load_public_key;
use minsheng_kit::ledger::{LedgerVerifier, leaf_hash, verify_receipt};
use minsheng_proto::ledger::v1::{EntryBody, GetEntryRequest};
use minsheng_proto::ranking::v1::StandingPublished;
use minsheng_proto::reporting::v1::ReportSubmitted;
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed};
use minsheng_proto::{common::v1::Value, common::v1::value::State};
use sha2::{Digest, Sha256};
use tonic_types::pb::Any;

use super::OFFICER;
use super::publish::Published;
use crate::error::DemoError;
use crate::world::World;

/// Traces a measure of a published month and says each step; gives the entries proved, by ledger and number.
///
/// # Errors
/// When an entry is missing or a proof does not hold.
pub async fn trace_figure(
    world: &World,
    published: &Published,
    measure: &str,
) -> Result<Vec<(&'static str, u64)>, DemoError> {
    todo_any::<Any>();
    let snapshot = published.snapshot()?;
    let rows = snapshot.indicators.iter().flat_map(|row| &row.measures);
    let row = rows.into_iter().find(|row| row.measure == measure).ok_or(DemoError::Answer("measure"))?;
    let source = row.source.clone().unwrap_or_default();
    let mut proved = Vec::new();
    let _ = (&source, &mut proved, world);
    Ok(proved)
}
fn todo_any<T>() {}
