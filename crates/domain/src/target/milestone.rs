//! Milestone (节点): completion is the share that its standard gives the stage reached, none where it gives none; done
//! when the required stage is reached by its date.

use super::{Actual, Assessment, Moment, Rule, Timing};
use crate::finding::Finding;
use crate::quantity::{Quantity, UnitOfMeasure};
use crate::ratio::Ratio;

/// A stage of a milestone and what reaching it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MilestoneStage {
    /// Name, such as 开工.
    pub name: String,
    /// Share of the whole that the acceptance standard gives it; none where it gives none.
    pub share: Option<Ratio>,
}

/// 启动一校一栋; 评审通过.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// The stages in their order.
    pub stages: Vec<MilestoneStage>,
    /// Name of the stage to reach.
    pub required: String,
}

impl Milestone {
    fn position(&self, stage: &str) -> Option<usize> {
        self.stages.iter().position(|known| known.name == stage)
    }
}

impl Rule for Milestone {
    fn target(&self) -> Option<Quantity> {
        None
    }

    fn timing(&self) -> Timing {
        Timing::CurveOnly
    }

    fn is_reported(&self, actual: &Actual) -> bool {
        actual.stage.is_some()
    }

    fn assess(&self, actual: &Actual, _unit: &UnitOfMeasure, at: &Moment) -> Assessment {
        let Some(reached) = &actual.stage else {
            return Assessment::default();
        };
        let Some(position) = self.position(&reached.stage) else {
            let unknown = Finding::error(
                "unknown_stage",
                "stage",
                format!("验收标准中没有“{}”这一阶段", reached.stage),
                format!("the acceptance standard knows no stage {}", reached.stage),
            );
            return Assessment { findings: vec![unknown.fact("stage", &reached.stage)], ..Assessment::default() };
        };
        let there = self.position(&self.required).is_some_and(|required| position >= required);
        let in_time = reached.on.unwrap_or(at.cut_off) <= at.due;
        let mut it = Assessment {
            completion: self.stages.get(position).and_then(|stage| stage.share),
            done: there && in_time,
            remarks: vec![reached.stage.clone()],
            ..Assessment::default()
        };
        if there && !in_time {
            it.remarks.push("逾期完成".to_owned());
        }
        it
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::StageReached;
    use super::super::testing::{at, ratio};
    use super::*;
    use jiff::civil::date;

    fn school() -> Milestone {
        let stage = |name: &str, share| MilestoneStage { name: name.to_owned(), share };
        Milestone {
            stages: vec![
                stage("立项", Some(ratio(3, 10))),
                stage("招标", None),
                stage("启动", Some(Ratio::ONE)),
                stage("全面建成", Some(Ratio::ONE)),
            ],
            required: "启动".to_owned(),
        }
    }

    fn judge(stage: &str, on: Option<jiff::civil::Date>) -> Assessment {
        let actual = Actual { stage: Some(StageReached { stage: stage.to_owned(), on }), ..Actual::default() };
        school().assess(&actual, &"所".parse().unwrap(), &at(12, 31))
    }

    #[test]
    fn the_standard_gives_the_share_of_the_stage_reached() {
        assert_eq!(judge("立项", None).completion, Some(ratio(3, 10)));
        assert_eq!(judge("招标", None).completion, None);
        assert!(judge("启动", Some(date(2023, 11, 1))).done);
        assert!(judge("全面建成", None).done);
        assert!(!judge("立项", None).done);
    }

    #[test]
    fn too_late_is_not_done_and_an_unknown_stage_is_an_error() {
        let late = judge("启动", Some(date(2024, 1, 2)));
        assert!(!late.done);
        assert_eq!(late.remarks, ["启动", "逾期完成"]);
        assert_eq!(judge("奠基", None).findings[0].code, "unknown_stage");
    }
}
