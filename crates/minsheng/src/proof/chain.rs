//! The chain behind a bulletin's figure, checked from entries alone: bulletin → snapshot → certification → report →
//! evidence. Whoever has the entries and the ledgers' keys comes to the same answer without the server.

use std::collections::BTreeMap;

use minsheng_proto::common::v1::{Receipt, Value};
use minsheng_proto::ranking::v1::{
    Bulletin, BulletinChanged, FigureSource, IndicatorRow, MeasureRow, Snapshot, StandingPublished,
};
use minsheng_proto::reporting::v1::{EvidenceReference, MeasureValue, ReportSubmitted};
use minsheng_proto::verification::v1::{AdjustedValue, ReportCertified, ReportPassed, VersionReference};
use prost::Message;

use super::entry::{ProvenEntry, prove};
use super::keys::verifier;
use crate::failure::{Failure, Outcome};
use crate::file;

/// What a figure rests on, as fetched or as kept in a folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    /// The bulletin's name.
    pub(crate) bulletin: String,
    /// Code of the indicator.
    pub(crate) indicator: String,
    /// Verifier keys by ledger.
    pub(crate) keys: BTreeMap<String, String>,
    /// Entries with their receipts.
    pub(crate) entries: Vec<ChainEntry>,
}

/// An entry of the chain.
#[derive(Clone, Debug)]
pub(crate) struct ChainEntry {
    /// Its ledger.
    pub(crate) ledger: String,
    /// Its bytes as stored.
    pub(crate) bytes: Vec<u8>,
    /// Its proof.
    pub(crate) receipt: Receipt,
}

/// A proved chain.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    /// The bulletin as issued, and its entry.
    pub(crate) bulletin: Bulletin,
    pub(crate) bulletin_entry: ProvenEntry,
    /// The snapshot's entry.
    pub(crate) snapshot_entry: ProvenEntry,
    pub(crate) snapshot: Snapshot,
    /// The indicator's row.
    pub(crate) row: IndicatorRow,
    /// Its measures.
    pub(crate) measures: Vec<MeasureTrace>,
}

/// A measure's way back.
#[derive(Clone, Debug)]
pub(crate) struct MeasureTrace {
    pub(crate) row: MeasureRow,
    /// The submission, where there is one.
    pub(crate) submission: Option<ProvenEntry>,
    pub(crate) report: Option<ReportSubmitted>,
    /// The pass of the office.
    pub(crate) pass: Option<ProvenEntry>,
    /// The certification.
    pub(crate) certification: Option<ProvenEntry>,
    pub(crate) adjusted: Option<AdjustedValue>,
    /// Files named by the report for this measure or for the whole indicator.
    pub(crate) evidence: Vec<EvidenceReference>,
}

/// Proves every entry and every step between them.
pub(crate) fn check_chain(chain: &Chain) -> Outcome<Trace> {
    let entries = Entries::prove(chain)?;
    let (bulletin_entry, bulletin) = entries
        .all("ranking")
        .filter_map(|entry| Some((entry, entry.payload::<BulletinChanged>()?)))
        .filter(|(_, change)| change.act == "ISSUED")
        .find_map(|(entry, change)| change.bulletin.map(|bulletin| (entry, bulletin)))
        .filter(|(_, bulletin)| bulletin.name == chain.bulletin)
        .ok_or_else(|| Failure::verification(format!("存证账中没有{}的签发", chain.bulletin)))?;
    let (snapshot_entry, published) = entries
        .all("ranking")
        .filter_map(|entry| Some((entry, entry.payload::<StandingPublished>()?)))
        .find(|(_, published)| published.name == bulletin.snapshot)
        .ok_or_else(|| Failure::verification(format!("存证账中没有{}的封存", bulletin.snapshot)))?;
    if published.sha256 != file::sha256(&published.snapshot) {
        return Err(Failure::verification("快照的内容与登记的SHA-256不符"));
    }
    let snapshot = Snapshot::decode(published.snapshot.as_slice());
    let snapshot = snapshot.map_err(|_| Failure::verification("快照的内容读不出"))?;
    let row = snapshot.indicators.iter().find(|row| row.indicator == chain.indicator).cloned();
    let row =
        row.ok_or_else(|| Failure::not_found(format!("{}的快照中没有指标{}", chain.bulletin, chain.indicator)))?;
    let cut = Cut::verify(chain, &snapshot)?;
    let measures = row.measures.iter().map(|measure| trace_measure(measure, &entries, &cut));
    let measures = measures.collect::<Outcome<Vec<_>>>()?;
    Ok(Trace {
        bulletin_entry: bulletin_entry.clone(),
        snapshot_entry: snapshot_entry.clone(),
        bulletin,
        snapshot,
        row,
        measures,
    })
}

/// Proved entries by ledger and number.
struct Entries(BTreeMap<(String, u64), ProvenEntry>);

impl Entries {
    fn prove(chain: &Chain) -> Outcome<Self> {
        let mut proved = BTreeMap::new();
        for entry in &chain.entries {
            let key = chain.keys.get(&entry.ledger);
            let key = key.ok_or_else(|| Failure::usage(format!("缺少{}存证账的公钥", entry.ledger)))?;
            let done = prove(&entry.bytes, &entry.receipt, &verifier(key)?);
            let done =
                done.map_err(|failure| Failure::verification(format!("{}存证账{}", entry.ledger, failure.message)))?;
            proved.insert((entry.ledger.clone(), done.body.sequence), done);
        }
        Ok(Self(proved))
    }

    fn all(&self, ledger: &str) -> impl Iterator<Item = &ProvenEntry> {
        self.0.iter().filter(move |((of, _), _)| of == ledger).map(|(_, entry)| entry)
    }

    fn get(&self, ledger: &str, sequence: u64) -> Outcome<&ProvenEntry> {
        let found = self.0.get(&(ledger.to_owned(), sequence));
        found.ok_or_else(|| Failure::verification(format!("缺少{ledger}存证账第{sequence}条")))
    }
}

/// Sizes of the ledgers that the snapshot was computed up to, from its signed checkpoints.
struct Cut {
    reporting: Option<u64>,
    verification: Option<u64>,
}

impl Cut {
    fn verify(chain: &Chain, snapshot: &Snapshot) -> Outcome<Self> {
        let cut = snapshot.cut.clone().unwrap_or_default();
        let size = |ledger: &str, note: &str| -> Outcome<Option<u64>> {
            let Some(key) = chain.keys.get(ledger).filter(|_| !note.is_empty()) else {
                return Ok(None);
            };
            let head = verifier(key)?.verify(note);
            let head = head.map_err(|_| Failure::verification(format!("快照所据{ledger}存证账的账头没有有效签名")))?;
            Ok(Some(head.size))
        };
        Ok(Self {
            reporting: size("reporting", &cut.reporting)?,
            verification: size("verification", &cut.verification)?,
        })
    }
}

fn trace_measure(row: &MeasureRow, entries: &Entries, cut: &Cut) -> Outcome<MeasureTrace> {
    let mut trace = MeasureTrace {
        row: row.clone(),
        submission: None,
        report: None,
        pass: None,
        certification: None,
        adjusted: None,
        evidence: Vec::new(),
    };
    let Some(source) = row.source.as_ref().filter(|source| !source.version.is_empty()) else {
        return Ok(trace);
    };
    let wrong = |what: &str| Failure::verification(format!("计量项{}：{what}", row.measure));

    let submission = entries.get("reporting", source.reporting_sequence)?;
    if submission.leaf.as_slice() != source.reporting_leaf_hash {
        return Err(wrong("报送的叶哈希与快照所记不符"));
    }
    within(cut.reporting, source.reporting_sequence).ok_or_else(|| wrong("报送晚于快照的截点"))?;
    let report: ReportSubmitted = submission.payload().ok_or_else(|| wrong("所指的条目不是报送"))?;
    if format!("{}/versions/{}", report.report, report.version) != source.version {
        return Err(wrong("所指的条目是另一份报送"));
    }
    let content = report.content.clone().unwrap_or_default();
    same(&content.values, &row.measure, row.reported.as_ref()).ok_or_else(|| wrong("报送数与快照不符"))?;
    let of_measure = |file: &&EvidenceReference| file.measure.is_empty() || file.measure == row.measure;
    trace.evidence = content.evidence.iter().filter(of_measure).cloned().collect();
    if source.evidence.iter().any(|hash| content.evidence.iter().all(|file| file.sha256 != *hash)) {
        return Err(wrong("快照所记的佐证不在报送中"));
    }

    if let Some(sequence) = source.pass_sequence {
        let entry = entries.get("verification", sequence)?;
        within(cut.verification, sequence).ok_or_else(|| wrong("快报审核晚于快照的截点"))?;
        let pass: ReportPassed = entry.payload().ok_or_else(|| wrong("所指的条目不是快报审核"))?;
        about(pass.version.as_ref(), source).ok_or_else(|| wrong("快报审核的是另一份报送"))?;
        same(&pass.values, &row.measure, row.fast.as_ref()).ok_or_else(|| wrong("快报数与快照不符"))?;
        trace.pass = Some(entry.clone());
    }
    if let Some(sequence) = source.certification_sequence {
        let entry = entries.get("verification", sequence)?;
        within(cut.verification, sequence).ok_or_else(|| wrong("认定晚于快照的截点"))?;
        let certified: ReportCertified = entry.payload().ok_or_else(|| wrong("所指的条目不是认定"))?;
        about(certified.version.as_ref(), source).ok_or_else(|| wrong("认定的是另一份报送"))?;
        same(&certified.values, &row.measure, row.certified.as_ref()).ok_or_else(|| wrong("认定数与快照不符"))?;
        trace.adjusted = certified.adjusted.into_iter().find(|adjusted| adjusted.measure == row.measure);
        trace.certification = Some(entry.clone());
    }
    trace.submission = Some(submission.clone());
    trace.report = Some(report);
    Ok(trace)
}

fn within(size: Option<u64>, sequence: u64) -> Option<()> {
    size.is_none_or(|size| sequence < size).then_some(())
}

/// A decision must name the very version, by the hash of its entry.
fn about(version: Option<&VersionReference>, source: &FigureSource) -> Option<()> {
    let version = version?;
    let same = version.submission_sequence == source.reporting_sequence
        && version.submission_leaf_hash == source.reporting_leaf_hash;
    same.then_some(())
}

fn same(values: &[MeasureValue], measure: &str, shown: Option<&Value>) -> Option<()> {
    let found = values.iter().find(|value| value.measure == measure)?;
    (found.value.as_ref() == shown).then_some(())
}
