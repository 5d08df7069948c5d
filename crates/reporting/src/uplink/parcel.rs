//! What goes into the outbox: of a decision the values that the parent asks for, under the parent's codes; of a share that a
//! lower tier reported, the whole that it makes with the others.

use std::collections::BTreeMap;

use minsheng_domain::programme::Mandate;
use minsheng_kit::convert;
use minsheng_kit::convert::name::{IndicatorName, MeasureName};
use minsheng_kit::error::Refusal;
use minsheng_kit::writer::Context;
use minsheng_proto::reporting::v1::MeasureValue;
use minsheng_proto::tier::v1::{FigureMark, FigureSet, MeasureAnswer};
use prost::Message;

use super::OutboxState;
use crate::entity::{outbox, report, tier_figure};
use crate::names::ReportName;
use crate::programme::{InForce, LedIndicator, internal};
use crate::report::Filed;
use crate::tier::{self, Share};

/// The parent's indicators that an indicator answers, each with the parent's code and the own code of its measures.
fn answered(indicator: &LedIndicator) -> BTreeMap<IndicatorName, Vec<(String, String)>> {
    let mut found: BTreeMap<IndicatorName, Vec<(String, String)>> = BTreeMap::new();
    for Mandate { measure, own_measure, .. } in &indicator.mandates {
        if let Ok(parent) = MeasureName::parse("measure", measure)
            && !own_measure.is_empty()
        {
            found.entry(parent.indicator).or_default().push((parent.code, own_measure.clone()));
        }
    }
    found
}

/// A decision on figures.
#[derive(Debug)]
pub(crate) struct Decided<'a> {
    /// Number of its entry in verification's ledger.
    pub(crate) entry: u64,
    /// Number of the submission's entry in the own ledger.
    pub(crate) submission: i64,
    /// The values decided on.
    pub(crate) values: &'a [MeasureValue],
    /// How they stand.
    pub(crate) mark: FigureMark,
}

/// A version was passed or certified.
///
/// # Errors
/// INTERNAL for numbers beyond what a row holds.
pub(crate) fn decided(
    decision: &Decided<'_>,
    name: &ReportName,
    in_force: &InForce,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let Some(indicator) = in_force.indicator(&name.indicator) else { return Ok(()) };
    for (parent, set) in sets(decision, indicator) {
        put(decision.entry, decision.submission, &[], &parent, name, set, context)?;
    }
    Ok(())
}

/// What was decided before this tier's programme said whom it answers. A set that the parent has, or is being sent, stays.
///
/// # Errors
/// As for [`decided`].
pub(crate) fn decided_before(
    row: &report::Model,
    name: &ReportName,
    in_force: &InForce,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let Some(indicator) = in_force.indicator(&name.indicator) else { return Ok(()) };
    let filed = row.filed()?.values;
    let certified = Filed::decode(row.certified.as_slice()).map_err(|_| internal("the figures of a report"))?.values;
    for (entry, mark) in decisions(row) {
        let (submission, values) = match mark {
            FigureMark::Certified => (row.certified_submission, &certified),
            _ => (row.submission_sequence, &filed),
        };
        for (parent, set) in sets(&Decided { entry, submission, values, mark }, indicator) {
            if !is_on_its_way(entry, &parent, context) {
                put(entry, submission, &[], &parent, name, set, context)?;
            }
        }
    }
    Ok(())
}

/// What lower tiers made together before this tier's programme said whom it answers. A set that the parent has, or is being
/// sent, stays.
///
/// # Errors
/// As for [`decided`].
pub(crate) fn composed_before(
    whole: &ReportName,
    in_force: &InForce,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let shares = context.group::<tier_figure::Entity>(&whole.name).into_iter();
    let Some(entry) = shares.map(|share| share.decision).max() else { return Ok(()) };
    let entry = u64::try_from(entry).map_err(|_| internal("the number of a decision"))?;
    compose(entry, whole, in_force, true, context)
}

/// The decisions that stand on a report, by the numbers of their entries.
pub(crate) fn decisions(row: &report::Model) -> impl Iterator<Item = (u64, FigureMark)> {
    let passed = u64::try_from(row.passed_entry).ok().filter(|_| row.fast);
    let certified = u64::try_from(row.certified_entry).ok();
    let passed = passed.map(|entry| (entry, FigureMark::Fast));
    passed.into_iter().chain(certified.map(|entry| (entry, FigureMark::Certified)))
}

/// Key of a set.
pub(crate) fn key(entry: u64, parent: &IndicatorName) -> String {
    format!("{entry:020}|{parent}")
}

fn answers(codes: &[(String, String)]) -> Vec<MeasureAnswer> {
    let answer =
        |(measure, own): &(String, String)| MeasureAnswer { measure: measure.clone(), own_measure: own.clone() };
    codes.iter().map(answer).collect()
}

fn sets(decision: &Decided<'_>, indicator: &LedIndicator) -> Vec<(IndicatorName, FigureSet)> {
    let answered = answered(indicator).into_iter();
    let sets = answered.map(|(parent, codes)| {
        let answers = answers(&codes);
        let values = codes.into_iter().filter_map(|(code, own)| {
            let value = decision.values.iter().find(|value| value.measure == own)?;
            Some(MeasureValue { measure: code, this_period: None, breakdown: Vec::new(), ..value.clone() })
        });
        (parent, FigureSet { values: values.collect(), mark: decision.mark.into(), answers, ..FigureSet::default() })
    });
    sets.collect()
}

/// A tier's share was decided on: what it makes with the others goes up at once where the parent asks for the whole, and all
/// of it can be added.
///
/// # Errors
/// As for [`decided`].
pub(crate) fn composed(
    entry: u64,
    whole: &ReportName,
    in_force: &InForce,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    compose(entry, whole, in_force, false, context)
}

fn compose(
    entry: u64,
    whole: &ReportName,
    in_force: &InForce,
    is_late: bool,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let Some(indicator) = in_force.indicator(&whole.indicator) else { return Ok(()) };
    let answered = answered(indicator);
    if answered.is_empty() {
        return Ok(());
    }
    let made = tier::compose(whole, in_force, context)?;
    for (parent, codes) in answered {
        let mut set = FigureSet { mark: FigureMark::Fast.into(), answers: answers(&codes), ..FigureSet::default() };
        for (code, own) in &codes {
            let total = made.totals.iter().find(|total| total.measure.spec.code == *own);
            let Some(total) = total.filter(|total| total.composed.value.is_reported()) else { continue };
            let value = convert::value::to_proto(&total.composed.value, total.measure.spec.unit.as_str());
            set.values.push(MeasureValue { measure: code.clone(), value: Some(value), ..MeasureValue::default() });
            for division in &total.composed.missing {
                if !set.missing.contains(division) {
                    set.missing.push(division.clone());
                }
            }
        }
        // A whole of which the tiers make only a part is nothing that could be filed.
        if set.values.len() == codes.len() && !(is_late && is_on_its_way(entry, &parent, context)) {
            put(entry, -1, &made.shares, &parent, whole, set, context)?;
        }
    }
    Ok(())
}

/// Whether the parent has the set of an entry, or is being sent it.
fn is_on_its_way(entry: u64, parent: &IndicatorName, context: &Context<'_>) -> bool {
    let known = context.get::<outbox::Entity>(&key(entry, parent));
    known.is_some_and(|known| known.state != OutboxState::Refused as i32)
}

fn put(
    entry: u64,
    submission: i64,
    shares: &[Share],
    parent: &IndicatorName,
    name: &ReportName,
    set: FigureSet,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    if set.values.is_empty() {
        return Ok(());
    }
    let period = name.period.to_string();
    let indicator = parent.to_string();
    let row = outbox::Model {
        key: key(entry, parent),
        state: OutboxState::Pending as i32,
        programme: parent.programme.to_string(),
        refused_of: String::new(),
        period: period.clone(),
        decision: i64::try_from(entry).map_err(|_| internal("a sequence number"))?,
        submission,
        shares: Share::write(shares),
        figures: FigureSet { indicator, period, ..set }.encode_to_vec(),
        answer: Vec::new(),
        put_time: context.now().as_millisecond(),
        answer_time: 0,
    };
    context.put::<outbox::Entity>(row);
    Ok(())
}
