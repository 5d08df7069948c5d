//! A figure of this tier: what the snapshot shows, what was decided, what was submitted, and of a lower tier's report what
//! that tier filed.

use std::collections::BTreeSet;

use minsheng_domain::programme::split_code;
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_kit::witness::{Entries as Below, Lower, check_breakdown, descend, received, without_proofs};
use minsheng_proto::common::v1::{Value, value::State};
use minsheng_proto::ranking::v1::{FigureSource, IndicatorRow, MeasureRow, Snapshot};
use minsheng_proto::reporting::v1::{EvidenceReference, MeasureValue, ReportSubmitted};
use minsheng_proto::tier::v1::{FigureSet, FigureSetReceived};
use minsheng_proto::verification::v1::{AdjustedValue, ReportCertified, ReportPassed, VersionReference};
use prost::Message;

use super::chain::Entries;
use super::entry::ProvenEntry;
use super::fault::{descent_fault, sum_fault};
use crate::failure::{Failure, Outcome};
use crate::session::ReportName;

/// A figure with all that it rests on.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// The indicator's row.
    pub(crate) row: IndicatorRow,
    /// Its measures.
    pub(crate) measures: Vec<MeasureTrace>,
    /// Of a lower tier's report, what that tier filed.
    pub(crate) lower: Option<Lower>,
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

impl MeasureTrace {
    /// The value that counts: certified, else fast, else reported.
    pub(crate) fn value(&self) -> Option<&Value> {
        self.row.certified.as_ref().or(self.row.fast.as_ref()).or(self.row.reported.as_ref())
    }

    /// What the submission says of it.
    pub(crate) fn submitted(&self) -> Option<&MeasureValue> {
        let content = self.report.as_ref()?.content.as_ref()?;
        content.values.iter().find(|value| value.measure == self.row.measure)
    }
}

/// Proves a figure.
pub(crate) fn trace_figure(row: IndicatorRow, entries: &Entries, cut: &Cut) -> Outcome<Figure> {
    let measures = row.measures.iter().map(|measure| trace_measure(measure, entries, cut));
    let measures = measures.collect::<Outcome<Vec<_>>>()?;
    let report = measures.iter().find_map(|measure| measure.report.as_ref());
    let lower = report.map(|report| lower(report, entries)).transpose()?.flatten();
    Ok(Figure { row, measures, lower })
}

/// What a lower tier filed, from the entry that holds its set as it came.
fn lower(report: &ReportSubmitted, entries: &Entries) -> Outcome<Option<Lower>> {
    let Some(received) = received(report) else { return Ok(None) };
    let unlike = || Failure::verification(format!("{}与所收到的下级数据不符", report.report));
    let entry: FigureSetReceived = entries.get("reporting", received.sequence)?.payload().ok_or_else(unlike)?;
    let set = FigureSet::decode(entry.set.clone()).map_err(|_| unlike())?;
    if entry.report != report.report || without_proofs(&entry.set) != Some(received.set) {
        return Err(unlike());
    }
    let below = Below::of_set(&set, entries.keys()).map_err(|fault| descent_fault(&fault))?;
    descend(report, &below).map(Some).map_err(|fault| descent_fault(&fault))
}

/// The reports whose submissions are among the entries.
pub(crate) fn reports(entries: &Entries) -> BTreeSet<ReportName> {
    let submitted = entries.all("reporting").filter_map(ProvenEntry::payload::<ReportSubmitted>);
    submitted.filter_map(|submitted| ReportName::parse(&submitted.report)).collect()
}

/// A report as it stands, as a row like those of snapshots: the submission among the entries with what was decided on it.
pub(crate) fn row_of_report(name: &ReportName, entries: &Entries) -> Option<IndicatorRow> {
    let named = name.to_string();
    let submitted = |entry: &ProvenEntry| entry.payload::<ReportSubmitted>().filter(|it| it.report == named);
    let (entry, submitted) = entries.all("reporting").filter_map(|entry| Some((entry, submitted(entry)?))).last()?;
    let about = |version: Option<VersionReference>| {
        version.is_some_and(|version| version.submission_leaf_hash == entry.leaf.as_slice())
    };
    let mut source = FigureSource {
        version: format!("{named}/versions/{}", submitted.version),
        reporting_sequence: entry.body.sequence,
        reporting_leaf_hash: entry.leaf.to_vec(),
        ..FigureSource::default()
    };
    let (mut fast, mut certified) = (Vec::new(), Vec::new());
    for decision in entries.all("verification") {
        if let Some(event) = decision.payload::<ReportPassed>().filter(|event| about(event.version.clone())) {
            source.pass_sequence = Some(decision.body.sequence);
            fast = event.values;
        } else if let Some(event) = decision.payload::<ReportCertified>().filter(|event| about(event.version.clone())) {
            source.certification_sequence = Some(decision.body.sequence);
            certified = event.values;
        }
    }
    let of = |values: &[MeasureValue], measure: &str| {
        values.iter().find(|value| value.measure == measure).and_then(|value| value.value.clone())
    };
    let content = submitted.content.unwrap_or_default();
    let measures = content.values.iter().map(|value| MeasureRow {
        measure: value.measure.clone(),
        unit: unit(value.value.as_ref()),
        reported: value.value.clone(),
        fast: of(&fast, &value.measure),
        certified: of(&certified, &value.measure),
        source: Some(source.clone()),
        ..MeasureRow::default()
    });
    Some(IndicatorRow {
        indicator: name.indicator.clone(),
        unit: submitted.unit,
        measures: measures.collect(),
        ..IndicatorRow::default()
    })
}

fn unit(value: Option<&Value>) -> String {
    match value.and_then(|value| value.state.as_ref()) {
        Some(State::Quantity(quantity)) => quantity.unit.clone(),
        _ => String::new(),
    }
}

/// Sizes of the ledgers that the snapshot was computed up to, from its signed checkpoints.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    reporting: Option<u64>,
    verification: Option<u64>,
}

impl Cut {
    /// Reads the cut of a snapshot; without one nothing is cut off.
    pub(crate) fn verify(keys: &[LedgerVerifier], snapshot: Option<&Snapshot>) -> Outcome<Self> {
        let Some(cut) = snapshot.and_then(|snapshot| snapshot.cut.as_ref()) else { return Ok(Self::default()) };
        let size = |ledger: &str, note: &str| -> Outcome<Option<u64>> {
            if note.is_empty() {
                return Ok(None);
            }
            let origin = note.lines().next().unwrap_or_default();
            let known: Vec<&LedgerVerifier> = keys.iter().filter(|key| key.origin() == origin).collect();
            if known.is_empty() {
                return Ok(None);
            }
            let head = known.into_iter().find_map(|key| key.verify(note).ok());
            let wrong = || Failure::verification(format!("快照所据{ledger}存证账的账头没有有效签名"));
            Ok(Some(head.ok_or_else(wrong)?.size))
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
    let submitted =
        same(&content.values, &row.measure, row.reported.as_ref()).ok_or_else(|| wrong("报送数与快照不符"))?;
    if split_code(&row.measure).1.is_none() {
        check_breakdown(submitted, &[]).map_err(|fault| Failure::verification(sum_fault(&fault)))?;
    }
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

fn same<'a>(values: &'a [MeasureValue], measure: &str, shown: Option<&Value>) -> Option<&'a MeasureValue> {
    let found = values.iter().find(|value| value.measure == measure)?;
    (found.value.as_ref() == shown).then_some(found)
}
