//! Parts (分项合计): completion Σ min(part, its target) / T, done when every part is; a reported whole that differs from
//! the sum of its parts is an error.

use super::{Actual, Assessment, Moment, Rule, share};
use crate::finding::Finding;
use crate::quantity::{Quantity, UnitOfMeasure};

/// A part with a target of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Code of the part's measure.
    pub code: String,
    /// Name of the part.
    pub name: String,
    /// The number that this part must reach.
    pub target: Quantity,
}

/// 培训2975 = 职业技能2300 + 创业675.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// T, the whole.
    pub target: Quantity,
    /// The parts.
    pub parts: Vec<Part>,
}

impl Rule for Parts {
    fn target(&self) -> Option<Quantity> {
        Some(self.target)
    }

    fn part_codes(&self) -> Vec<&str> {
        self.parts.iter().map(|part| part.code.as_str()).collect()
    }

    fn is_reported(&self, actual: &Actual) -> bool {
        !self.parts.is_empty() && self.parts.iter().all(|part| actual.part(&part.code).is_reported())
    }

    fn assess(&self, actual: &Actual, _unit: &UnitOfMeasure, _at: &Moment) -> Assessment {
        let counting = self.parts.iter().filter_map(|part| Some((part, actual.part(&part.code).number()?)));
        let values: Vec<(&Part, Quantity)> = counting.collect();
        let sum = Quantity::checked_sum(values.iter().map(|(_, value)| *value));
        let counted = Quantity::checked_sum(values.iter().map(|(part, value)| (*value).min(part.target)));
        let mut it = Assessment {
            completion: counted.and_then(|counted| share(counted, self.target)),
            done: !values.is_empty() && values.iter().all(|(part, value)| *value >= part.target),
            gap: counted.and_then(|counted| self.target.checked_sub(counted)),
            ..Assessment::default()
        };
        for (part, value) in values.iter().filter(|(part, value)| *value < part.target) {
            it.remarks.push(format!("{}{value}/{}", part.name, part.target));
        }
        if let Some(whole) = actual.value.number().filter(|whole| Some(*whole) != sum) {
            let parts = sum.map_or_else(|| "过大".to_owned(), |sum| sum.to_string());
            it.findings.push(
                Finding::error(
                    "parts_whole",
                    "value",
                    format!("总数{whole}与分项合计{parts}不符"),
                    format!("the whole {whole} differs from the sum of its parts, {parts}"),
                )
                .fact("whole", whole)
                .fact("sum", parts),
            );
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

    fn training(skills: &str, startup: &str, whole: Option<&str>) -> Assessment {
        let part =
            |code: &str, name: &str, target: &str| Part { code: code.into(), name: name.into(), target: q(target) };
        let rule = Parts {
            target: q("2975"),
            parts: vec![part("3.2-2", "职业技能培训", "2300"), part("3.2-3", "创业培训", "675")],
        };
        let actual = Actual {
            value: whole.map_or(Value::NotReported, |whole| Value::Number(q(whole))),
            parts: vec![("3.2-2".into(), Value::Number(q(skills))), ("3.2-3".into(), Value::Number(q(startup)))],
            ..Actual::default()
        };
        assert!(rule.is_reported(&actual));
        rule.assess(&actual, &"人次".parse().unwrap(), &at(6, 20))
    }

    #[test]
    fn too_much_of_one_part_does_not_make_up_for_another() {
        let it = training("3000", "500", Some("3500"));
        assert_eq!(it.completion, Some(ratio(2800, 2975)));
        assert!(!it.done);
        assert_eq!(it.remarks, ["创业培训500/675"]);
        assert!(training("2300", "675", Some("2975")).done);
    }

    #[test]
    fn a_whole_that_differs_from_its_parts_is_an_error() {
        let it = training("2300", "600", Some("2975"));
        assert_eq!(it.findings[0].code, "parts_whole");
        assert!(training("2300", "600", None).findings.is_empty());
    }
}
