//! How each measure's figure runs over the four months: its cumulative value, or its value as at the cut-off, in the
//! smallest step that the measure has. Plausible, never falling, and the same for a seed on any machine.

use std::collections::BTreeMap;

use minsheng_domain::quantity::Quantity;
use minsheng_proto::catalogue::v1::{Basis, Indicator, Measure, TargetKind};

use super::script::PACE;
use crate::random::Random;

/// Months that are played.
pub(crate) const MONTHS: usize = 4;

/// A measure's values, a month each, in steps.
pub(crate) type Path = [i64; MONTHS];

/// Shares of the year's time that have passed at the four cut-offs, in ten-thousandths.
const CLOCK: Path = [4685, 5507, 6356, 7205];
/// The same of the building season's curve.
const SEASON: Path = [4115, 5261, 6440, 7620];
/// Stocks begin the year high.
const STOCK: Path = [7900, 8700, 9400, 9990];
/// Heads are enrolled early, their months follow.
const HEADS: Path = [7300, 8300, 9000, 9650];
const COVERED: Path = [7800, 8900, 9600, 10_000];
/// Month in which a raised standard is in force, and the one in which it is paid, by indicator.
const RAISED: &[(&str, usize, usize)] = &[("7.1", 0, 1), ("7.2", 1, 1), ("7.3", 1, 2)];
/// Persons insured at the beginning, and how many come a month, for measures whose target is still to come.
const INSURED: &[(&str, i64, i64)] = &[("m1.1-1", 561_300, 900), ("m1.2-1", 43_100, 380), ("m1.3-1", 31_400, 240)];
const WHOLE: i64 = 10_000;

/// Steps of a decimal text in a measure with so many decimals.
pub(crate) fn steps(text: &str, decimals: i32) -> i64 {
    let scaled = text.parse::<Quantity>().unwrap_or_default().scaled();
    scaled.checked_div(step(decimals)).unwrap_or(0)
}

/// The quantity of so many steps.
pub(crate) fn quantity(steps: i64, decimals: i32) -> Quantity {
    Quantity::from_scaled(steps.saturating_mul(step(decimals)))
}

/// One step, scaled as quantities are.
fn step(decimals: i32) -> i64 {
    10_i64.pow(u32::try_from(4 - decimals.clamp(0, 4)).unwrap_or(0))
}

/// The paths of an indicator's measures by code.
pub(crate) fn paths(indicator: &Indicator, seed: u64) -> BTreeMap<String, Path> {
    let mut paths = BTreeMap::new();
    for measure in &indicator.measures {
        let head = indicator
            .measures
            .iter()
            .any(|whole| whole.kind() == TargetKind::PersonMonths && whole.parts.contains(&measure.code));
        paths.insert(measure.code.clone(), path(indicator, measure, head, seed));
    }
    // Wholes follow from their parts, months from their heads.
    for whole in &indicator.measures {
        let parts: Vec<Path> = whole.parts.iter().filter_map(|code| paths.get(code).copied()).collect();
        match whole.kind() {
            TargetKind::Parts => {
                let sum = std::array::from_fn(|month| parts.iter().map(|part: &Path| part[month]).sum());
                paths.insert(whole.code.clone(), sum);
            }
            TargetKind::PersonMonths => {
                if let (Some(own), Some(heads)) = (paths.get_mut(&whole.code), parts.first()) {
                    for (month, value) in own.iter_mut().enumerate() {
                        let elapsed = i64::try_from(month).unwrap_or(0) + 6;
                        *value = (*value).min(heads[month].saturating_mul(elapsed));
                    }
                }
            }
            _ => {}
        }
    }
    paths
}

fn path(indicator: &Indicator, measure: &Measure, head: bool, seed: u64) -> Path {
    let mut random = Random::new(seed, &measure.code);
    let target = steps(&measure.target, measure.decimals);
    match measure.kind() {
        TargetKind::StandardRaised => {
            let baseline = steps(&measure.baseline, measure.decimals);
            let from = RAISED.iter().find(|(code, _, _)| *code == indicator.code).map_or(1, |(_, from, _)| *from);
            std::array::from_fn(|month| if month >= from { target } else { baseline })
        }
        TargetKind::Milestone => {
            let done = measure.code == "1.1-1";
            std::array::from_fn(|month| i64::from(done && month + 1 == MONTHS))
        }
        TargetKind::Coverage => rising(std::array::from_fn(|month| {
            let jitter = if COVERED[month] < WHOLE { random.between(-200, 200) } else { 0 };
            share(target, COVERED[month] + jitter).min(target)
        })),
        TargetKind::MoreThan => more_than(target, &mut random),
        TargetKind::Rate => std::array::from_fn(|_| target + random.between(-4, 30)),
        TargetKind::Pending | TargetKind::None => {
            let known = INSURED.iter().find(|(code, _, _)| *code == measure.code);
            let (begin, monthly) = known.map_or((1_000, 50), |(_, begin, monthly)| (*begin, *monthly));
            let mut now = begin + random.between(0, monthly);
            std::array::from_fn(|_| {
                now += random.between(monthly / 2, monthly * 3 / 2);
                now
            })
        }
        _ => {
            let plan = match (measure.kind(), measure.basis()) {
                (TargetKind::StageCount, _) => SEASON,
                (_, Basis::Stock) => STOCK,
                _ if head => HEADS,
                _ => CLOCK,
            };
            let slow = PACE.iter().find(|(unit, _)| *unit == indicator.lead_unit).map(|(_, pace)| *pace);
            let own = random.between(86, 112);
            rising(std::array::from_fn(|month| {
                let pace = slow.map_or(own, |slow| slow[month]);
                let jitter = random.between(-60, 60);
                share(target, (plan[month] * pace / 100 + jitter).min(WHOLE))
            }))
        }
    }
}

/// Up to the target in the third month, where it is not yet exceeded, and over it in the last.
fn more_than(target: i64, random: &mut Random) -> Path {
    let slack = (target / 400).max(1);
    rising([
        share(target, 8500) + random.between(0, slack),
        share(target, 9300) + random.between(0, slack),
        target - if target > 1_000 { random.between(3, slack) } else { 0 },
        target + random.between(1, slack) + if target > 1_000 { 700 } else { 0 },
    ])
}

fn share(target: i64, ten_thousandths: i64) -> i64 {
    target.saturating_mul(ten_thousandths) / WHOLE
}

/// Each month at least a step more than the one before, as long as there is something left to do.
fn rising(path: Path) -> Path {
    let mut before = i64::MIN;
    path.map(|value| {
        before = before.max(value);
        before
    })
}

/// The month in which a raised standard is paid.
pub(crate) fn paid_from(indicator: &str) -> usize {
    RAISED.iter().find(|(code, _, _)| *code == indicator).map_or(1, |(_, _, paid)| *paid)
}

/// Stage that a milestone has reached, by month; empty for none.
pub(crate) fn stage(measure: &str, month: usize) -> &'static str {
    let stages: [&'static str; MONTHS] = match measure {
        "1.1-1" => ["立项批复", "立项批复", "招标完成", "启动"],
        "4.1-1" => ["方案批复", "业务用房改造", "业务用房改造", "设备配置"],
        _ => [""; MONTHS],
    };
    stages.get(month).copied().unwrap_or_default()
}
