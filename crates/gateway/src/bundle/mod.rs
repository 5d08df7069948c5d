//! Bundles: the exchange with another tier in files, where there is no line. A lower tier's bundle holds the calls that its
//! gateway and services would make; the parent's gateway makes them in its name, through the same door, and puts the answers
//! into a bundle for the way back; there they go where answers go that came over a line.

pub(crate) mod enrolment;
mod export;
mod file;
mod import;
mod inward;
mod parent;

use std::sync::Arc;

use minsheng_kit::authority::Authority;
use minsheng_kit::client::PeerChannel;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::service::Service;
use minsheng_proto::tier::v1::BundleSummary;
use sha2::{Digest, Sha256};

pub(crate) use export::{Made, More};
pub(crate) use file::{MOST_BYTES, unwrap, wrap};
pub(crate) use inward::Inner;

use crate::audit::Auditor;
use crate::exchange::Exchange;
use crate::ledgers::Ledgers;
use crate::parent::Parent;
use crate::tiers::Tiers;

/// Word in the first line of a bundle's file.
const WORD: &str = "bundle";
/// What is signed begins with this.
const SIGNED: &[u8] = b"minsheng bundle v1\n";

/// Makes bundles and takes them in.
#[derive(Debug)]
pub(crate) struct Bundles {
    pub(crate) service: Service,
    pub(crate) parent: Arc<Parent>,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) ledgers: Ledgers,
    pub(crate) authority: Arc<Authority>,
    pub(crate) tiers: Arc<Tiers>,
    pub(crate) auditor: Auditor,
    pub(crate) inner: Inner,
    /// Held while one is made or taken in.
    pub(crate) running: tokio::sync::Mutex<()>,
}

impl Bundles {
    /// The way to a service of this tier, as the gateway.
    fn service_behind(&self, name: &str) -> Result<PeerChannel, Refusal> {
        let found = self.ledgers.behind.iter().find(|(known, _)| *known == name);
        found.map(|(_, channel)| channel.clone()).ok_or_else(|| Refusal::new(Reason::Internal))
    }
}

/// What is signed of a bundle.
pub(crate) fn signed(certificate: &[u8], bundle: &[u8]) -> Vec<u8> {
    let certificate: [u8; 32] = Sha256::digest(certificate).into();
    [SIGNED, &certificate, bundle].concat()
}

/// A count as a summary holds it.
fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Adds what part of a bundle came to.
fn add(total: &mut i32, number: i32) {
    *total = total.saturating_add(number);
}

/// A file and what it holds.
pub(crate) type Summed = (BundleSummary, Option<Made>);
