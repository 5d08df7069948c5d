//! A measure (计量项) and its evaluation at a cut-off date: completion, done, expected share, deviation and light.
//! Field rules §2; the kind's own rule lives in `target`, time in `schedule`, colours in `light`.

use jiff::civil::Date;

use crate::finding::Finding;
use crate::light::{Light, NoColour};
use crate::quantity::{Quantity, UnitOfMeasure};
use crate::ratio::Ratio;
use crate::schedule::{Curve, SchedulePolicy, time_share};
use crate::target::{Actual, Assessment, Basis, Kind, Moment, Timing};

/// A number inside an indicator, as the programme version in force defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureSpec {
    /// Code within the programme, such as `3.2-1`.
    pub code: String,
    /// Name as printed.
    pub name: String,
    /// How its values build on one another.
    pub basis: Basis,
    /// Unit of measure.
    pub unit: UnitOfMeasure,
    /// Fraction digits that a value may have, 0 to 4.
    pub decimals: u8,
    /// Kind and target.
    pub kind: Kind,
    /// Start value of a stock at the beginning of the year, where known.
    pub start_value: Option<Quantity>,
    /// First day of its time; by default 1 January of the programme's year.
    pub start: Date,
    /// Last day of its time; by default 31 December.
    pub due: Date,
    /// Weight within its indicator; equal weights unless given.
    pub weight: u32,
    /// Approved planned curve.
    pub curve: Option<Curve>,
    /// Seasonal works: time alone says nothing, a curve is needed.
    pub seasonal: bool,
    /// Code of the whole of which this is a part; a part enters through its whole and not again.
    pub part_of: Option<String>,
}

impl MeasureSpec {
    /// True for what is due within the programme's year; what is due later enters nothing of this year.
    pub fn is_due_in(&self, year: i16) -> bool {
        self.due.year() <= year
    }
}

/// What judging a measure needs besides its own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judging {
    /// The programme's year.
    pub year: i16,
    /// The cut-off date that the values cover, for this measure.
    pub cut_off: Date,
    /// The programme's rules of schedule.
    pub policy: SchedulePolicy,
}

/// How a measure stands at a cut-off date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Code of the measure.
    pub code: String,
    /// Its weight within the indicator.
    pub weight: u32,
    /// True if it enters its indicator: due this year, not a part of another, and not exempt.
    pub counts: bool,
    /// True if enough was reported to judge it.
    pub reported: bool,
    /// Completion, not capped (187.9% is shown so); none where the kind has none.
    pub completion: Option<Ratio>,
    /// Completion capped at 100%, as indicators and scores count it.
    pub capped: Option<Ratio>,
    /// Done, as the kind defines it.
    pub done: bool,
    /// Whether a rate or limit is met at present.
    pub met_now: Option<bool>,
    /// Share expected at the cut-off date; none without time or curve.
    pub expected: Option<Ratio>,
    /// Completion less expected share, as a share of 1; shown in percentage points.
    pub deviation: Option<Ratio>,
    /// The light.
    pub light: Light,
    /// Target less value in the measure's unit; percentage points for a rate.
    pub gap: Option<Quantity>,
    /// Short Chinese remarks to print beside the value.
    pub remarks: Vec<String>,
    /// What contradicts; fields begin with `measures[code]`.
    pub findings: Vec<Finding>,
}

/// Judges a measure by what is known of it at a cut-off date.
pub fn evaluate(spec: &MeasureSpec, actual: &Actual, judging: &Judging) -> Evaluation {
    let at = Moment { cut_off: judging.cut_off, start: spec.start, due: spec.due };
    let exempt = actual.value.is_exempt();
    let reported = exempt || spec.kind.rule().is_reported(actual);
    let assessment = match reported && !exempt {
        true => spec.kind.rule().assess(actual, &spec.unit, &at),
        false => Assessment::default(),
    };
    let expected = expected_share(spec, &at, judging);
    let deviation = match (assessment.completion, expected) {
        (Some(completion), Some(expected)) => Some(completion - expected),
        _ => None,
    };
    let light = if !spec.is_due_in(judging.year) {
        Light::NoColour(NoColour::DueLater)
    } else if exempt {
        Light::NoColour(NoColour::NotApplicable)
    } else if !reported {
        Light::NoColour(NoColour::NotReported)
    } else {
        light(spec, &assessment, deviation, &at, judging)
    };
    let prefix = format!("measures[{}].", spec.code);
    let place = |finding: Finding| Finding { field: format!("{prefix}{}", finding.field), ..finding };
    Evaluation {
        code: spec.code.clone(),
        weight: spec.weight,
        counts: spec.is_due_in(judging.year) && spec.part_of.is_none() && !exempt,
        reported,
        completion: assessment.completion,
        capped: assessment.completion.map(Ratio::capped),
        done: assessment.done,
        met_now: assessment.met_now,
        expected,
        deviation,
        light,
        gap: assessment.gap,
        remarks: assessment.remarks,
        findings: assessment.findings.into_iter().map(place).collect(),
    }
}

/// How time applies to the measure: seasonal works need a curve whatever their kind.
fn timing(spec: &MeasureSpec) -> Timing {
    match spec.kind.rule().timing() {
        Timing::Clock if spec.seasonal => Timing::CurveOnly,
        timing => timing,
    }
}

fn expected_share(spec: &MeasureSpec, at: &Moment, judging: &Judging) -> Option<Ratio> {
    match (timing(spec), &spec.curve) {
        (Timing::Clock | Timing::CurveOnly, Some(curve)) => Some(curve.share(at.cut_off)),
        (Timing::Clock, None) => Some(time_share(judging.policy.time, at.start, at.due, at.cut_off)),
        _ => None,
    }
}

fn light(spec: &MeasureSpec, it: &Assessment, deviation: Option<Ratio>, at: &Moment, judging: &Judging) -> Light {
    match (timing(spec), deviation) {
        (Timing::Standing, _) => match (it.met_now, at.is_closing()) {
            (Some(true), true) => Light::Blue,
            (Some(true), false) => Light::NoColour(NoColour::MetNow),
            _ => Light::NoColour(NoColour::NotMet),
        },
        _ if it.done => Light::Blue,
        (Timing::None(reason), _) => Light::NoColour(reason),
        (_, Some(deviation)) => judging.policy.thresholds.light(deviation),
        (_, None) => Light::NoColour(NoColour::NoCurve),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::schedule::CurveShape;
    use crate::target::{AtLeast, AtMost, Coverage, MoreThan, NoTarget, Pending, Rate, StageCount, StandardRaised};
    use crate::value::Value;
    use jiff::civil::date;

    fn q(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    fn spec(kind: Kind) -> MeasureSpec {
        MeasureSpec {
            code: "1.1-1".to_owned(),
            name: "某项".to_owned(),
            basis: Basis::Flow,
            unit: "个".parse().unwrap(),
            decimals: 0,
            kind,
            start_value: None,
            start: date(2023, 1, 1),
            due: date(2023, 12, 31),
            weight: 1,
            curve: None,
            seasonal: false,
            part_of: None,
        }
    }

    fn on(cut_off: Date) -> Judging {
        Judging { year: 2023, cut_off, policy: SchedulePolicy::default() }
    }

    fn judge(spec: &MeasureSpec, value: &str, cut_off: Date) -> Evaluation {
        evaluate(spec, &Actual::number(q(value)), &on(cut_off))
    }

    #[test]
    fn lights_follow_the_deviation_from_schedule() {
        let jobs = spec(Kind::AtLeast(AtLeast { target: q("365") }));
        let june = date(2023, 6, 20);
        for (value, light) in [
            ("365", Light::Blue),
            ("135", Light::Green),  // 135/365 − 171/365 = −36/365, just above −10 points
            ("134", Light::Yellow), // −37/365 = −10.1
            ("62", Light::Yellow),  // −109/365 = −29.9
            ("61", Light::Red),     // −110/365 = −30.1
        ] {
            assert_eq!(judge(&jobs, value, june).light, light, "{value}");
        }
        let it = judge(&jobs, "134", june);
        assert_eq!(it.expected.unwrap().percent(1), "46.8%");
        assert_eq!(it.deviation.unwrap().percentage_points(1), "-10.1");
    }

    #[test]
    fn beyond_the_target_is_shown_and_capped_for_scores() {
        let it = judge(&spec(Kind::AtLeast(AtLeast { target: q("27800") })), "52242", date(2023, 6, 20));
        assert_eq!(it.completion.unwrap().completion_percent(1), "187.9%");
        assert_eq!(it.capped, Some(Ratio::ONE));
        assert_eq!(it.light, Light::Blue);
    }

    #[test]
    fn exactly_30_of_more_than_30_is_full_and_not_blue() {
        let it = judge(&spec(Kind::MoreThan(MoreThan { target: q("30") })), "30", date(2023, 12, 31));
        assert_eq!((it.done, it.light), (false, Light::Green));
    }

    #[test]
    fn no_colour_is_said_with_its_reason() {
        let june = date(2023, 6, 20);
        let no_colour = |it: Evaluation| it.light.label();
        let rate = spec(Kind::Rate(Rate { target: q("95") }));
        assert_eq!(no_colour(judge(&rate, "95", june)), "目前达标");
        assert_eq!(no_colour(judge(&rate, "94.9", june)), "未达标");
        assert_eq!(judge(&rate, "95", date(2023, 12, 31)).light, Light::Blue);
        assert_eq!(judge(&rate, "95", june).expected, None);
        let limit = spec(Kind::AtMost(AtMost { target: q("4.3"), strict: true }));
        let it = judge(&limit, "3.57", june);
        assert!(it.done && it.completion.is_none());
        assert_eq!(no_colour(it), "目前达标");
        assert_eq!(no_colour(judge(&spec(Kind::Pending(Pending)), "12000", june)), "待下达");
        assert_eq!(no_colour(judge(&spec(Kind::NoTarget(NoTarget)), "1", june)), "持续推进");
        let standard = spec(Kind::StandardRaised(StandardRaised { baseline: None, target: q("650") }));
        assert_eq!(no_colour(judge(&standard, "600", june)), "未定计划曲线");
        let stages = StageCount { target: q("28"), stages: Vec::new(), required: None };
        assert_eq!(no_colour(judge(&spec(Kind::StageCount(stages)), "0", june)), "未定计划曲线");
        let coverage = spec(Kind::Coverage(Coverage { base: q("8") }));
        assert_eq!(no_colour(evaluate(&coverage, &Actual::default(), &on(june))), "未报送");
        let seasonal = MeasureSpec { seasonal: true, ..coverage };
        assert_eq!(no_colour(judge(&seasonal, "1", june)), "未定计划曲线");
    }

    #[test]
    fn an_approved_curve_takes_the_place_of_time() {
        let points = vec![(date(2023, 9, 30), Ratio::ZERO), (date(2023, 12, 31), Ratio::ONE)];
        let mut works = spec(Kind::StageCount(StageCount { target: q("300"), stages: Vec::new(), required: None }));
        works.curve = Some(Curve::new(points, CurveShape::Linear).unwrap());
        let june = judge(&works, "0", date(2023, 6, 20));
        assert_eq!((june.expected, june.light), (Some(Ratio::ZERO), Light::Green));
        assert_eq!(judge(&works, "0", date(2023, 12, 20)).light, Light::Red);
    }

    #[test]
    fn what_is_due_later_exempt_or_a_part_enters_nothing() {
        let mut later = spec(Kind::AtLeast(AtLeast { target: q("10") }));
        later.due = date(2024, 12, 31);
        let it = judge(&later, "10", date(2023, 6, 20));
        assert!(!it.counts);
        assert_eq!(it.light, Light::NoColour(NoColour::DueLater));
        let part =
            MeasureSpec { part_of: Some("3.2-1".to_owned()), ..spec(Kind::AtLeast(AtLeast { target: q("10") })) };
        assert!(!judge(&part, "1", date(2023, 6, 20)).counts);
        let none_here = Actual { value: Value::NoneHere("辖区内无此类机构".to_owned()), ..Actual::default() };
        let it = evaluate(&spec(Kind::Coverage(Coverage { base: q("8") })), &none_here, &on(date(2023, 6, 20)));
        assert!(!it.counts && it.reported && it.completion.is_none());
    }
}
