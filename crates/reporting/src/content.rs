//! Reading a report's content: what it holds must be well-formed, measure by measure, with every fault named to its field.
//! A draft may leave things out; a submission says something for every measure.

use std::collections::BTreeSet;

use minsheng_domain::division::DivisionCode;
use minsheng_domain::quantity::Quantity;
use minsheng_domain::target::{Basis, Kind};
use minsheng_domain::value::Value;
use minsheng_kit::convert;
use minsheng_kit::error::{Reason, Refusal, Violation};
use minsheng_proto::reporting::v1::{DivisionValue, MeasureValue, ReportContent};
use prost::Message;

use crate::programme::{LedIndicator, LedMeasure};

const MAX_NARRATIVE: usize = 4_000;
const MAX_NAME: usize = 40;
const MAX_TELEPHONE: usize = 20;
const MAX_LABEL: usize = 200;
const MAX_EXPLANATION: usize = 1_000;
const MAX_EVIDENCE: usize = 200;
const MAX_EXPLANATIONS: usize = 500;
const MAX_UNCOVERED: usize = 500;
/// Largest content, encoded: figures of several measures down to every village of a province. What a version's entry in the
/// ledger carries beside it is small.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Faults collected before reading stops: more help nobody.
const MAX_FAULTS: usize = 100;

/// How much must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wholeness {
    /// Anything may be left out.
    Draft,
    /// Every measure says something.
    Submission,
    /// The same, and the names of who filled in, reviewed and signed are given.
    Signed,
}

/// A measure's value as read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// Its place in the content.
    pub(crate) place: usize,
    /// The value; not reported where a draft leaves it out.
    pub(crate) value: Value,
    /// This period's part of a flow.
    pub(crate) this_period: Option<Quantity>,
    /// Shares of divisions.
    pub(crate) breakdown: Vec<(DivisionCode, Value)>,
}

/// Everything wrong, each fault with its own reason.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(Reason, Violation)>);

impl Faults {
    /// A fault of a field.
    pub(crate) fn add(
        &mut self,
        reason: Reason,
        field: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        if self.0.len() < MAX_FAULTS {
            self.0.push((reason, Violation { field: field.into(), zh: zh.into(), en: en.into() }));
        }
    }

    fn invalid(&mut self, field: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) {
        self.add(Reason::FieldInvalid, field, zh, en);
    }

    fn keep<T>(&mut self, result: Result<T, Refusal>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(refusal) => {
                for Violation { field, zh, en } in refusal.violations {
                    self.add(refusal.reason, field, zh, en);
                }
                None
            }
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() >= MAX_FAULTS
    }

    /// All faults as one refusal: with their own reason where all share it, else with the given one.
    ///
    /// # Errors
    /// The refusal, if there are faults.
    pub(crate) fn check(self, otherwise: Reason) -> Result<(), Refusal> {
        let Some((first, _)) = self.0.first() else {
            return Ok(());
        };
        let own = [Reason::QuantityInvalid, Reason::UnitMismatch, Reason::PersonalData];
        let shared = own.contains(first) && self.0.iter().all(|(reason, _)| reason == first);
        let mut refusal = Refusal::new(if shared { *first } else { otherwise });
        refusal.violations = self.0.into_iter().map(|(_, violation)| violation).collect();
        Err(refusal)
    }
}

/// Reads a content; the answer has one place for each measure of the indicator, in its order.
///
/// # Errors
/// TOO_LARGE; REPORT_INVALID, or QUANTITY_INVALID or UNIT_MISMATCH where nothing else is wrong, with every field at fault.
pub(crate) fn read(
    content: &ReportContent,
    indicator: &LedIndicator,
    wholeness: Wholeness,
) -> Result<Vec<Option<Reading>>, Refusal> {
    let bytes = content.encoded_len();
    if bytes > MAX_BYTES {
        return Err(Refusal::new(Reason::TooLarge).with("limit_bytes", MAX_BYTES).with("bytes", bytes));
    }
    let mut faults = Faults::default();
    let mut readings: Vec<Option<Reading>> = vec![None; indicator.measures.len()];
    for (place, given) in content.values.iter().enumerate() {
        let field = format!("content.values[{place}]");
        if faults.is_full() {
            break;
        }
        let Some((index, measure)) = indicator.measure(&given.measure) else {
            let zh = format!("指标{}没有计量项“{}”", indicator.code, cut(&given.measure));
            faults.invalid(format!("{field}.measure"), zh, "is no measure of the indicator");
            continue;
        };
        if readings[index].is_some() {
            faults.invalid(format!("{field}.measure"), "计量项重复填报", "stands twice");
            continue;
        }
        readings[index] = Some(read_value(&field, place, given, measure, wholeness, &mut faults));
    }
    if wholeness != Wholeness::Draft {
        for (measure, reading) in indicator.measures.iter().zip(&readings) {
            if reading.is_none() {
                let code = &measure.spec.code;
                let zh = format!("缺少计量项{code}（{}）；没有进展请填零，未报也须写明", measure.spec.name);
                faults.add(Reason::FieldRequired, "content.values", zh, format!("measure {code} is missing"));
            }
        }
    }
    read_words(content, indicator, wholeness, &mut faults);
    faults.check(Reason::ReportInvalid)?;
    Ok(readings)
}

fn read_value(
    field: &str,
    place: usize,
    given: &MeasureValue,
    measure: &LedMeasure,
    wholeness: Wholeness,
    faults: &mut Faults,
) -> Reading {
    let unit = measure.spec.unit.as_str();
    let left_out = wholeness == Wholeness::Draft && given.value.as_ref().is_none_or(|value| value.state.is_none());
    let value = if left_out {
        None
    } else {
        faults.keep(convert::value::to_domain(&format!("{field}.value"), given.value.as_ref(), unit))
    };
    let this_period = given.this_period.as_ref().and_then(|quantity| {
        let field = format!("{field}.this_period");
        if measure.spec.basis != Basis::Flow {
            faults.invalid(&field, "只有累计数填本期数", "only a flow has a part of this period");
        }
        faults.keep(convert::value::quantity(&field, Some(quantity), unit))
    });
    let milestone_stage = !given.stage.is_empty() && !measure.stages.contains(&given.stage);
    if milestone_stage {
        faults.invalid(format!("{field}.stage"), "验收标准中没有这一阶段", "is no stage of the measure");
    }
    if !given.stage.is_empty() && !matches!(measure.spec.kind, Kind::Milestone(_)) {
        faults.invalid(format!("{field}.stage"), "只有节点类计量项填阶段", "only a milestone has a stage");
    }
    if given.paid && !matches!(measure.spec.kind, Kind::StandardRaised(_)) {
        faults.invalid(format!("{field}.paid"), "只有提标类计量项填是否发放", "only a standard raised is paid");
    }
    if !given.not_covered.is_empty() && !matches!(measure.spec.kind, Kind::Coverage(_)) {
        let zh = "只有全覆盖类计量项填未覆盖名单";
        faults.invalid(format!("{field}.not_covered"), zh, "only coverage has names not yet covered");
    }
    at_most(&format!("{field}.not_covered"), given.not_covered.len(), MAX_UNCOVERED, faults);
    for (row, name) in given.not_covered.iter().take(MAX_UNCOVERED).enumerate() {
        text(&format!("{field}.not_covered[{row}]"), name, 1, 100, faults);
    }
    let breakdown = read_breakdown(field, &given.breakdown, measure, unit, faults);
    Reading { place, value: value.unwrap_or_default(), this_period, breakdown }
}

fn read_breakdown(
    field: &str,
    given: &[DivisionValue],
    measure: &LedMeasure,
    unit: &str,
    faults: &mut Faults,
) -> Vec<(DivisionCode, Value)> {
    let mut read = Vec::with_capacity(given.len());
    let mut seen = BTreeSet::new();
    for (row, share) in given.iter().enumerate() {
        if faults.is_full() {
            break;
        }
        // A breakdown may have many thousand rows: a field is named where something is wrong with it.
        let field = || format!("{field}.breakdown[{row}]");
        let area: Option<DivisionCode> = share.division.parse().ok();
        let Some(area) = area.filter(|area| measure.areas.contains(area)) else {
            let zh = format!("“{}”不在本计量项的任务分解表中", cut(&share.division));
            faults.invalid(format!("{}.division", field()), zh, "does not stand in the allocation of the measure");
            continue;
        };
        if !seen.insert(area) {
            faults.invalid(format!("{}.division", field()), "同一区划重复填报", "stands twice");
            continue;
        }
        let read_as = |field: &str| convert::value::to_domain(field, share.value.as_ref(), unit);
        let value = match read_as("") {
            Ok(value) => Some(value),
            Err(_) => faults.keep(read_as(&format!("{}.value", field()))),
        };
        read.push((area, value.unwrap_or_default()));
    }
    read
}

fn read_words(content: &ReportContent, indicator: &LedIndicator, wholeness: Wholeness, faults: &mut Faults) {
    for (field, words) in narrative(content) {
        text(field, words, 0, MAX_NARRATIVE, faults);
    }
    let least = usize::from(wholeness == Wholeness::Signed);
    for (field, name) in signatories(content) {
        text(field, name, least, MAX_NAME, faults);
    }
    let telephone = &content.telephone;
    let plain = telephone.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if telephone.len() > MAX_TELEPHONE || !plain {
        faults.invalid("content.telephone", "只能用数字和“-”，至多20个字符", "must be digits and \"-\", at most 20");
    }
    at_most("content.evidence", content.evidence.len(), MAX_EVIDENCE, faults);
    for (row, file) in content.evidence.iter().take(MAX_EVIDENCE).enumerate() {
        if file.sha256.len() != 32 {
            faults.invalid(
                format!("content.evidence[{row}].sha256"),
                "须为32字节的SHA-256",
                "must be a SHA-256 of 32 bytes",
            );
        }
        text(&format!("content.evidence[{row}].label"), &file.label, 0, MAX_LABEL, faults);
        if !file.measure.is_empty() && indicator.measure(&file.measure).is_none() {
            faults.invalid(
                format!("content.evidence[{row}].measure"),
                "不是本指标的计量项",
                "is no measure of the indicator",
            );
        }
    }
    at_most("content.explanations", content.explanations.len(), MAX_EXPLANATIONS, faults);
    for (row, explanation) in content.explanations.iter().take(MAX_EXPLANATIONS).enumerate() {
        text(&format!("content.explanations[{row}].finding_id"), &explanation.finding_id, 1, 64, faults);
        text(&format!("content.explanations[{row}].text"), &explanation.text, 1, MAX_EXPLANATION, faults);
    }
}

/// The parts of the narrative with their fields.
fn narrative(content: &ReportContent) -> Vec<(&'static str, &str)> {
    let Some(words) = &content.narrative else {
        return Vec::new();
    };
    vec![
        ("content.narrative.progress", words.progress.as_str()),
        ("content.narrative.measures_taken", words.measures_taken.as_str()),
        ("content.narrative.problems", words.problems.as_str()),
        ("content.narrative.next_steps", words.next_steps.as_str()),
    ]
}

fn signatories(content: &ReportContent) -> [(&'static str, &str); 3] {
    [
        ("content.filled_by", content.filled_by.as_str()),
        ("content.reviewed_by", content.reviewed_by.as_str()),
        ("content.head", content.head.as_str()),
    ]
}

/// Every text of a content that is searched for personal data, with its field; labels of evidence and reasons of values
/// are searched with their own.
pub(crate) fn texts(content: &ReportContent) -> Vec<(String, String)> {
    let plain = narrative(content).into_iter().chain(signatories(content));
    let mut texts: Vec<(String, String)> = Vec::new();
    texts.extend(
        plain.filter(|(_, words)| !words.is_empty()).map(|(field, words)| (field.to_owned(), words.to_owned())),
    );
    for (row, explanation) in content.explanations.iter().enumerate() {
        texts.push((format!("content.explanations[{row}].text"), explanation.text.clone()));
    }
    for (place, value) in content.values.iter().enumerate() {
        for (row, share) in value.breakdown.iter().enumerate() {
            if let Some(reason) = share.value.as_ref().and_then(reason_of) {
                texts.push((format!("content.values[{place}].breakdown[{row}].value"), reason.to_owned()));
            }
        }
    }
    texts
}

fn reason_of(value: &minsheng_proto::common::v1::Value) -> Option<&str> {
    use minsheng_proto::common::v1::value::State;
    match value.state.as_ref()? {
        State::NotApplicable(why) => Some(&why.reason),
        State::NoneHere(why) => Some(&why.reason),
        State::Quantity(_) | State::NotReported(_) => None,
    }
}

/// A text within its bounds, without control characters other than new lines and tabs.
fn text(field: &str, words: &str, least: usize, most: usize, faults: &mut Faults) {
    if least > 0 && words.trim().is_empty() {
        faults.add(Reason::FieldRequired, field, "必填", "is required");
    }
    if words.len() > most && words.chars().count() > most {
        faults.invalid(field, format!("至多{most}个字符"), format!("must be at most {most} characters"));
    }
    if words.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t')) {
        faults.invalid(field, "不得含有控制字符", "must not hold control characters");
    }
}

fn at_most(field: &str, count: usize, most: usize, faults: &mut Faults) {
    if count > most {
        faults.invalid(field, format!("至多{most}项"), format!("must have at most {most} entries"));
    }
}

/// A caller's text, short enough to be repeated in a message.
fn cut(words: &str) -> String {
    words.chars().take(40).collect()
}
