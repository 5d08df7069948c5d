//! From what a lower tier reported down to the submissions with their evidence, through as many tiers as came along: each step
//! is named by the hash of its entry, each entry proven by its own ledger's key. An entry that did not come along is shown as
//! left out; one that came and says something else is a fault.

use std::collections::BTreeMap;

use minsheng_domain::division::DivisionCode;
use minsheng_domain::programme::{code_at, split_code};
use minsheng_proto::DESCRIPTORS;
use minsheng_proto::reporting::v1::{MeasureValue, ReportSubmitted};
use minsheng_proto::tier::v1::{FigureMark, FigureSet, PartReference, Proven, ReceivedSet};
use prost::Message;
use thiserror::Error;

use super::figure::{self, SumFault, is_silent, same_value};
use super::{DecidedFigure, LedgerKeys, ProofFault, ProvenEntry, check_decision, version_of};
use crate::convert::name::{IndicatorName, ReportName};

/// The first step that does not hold.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DescentFault {
    /// An entry is not proven, or does not fit to the one that it is about.
    #[error("entry {sequence} of {origin}: {fault}")]
    Entry {
        /// Its ledger.
        origin: String,
        /// Its number.
        sequence: u64,
        /// What is wrong.
        fault: ProofFault,
    },
    /// Another entry than the one named stands under the number.
    #[error("entry {sequence} of {origin} is another one than was named")]
    OtherEntry {
        /// Its ledger.
        origin: String,
        /// Its number.
        sequence: u64,
    },
    /// An entry is about something else than what it is named for.
    #[error("entry {sequence} of {origin} is about another figure than {report}")]
    OtherReport {
        /// Its ledger.
        origin: String,
        /// Its number.
        sequence: u64,
        /// What it should be about.
        report: String,
    },
    /// A lower tier's report does not name the set that it was made of, or says something else.
    #[error("{report} is not what the lower tier filed")]
    NotReceived {
        /// The report.
        report: String,
    },
    /// A value is another one than was decided below.
    #[error("the value of {measure} of {division} is not the one in entry {sequence} of {origin}")]
    OtherValue {
        /// Division of the tier.
        division: String,
        /// The measure, by the code above.
        measure: String,
        /// The ledger of the decision.
        origin: String,
        /// Its number.
        sequence: u64,
    },
    /// Parts do not add up to the total.
    #[error("{division}: {fault}")]
    Sum {
        /// Division of the tier.
        division: String,
        /// What does not add up.
        fault: SumFault,
    },
}

/// Proven entries that came along, by ledger and number.
#[derive(Clone, Debug, Default)]
pub struct Entries(BTreeMap<(String, u64), ProvenEntry>);

impl Entries {
    /// Proves all that came with a set.
    ///
    /// # Errors
    /// The first entry that does not hold.
    pub fn of_set(set: &FigureSet, keys: &LedgerKeys) -> Result<Self, DescentFault> {
        let mut entries = BTreeMap::new();
        for proven in proofs_of(set) {
            let entry = keys.verify(proven).map_err(|fault| at(proven, fault))?;
            entries.insert((entry.origin().to_owned(), entry.sequence), entry);
        }
        Ok(Self(entries))
    }

    fn get(&self, division: &str, service: &str, sequence: u64) -> Option<&ProvenEntry> {
        self.0.get(&(format!("minsheng/{division}/{service}"), sequence))
    }

    /// A decision that is named by its hash, with its submission; none where it was left out.
    fn decision(&self, division: &str, sequence: u64, leaf_hash: &[u8]) -> Result<Option<&ProvenEntry>, DescentFault> {
        match self.get(division, "verification", sequence) {
            Some(entry) if entry.leaf_hash.0 != leaf_hash => {
                Err(DescentFault::OtherEntry { origin: entry.origin().to_owned(), sequence })
            }
            found => Ok(found),
        }
    }

    fn submission(&self, division: &str, decision: &ProvenEntry) -> Option<&ProvenEntry> {
        self.get(division, "reporting", version_of(decision)?.submission_sequence)
    }
}

/// All entries that come with a set: what it rests on, then what goes along.
pub fn proofs_of(set: &FigureSet) -> impl Iterator<Item = &Proven> {
    let further = set.further.iter().flat_map(|further| further.decision.iter().chain(&further.submission));
    set.decision.iter().chain(&set.submission).chain(further).chain(&set.attachments)
}

fn at(proven: &Proven, fault: ProofFault) -> DescentFault {
    let receipt = proven.receipt.clone().unwrap_or_default();
    DescentFault::Entry { origin: receipt.origin, sequence: receipt.sequence, fault }
}

fn about(entry: &ProvenEntry, fault: ProofFault) -> DescentFault {
    DescentFault::Entry { origin: entry.origin().to_owned(), sequence: entry.sequence, fault }
}

/// What a lower tier reported, with what it rests on as far as it came along.
#[derive(Clone, Debug)]
pub struct Lower {
    /// Division of the tier.
    pub division: String,
    /// Fast or certified there.
    pub mark: FigureMark,
    /// Number of the entry above that holds the set as it came.
    pub received: u64,
    /// The set without its proofs: values by the measures above, divisions that are missing.
    pub set: FigureSet,
    /// It rests on no submission of its own: it is the sum of its parts.
    pub composed: bool,
    /// The decision and what it is about; of several the newest.
    pub decided: Decided,
    /// The decisions on other indicators of the tier that answer with it.
    pub further: Vec<Decided>,
    /// What tiers further down reported of it.
    pub parts: Vec<Part>,
}

/// A share of a figure, as the tier above the one that reported it decided on it.
#[derive(Clone, Debug)]
pub struct Part {
    /// Division of the tier that reported it.
    pub division: String,
    /// The decision and what it is about.
    pub decided: Decided,
    /// What that tier filed; none where the entries were left out.
    pub lower: Option<Lower>,
}

/// A decision as far as its entries came along.
#[derive(Clone, Debug)]
pub struct Decided {
    /// Ledger of the decision.
    pub origin: String,
    /// Its number.
    pub sequence: u64,
    /// Its entry; none where it was left out.
    pub decision: Option<ProvenEntry>,
    /// The submission; none where it was left out, or the figure is composed.
    pub submission: Option<ProvenEntry>,
    /// The figure decided on; none without both, and for kinds that are not known.
    pub figure: Option<DecidedFigure>,
}

impl Decided {
    fn find(
        division: &str,
        (sequence, leaf_hash): (u64, &[u8]),
        alone: bool,
        entries: &Entries,
    ) -> Result<Self, DescentFault> {
        let decision = entries.decision(division, sequence, leaf_hash)?;
        let submission = decision.filter(|_| !alone).and_then(|decision| entries.submission(division, decision));
        let figure = match decision.zip(submission) {
            Some((decision, submission)) => match check_decision(decision, submission) {
                Ok(figure) => Some(figure),
                // Of a kind that is not known here it is proven and no more.
                Err(ProofFault::NotASubmission { kind, .. }) if DESCRIPTORS.get_message_by_name(&kind).is_none() => {
                    None
                }
                Err(fault) => return Err(about(decision, fault)),
            },
            None => None,
        };
        let origin = format!("minsheng/{division}/verification");
        Ok(Self { origin, sequence, decision: decision.cloned(), submission: submission.cloned(), figure })
    }

    fn other(&self, report: impl Into<String>) -> DescentFault {
        DescentFault::OtherReport { origin: self.origin.clone(), sequence: self.sequence, report: report.into() }
    }
}

/// The set that a version of a lower tier's report was made of; none for a unit's own.
pub fn received(report: &ReportSubmitted) -> Option<ReceivedSet> {
    Some(report.received.as_slice()).filter(|bytes| !bytes.is_empty()).and_then(|bytes| ReceivedSet::decode(bytes).ok())
}

/// Goes down from a version of a lower tier's report.
///
/// # Errors
/// The first step that does not hold.
pub fn descend(report: &ReportSubmitted, entries: &Entries) -> Result<Lower, DescentFault> {
    let unlike = || DescentFault::NotReceived { report: report.report.clone() };
    let received = received(report).ok_or_else(unlike)?;
    let set = FigureSet::decode(received.set.as_slice()).map_err(|_| unlike())?;
    let name = ReportName::parse("report", &report.report).map_err(|_| unlike())?;
    let (code, division) = split_code(&name.indicator.code);
    let division = division.ok_or_else(unlike)?.to_owned();
    let asked = IndicatorName { programme: name.indicator.programme.clone(), code };
    let mark = FigureMark::try_from(set.mark).map_err(|_| unlike())?;
    let is_meant = set.indicator == asked.to_string()
        && set.period == name.period.to_string()
        && received.origin == format!("minsheng/{division}/verification")
        && is_deeper(&division, &name.indicator.programme.division)
        && says(report, &set);
    if !is_meant {
        return Err(unlike());
    }
    let named = (received.decision_sequence, received.decision_leaf_hash.as_slice());
    let decided = Decided::find(&division, named, received.composed, entries)?;
    let further = set.further.iter().map(|further| {
        Decided::find(&division, (further.sequence, further.leaf_hash.as_slice()), received.composed, entries)
    });
    let further = further.collect::<Result<Vec<_>, _>>()?;
    for decided in std::iter::once(&decided).chain(&further) {
        let Some(figure) = &decided.figure else { continue };
        let below = ReportName::parse("report", &figure.version.report).map_err(|_| decided.other(&set.indicator))?;
        if below.period != name.period || below.indicator.programme.division != division {
            return Err(decided.other(&set.indicator));
        }
    }
    let parts = set.parts.iter().map(|part| descend_part(part, &division, &set.period, entries));
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    let composed = received.composed;
    let lower = Lower { division, mark, received: received.sequence, set, composed, decided, further, parts };
    check_figures(&lower)?;
    check_sums(&lower)?;
    Ok(lower)
}

/// The figures that a set rests on, where all of them came along: it is as weak as the weakest, and says what they say.
fn check_figures(lower: &Lower) -> Result<(), DescentFault> {
    let Lower { decided, set, mark, .. } = lower;
    let Some(figures) = lower.figures() else { return Ok(()) };
    if figures.iter().map(|figure| figure.mark).min() != Some(*mark) {
        return Err(decided.other(&set.indicator));
    }
    let values: Vec<&MeasureValue> = figures.iter().flat_map(|figure| &figure.values).collect();
    figure::check_answers(set, &values).map_err(|measure| DescentFault::OtherValue {
        division: lower.division.clone(),
        measure,
        origin: decided.origin.clone(),
        sequence: decided.sequence,
    })
}

impl Lower {
    /// The figures decided on that the set rests on; none unless all of them came along.
    fn figures(&self) -> Option<Vec<&DecidedFigure>> {
        std::iter::once(&self.decided).chain(&self.further).map(|decided| decided.figure.as_ref()).collect()
    }
}

fn descend_part(part: &PartReference, division: &str, period: &str, entries: &Entries) -> Result<Part, DescentFault> {
    let named = (part.decision_sequence, part.decision_leaf_hash.as_slice());
    let decided = Decided::find(division, named, false, entries)?;
    let lower = match &decided.figure {
        Some(figure) => {
            let name = ReportName::parse("report", &figure.version.report).ok();
            let is_meant = name.is_some_and(|name| {
                split_code(&name.indicator.code).1 == Some(part.division.as_str())
                    && name.indicator.programme.division == division
                    && name.period.to_string() == period
            });
            if !is_meant {
                return Err(decided.other(&part.division));
            }
            Some(descend(&figure.submitted, entries)?)
        }
        None => None,
    };
    Ok(Part { division: part.division.clone(), decided, lower })
}

fn is_deeper(below: &str, above: &str) -> bool {
    let codes = below.parse::<DivisionCode>().ok().zip(above.parse::<DivisionCode>().ok());
    codes.is_some_and(|(below, above)| below != above && below.is_within(above))
}

/// Whether a report says what the set says; what neither says is no value.
fn says(report: &ReportSubmitted, set: &FigureSet) -> bool {
    let values = report.content.as_ref().map_or(&[][..], |content| &content.values);
    values.iter().filter(|value| !is_silent(value.value.as_ref())).all(|value| {
        let (measure, _) = split_code(&value.measure);
        let filed = set.values.iter().find(|filed| filed.measure == measure);
        filed.is_some_and(|filed| same_value(filed.value.as_ref(), value.value.as_ref()))
    })
}

/// What parts say of one measure of their tier, by division; none where entries were left out.
pub(super) fn shares(parts: &[Part], measure: &str) -> Option<Vec<(String, Option<MeasureValue>)>> {
    let share = |part: &Part| {
        let code = code_at(measure, &part.division);
        let figure = part.decided.figure.as_ref()?;
        Some((part.division.clone(), figure.values.iter().find(|value| value.measure == code).cloned()))
    };
    parts.iter().map(share).collect()
}

fn check_sums(lower: &Lower) -> Result<(), DescentFault> {
    let failed = |fault| DescentFault::Sum { division: lower.division.clone(), fault };
    let answers = |measure: &str| lower.set.answers.iter().any(|answer| answer.measure == measure);
    let mut values = lower.set.values.iter().filter(|value| lower.composed && !is_silent(value.value.as_ref()));
    if let Some(unanswered) = values.find(|value| !answers(&value.measure)) {
        return Err(DescentFault::OtherValue {
            division: lower.division.clone(),
            measure: unanswered.measure.clone(),
            origin: lower.decided.origin.clone(),
            sequence: lower.decided.sequence,
        });
    }
    for answer in &lower.set.answers {
        let Some(shares) = shares(&lower.parts, &answer.own_measure) else { continue };
        if lower.composed {
            let total = lower.set.values.iter().find(|value| value.measure == answer.measure);
            let total = total.and_then(|total| total.value.as_ref());
            figure::check_total(&answer.measure, total, &shares).map_err(failed)?;
        } else if let Some(figures) = lower.figures() {
            let contents = figures.into_iter().filter_map(|figure| figure.submitted.content.as_ref());
            let mut values = contents.flat_map(|content| &content.values);
            let total = values.find(|value| value.measure == answer.own_measure);
            total.map_or(Ok(()), |total| figure::check_breakdown(total, &shares)).map_err(failed)?;
        }
    }
    Ok(())
}
