//! Stage count (按阶段计数): the number of objects at or beyond the required stage over T. 开工, 完工, 验收, 销号, 支付
//! differ: of 174 all may be built and none accepted, and that is 0 accepted.

use super::{Actual, Assessment, Moment, Rule, Timing, share};
use crate::finding::Finding;
use crate::quantity::{Quantity, UnitOfMeasure};

/// 开工28个小区; 适老化656户.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageCount {
    /// T, the number of objects that must have reached the stage.
    pub target: Quantity,
    /// The stages in their order; empty where nothing defines them yet.
    pub stages: Vec<String>,
    /// The stage that counts; none where nothing defines it yet.
    pub required: Option<String>,
}

impl StageCount {
    /// Number at or beyond the required stage, from the numbers at each; none if nothing was said by stage.
    fn counted(&self, actual: &Actual, findings: &mut Vec<Finding>) -> Option<Quantity> {
        let position = |stage: &str| self.stages.iter().position(|known| known == stage);
        let required = position(self.required.as_deref()?)?;
        if actual.stage_counts.is_empty() {
            return None;
        }
        for (stage, _) in actual.stage_counts.iter().filter(|(stage, _)| position(stage).is_none()) {
            findings.push(
                Finding::error(
                    "unknown_stage",
                    "stage_counts",
                    format!("验收标准中没有“{stage}”这一阶段"),
                    format!("the acceptance standard knows no stage {stage}"),
                )
                .fact("stage", stage),
            );
        }
        let beyond = actual.stage_counts.iter().filter(|(stage, _)| position(stage).is_some_and(|at| at >= required));
        Quantity::checked_sum(beyond.map(|(_, count)| *count))
    }
}

impl Rule for StageCount {
    fn target(&self) -> Option<Quantity> {
        Some(self.target)
    }

    fn timing(&self) -> Timing {
        Timing::CurveOnly
    }

    fn is_reported(&self, actual: &Actual) -> bool {
        actual.value.number().is_some() || !actual.stage_counts.is_empty()
    }

    fn assess(&self, actual: &Actual, _unit: &UnitOfMeasure, _at: &Moment) -> Assessment {
        let mut findings = Vec::new();
        let by_stage = self.counted(actual, &mut findings);
        let stated = actual.value.number();
        if let (Some(counted), Some(stated)) = (by_stage, stated)
            && counted != stated
        {
            findings.push(
                Finding::error(
                    "stage_count",
                    "value",
                    format!("所报{stated}与各阶段合计达到要求的{counted}不符"),
                    format!("{stated} reported, but {counted} stand at or beyond the required stage"),
                )
                .fact("value", stated)
                .fact("counted", counted),
            );
        }
        let Some(value) = by_stage.or(stated) else {
            return Assessment { findings, ..Assessment::default() };
        };
        Assessment {
            completion: share(value, self.target),
            done: value >= self.target,
            gap: self.target.checked_sub(value),
            findings,
            ..Assessment::default()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{at, q, ratio};
    use super::*;
    use crate::ratio::Ratio;
    use crate::value::Value;

    fn accepted(target: &str, required: &str) -> StageCount {
        StageCount {
            target: q(target),
            stages: ["开工", "完工", "验收"].map(str::to_owned).to_vec(),
            required: Some(required.to_owned()),
        }
    }

    fn judge(rule: &StageCount, counts: &[(&str, &str)], value: Option<&str>) -> Assessment {
        let actual = Actual {
            value: value.map_or(Value::NotReported, |text| Value::Number(q(text))),
            stage_counts: counts.iter().map(|(stage, count)| ((*stage).to_owned(), q(count))).collect(),
            ..Actual::default()
        };
        rule.assess(&actual, &"个".parse().unwrap(), &at(6, 20))
    }

    #[test]
    fn of_174_all_built_and_none_accepted_is_none() {
        let it = judge(&accepted("174", "验收"), &[("完工", "174")], None);
        assert_eq!(it.completion, Some(Ratio::ZERO));
        assert!(!it.done);
        assert!(judge(&accepted("174", "完工"), &[("完工", "174")], None).done);
    }

    #[test]
    fn what_is_beyond_the_stage_counts_too() {
        let it = judge(&accepted("28", "开工"), &[("开工", "10"), ("完工", "4")], Some("14"));
        assert_eq!(it.completion, Some(ratio(1, 2)));
        assert!(it.findings.is_empty());
        let it = judge(&accepted("28", "开工"), &[("开工", "10"), ("拆除", "4")], Some("14"));
        let codes: Vec<_> = it.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["unknown_stage", "stage_count"]);
    }
}
