//! Both (双条件): two conditions, each against its own target; completion is the lesser of the two, done when both are.

use super::{Actual, Assessment, Moment, Rule, share};
use crate::quantity::{Quantity, UnitOfMeasure};

/// One of the two conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Code under which its value is reported.
    pub code: String,
    /// Name.
    pub name: String,
    /// The number to reach; percent for a rate.
    pub target: Quantity,
}

/// 开工1500个且投资完成率≥50%.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Both {
    /// The first condition, whose target is the one shown.
    pub first: Condition,
    /// The second condition.
    pub second: Condition,
}

impl Rule for Both {
    fn target(&self) -> Option<Quantity> {
        Some(self.first.target)
    }

    fn part_codes(&self) -> Vec<&str> {
        vec![self.first.code.as_str(), self.second.code.as_str()]
    }

    fn is_reported(&self, actual: &Actual) -> bool {
        [&self.first, &self.second].iter().all(|condition| actual.part(&condition.code).number().is_some())
    }

    fn assess(&self, actual: &Actual, _unit: &UnitOfMeasure, _at: &Moment) -> Assessment {
        let value = |condition: &Condition| actual.part(&condition.code).number();
        let (Some(first), Some(second)) = (value(&self.first), value(&self.second)) else {
            return Assessment::default();
        };
        let mut it = Assessment {
            completion: share(first, self.first.target).min(share(second, self.second.target)),
            done: first >= self.first.target && second >= self.second.target,
            gap: self.first.target.checked_sub(first),
            ..Assessment::default()
        };
        for (condition, value) in [(&self.first, first), (&self.second, second)] {
            if value < condition.target {
                it.remarks.push(format!("{}{value}/{}", condition.name, condition.target));
            }
        }
        it
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{at, q, ratio};
    use super::*;
    use crate::value::Value;

    fn judge(started: &str, invested: &str) -> Assessment {
        let condition =
            |code: &str, target: &str| Condition { code: code.into(), name: code.into(), target: q(target) };
        let rule = Both { first: condition("开工", "1500"), second: condition("投资完成率", "50") };
        let parts =
            vec![("开工".to_owned(), Value::Number(q(started))), ("投资完成率".to_owned(), Value::Number(q(invested)))];
        rule.assess(&Actual { parts, ..Actual::default() }, &"个".parse().unwrap(), &at(6, 30))
    }

    #[test]
    fn the_lesser_of_two_each_against_its_own_target() {
        let it = judge("1110", "37.44");
        assert_eq!(it.completion, Some(ratio(74, 100)));
        assert_eq!(judge("1500", "37.44").completion, Some(ratio(3744, 5000)));
        assert!(!it.done && !judge("1500", "49.99").done && judge("1500", "50").done);
        assert_eq!(judge("1500", "37.44").remarks, ["投资完成率37.44/50"]);
    }
}
