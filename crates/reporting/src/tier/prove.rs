//! What a set proves, checked outside the writer: its entries lie in ledgers of the sending tier, whose keys were kept at
//! first sight, and its figures are those that were decided on.

use std::collections::{BTreeMap, BTreeSet};

use minsheng_domain::division::DivisionCode;
use minsheng_kit::convert::name::ReportName as Parsed;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_kit::witness::{DecidedFigure, LedgerKeys, ProofFault, ProvenEntry, check_decision};
use minsheng_proto::DESCRIPTORS;
use minsheng_proto::common::v1::Value;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::tier::v1::{FigureMark, FigureSet, LedgerKey, Proven};
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed};

use super::set;
use crate::names::ReportName;

/// Ledgers of a tier and of those below it, with the keys that its sets are proven by.
#[derive(Debug)]
pub(crate) struct Keys {
    division: String,
    known: LedgerKeys,
    lines: BTreeMap<String, String>,
    changed: BTreeSet<String>,
}

impl Keys {
    /// Those that are kept, and those that come along for the first time.
    ///
    /// # Errors
    /// FIELD_INVALID for what is no key, or no ledger of this tier or one below it.
    pub(crate) fn new(
        division: &str,
        kept: impl IntoIterator<Item = (String, String)>,
        offered: &[LedgerKey],
    ) -> Result<Self, Refusal> {
        let mut lines: BTreeMap<String, String> = kept.into_iter().collect();
        let mut changed = BTreeSet::new();
        for (place, ledger) in offered.iter().enumerate() {
            let field = |name: &str| format!("ledgers[{place}].{name}");
            if !is_of(&ledger.origin, division) {
                return Err(Refusal::invalid(
                    field("origin"),
                    "不是本下级或其下级的存证账",
                    "is no ledger of this tier or one below it",
                ));
            }
            let key = LedgerVerifier::new(&ledger.verifier_key).ok().filter(|key| key.origin() == ledger.origin);
            if key.is_none() {
                return Err(Refusal::invalid(field("verifier_key"), "不是该账的公钥", "is no key of that ledger"));
            }
            match lines.get(&ledger.origin) {
                Some(known) if *known != ledger.verifier_key => {
                    changed.insert(ledger.origin.clone());
                }
                Some(_) => {}
                None => {
                    lines.insert(ledger.origin.clone(), ledger.verifier_key.clone());
                }
            }
        }
        let known = lines.values().filter_map(|line| LedgerVerifier::new(line).ok()).collect();
        Ok(Self { division: division.to_owned(), known, lines, changed })
    }

    fn verify(&self, proven: &Proven, used: &mut BTreeSet<String>) -> Result<ProvenEntry, Refusal> {
        let origin = proven.receipt.as_ref().map_or("", |receipt| receipt.origin.as_str());
        if self.changed.contains(origin) {
            return Err(key_changed(origin));
        }
        let entry = self.known.verify(proven).map_err(|fault| not_proven(&fault))?;
        used.insert(entry.origin().to_owned());
        Ok(entry)
    }

    fn own(&self, service: &str) -> String {
        format!("minsheng/{}/{service}", self.division)
    }
}

/// Whether a ledger is of this division's tier or of one below it.
fn is_of(origin: &str, division: &str) -> bool {
    let named = origin.strip_prefix("minsheng/").and_then(|rest| rest.split_once('/'));
    let Some((of, service)) = named else { return false };
    let known = minsheng_kit::service::SERVICES.contains(&service);
    let within = of.parse::<DivisionCode>().ok().zip(division.parse::<DivisionCode>().ok());
    known && within.is_some_and(|(of, division)| of == division || of.is_within(division))
}

/// The ledger is signed by another key than the one kept.
pub(crate) fn key_changed(origin: &str) -> Refusal {
    Refusal::new(Reason::LedgerKeyChanged).with("origin", origin)
}

fn not_proven(fault: &ProofFault) -> Refusal {
    Refusal::new(Reason::SetProofInvalid).with("fault", fault)
}

fn other(fault: &str) -> Refusal {
    Refusal::new(Reason::SetProofInvalid).with("fault", fault)
}

/// A set whose proofs hold.
#[derive(Debug)]
pub(crate) struct Proved {
    /// As it came.
    pub(crate) set: FigureSet,
    /// Division of the sender.
    pub(crate) division: String,
    /// The report here.
    pub(crate) name: ReportName,
    /// How the figures stand below.
    pub(crate) mark: FigureMark,
    /// Ledger of the decision.
    pub(crate) origin: String,
    /// Number of its entry.
    pub(crate) sequence: u64,
    /// Leaf hash of its entry.
    pub(crate) leaf_hash: Vec<u8>,
    /// Its entries are of kinds that are known here.
    pub(crate) understood: bool,
    /// The ledgers that it was proven by, each with its key.
    pub(crate) keys: Vec<(String, String)>,
}

/// Checks a set of a tier.
///
/// # Errors
/// FIELD_INVALID, PERIOD_INVALID; SET_PROOF_INVALID with what does not hold; LEDGER_KEY_CHANGED.
pub(crate) fn prove(set: FigureSet, keys: &Keys) -> Result<Proved, Refusal> {
    let name = set::report_of(&set, &keys.division)?;
    let mark = match FigureMark::try_from(set.mark) {
        Ok(mark @ (FigureMark::Fast | FigureMark::Certified)) => mark,
        _ => return Err(Refusal::invalid("mark", "须为快报数或认定数", "must be fast or certified")),
    };
    let mut used = BTreeSet::new();
    let decision = set.decision.as_ref().ok_or_else(|| Refusal::required("decision"))?;
    let decision = keys.verify(decision, &mut used)?;
    if decision.origin() != keys.own("verification") {
        return Err(other("the decision is of another tier"));
    }
    let understood = match &set.submission {
        Some(submission) => {
            let submission = keys.verify(submission, &mut used)?;
            if submission.origin() != keys.own("reporting") {
                return Err(other("the submission is of another tier"));
            }
            decided(&set, mark, &decision, &submission)?
        }
        None => composed(mark, &decision)?,
    };
    for attachment in &set.attachments {
        keys.verify(attachment, &mut used)?;
    }
    let used = used.into_iter().filter_map(|origin| Some((origin.clone(), keys.lines.get(&origin)?.clone())));
    Ok(Proved {
        division: keys.division.clone(),
        name,
        mark,
        origin: decision.origin().to_owned(),
        sequence: decision.sequence,
        leaf_hash: decision.leaf_hash.0.to_vec(),
        understood,
        keys: used.collect(),
        set,
    })
}

/// Whether decision and submission are understood; if so, mark, period and values are theirs.
fn decided(
    set: &FigureSet,
    mark: FigureMark,
    decision: &ProvenEntry,
    submission: &ProvenEntry,
) -> Result<bool, Refusal> {
    let unknown = |entry: &ProvenEntry| DESCRIPTORS.get_message_by_name(&entry.kind).is_none();
    let figure = match check_decision(decision, submission) {
        Ok(figure) => figure,
        Err(ProofFault::NotADecision { .. }) if unknown(decision) => return Ok(false),
        Err(ProofFault::NotASubmission { .. }) if unknown(submission) => return Ok(false),
        Err(fault) => return Err(not_proven(&fault)),
    };
    if figure.mark != mark {
        return Err(other("the decision has another mark"));
    }
    if period_of(&figure).as_deref() != Some(set.period.as_str()) {
        return Err(other("the decision is about another month"));
    }
    // What is not reported is missing, and no figure that could differ.
    let is_silent = |value: &Option<Value>| {
        value.as_ref().is_none_or(|value| matches!(value.state, None | Some(State::NotReported(_))))
    };
    let is_decided = |value: &Option<Value>| figure.values.iter().any(|decided| decided.value == *value);
    match set.values.iter().find(|given| !is_silent(&given.value) && !is_decided(&given.value)) {
        Some(given) => Err(not_proven(&ProofFault::OtherValue(given.measure.clone()))),
        None => Ok(true),
    }
}

fn period_of(figure: &DecidedFigure) -> Option<String> {
    let name = Parsed::parse("report", &figure.version.report).ok()?;
    Some(name.period.to_string())
}

/// A composed figure is always a fast one; what made it new is a decision on one of its parts.
fn composed(mark: FigureMark, decision: &ProvenEntry) -> Result<bool, Refusal> {
    if mark != FigureMark::Fast {
        return Err(other("what is certified rests on a submission"));
    }
    let known = decision.payload::<ReportPassed>().is_some() || decision.payload::<ReportCertified>().is_some();
    if !known && DESCRIPTORS.get_message_by_name(&decision.kind).is_some() {
        return Err(other("the entry decides on no report"));
    }
    Ok(known)
}
