//! What goes into the outbox: of a decision the values that the parent asks for, under the parent's codes, with those of the
//! other indicators that answer the same one of the parent's; of a share that a lower tier reported, the whole that it makes
//! with the others.

use std::borrow::Cow;

use minsheng_kit::convert;
use minsheng_kit::convert::name::IndicatorName;
use minsheng_kit::error::Refusal;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::Context;
use minsheng_proto::reporting::v1::MeasureValue;
use minsheng_proto::tier::v1::{FigureMark, FigureSet, FurtherDecision, MeasureAnswer};
use prost::Message;

use super::OutboxState;
use crate::entity::{outbox, report, tier_figure};
use crate::names::ReportName;
use crate::programme::{Answers, InForce, internal};
use crate::report::Filed;
use crate::tier::{self, Share};

/// A decision on figures.
#[derive(Clone, Debug)]
pub(crate) struct Decided<'a> {
    /// Number of its entry in verification's ledger.
    pub(crate) entry: u64,
    /// Number of the submission's entry in the own ledger.
    pub(crate) submission: i64,
    /// The values decided on.
    pub(crate) values: Cow<'a, [MeasureValue]>,
    /// How they stand.
    pub(crate) mark: FigureMark,
}

/// Reports of the other indicators that answer with one: they are looked at when it is decided on.
pub(crate) fn wants(name: &ReportName, in_force: &InForce, wants: &mut Wants) {
    for (_, answers) in in_force.answered_by(&name.indicator) {
        for other in answers.keys().filter(|code| **code != name.indicator) {
            wants.row::<report::Entity>(beside(name, other).name);
        }
    }
}

fn beside(name: &ReportName, indicator: &str) -> ReportName {
    ReportName::of(&name.programme, name.year, indicator, name.period)
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
    for (parent, answers) in in_force.answered_by(&name.indicator) {
        if let Some(set) = gather(decision, name, answers, context)? {
            put(decision.entry, decision.submission, &[], parent, name, set, context)?;
        }
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
    for decision in standing(row)? {
        for (parent, answers) in in_force.answered_by(&name.indicator) {
            if is_on_its_way(decision.entry, parent, context) {
                continue;
            }
            if let Some(set) = gather(&decision, name, answers, context)? {
                put(decision.entry, decision.submission, &[], parent, name, set, context)?;
            }
        }
    }
    Ok(())
}

/// The set that a decision makes with the newest ones before it on the other indicators that answer the same; none while one
/// of them is not decided on. It is certified only where all are, and rests on what is certified of each where it can be.
fn gather(
    decision: &Decided<'_>,
    name: &ReportName,
    answers: &Answers,
    context: &Context<'_>,
) -> Result<Option<FigureSet>, Refusal> {
    let mut known = Vec::with_capacity(answers.len());
    for (indicator, measures) in answers {
        let decisions = if *indicator == name.indicator {
            vec![decision.clone()]
        } else {
            let row = context.get::<report::Entity>(&beside(name, indicator).name);
            let earlier = row.map(standing).transpose()?.unwrap_or_default().into_iter();
            earlier.filter(|other| other.entry < decision.entry).collect()
        };
        known.push((measures, decisions));
    }
    let certified = known.iter().all(|(_, all)| all.iter().any(|known| known.mark == FigureMark::Certified));
    let mut set = FigureSet { mark: FigureMark::Certified.into(), ..FigureSet::default() };
    for (measures, decisions) in known {
        let of_weight = decisions.into_iter().filter(|known| !certified || known.mark == FigureMark::Certified);
        let Some(newest) = of_weight.max_by_key(|known| known.entry) else { return Ok(None) };
        if newest.mark == FigureMark::Fast {
            set.mark = FigureMark::Fast.into();
        }
        set.answers.extend(answer(measures));
        set.values.extend(measures.iter().filter_map(|(code, own)| {
            let value = newest.values.iter().find(|value| value.measure == *own)?;
            Some(MeasureValue { measure: code.clone(), this_period: None, breakdown: Vec::new(), ..value.clone() })
        }));
        if newest.entry != decision.entry {
            set.further.push(FurtherDecision { sequence: newest.entry, ..FurtherDecision::default() });
        }
    }
    Ok(Some(set))
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

/// The same with what they say.
fn standing(row: &report::Model) -> Result<Vec<Decided<'static>>, Refusal> {
    let decisions = decisions(row).map(|(entry, mark)| {
        let (submission, values) = match mark {
            FigureMark::Certified => (row.certified_submission, &row.certified),
            _ => (row.submission_sequence, &row.figures),
        };
        let filed = Filed::decode(values.as_slice()).map_err(|_| internal("the figures of a report"))?;
        Ok(Decided { entry, submission, values: filed.values.into(), mark })
    });
    decisions.collect()
}

/// Key of a set.
pub(crate) fn key(entry: u64, parent: &IndicatorName) -> String {
    format!("{entry:020}|{parent}")
}

fn answer(codes: &[(String, String)]) -> impl Iterator<Item = MeasureAnswer> {
    codes.iter().map(|(measure, own)| MeasureAnswer { measure: measure.clone(), own_measure: own.clone() })
}

/// A tier's share was decided on: what it makes with the others goes up at once where the parent asks for the whole, all of
/// it can be added, and one indicator answers. Where several do, it goes up as they are decided on.
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
    let alone = in_force.answered_by(&whole.indicator).filter(|(_, answers)| answers.len() == 1);
    let answered: Vec<_> = alone.filter_map(|(parent, answers)| Some((parent, answers.values().next()?))).collect();
    if answered.is_empty() {
        return Ok(());
    }
    let made = tier::compose(whole, in_force, context)?;
    for (parent, codes) in answered {
        let answers = answer(codes).collect();
        let mut set = FigureSet { mark: FigureMark::Fast.into(), answers, ..FigureSet::default() };
        for (code, own) in codes {
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
        if set.values.len() == codes.len() && !(is_late && is_on_its_way(entry, parent, context)) {
            put(entry, -1, &made.shares, parent, whole, set, context)?;
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
