//! An indicator (指标任务) over its measures, and a project (项目) over its indicators: weighted mean of capped
//! completions with the worst beside it, done when all are, and a light from the exact deviation. Field rules §2.

use crate::light::{Light, NoColour, Thresholds};
use crate::measure::Evaluation;
use crate::ratio::Ratio;

/// What a measure or an indicator brings into the group above it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Member<'a> {
    code: &'a str,
    weight: u32,
    completion: Option<Ratio>,
    /// Completion and expected share, where it has both.
    scheduled: Option<(Ratio, Ratio)>,
    done: bool,
    light: Light,
}

/// How an indicator or a project stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupEvaluation {
    /// Code of the indicator or number of the project.
    pub code: String,
    /// Weight within the group above.
    pub weight: u32,
    /// Number of members that count this year; an indicator with none enters nothing.
    pub members: usize,
    /// Weighted mean of the capped completions; none while a member that counts is not reported, or if none has a ratio.
    pub completion: Option<Ratio>,
    /// The member with the lowest completion: its code and capped completion.
    pub worst: Option<(String, Ratio)>,
    /// Mean completion and mean expected share of the members that have both, with the same weights.
    pub scheduled: Option<(Ratio, Ratio)>,
    /// Completion less expected share over those members, as a share of 1.
    pub deviation: Option<Ratio>,
    /// All members that count are done.
    pub done: bool,
    /// The light.
    pub light: Light,
    /// Codes of the members that count and are not reported.
    pub missing: Vec<String>,
}

impl GroupEvaluation {
    /// The expected share, the mean over the members that have both completion and expected share.
    pub fn expected(&self) -> Option<Ratio> {
        self.scheduled.map(|(_, expected)| expected)
    }
}

/// An indicator over its measures; parts, exempt ones and those due later enter nothing.
pub fn evaluate_indicator(
    code: &str,
    weight: u32,
    measures: &[Evaluation],
    thresholds: &Thresholds,
) -> GroupEvaluation {
    let counting = measures.iter().filter(|measure| measure.counts);
    let members = counting.map(|measure| Member {
        code: &measure.code,
        weight: measure.weight,
        completion: measure.capped,
        scheduled: measure.capped.zip(measure.expected),
        done: measure.done,
        light: measure.light,
    });
    let whole = combine(code, weight, members.collect(), thresholds);
    if whole.members > 0 { whole } else { GroupEvaluation { light: why_nothing_counts(measures), ..whole } }
}

/// Why nothing of an indicator counts this year: it is due later, or there is nothing to measure here.
fn why_nothing_counts(measures: &[Evaluation]) -> Light {
    let later = measures.iter().any(|measure| measure.light == Light::NoColour(NoColour::DueLater));
    Light::NoColour(if later { NoColour::DueLater } else { NoColour::NotApplicable })
}

/// A project over its indicators; an indicator with nothing that counts this year enters nothing.
pub fn evaluate_project(code: &str, indicators: &[GroupEvaluation], thresholds: &Thresholds) -> GroupEvaluation {
    let counting = indicators.iter().filter(|indicator| indicator.members > 0);
    let members = counting.map(|indicator| Member {
        code: &indicator.code,
        weight: indicator.weight,
        completion: indicator.completion,
        scheduled: indicator.scheduled,
        done: indicator.done,
        light: indicator.light,
    });
    combine(code, 1, members.collect(), thresholds)
}

fn combine(code: &str, weight: u32, members: Vec<Member<'_>>, thresholds: &Thresholds) -> GroupEvaluation {
    let unreported = members.iter().filter(|member| member.light == Light::NoColour(NoColour::NotReported));
    let missing: Vec<String> = unreported.map(|member| member.code.to_owned()).collect();
    let completions = members.iter().filter_map(|member| Some((member.completion?, member.weight)));
    let completion = if missing.is_empty() { Ratio::weighted_mean(completions) } else { None };
    let scheduled = if missing.is_empty() { scheduled_means(&members) } else { None };
    let deviation = scheduled.map(|(completion, expected)| completion - expected);
    let done = !members.is_empty() && members.iter().all(|member| member.done);
    let worst = members.iter().filter_map(|member| Some((member.code, member.completion?))).min_by_key(|(_, it)| *it);
    let settled = members.iter().all(|member| member.light == Light::Blue);
    let light = match deviation {
        _ if done && settled => Light::Blue,
        _ if !missing.is_empty() => Light::NoColour(NoColour::NotReported),
        Some(deviation) if !done => thresholds.light(deviation),
        _ => without_schedule(&members),
    };
    GroupEvaluation {
        code: code.to_owned(),
        weight,
        members: members.len(),
        completion,
        worst: worst.map(|(code, completion)| (code.to_owned(), completion)),
        scheduled,
        deviation,
        done,
        light,
        missing,
    }
}

fn scheduled_means(members: &[Member<'_>]) -> Option<(Ratio, Ratio)> {
    let both = || members.iter().filter_map(|member| Some((member.scheduled?, member.weight)));
    let completion = Ratio::weighted_mean(both().map(|((completion, _), weight)| (completion, weight)))?;
    let expected = Ratio::weighted_mean(both().map(|((_, expected), weight)| (expected, weight)))?;
    Some((completion, expected))
}

/// The reason to show where no member has a schedule: what is not met first, then what is not settled.
fn without_schedule(members: &[Member<'_>]) -> Light {
    let reasons = members.iter().filter_map(|member| match member.light {
        Light::NoColour(reason) => Some(reason),
        _ => None,
    });
    Light::NoColour(reasons.min().unwrap_or(NoColour::NotApplicable))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn ratio(num: i128, den: i128) -> Ratio {
        Ratio::new(num, den).unwrap()
    }

    fn measure(code: &str, completion: Option<Ratio>, expected: Option<Ratio>, light: Light) -> Evaluation {
        Evaluation {
            code: code.to_owned(),
            weight: 1,
            counts: true,
            reported: light != Light::NoColour(NoColour::NotReported),
            completion,
            capped: completion.map(Ratio::capped),
            done: light == Light::Blue,
            met_now: None,
            expected,
            deviation: None,
            light,
            gap: None,
            remarks: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn indicator(measures: &[Evaluation]) -> GroupEvaluation {
        evaluate_indicator("5.1", 1, measures, &Thresholds::default())
    }

    #[test]
    fn the_mean_is_of_capped_completions_with_the_worst_beside_it() {
        let half = Some(ratio(1, 2));
        let it = indicator(&[
            measure("a", Some(ratio(3, 2)), half, Light::Blue),
            measure("b", Some(ratio(1, 4)), half, Light::Yellow),
        ]);
        assert_eq!(it.completion, Some(ratio(5, 8)));
        assert_eq!(it.worst, Some(("b".to_owned(), ratio(1, 4))));
        assert_eq!(it.expected(), half);
        assert_eq!((it.done, it.light), (false, Light::Green));
    }

    #[test]
    fn weights_count_where_given() {
        let mut heavy = measure("a", Some(Ratio::ONE), None, Light::Blue);
        heavy.weight = 3;
        let it = indicator(&[heavy, measure("b", Some(Ratio::ZERO), None, Light::NoColour(NoColour::NoCurve))]);
        assert_eq!(it.completion, Some(ratio(3, 4)));
    }

    #[test]
    fn the_light_compares_only_what_has_a_schedule() {
        // A standard without a curve that is not yet met must not turn the indicator red.
        let half = Some(ratio(1, 2));
        let it = indicator(&[
            measure("a", half, half, Light::Green),
            measure("b", Some(Ratio::ZERO), None, Light::NoColour(NoColour::NoCurve)),
        ]);
        assert_eq!(it.completion, Some(ratio(1, 4)));
        assert_eq!((it.deviation, it.light), (Some(Ratio::ZERO), Light::Green));
    }

    #[test]
    fn without_schedules_the_gravest_reason_is_said() {
        let no = |reason| measure("a", None, None, Light::NoColour(reason));
        assert_eq!(indicator(&[no(NoColour::MetNow), no(NoColour::NotMet)]).light.label(), "未达标");
        assert_eq!(indicator(&[no(NoColour::Pending)]).light.label(), "待下达");
        assert_eq!(indicator(&[]).light.label(), "不涉及");
        let uncounted = |reason| Evaluation { counts: false, ..no(reason) };
        assert_eq!(indicator(&[uncounted(NoColour::NotApplicable)]).light.label(), "不涉及");
        let later = [uncounted(NoColour::NotApplicable), uncounted(NoColour::DueLater)];
        assert_eq!(indicator(&later).light.label(), "跨年度");
        assert_eq!(indicator(&[uncounted(NoColour::DueLater), no(NoColour::Ongoing)]).light.label(), "持续推进");
        assert!(!indicator(&[]).done);
    }

    #[test]
    fn what_is_missing_is_not_zero_and_not_left_out_of_the_mean() {
        let half = Some(ratio(1, 2));
        let missing = measure("b", None, half, Light::NoColour(NoColour::NotReported));
        let it = indicator(&[measure("a", Some(Ratio::ONE), half, Light::Blue), missing]);
        assert_eq!((it.completion, it.done), (None, false));
        assert_eq!(it.light.label(), "未报送");
        assert_eq!(it.missing, ["b"]);
    }

    #[test]
    fn a_project_is_made_of_its_indicators_like_an_indicator_of_its_measures() {
        let half = Some(ratio(1, 2));
        let first = indicator(&[measure("a", Some(Ratio::ONE), half, Light::Blue)]);
        let second = indicator(&[measure("b", Some(ratio(1, 5)), half, Light::Yellow)]);
        let nothing = indicator(&[]);
        let it = evaluate_project("5", &[first, second, nothing], &Thresholds::default());
        assert_eq!(it.completion, Some(ratio(3, 5)));
        assert_eq!((it.members, it.done, it.light), (2, false, Light::Green));
    }

    proptest! {
        /// An indicator's completion and light are those of its own measures, whatever else a project has.
        #[test]
        fn adding_a_duty_never_changes_another_indicators_completion(
            own in proptest::collection::vec((0_i128..500, 1_i128..400), 1..5),
            added in proptest::collection::vec((0_i128..500, 1_i128..400), 1..5),
        ) {
            let measures = |numbers: &[(i128, i128)]| -> Vec<Evaluation> {
                let half = Some(ratio(1, 2));
                numbers.iter().map(|(num, den)| measure("m", Some(ratio(*num, *den)), half, Light::Green)).collect()
            };
            let thresholds = Thresholds::default();
            let alone = evaluate_indicator("1.1", 1, &measures(&own), &thresholds);
            let other = evaluate_indicator("1.2", 1, &measures(&added), &thresholds);
            let project = evaluate_project("1", &[alone.clone(), other.clone()], &thresholds);
            prop_assert_eq!(&alone, &evaluate_indicator("1.1", 1, &measures(&own), &thresholds));
            let mean = (alone.completion.unwrap() + other.completion.unwrap()) * ratio(1, 2);
            prop_assert_eq!(project.completion, Some(mean));
            prop_assert!(project.completion.unwrap() <= Ratio::ONE);
        }
    }
}
