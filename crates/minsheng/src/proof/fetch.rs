//! Fetching from the gateway what a proof needs: entries with their receipts, and the whole chain behind a figure.

use std::collections::{BTreeMap, BTreeSet};

use minsheng_domain::programme::split_code;
use minsheng_kit::witness::received;
use minsheng_proto::identity::v1::ListWitnessedHeadsRequest;
use minsheng_proto::ledger::v1::{EntryBody, GetEntryRequest, GetInclusionProofRequest};
use minsheng_proto::ranking::v1::{Bulletin, FigureSource, GetBulletinRequest, GetStandingRequest};
use minsheng_proto::reporting::v1::ReportSubmitted;
use minsheng_proto::tier::v1::{GetSourcesRequest, ListLowerLedgersRequest};
use prost::{Message, Name};

use super::chain::{Chain, ChainEntry};
use super::head::Head;
use super::keys::{key_of, verifier};
use crate::failure::{Failure, Kind, Outcome};
use crate::session::{ReportName, Session};

/// What is traced.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    /// A figure of an issued bulletin, or of a published snapshot.
    Sealed { name: String, indicator: String },
    /// A report as it stands.
    Report(ReportName),
}

/// An entry as the ledger gives it.
pub(crate) async fn fetch_entry(session: &Session, ledger: &str, sequence: u64) -> Outcome<ChainEntry> {
    let request = GetEntryRequest { ledger: ledger.to_owned(), sequence };
    let answer = session.gateway.ledgers().get_entry(request).await?.into_inner();
    let entry = answer.entry.ok_or_else(|| Failure::answer("entry"))?;
    let receipt = answer.receipt.ok_or_else(|| Failure::answer("receipt"))?;
    Ok(ChainEntry { bytes: entry.body.to_vec(), receipt })
}

/// Numbers of entries by ledger.
type Wanted = BTreeSet<(&'static str, u64)>;

/// Everything that a figure rests on.
pub(crate) async fn fetch_chain(session: &mut Session, start: Start) -> Outcome<Chain> {
    let (of, indicator, wanted) = match start {
        Start::Sealed { name, indicator } => {
            let wanted = sealed(session, &name, &indicator).await?;
            (name, indicator, wanted)
        }
        Start::Report(name) => (name.to_string(), name.indicator.clone(), reported(session, &name).await?),
    };
    let mut chain = Chain { of, indicator, ..Chain::default() };
    let bar = session.output.bar("取存证条目", u64::try_from(wanted.len()).unwrap_or(0));
    let mut ledgers = BTreeMap::new();
    let mut received = BTreeSet::new();
    for (ledger, sequence) in wanted {
        let entry = fetch_entry(session, ledger, sequence).await?;
        received.extend(set_of(&entry));
        ledgers.insert(entry.receipt.origin.clone(), ledger);
        chain.entries.push(entry);
        bar.inc(1);
    }
    for sequence in &received {
        chain.entries.push(fetch_entry(session, "reporting", *sequence).await?);
    }
    bar.finish_and_clear();
    for ledger in ledgers.values() {
        chain.keys.push(key_of(session, ledger).await?);
    }
    if !received.is_empty() {
        let request = ListLowerLedgersRequest {};
        let lower = session.gateway.traces().list_lower_ledgers(request).await?.into_inner().ledgers;
        chain.keys.extend(lower.into_iter().map(|ledger| ledger.verifier_key));
    }
    witness(session, &mut chain, &ledgers).await?;
    Ok(chain)
}

/// Entries behind a figure of a bulletin or a snapshot.
async fn sealed(session: &Session, name: &str, indicator: &str) -> Outcome<Wanted> {
    let mut wanted = Wanted::new();
    let mut snapshot = name.to_owned();
    if name.contains("/bulletins/") {
        let request = GetBulletinRequest { name: name.to_owned() };
        let found = session.gateway.bulletins().get_bulletin(request).await?.into_inner();
        let found = found.bulletin.ok_or_else(|| Failure::answer("bulletin"))?;
        let Some(issue) = issue_entry(&found) else {
            return Err(Failure::new(Kind::State, format!("{name}还没有签发，签发后才能追溯")));
        };
        wanted.insert(("ranking", issue));
        snapshot = found.snapshot;
    }
    let standing = session.gateway.standings().get_standing(GetStandingRequest { name: snapshot }).await?.into_inner();
    let standing = standing.standing.ok_or_else(|| Failure::answer("standing"))?;
    wanted.insert(("ranking", standing.sequence));
    let snapshot = standing.snapshot.unwrap_or_default();
    let rows = snapshot.indicators.iter().chain(&snapshot.tier_indicators);
    let is_of_it = |code: &str| code == indicator || split_code(code).0 == indicator;
    let measures = rows.filter(|row| is_of_it(&row.indicator)).flat_map(|row| &row.measures);
    for source in measures.filter_map(|measure| measure.source.as_ref()) {
        add(source, &mut wanted);
    }
    Ok(wanted)
}

/// Number of the entry that issued a bulletin; it stays, whatever became of the bulletin since.
pub(crate) fn issue_entry(found: &Bulletin) -> Option<u64> {
    found.steps.iter().find(|step| step.act == "ISSUED").map(|step| step.sequence)
}

fn add(source: &FigureSource, wanted: &mut Wanted) {
    if !source.version.is_empty() {
        wanted.insert(("reporting", source.reporting_sequence));
    }
    wanted.extend(source.pass_sequence.map(|sequence| ("verification", sequence)));
    wanted.extend(source.certification_sequence.map(|sequence| ("verification", sequence)));
}

/// Entries behind a report as it stands.
async fn reported(session: &Session, name: &ReportName) -> Outcome<Wanted> {
    let request = GetSourcesRequest { report: name.to_string() };
    let found = session.gateway.traces().get_sources(request).await?.into_inner();
    let mut wanted = Wanted::new();
    for sources in found.own.iter().chain(&found.shares) {
        wanted.insert(("reporting", sources.submission_sequence));
        wanted.extend(sources.pass_sequence.map(|sequence| ("verification", sequence)));
        wanted.extend(sources.certification_sequence.map(|sequence| ("verification", sequence)));
    }
    Ok(wanted)
}

/// Number of the entry that holds the lower tier's set that a submission was made of.
fn set_of(entry: &ChainEntry) -> Option<u64> {
    let body = EntryBody::decode(entry.bytes.as_slice()).ok()?;
    if body.kind != ReportSubmitted::full_name() {
        return None;
    }
    received(&ReportSubmitted::decode(body.payload).ok()?).map(|received| received.sequence)
}

/// Keeps the heads that witnesses signed of the chain's ledgers; this tier's entries are proven under them where they cover
/// them. Who may not see them goes without.
async fn witness(session: &Session, chain: &mut Chain, ledgers: &BTreeMap<String, &'static str>) -> Outcome {
    let heads = session.gateway.tiers().list_witnessed_heads(ListWitnessedHeadsRequest {}).await?.into_inner().heads;
    let mut origins = BTreeSet::new();
    for key in &chain.keys {
        origins.insert(verifier(key)?.origin().to_owned());
    }
    for head in heads.into_iter().filter(|head| origins.contains(&head.origin)) {
        let ledger = ledgers.get(&head.origin).copied();
        for entry in &mut chain.entries {
            let (of_it, covered) = (entry.receipt.origin == head.origin, entry.receipt.sequence < head.size);
            let Some(ledger) = ledger.filter(|_| of_it && covered) else { continue };
            let request = GetInclusionProofRequest {
                ledger: ledger.to_owned(),
                sequence: entry.receipt.sequence,
                tree_size: head.size,
            };
            let proof = session.gateway.ledgers().get_inclusion_proof(request).await?.into_inner().proof;
            entry.receipt.inclusion_proof = proof.into_iter().map(|hash| hash.to_vec()).collect();
            entry.receipt.checkpoint.clone_from(&head.checkpoint);
        }
        chain.heads.push(Head { checkpoint: head.checkpoint, witness: head.witness_key });
    }
    Ok(())
}
