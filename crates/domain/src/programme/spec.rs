//! From a document's measure to the spec that its values are judged by (`crate::measure`): the one place where the
//! kinds that a document names become rules.

use super::document::{Indicator, Measure, TargetKind};
use crate::finding::Finding;
use crate::measure::MeasureSpec;
use crate::quantity::Quantity;
use crate::ratio::Ratio;
use crate::schedule::{Curve, CurveShape};
use crate::target::{
    AtLeast, AtMost, Both, Condition, Coverage, Kind, Milestone, MilestoneStage, Money, MoneyCounted, MoreThan,
    NoTarget, Part, Parts, Pending, PersonMonths, Rate, StageCount, StandardRaised,
};
use jiff::civil::{Date, date};

/// Weight of a measure that gives none: 1.
const ONE: i64 = 10_000;

/// The spec of an indicator's measure in a programme's year.
///
/// # Errors
/// An error finding that names the field, relative to the measure, from which no rule can be made.
pub fn measure_spec(year: i16, indicator: &Indicator, measure: &Measure) -> Result<MeasureSpec, Finding> {
    let unit = measure.unit.parse();
    let unit =
        unit.map_err(|e: crate::quantity::UnitError| fault("unit", "unit_invalid", e.zh().to_owned(), e.to_string()))?;
    let weight = measure.weight.map_or(ONE, Quantity::scaled);
    let weight = u32::try_from(weight).ok().filter(|weight| *weight > 0);
    let weight = weight
        .ok_or_else(|| fault("weight", "weight_invalid", "权重超出范围".into(), "the weight is out of range".into()))?;
    let day = |given: Option<Date>, month, day| given.unwrap_or_else(|| date(year, month, day));
    Ok(MeasureSpec {
        code: measure.code.clone(),
        name: measure.title.clone(),
        basis: measure.basis,
        unit,
        decimals: measure.decimals,
        kind: kind(indicator, measure)?,
        start_value: measure.baseline,
        start: day(measure.start, 1, 1),
        due: day(measure.due, 12, 31),
        weight,
        curve: curve(measure)?,
        seasonal: false,
        part_of: indicator.measures.iter().find(|m| m.parts.contains(&measure.code)).map(|whole| whole.code.clone()),
    })
}

fn kind(indicator: &Indicator, measure: &Measure) -> Result<Kind, Finding> {
    let target = || {
        let missing = || fault("target", "target_missing", "缺少目标值".to_owned(), "the target is missing".to_owned());
        measure.target.ok_or_else(missing)
    };
    let required = (!measure.required_stage.is_empty()).then(|| measure.required_stage.clone());
    Ok(match measure.kind {
        TargetKind::AtLeast => Kind::AtLeast(AtLeast { target: target()? }),
        TargetKind::MoreThan => Kind::MoreThan(MoreThan { target: target()? }),
        TargetKind::AtMost => Kind::AtMost(AtMost { target: target()?, strict: measure.strict }),
        TargetKind::Coverage => Kind::Coverage(Coverage { base: target()? }),
        TargetKind::Rate => Kind::Rate(Rate { target: target()? }),
        TargetKind::StandardRaised => {
            Kind::StandardRaised(StandardRaised { baseline: measure.baseline, target: target()? })
        }
        TargetKind::Milestone => {
            let share = |share: Quantity| Ratio::from_quantity(share);
            let stages = measure.stages.iter();
            let stages = stages.map(|s| MilestoneStage { name: s.title.clone(), share: s.share.map(share) }).collect();
            Kind::Milestone(Milestone { stages, required: measure.required_stage.clone() })
        }
        TargetKind::StageCount => {
            let stages = measure.stages.iter().map(|stage| stage.title.clone()).collect();
            Kind::StageCount(StageCount { target: target()?, stages, required })
        }
        TargetKind::Parts => {
            let parts = parts(indicator, measure)?;
            let parts = parts.into_iter().map(|(part, target)| Part {
                code: part.code.clone(),
                name: part.title.clone(),
                target,
            });
            Kind::Parts(Parts { target: target()?, parts: parts.collect() })
        }
        TargetKind::PersonMonths => match parts(indicator, measure)?.as_slice() {
            [(heads, number)] => Kind::PersonMonths(PersonMonths {
                months: target()?,
                heads: *number,
                heads_code: heads.code.clone(),
                months_each: measure.months_each,
            }),
            _ => {
                let zh = "人月计量项应有且只有一个人数分项".to_owned();
                return Err(fault(
                    "parts",
                    "heads_missing",
                    zh,
                    "person-months have one part, which counts the heads".to_owned(),
                ));
            }
        },
        TargetKind::Both => match parts(indicator, measure)?.as_slice() {
            [first, second] => {
                let condition = |(part, target): &(&Measure, Quantity)| Condition {
                    code: part.code.clone(),
                    name: part.title.clone(),
                    target: *target,
                };
                Kind::Both(Both { first: condition(first), second: condition(second) })
            }
            _ => {
                let zh = "双条件计量项应有且只有两个分项".to_owned();
                return Err(fault("parts", "conditions_missing", zh, "two conditions are two parts".to_owned()));
            }
        },
        TargetKind::Money => Kind::Money(Money { target: target()?, counted: money_counted(&measure.counted) }),
        TargetKind::Pending => Kind::Pending(Pending),
        TargetKind::NoTarget => Kind::NoTarget(NoTarget),
    })
}

/// The parts of a measure with their targets; all must be of the same indicator and have one.
fn parts<'a>(indicator: &'a Indicator, measure: &Measure) -> Result<Vec<(&'a Measure, Quantity)>, Finding> {
    let find = |code: &String| {
        let part = indicator.measures.iter().find(|m| m.code == *code)?;
        Some((part, part.target?))
    };
    let missing = |code: &String| {
        let zh = format!("分项“{code}”不存在或没有目标值");
        fault("parts", "part_without_target", zh, format!("part {code:?} does not exist or has no target"))
    };
    measure.parts.iter().map(|code| find(code).ok_or_else(|| missing(code))).collect()
}

fn curve(measure: &Measure) -> Result<Option<Curve>, Finding> {
    if measure.curve.is_empty() {
        return Ok(None);
    }
    let points = measure.curve.iter().map(|point| (point.day, Ratio::from_quantity(point.share))).collect();
    let shape = if measure.curve_stepped { CurveShape::Step } else { CurveShape::Linear };
    let invalid = |e: crate::schedule::CurveError| fault("curve", "curve_invalid", e.zh().to_owned(), e.to_string());
    Curve::new(points, shape).map(Some).map_err(invalid)
}

/// Which money counts, as the 口径 says it; none where it does not say, or says more than one.
fn money_counted(counted: &str) -> Option<MoneyCounted> {
    let said: Vec<MoneyCounted> = [
        (["合同", "签约"], MoneyCounted::Contracted),
        (["完成投资", "完成额"], MoneyCounted::Done),
        (["支付", "拨付"], MoneyCounted::Paid),
    ]
    .into_iter()
    .filter(|(words, _)| words.iter().any(|word| counted.contains(word)))
    .map(|(_, money)| money)
    .collect();
    match said.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

fn fault(field: &str, code: &'static str, zh: String, en: String) -> Finding {
    Finding::error(code, field, zh, en)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::programme::fixture::anhua;

    fn spec(code: &str) -> MeasureSpec {
        let programme = anhua();
        let (indicator, measure) = programme.measures().find(|(_, m)| m.code == code).unwrap();
        measure_spec(2023, indicator, measure).unwrap()
    }

    #[test]
    fn every_measure_of_the_real_programme_has_a_rule() {
        let programme = anhua();
        assert_eq!(programme.measures().filter(|(i, m)| measure_spec(2023, i, m).is_ok()).count(), 39);
    }

    #[test]
    fn parts_enter_through_their_whole() {
        assert_eq!(spec("3.2-3").part_of.as_deref(), Some("3.2-1"));
        assert_eq!(spec("8.1-1").part_of.as_deref(), Some("8.1-2"));
        let Kind::PersonMonths(rule) = spec("8.1-2").kind else { panic!("person-months") };
        assert_eq!((rule.heads.to_string(), rule.months_each), ("81".to_owned(), 8));
    }

    #[test]
    fn dates_run_over_the_year_unless_given() {
        let whole_year = spec("3.1-1");
        assert_eq!((whole_year.start, whole_year.due), (date(2023, 1, 1), date(2023, 12, 31)));
        assert!(!spec("1.1-2").is_due_in(2023));
    }

    #[test]
    fn what_makes_no_rule_names_its_field() {
        let programme = anhua();
        let (indicator, measure) = programme.measures().find(|(_, m)| m.code == "8.1-2").unwrap();
        let fault = |change: fn(&mut Measure)| {
            let mut changed = measure.clone();
            change(&mut changed);
            measure_spec(2023, indicator, &changed).unwrap_err().field
        };
        assert_eq!(fault(|m| m.parts.clear()), "parts");
        assert_eq!(fault(|m| m.target = None), "target");
        assert_eq!(fault(|m| m.unit = "人 月".into()), "unit");
        assert_eq!(fault(|m| m.weight = Some(Quantity::ZERO)), "weight");
    }
}
