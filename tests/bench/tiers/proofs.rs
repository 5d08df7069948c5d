//! What trust costs a figure on its way, weighed on the very sets that went up: the work that there would be none of if
//! nobody proved, signed or checked anything is done again alone, by the same code, on the databases that the run left.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use ed25519_dalek::SigningKey;
use minsheng_kit::ledger::{Frontier, LedgerReader, LedgerSigner, LedgerVerifier, leaf_hash};
use minsheng_kit::witness::{LedgerKeys, check_decision};
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::tier::v1::{FigureMark, FigureSet, FigureSetReceived};
use prost::{Message, Name};

use super::chain::{PLACES, Tier, Year};
use super::{COUNTY, MUNICIPALITY, PROVINCE, unsigned};
use crate::table::Table;

/// Sets that are weighed.
const MOST: usize = 5_000;
/// Sets of a call, which share one head at the sender.
const CALL: usize = 200;

/// The keys of the tiers' ledgers.
pub struct Ledgers(LedgerKeys);

/// Seconds of processor time for a set, and the rate of the bare hops.
pub struct Weighed {
    /// Sets a second through two bare hops.
    pub bare: f64,
    parts: BTreeMap<&'static str, f64>,
}

impl Ledgers {
    /// Asks the tiers.
    pub async fn note(tiers: &[Tier]) -> anyhow::Result<Self> {
        let mut keys = Vec::new();
        for tier in tiers {
            for service in ["reporting", "verification"] {
                keys.push(LedgerVerifier::new(&tier.head(service).await?.verifier_key)?);
            }
        }
        Ok(Self(keys.into_iter().collect()))
    }
}

impl Weighed {
    /// All of it.
    pub fn seconds(&self) -> f64 {
        self.parts.values().sum()
    }

    /// In words, in microseconds.
    pub fn parts(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(|(name, cost)| format!("{name} {:.1}", cost * 1e6)).collect();
        parts.join(", ")
    }
}

/// Weighs what the tiers left in a folder.
pub async fn weigh(folder: &Path, ledgers: &Ledgers, years: &[Year], table: &mut Table) -> anyhow::Result<Weighed> {
    let mut parts = BTreeMap::new();
    let mut add = |name, cost: f64| *parts.entry(name).or_insert(0.0) += cost;
    let mut certified = Vec::new();
    for (sender, receiver) in [(COUNTY, MUNICIPALITY), (MUNICIPALITY, PROVINCE)] {
        let above = open(folder, receiver, "reporting").await?;
        let all = received(&above, years).await?;
        check_all(&all, sender)?;
        let sets: Vec<Received> = all.into_iter().take(MOST).collect();
        let reporting = open(folder, sender, "reporting").await?;
        let verification = open(folder, sender, "verification").await?;
        let making = make(&sets, &verification, &reporting).await?;
        add("proofs made", making);
        add("proofs checked", check(&sets, &ledgers.0)?);
        add("receipts made", answer(&sets, &above).await?);
        add("entries hashed and heads signed", append(&sets)?);
        if sender == COUNTY {
            certified = sets.into_iter().map(|received| received.set).collect();
            certified.retain(|set| set.mark() == FigureMark::Certified);
        }
    }
    let stripped = certified.iter().map(|set| FigureSet {
        decision: None,
        submission: None,
        attachments: Vec::new(),
        ..set.clone()
    });
    let stripped = unsigned::run(&folder.join("stripped"), stripped.collect()).await?;
    let sets = certified.len();
    let bytes = certified.iter().map(Message::encoded_len).sum::<usize>() / sets.max(1);
    let whole = unsigned::run(&folder.join("unsigned"), certified).await?;
    add("proofs carried and stored", (whole.processor - stripped.processor).max(0.0));
    table.fact(
        "two bare hops",
        format!(
            "the first {sets} of the county's certified sets ({bytes} bytes each with proofs, calls of {CALL}) through \
             two processes: tonic, no TLS, no identity, no checks, two rows a set, groups by insert_many, SQLite, WAL, \
             synchronous FULL; {:.0}/s with their proofs, {:.0}/s without",
            whole.rate, stripped.rate
        ),
    );
    Ok(Weighed { bare: stripped.rate, parts })
}

/// A set with the number of the entry that holds it.
struct Received {
    sequence: u64,
    body: Vec<u8>,
    set: FigureSet,
}

async fn open(folder: &Path, place: usize, service: &str) -> anyhow::Result<LedgerReader> {
    let division = PLACES[place].0;
    let file = folder.join(division).join(format!("{service}.db"));
    let database = crate::bare::open(&format!("sqlite://{}", file.display())).await?;
    // Nothing is signed: heads are read as they are stored.
    let signer = LedgerSigner::new(&format!("minsheng/{division}/{service}"), &SigningKey::from_bytes(&[7; 32]))?;
    Ok(LedgerReader::new(database, signer))
}

/// The sets of a year that a tier keeps.
async fn received(ledger: &LedgerReader, years: &[Year]) -> anyhow::Result<Vec<Received>> {
    let (mut found, mut from) = (Vec::new(), 0);
    let years: Vec<String> = years.iter().map(|year| format!("-{}/", year.year)).collect();
    loop {
        let entries = ledger.entries(from, 1_000, 4 << 20).await?;
        let Some(last) = entries.last() else { return Ok(found) };
        from = u64::try_from(last.sequence)? + 1;
        for entry in entries.into_iter().filter(|entry| entry.kind == FigureSetReceived::full_name()) {
            let body = EntryBody::decode(entry.body.as_slice())?;
            let set = FigureSet::decode(FigureSetReceived::decode(body.payload)?.set)?;
            if years.iter().any(|year| set.indicator.contains(year)) {
                found.push(Received { sequence: body.sequence, body: entry.body, set });
            }
        }
    }
}

/// Everything that was decided below is above, once.
fn check_all(sets: &[Received], sender: usize) -> anyhow::Result<()> {
    let mut keys = std::collections::HashSet::new();
    let mut newest: BTreeMap<(&str, &str), i32> = BTreeMap::new();
    for Received { set, .. } in sets {
        let decision =
            set.decision.as_ref().and_then(|proven| proven.receipt.as_ref()).context("a set without proof")?;
        ensure!(keys.insert((&decision.origin, decision.sequence, &set.indicator)), "a set is above twice");
        newest.entry((&set.indicator, &set.period)).or_insert(set.mark);
    }
    let certified = sets.iter().filter(|received| received.set.mark() == FigureMark::Certified).count();
    let reports = newest.len();
    ensure!(sender != COUNTY || certified == reports, "{certified} of {reports} reports are certified above");
    Ok(())
}

/// The sender's share: entries of its two ledgers are read with their proofs, call by call.
async fn make(sets: &[Received], verification: &LedgerReader, reporting: &LedgerReader) -> anyhow::Result<f64> {
    let before = taken()?;
    for call in sets.chunks(CALL) {
        for ledger in [verification, reporting] {
            let all = call
                .iter()
                .flat_map(|Received { set, .. }| set.decision.iter().chain(&set.submission).chain(&set.attachments));
            let receipts = all.filter_map(|proven| proven.receipt.as_ref());
            let own = receipts.filter(|receipt| receipt.origin == ledger.origin());
            let own: Vec<u64> = own.map(|receipt| receipt.sequence).collect::<BTreeSet<u64>>().into_iter().collect();
            ensure!(ledger.proven(&own).await?.len() == own.len(), "an entry without its receipt");
        }
    }
    a_set(before, sets)
}

/// The receiver's share: every entry that came along is checked.
fn check(sets: &[Received], keys: &LedgerKeys) -> anyhow::Result<f64> {
    let before = taken()?;
    for Received { set, .. } in sets {
        let decision = keys.verify(set.decision.as_ref().context("a set without its decision")?)?;
        if let Some(submission) = &set.submission {
            check_decision(&decision, &keys.verify(submission)?)?;
        }
        for attachment in &set.attachments {
            keys.verify(attachment)?;
        }
    }
    a_set(before, sets)
}

/// The receiver's answer: a receipt a set.
async fn answer(sets: &[Received], ledger: &LedgerReader) -> anyhow::Result<f64> {
    let before = taken()?;
    for call in sets.chunks(CALL) {
        let sequences: Vec<u64> = call.iter().map(|received| received.sequence).collect();
        ensure!(ledger.proven(&sequences).await?.len() == call.len(), "an entry without its receipt");
    }
    a_set(before, sets)
}

/// The receiver's ledger: leaf and tree of each entry, a signed head a call.
fn append(sets: &[Received]) -> anyhow::Result<f64> {
    let signer = LedgerSigner::new("bench", &SigningKey::from_bytes(&[7; 32]))?;
    let mut frontier = Frontier::default();
    let before = taken()?;
    for call in sets.chunks(CALL) {
        for Received { body, .. } in call {
            frontier.append(leaf_hash(body))?;
        }
        frontier.trim();
        signer.sign(frontier.size(), frontier.root()?)?;
    }
    a_set(before, sets)
}

fn a_set(before: Duration, sets: &[Received]) -> anyhow::Result<f64> {
    Ok((taken()? - before).as_secs_f64() / sets.len().max(1) as f64)
}

/// Processor time that the threads of this process have taken.
fn taken() -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir("/proc/self/task")? {
        // It may have ended meanwhile.
        let Ok(said) = std::fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanoseconds += said.split_whitespace().next().context("no time in schedstat")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}
