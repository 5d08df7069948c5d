//! From facts to samples to points: the one place where a metric is read and the one where a mapping is applied (field rules §4).

use super::facts::{Timeliness, UnitFacts};
use super::scheme::{Combine, Component, Empty, Mapping, Metric, Role, Series};
use crate::light::Light;
use crate::quantity::Quantity;
use crate::ratio::Ratio;
use std::collections::{BTreeMap, BTreeSet};

/// One thing measured, with the words an explanation shows for it.
pub(super) struct Sample {
    value: SampleValue,
    name: String,
    text: String,
}

enum SampleValue {
    Share(Ratio),
    Light(Light),
    Count(u32),
    /// Later than any bound.
    Beyond,
    /// Owed and not reported.
    Unreported,
}

/// A unit's places in the orders of its scheme, and how many have a place in each.
#[derive(Default)]
pub(super) struct Places {
    pub(super) by_order: BTreeMap<String, OwnPlace>,
}

/// One place.
#[derive(Clone, Copy)]
pub(super) struct OwnPlace {
    pub(super) rank: u32,
    pub(super) last: bool,
    pub(super) taking_part: u32,
}

/// What a component comes to for a unit.
pub(super) struct Outcome {
    /// Before rounding.
    pub(super) value: Ratio,
    /// Names and texts of the samples.
    pub(super) facts: Vec<(String, String)>,
    /// Every sample is a share of 100% or more.
    pub(super) full: bool,
}

/// Evaluates a component; none where there is nothing to evaluate and the scheme says that this leaves the unit unscored.
/// An order never fills in for what is missing: who has no duty in it has no place in it.
pub(super) fn evaluate(component: &Component, unit: &UnitFacts, places: &Places, few_duties: bool) -> Option<Outcome> {
    let samples = samples(&component.metric, unit, places);
    let taking_part = component.metric.order().and_then(|o| places.by_order.get(o)).map_or(0, |p| p.taking_part);
    let reported = samples.iter().any(|sample| !matches!(sample.value, SampleValue::Unreported));
    let mut mapped: Vec<Ratio> = samples
        .iter()
        .filter_map(|sample| match sample.value {
            SampleValue::Unreported => (reported && !component.unreported_leaves).then_some(Ratio::ZERO),
            _ => points(&component.mapping, &sample.value, taking_part),
        })
        .collect();
    // A fixed order of addition: the sum is the same to the last digit whatever order the facts came in.
    mapped.sort();
    let sum = mapped.iter().fold(Ratio::ZERO, |sum, item| sum + *item);
    let value = match (mapped.len(), component.combine, component.empty, component.role) {
        (0, _, Empty::Unscored, _) | (0, _, _, Role::Order) => return None,
        (0, _, Empty::Points(points), _) => Ratio::from_quantity(points),
        (_, Combine::Sum, _, _) => sum,
        (count, Combine::Mean, _, _) => sum * Ratio::new(1, i128::try_from(count).ok()?)?,
    };
    let value = match component.factor_if_few_duties {
        Some(factor) if few_duties => value * Ratio::from_quantity(factor),
        _ => value,
    };
    let value = component.floor.map_or(value, |floor| value.max(Ratio::from_quantity(floor)));
    let value = component.ceiling.map_or(value, |ceiling| value.min(Ratio::from_quantity(ceiling)));
    let full = !samples.is_empty()
        && samples.iter().all(|s| matches!(&s.value, SampleValue::Share(share) if *share >= Ratio::ONE));
    Some(Outcome { value, facts: samples.into_iter().map(|s| (s.name, s.text)).collect(), full })
}

/// Reads a metric. A new metric is a new arm here.
fn samples(metric: &Metric, unit: &UnitFacts, places: &Places) -> Vec<Sample> {
    match metric {
        Metric::Progress { capped } => duties(unit, |i| {
            let (completion, expected) = (i.completion?, i.expected?);
            let share = if expected <= Ratio::ZERO { Ratio::ONE } else { completion.checked_div(expected)? };
            let text = format!("完成{}／应达{}", completion.completion_percent(1), expected.percent(1));
            Some((SampleValue::Share(cap(share, *capped)), text))
        }),
        Metric::Completion { capped } => duties(unit, |i| {
            let completion = i.completion?;
            Some((SampleValue::Share(cap(completion, *capped)), completion.completion_percent(1)))
        }),
        Metric::Light => duties(unit, |i| {
            // Nothing with a light but without a ratio enters: both means rest on the same indicators.
            i.completion.and(i.expected)?;
            Some((SampleValue::Light(i.light), i.light.label().to_owned()))
        }),
        Metric::Timeliness => unit
            .reports
            .iter()
            .map(|report| {
                let (value, text) = match report.timeliness {
                    Timeliness::OnTime => (SampleValue::Count(0), "按时".to_owned()),
                    Timeliness::Late { working_days } => {
                        (SampleValue::Count(working_days.max(1)), format!("迟{}个工作日", working_days.max(1)))
                    }
                    Timeliness::Missing => (SampleValue::Beyond, "未报".to_owned()),
                };
                Sample { value, name: report.indicator.clone(), text }
            })
            .collect(),
        Metric::Corrections => {
            let distinct: BTreeSet<&str> = unit.corrected.iter().map(String::as_str).collect();
            let named: Vec<&str> = distinct.iter().copied().collect();
            counted(named.len(), "退回或调整的计量项", if named.is_empty() { "无".into() } else { named.join("、") })
        }
        Metric::Unmet => {
            let verdicts: Vec<_> = unit.indicators.iter().filter(|i| i.ranked && i.met.is_some()).collect();
            if verdicts.is_empty() {
                return Vec::new();
            }
            let unmet: Vec<&str> = verdicts.iter().filter(|i| i.met == Some(false)).map(|i| i.code.as_str()).collect();
            counted(unmet.len(), "未达标指标", if unmet.is_empty() { "无".into() } else { unmet.join("、") })
        }
        Metric::Rate { done, planned } => rate(unit, done, planned).into_iter().collect(),
        Metric::Mark { name } => unit
            .marks
            .get(name)
            .map(|mark| Sample { value: SampleValue::Share(*mark), name: name.clone(), text: mark.percent(2) })
            .into_iter()
            .collect(),
        Metric::Tally { name } => unit
            .tallies
            .get(name)
            .map(|count| Sample { value: SampleValue::Count(*count), name: name.clone(), text: count.to_string() })
            .into_iter()
            .collect(),
        Metric::Place { order } => places
            .by_order
            .get(order)
            .map(|place| Sample {
                value: SampleValue::Count(place.rank),
                name: order.clone(),
                text: format!("第{}名／共{}个", place.rank, place.taking_part),
            })
            .into_iter()
            .collect(),
        Metric::TimesLast { order } => places
            .by_order
            .get(order)
            .map(|place| {
                let times = if place.last { unit.last_before(order).saturating_add(1) } else { 0 };
                let text = if times == 0 { "非末位".to_owned() } else { format!("连续第{times}次末位") };
                Sample { value: SampleValue::Count(times), name: order.clone(), text }
            })
            .into_iter()
            .collect(),
    }
}

/// One sample for each ranked indicator that the metric can be read of, by code.
fn duties(
    unit: &UnitFacts,
    read: impl Fn(&super::facts::IndicatorFacts) -> Option<(SampleValue, String)>,
) -> Vec<Sample> {
    unit.indicators
        .iter()
        .filter(|indicator| indicator.ranked)
        .filter_map(|indicator| {
            let unreported = || (SampleValue::Unreported, "未报送".to_owned());
            let (value, text) = if indicator.unreported { unreported() } else { read(indicator)? };
            Some(Sample { value, name: indicator.code.clone(), text })
        })
        .collect()
}

fn counted(count: usize, name: &str, text: String) -> Vec<Sample> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    vec![Sample { value: SampleValue::Count(count), name: name.to_owned(), text }]
}

fn rate(unit: &UnitFacts, done: &str, planned: &str) -> Option<Sample> {
    let (part, whole) = (*unit.amounts.get(done)?, *unit.amounts.get(planned)?);
    let share = if whole > Quantity::ZERO {
        Ratio::of(part, whole)?
    } else {
        return None;
    };
    let text = format!("{part}／{whole}");
    Some(Sample { value: SampleValue::Share(share), name: format!("{done}／{planned}"), text })
}

fn cap(share: Ratio, capped: bool) -> Ratio {
    if capped { share.capped() } else { share }
}

/// Applies a mapping; none where it does not take the sample (a light without a colour, a sort that it is not for).
fn points(mapping: &Mapping, sample: &SampleValue, taking_part: u32) -> Option<Ratio> {
    let points = match (mapping, sample) {
        (Mapping::Share { full }, SampleValue::Share(share)) => return Some(*share * Ratio::from_quantity(*full)),
        (Mapping::Lights { blue, green, yellow, red }, SampleValue::Light(light)) => match light {
            Light::Blue => *blue,
            Light::Green => *green,
            Light::Yellow => *yellow,
            Light::Red => *red,
            Light::NoColour(_) => return None,
        },
        (Mapping::Steps { steps, beyond }, SampleValue::Count(count)) => {
            steps.iter().find(|step| *count <= step.at_most).map_or(*beyond, |step| step.points)
        }
        (Mapping::Steps { beyond, .. }, SampleValue::Beyond) => *beyond,
        (Mapping::PerCount { start, each }, SampleValue::Count(count)) => {
            return Some(
                Ratio::from_quantity(*start) + Ratio::from_quantity(*each) * Ratio::integer(i64::from(*count)),
            );
        }
        (Mapping::Series { series, small }, SampleValue::Count(position)) => {
            let few = small.as_ref().filter(|small| taking_part <= small.up_to).map(|small| &small.series);
            return Some(at(few.unwrap_or(series), *position));
        }
        _ => return None,
    };
    Some(Ratio::from_quantity(points))
}

/// The points of a position: those given, then a fixed step for each further one.
fn at(series: &Series, position: u32) -> Ratio {
    let Some(index) = position.checked_sub(1) else {
        return Ratio::ZERO;
    };
    match (series.first.get(index as usize), series.first.last()) {
        (Some(points), _) => Ratio::from_quantity(*points),
        (None, Some(last)) => {
            let given = u32::try_from(series.first.len()).unwrap_or(u32::MAX);
            let further = Ratio::integer(i64::from(position.saturating_sub(given)));
            Ratio::from_quantity(*last) + Ratio::from_quantity(series.then) * further
        }
        (None, None) => Ratio::ZERO,
    }
}
