//! What a set proves, checked outside the writer: its entries lie in ledgers of the sending tier, whose keys were kept at
//! first sight, and its figures are those that were decided on.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use minsheng_kit::convert::name::ReportName as Parsed;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::ledger::LedgerVerifier;
use minsheng_kit::witness::{
    DecidedFigure, LedgerKeys, ProofFault, ProvenEntry, check_decision, proofs_of, verify_proven,
};
use minsheng_proto::DESCRIPTORS;
use minsheng_proto::common::v1::Value;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::ledger::v1::EntryBody;
use minsheng_proto::reporting::v1::{MeasureValue, ReportSubmitted};
use minsheng_proto::tier::v1::{FigureMark, FigureSet, LedgerKey, Proven, Unread};
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed};

use prost::{DecodeError, Message, Name};

use super::line::{Alarm, is_of, key_changed};
use super::set;
use crate::entity::tier_key;
use crate::names::ReportName;

/// Ledgers of a tier and of those below it, with the keys that its sets are proven by.
#[derive(Debug)]
pub(crate) struct Keys {
    division: String,
    known: LedgerKeys,
    lines: BTreeMap<String, String>,
    /// Keys that were kept before: what further tiers proved by them is kept with its proof.
    former: Vec<LedgerVerifier>,
    /// Ledgers that come with another key than the one kept, which is this one.
    changed: BTreeMap<String, String>,
}

impl Keys {
    /// Those that are kept, and those that come along for the first time.
    ///
    /// # Errors
    /// FIELD_INVALID for what is no key, or no ledger of this tier or one below it.
    pub(crate) fn new(division: &str, kept: &[tier_key::Model], offered: &[LedgerKey]) -> Result<Self, Refusal> {
        let mut lines: BTreeMap<String, String> =
            kept.iter().map(|row| (row.origin.clone(), row.verifier_key.clone())).collect();
        let mut changed = BTreeMap::new();
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
                    changed.insert(ledger.origin.clone(), ledger.verifier_key.clone());
                }
                Some(_) => {}
                None => {
                    lines.insert(ledger.origin.clone(), ledger.verifier_key.clone());
                }
            }
        }
        let known = lines.values().filter_map(|line| LedgerVerifier::new(line).ok()).collect();
        let former = kept.iter().flat_map(|row| row.former_keys.lines());
        let former = former.filter_map(|line| LedgerVerifier::new(line).ok()).collect();
        Ok(Self { division: division.to_owned(), known, lines, former, changed })
    }

    /// What people must look into.
    pub(crate) fn alarms(&self) -> Vec<Alarm> {
        let changed = self.changed.iter().map(|(origin, offered)| {
            let kept = self.lines.get(origin).map_or("", String::as_str);
            Alarm::key_changed(&self.division, origin, kept, offered)
        });
        changed.collect()
    }

    fn verify(&self, proven: &Proven, used: &mut BTreeSet<String>) -> Result<ProvenEntry, Refusal> {
        let origin = proven.receipt.as_ref().map_or("", |receipt| receipt.origin.as_str());
        if self.changed.contains_key(origin) {
            return Err(key_changed(origin));
        }
        let entry = self.known.verify(proven).map_err(|fault| not_proven(&fault))?;
        used.insert(entry.origin().to_owned());
        Ok(entry)
    }

    /// An entry of a tier further down, as it was proven when it came.
    fn verify_attached(&self, proven: &Proven, used: &mut BTreeSet<String>) -> Result<(), Refusal> {
        self.verify(proven, used).map(drop).or_else(|refusal| {
            let mut former = self.former.iter();
            if former.any(|key| verify_proven(proven, key).is_ok()) { Ok(()) } else { Err(refusal) }
        })
    }

    /// A submission of the tier itself.
    fn submission(&self, proven: &Proven, used: &mut BTreeSet<String>) -> Result<ProvenEntry, Refusal> {
        let submission = self.verify(proven, used)?;
        if submission.origin() != self.own("reporting") {
            return Err(other("the submission is of another tier"));
        }
        Ok(submission)
    }

    fn own(&self, service: &str) -> String {
        format!("minsheng/{}/{service}", self.division)
    }
}

fn not_proven(fault: &ProofFault) -> Refusal {
    Refusal::new(Reason::SetProofInvalid).with("fault", fault)
}

fn other(fault: &str) -> Refusal {
    Refusal::new(Reason::SetProofInvalid).with("fault", fault)
}

/// A set as it came.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    /// The bytes, which are kept.
    pub(crate) bytes: Bytes,
    /// What is known of them here.
    pub(crate) set: FigureSet,
}

impl Came {
    /// Reads a set.
    ///
    /// # Errors
    /// When it is no FigureSet.
    pub(crate) fn read(bytes: Bytes) -> Result<Self, DecodeError> {
        Ok(Self { set: FigureSet::decode(bytes.clone())?, bytes })
    }
}

/// A set whose proofs hold.
#[derive(Debug)]
pub(crate) struct Proved {
    /// As it came: the bytes.
    pub(crate) bytes: Bytes,
    /// What is known of them here.
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
    /// What of it and its entries is not known here.
    pub(crate) unread: Unread,
    /// The ledgers that it was proven by, each with its key.
    pub(crate) keys: Vec<(String, String)>,
}

/// Checks a set of a tier.
///
/// # Errors
/// FIELD_INVALID, PERIOD_INVALID; SET_PROOF_INVALID with what does not hold; LEDGER_KEY_CHANGED.
pub(crate) fn prove(came: Came, keys: &Keys) -> Result<Proved, Refusal> {
    let Came { bytes, set } = came;
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
    let unread = match &set.submission {
        Some(submission) => {
            let submission = keys.submission(submission, &mut used)?;
            let mut all = vec![(&decision, submission)];
            let further = further(&set, &decision, keys, &mut used)?;
            all.extend(further.iter().map(|(decision, submission)| (decision, submission.clone())));
            decided(&set, mark, &all)?
        }
        None => composed(&set, mark, &decision)?,
    };
    let unread = match unread {
        Unread::Unspecified if is_ahead(&set, &bytes) => Unread::Fields,
        other => other,
    };
    for attachment in &set.attachments {
        keys.verify_attached(attachment, &mut used)?;
    }
    let used = used.into_iter().filter_map(|origin| Some((origin.clone(), keys.lines.get(&origin)?.clone())));
    Ok(Proved {
        division: keys.division.clone(),
        name,
        mark,
        origin: decision.origin().to_owned(),
        sequence: decision.sequence,
        leaf_hash: decision.leaf_hash.0.to_vec(),
        unread,
        keys: used.collect(),
        set,
        bytes,
    })
}

impl Proved {
    /// Numbers and leaf hashes of the decisions that it rests on.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let further = self.set.further.iter().map(|further| (further.sequence, further.leaf_hash.as_slice()));
        std::iter::once((self.sequence, self.leaf_hash.as_slice())).chain(further)
    }
}

/// The decisions on other indicators that a set rests on, each with its submission: older than the one that orders the set,
/// and as they are named.
fn further(
    set: &FigureSet,
    newest: &ProvenEntry,
    keys: &Keys,
    used: &mut BTreeSet<String>,
) -> Result<Vec<(ProvenEntry, ProvenEntry)>, Refusal> {
    let all = set.further.iter().enumerate().map(|(place, further)| {
        let lacks = |field: &str| Refusal::required(format!("further[{place}].{field}"));
        let decision = keys.verify(further.decision.as_ref().ok_or_else(|| lacks("decision"))?, used)?;
        let submission = further.submission.as_ref().ok_or_else(|| lacks("submission"))?;
        let submission = keys.submission(submission, used)?;
        if decision.origin() != newest.origin() {
            return Err(other("a further decision is of another tier"));
        }
        if decision.sequence != further.sequence || decision.leaf_hash.0.as_slice() != further.leaf_hash {
            return Err(other("a further decision is another one than the one named"));
        }
        if decision.sequence >= newest.sequence {
            return Err(other("a further decision is newer than the one that orders the set"));
        }
        Ok((decision, submission))
    });
    all.collect()
}

/// Whether a set, or an entry that it rests on, has fields that are not known: they are lost when it is written again.
fn is_ahead(set: &FigureSet, bytes: &[u8]) -> bool {
    let own = proofs_of(set).count() - set.attachments.len();
    set.encoded_len() != bytes.len() || proofs_of(set).take(own).any(has_unread_fields)
}

/// Whether an entry of a known kind has fields that are not known: they are lost when it is written again.
fn has_unread_fields(proven: &Proven) -> bool {
    let Ok(body) = EntryBody::decode(proven.body.as_slice()) else { return false };
    let again = match body.kind.as_str() {
        kind if kind == ReportPassed::full_name() => ReportPassed::decode(&*body.payload).map(|it| it.encoded_len()),
        kind if kind == ReportCertified::full_name() => {
            ReportCertified::decode(&*body.payload).map(|it| it.encoded_len())
        }
        kind if kind == ReportSubmitted::full_name() => {
            ReportSubmitted::decode(&*body.payload).map(|it| it.encoded_len())
        }
        _ => return false,
    };
    again.is_ok_and(|length| length != body.payload.len())
}

/// What of decisions and submissions is not known; where all kinds are, mark, period and values are theirs.
fn decided(set: &FigureSet, mark: FigureMark, all: &[(&ProvenEntry, ProvenEntry)]) -> Result<Unread, Refusal> {
    let unknown = |entry: &ProvenEntry| DESCRIPTORS.get_message_by_name(&entry.kind).is_none();
    let mut figures = Vec::with_capacity(all.len());
    for (decision, submission) in all {
        match check_decision(decision, submission) {
            Ok(figure) => figures.push(figure),
            Err(ProofFault::NotADecision { .. }) if unknown(decision) => {}
            Err(ProofFault::NotASubmission { .. }) if unknown(submission) => {}
            Err(fault) => return Err(not_proven(&fault)),
        }
    }
    if figures.iter().any(|figure| period_of(figure).as_deref() != Some(set.period.as_str())) {
        return Err(other("a decision is about another month"));
    }
    let reports: BTreeSet<&str> = figures.iter().map(|figure| figure.version.report.as_str()).collect();
    if reports.len() < figures.len() {
        return Err(other("two decisions are about the same report"));
    }
    let weakest = figures.iter().map(|figure| figure.mark).min();
    if figures.len() < all.len() {
        return match weakest {
            Some(weakest) if weakest < mark => Err(other("a decision has a weaker mark")),
            _ => Ok(Unread::Kind),
        };
    }
    if weakest != Some(mark) {
        return Err(other("the decision has another mark"));
    }
    // What is not reported is missing, and no figure that could differ.
    let is_silent = |value: &Option<Value>| {
        value.as_ref().is_none_or(|value| matches!(value.state, None | Some(State::NotReported(_))))
    };
    let is_decided = |given: &MeasureValue| {
        let own = set.answers.iter().find(|answer| answer.measure == given.measure).map(|answer| &answer.own_measure);
        let decided = figures.iter().flat_map(|figure| &figure.values);
        let mut decided = decided.filter(|decided| own.is_none_or(|own| decided.measure == *own));
        decided.any(|decided| decided.value == given.value)
    };
    match set.values.iter().find(|given| !is_silent(&given.value) && !is_decided(given)) {
        Some(given) => Err(not_proven(&ProofFault::OtherValue(given.measure.clone()))),
        None => Ok(Unread::Unspecified),
    }
}

fn period_of(figure: &DecidedFigure) -> Option<String> {
    let name = Parsed::parse("report", &figure.version.report).ok()?;
    Some(name.period.to_string())
}

/// A composed figure is always a fast one; what made it new is a decision on one of its parts.
fn composed(set: &FigureSet, mark: FigureMark, decision: &ProvenEntry) -> Result<Unread, Refusal> {
    if mark != FigureMark::Fast {
        return Err(other("what is certified rests on a submission"));
    }
    if !set.further.is_empty() {
        return Err(other("what rests on several decisions rests on a submission"));
    }
    let known = decision.payload::<ReportPassed>().is_some() || decision.payload::<ReportCertified>().is_some();
    if !known && DESCRIPTORS.get_message_by_name(&decision.kind).is_some() {
        return Err(other("the entry decides on no report"));
    }
    Ok(if known { Unread::Unspecified } else { Unread::Kind })
}
