//! From a decided figure back to what it rests on: the decision names the submission by its entry's leaf hash, the
//! submission names its evidence by SHA-256.

use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::reporting::v1::{EvidenceReference, MeasureValue, ReportSubmitted};
use minsheng_proto::tier::v1::{FigureMark, Proven};
use minsheng_proto::verification::v1::{AdjustedValue, ReportCertified, ReportPassed, VersionReference};
use prost::{Message, Name};

use super::{ProofFault, ProvenEntry};

/// A report's figures as they were decided, with what was submitted.
#[derive(Clone, Debug, PartialEq)]
pub struct DecidedFigure {
    /// Fast or certified.
    pub mark: FigureMark,
    /// The version decided on.
    pub version: VersionReference,
    /// The values decided, one a measure.
    pub values: Vec<MeasureValue>,
    /// Which of them differ from what was submitted.
    pub adjusted: Vec<AdjustedValue>,
    /// What was submitted.
    pub submitted: ReportSubmitted,
}

impl DecidedFigure {
    /// Files that the submission names.
    pub fn evidence(&self) -> &[EvidenceReference] {
        self.submitted.content.as_ref().map_or(&[], |content| &content.evidence)
    }

    /// Whether the submission names a file with this hash.
    pub fn rests_on(&self, sha256: &[u8]) -> bool {
        self.evidence().iter().any(|file| file.sha256 == sha256)
    }
}

/// Checks that a decision is about this very submission, by leaf hash, and that its values are the submitted ones or
/// adjustments of them that it names.
///
/// # Errors
/// The first step that does not hold.
pub fn check_decision(decision: &ProvenEntry, submission: &ProvenEntry) -> Result<DecidedFigure, ProofFault> {
    let (mark, version, values, adjusted) = read_decision(decision)?;
    let submitted: ReportSubmitted = submission
        .payload()
        .ok_or_else(|| ProofFault::NotASubmission { sequence: submission.sequence, kind: submission.kind.clone() })?;
    let tier = |origin: &str, ledger: &str| origin.strip_suffix(ledger).map(str::to_owned);
    let (above, below) = (tier(decision.origin(), "/verification"), tier(submission.origin(), "/reporting"));
    if above.is_none() || above != below {
        return Err(ProofFault::OtherLedger {
            decision: decision.origin().to_owned(),
            submission: submission.origin().to_owned(),
        });
    }
    let is_meant = version.submission_sequence == submission.sequence
        && version.submission_leaf_hash == submission.leaf_hash.0
        && version.report == submitted.report
        && version.version == submitted.version;
    if !is_meant {
        return Err(ProofFault::OtherSubmission(format!("{}/versions/{}", version.report, version.version)));
    }
    let reported = submitted.content.as_ref().map_or(&[][..], |content| &content.values);
    check_values(&values, &adjusted, reported)?;
    Ok(DecidedFigure { mark, version, values, adjusted, submitted })
}

/// The version that an entry decides on; none for what decides on none.
pub fn version_of(entry: &ProvenEntry) -> Option<VersionReference> {
    read_decision(entry).ok().map(|(_, version, _, _)| version)
}

/// Number of the submission that an entry decides on, read without its proof; none for what decides on none.
pub fn submission_of(decision: &Proven) -> Option<u64> {
    let body = EntryBody::decode(decision.body.as_slice()).ok()?;
    let version = match body.kind.as_str() {
        kind if kind == ReportPassed::full_name() => ReportPassed::decode(body.payload).ok()?.version,
        kind if kind == ReportCertified::full_name() => ReportCertified::decode(body.payload).ok()?.version,
        _ => None,
    };
    version.map(|version| version.submission_sequence)
}

type Decision = (FigureMark, VersionReference, Vec<MeasureValue>, Vec<AdjustedValue>);

fn read_decision(entry: &ProvenEntry) -> Result<Decision, ProofFault> {
    let certified = entry
        .payload::<ReportCertified>()
        .and_then(|decision| Some((FigureMark::Certified, decision.version?, decision.values, decision.adjusted)));
    let passed = || {
        let decision = entry.payload::<ReportPassed>()?;
        Some((FigureMark::Fast, decision.version?, decision.values, Vec::new()))
    };
    certified
        .or_else(passed)
        .ok_or_else(|| ProofFault::NotADecision { sequence: entry.sequence, kind: entry.kind.clone() })
}

fn check_values(
    values: &[MeasureValue],
    adjusted: &[AdjustedValue],
    reported: &[MeasureValue],
) -> Result<(), ProofFault> {
    let differs = |measure: &str| ProofFault::OtherValue(measure.to_owned());
    for value in values {
        let was = reported.iter().find(|was| was.measure == value.measure).ok_or_else(|| differs(&value.measure))?;
        let stands = match adjusted.iter().find(|adjusted| adjusted.measure == value.measure) {
            Some(adjusted) => adjusted.reported == was.value && adjusted.certified == value.value,
            None => was == value,
        };
        if !stands {
            return Err(differs(&value.measure));
        }
    }
    let missing = reported.iter().find(|was| values.iter().filter(|value| value.measure == was.measure).count() != 1);
    missing.map_or(Ok(()), |was| Err(differs(&was.measure)))
}
