//! The chain behind a figure, checked from entries alone: bulletin → snapshot → certification → report → evidence, and from
//! a report on the whole to what lower tiers reported of it, through as many tiers as came along. Whoever has the entries
//! and the ledgers' keys comes to the same answer without the server.

use std::collections::BTreeMap;

use minsheng_domain::programme::split_code;
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_kit::witness::LedgerKeys;
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::ranking::v1::{Bulletin, BulletinChanged, IndicatorRow, Snapshot, StandingPublished};
use minsheng_proto::tier::v1::Proven;
use prost::Message;

use super::entry::{ProvenEntry, prove_known};
use super::figure::{Cut, Figure, row_of_report, trace_figure};
use super::head::{Head, Witnessed, check_heads};
use super::keys::verifier;
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::session::ReportName;

/// What a figure rests on, as fetched or as kept in a folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    /// Name of the bulletin, snapshot or report that shows the figure.
    pub(crate) of: String,
    /// Code of the indicator.
    pub(crate) indicator: String,
    /// Verifier keys of the ledgers, those of lower tiers among them.
    pub(crate) keys: Vec<String>,
    /// Entries of this tier's ledgers with their receipts.
    pub(crate) entries: Vec<ChainEntry>,
    /// Heads of ledgers as other tiers have seen and signed them.
    pub(crate) heads: Vec<Head>,
}

/// An entry of the chain.
#[derive(Clone, Debug)]
pub(crate) struct ChainEntry {
    /// Its bytes as stored.
    pub(crate) bytes: Vec<u8>,
    /// Its proof, which names its ledger.
    pub(crate) receipt: Receipt,
}

/// A proved chain.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    /// The bulletin as issued, and its entry.
    pub(crate) bulletin: Option<(Bulletin, ProvenEntry)>,
    /// The snapshot that shows the figure, and its entry; none for a report as it stands.
    pub(crate) snapshot: Option<(Snapshot, ProvenEntry)>,
    /// The figure.
    pub(crate) figure: Figure,
    /// What lower tiers reported of it.
    pub(crate) shares: Vec<Figure>,
    /// Who has seen which ledgers.
    pub(crate) witnessed: Vec<Witnessed>,
}

/// Proves every entry and every step between them.
pub(crate) fn check_chain(chain: &Chain) -> Outcome<Trace> {
    let keys: Vec<LedgerVerifier> = chain.keys.iter().map(|key| verifier(key)).collect::<Outcome<_>>()?;
    let entries = Entries::prove(chain, keys.iter().cloned().collect())?;
    let bulletin = chain.of.contains("/bulletins/").then(|| issued(&chain.of, &entries)).transpose()?;
    let sealed = match &bulletin {
        Some((bulletin, _)) => Some(bulletin.snapshot.as_str()),
        None => Some(chain.of.as_str()).filter(|of| of.contains("/snapshots/")),
    };
    let snapshot = sealed.map(|name| published(name, &entries)).transpose()?;
    let (row, shares) = match &snapshot {
        Some((snapshot, _)) => rows_of_snapshot(snapshot, &chain.indicator)?,
        None => rows_of_report(&chain.of, &entries)?,
    };
    let cut = Cut::verify(&keys, snapshot.as_ref().map(|(snapshot, _)| snapshot))?;
    let figure = trace_figure(row, &entries, &cut)?;
    let shares = shares.into_iter().map(|row| trace_figure(row, &entries, &cut)).collect::<Outcome<Vec<_>>>()?;
    let all: Vec<&Figure> = shares.iter().chain([&figure]).collect();
    let witnessed = check_heads(&chain.heads, &entries, &all)?;
    Ok(Trace { bulletin, snapshot, figure, shares, witnessed })
}

fn issued(name: &str, entries: &Entries) -> Outcome<(Bulletin, ProvenEntry)> {
    let changes = entries.all("ranking").filter_map(|entry| Some((entry, entry.payload::<BulletinChanged>()?)));
    changes
        .filter(|(_, change)| change.act == "ISSUED")
        .find_map(|(entry, change)| Some((change.bulletin.filter(|bulletin| bulletin.name == name)?, entry.clone())))
        .ok_or_else(|| Failure::verification(format!("存证账中没有{name}的签发")))
}

fn published(name: &str, entries: &Entries) -> Outcome<(Snapshot, ProvenEntry)> {
    let all = entries.all("ranking").filter_map(|entry| Some((entry, entry.payload::<StandingPublished>()?)));
    let mut named = all.filter(|(_, published)| published.name == name);
    let (entry, published) = named.next().ok_or_else(|| Failure::verification(format!("存证账中没有{name}的封存")))?;
    if published.sha256 != file::sha256(&published.snapshot) {
        return Err(Failure::verification("快照的内容与登记的SHA-256不符"));
    }
    let snapshot = Snapshot::decode(published.snapshot.as_slice());
    Ok((snapshot.map_err(|_| Failure::verification("快照的内容读不出"))?, entry.clone()))
}

/// The indicator's row in a snapshot, and those of what lower tiers reported of it.
fn rows_of_snapshot(snapshot: &Snapshot, indicator: &str) -> Outcome<(IndicatorRow, Vec<IndicatorRow>)> {
    let mut all = snapshot.indicators.iter().chain(&snapshot.tier_indicators);
    let row = all.find(|row| row.indicator == indicator).cloned();
    let row = row.ok_or_else(|| Failure::not_found(format!("{}的快照中没有指标{indicator}", snapshot.name)))?;
    let shares = snapshot.tier_indicators.iter().filter(|row| {
        let (whole, tier) = split_code(&row.indicator);
        tier.is_some() && whole == indicator
    });
    Ok((row, shares.cloned().collect()))
}

/// The same for a report as it stands, from its entries.
fn rows_of_report(name: &str, entries: &Entries) -> Outcome<(IndicatorRow, Vec<IndicatorRow>)> {
    let name = ReportName::parse(name).ok_or_else(|| Failure::verification(format!("“{name}”不是报送名")))?;
    let row =
        row_of_report(&name, entries).ok_or_else(|| Failure::verification(format!("存证账中没有{name}的报送")))?;
    let is_share = |report: &ReportName| {
        let (whole, tier) = split_code(&report.indicator);
        tier.is_some()
            && whole == name.indicator
            && (&report.programme, &report.period) == (&name.programme, &name.period)
    };
    let shares = super::figure::reports(entries).into_iter().filter(is_share);
    Ok((row, shares.filter_map(|share| row_of_report(&share, entries)).collect()))
}

/// Proved entries of this tier by ledger and number, and the keys for what they hold of lower tiers.
pub(crate) struct Entries {
    proved: BTreeMap<(String, u64), ProvenEntry>,
    keys: LedgerKeys,
}

impl Entries {
    fn prove(chain: &Chain, keys: LedgerKeys) -> Outcome<Self> {
        let mut proved = BTreeMap::new();
        let mut tier = String::new();
        for ChainEntry { bytes, receipt } in &chain.entries {
            let (of, ledger) = receipt.origin.rsplit_once('/').unwrap_or_default();
            if !tier.is_empty() && tier != of {
                return Err(Failure::verification(format!("{}不是{tier}的存证账", receipt.origin)));
            }
            of.clone_into(&mut tier);
            let proven = Proven { body: bytes.clone(), receipt: Some(receipt.clone()) };
            let done = prove_known(&proven, &keys)?;
            proved.insert((ledger.to_owned(), done.body.sequence), done);
        }
        Ok(Self { proved, keys })
    }

    /// Those of one ledger.
    pub(crate) fn all(&self, ledger: &str) -> impl Iterator<Item = &ProvenEntry> {
        self.proved.iter().filter(move |((of, _), _)| of == ledger).map(|(_, entry)| entry)
    }

    /// Every one.
    pub(crate) fn every(&self) -> impl Iterator<Item = &ProvenEntry> {
        self.proved.values()
    }

    /// One that is needed.
    pub(crate) fn get(&self, ledger: &str, sequence: u64) -> Outcome<&ProvenEntry> {
        let found = self.proved.get(&(ledger.to_owned(), sequence));
        found.ok_or_else(|| Failure::verification(format!("缺少{ledger}存证账第{sequence}条")))
    }

    /// Keys of the ledgers.
    pub(crate) fn keys(&self) -> &LedgerKeys {
        &self.keys
    }
}
