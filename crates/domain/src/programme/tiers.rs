//! Lower tiers as reporters. To its parent a tier is a unit that reports: each mandated row of an allocation table becomes,
//! for every indicator with a filled cell, an indicator of its own that the tier of that division leads, whose measures ask
//! for the row's share. Duties, checks, certification and ranking treat it as any other.

use super::document::{Indicator, Measure, Programme, TargetKind};
use crate::quantity::Quantity;
use crate::target::Basis;
use crate::value::Value;

/// Stands between an indicator's code and the division whose tier reports it: 3.2@430923.
pub const AT: char = '@';

/// Id of the unit that a lower tier is to its parent.
pub fn tier_unit(division: &str) -> String {
    format!("tier-{division}")
}

/// The division whose tier a unit is; none for the units of this tier.
pub fn tier_of_unit(unit: &str) -> Option<&str> {
    unit.strip_prefix("tier-")
}

/// Code of the indicator, or of the measure, that a tier reports for one of its parent's: 3.2 becomes 3.2@430923, and 3.2-1
/// becomes 3.2@430923-1.
pub fn code_at(code: &str, division: &str) -> String {
    match code.split_once('-') {
        Some((indicator, number)) => format!("{indicator}{AT}{division}-{number}"),
        None => format!("{code}{AT}{division}"),
    }
}

/// The parent's code and the division of the tier that reports it; no division for what this tier reports itself.
pub fn split_code(code: &str) -> (String, Option<&str>) {
    let Some((indicator, rest)) = code.split_once(AT) else {
        return (code.to_owned(), None);
    };
    match rest.split_once('-') {
        Some((division, number)) => (format!("{indicator}-{number}"), Some(division)),
        None => (indicator.to_owned(), Some(rest)),
    }
}

impl Measure {
    /// Whether shares of its target, and figures of lower tiers, add up to the whole: rates and standards do not.
    pub fn adds_up(&self) -> bool {
        self.basis != Basis::Rate && self.kind != TargetKind::StandardRaised
    }
}

impl Programme {
    /// The programme with the indicators that its lower tiers report, each after the one that it is a share of.
    #[must_use]
    pub fn with_tiers(mut self) -> Self {
        let table = &self.allocation_table;
        for project in &mut self.projects {
            let own = std::mem::take(&mut project.indicators);
            for indicator in own {
                let shares = table.rows.iter().filter(|row| row.mandate);
                let shares: Vec<Indicator> = shares
                    .filter_map(|row| {
                        let cell = |measure: &Measure| {
                            let place = table.columns.iter().position(|column| column.measure == measure.code)?;
                            row.cells.get(place).copied().flatten()
                        };
                        share(&indicator, &row.division, &row.name, cell)
                    })
                    .collect();
                project.indicators.push(indicator);
                project.indicators.extend(shares);
            }
        }
        self
    }
}

/// What a tier reports of an indicator; none where no cell of it is filled.
fn share(of: &Indicator, division: &str, name: &str, cell: impl Fn(&Measure) -> Option<Quantity>) -> Option<Indicator> {
    let given: Vec<(&Measure, Quantity)> =
        of.measures.iter().filter_map(|measure| Some((measure, cell(measure)?))).collect();
    let is_given = |code: &String| given.iter().any(|(measure, _)| measure.code == *code);
    let measures: Vec<Measure> = given
        .iter()
        .map(|(measure, target)| {
            let whole = !measure.parts.is_empty() && measure.parts.iter().all(is_given);
            let mut own = Measure {
                code: code_at(&measure.code, division),
                target: Some(*target),
                printed: String::new(),
                item_list: false,
                evidence_required: false,
                ..(*measure).clone()
            };
            own.parts =
                if whole { measure.parts.iter().map(|part| code_at(part, division)).collect() } else { Vec::new() };
            // Where it begins is known of the whole only; a raised standard begins alike everywhere.
            if own.kind != TargetKind::StandardRaised {
                own.baseline = None;
            }
            if !whole && !divides(own.kind) {
                own.kind = TargetKind::AtLeast;
            }
            own
        })
        .collect();
    (!measures.is_empty()).then(|| Indicator {
        code: code_at(&of.code, division),
        title: format!("{}（{name}）", of.title),
        lead_unit: tier_unit(division),
        lead_unit_name: name.to_owned(),
        certifier: of.certifier.clone(),
        certifier_name: of.certifier_name.clone(),
        certifier_inferred: of.certifier_inferred,
        leaders_in_charge: of.leaders_in_charge.clone(),
        statements: of.statements.clone(),
        measures,
        tier: division.to_owned(),
        ..Indicator::default()
    })
}

/// Kinds whose rule holds for a share as it holds for the whole; of the others a share is a number to be reached.
fn divides(kind: TargetKind) -> bool {
    use TargetKind::{AtLeast, AtMost, Coverage, Money, MoreThan, Rate, StageCount, StandardRaised};
    matches!(kind, AtLeast | MoreThan | AtMost | Coverage | Rate | StandardRaised | StageCount | Money)
}

/// A measure's figure as its lower tiers make it together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The sum of those that said something.
    pub value: Value,
    /// What each of them said.
    pub breakdown: Vec<(String, Value)>,
    /// Divisions whose tiers said nothing.
    pub missing: Vec<String>,
}

/// Adds up what lower tiers report of a measure that adds up. None where the sum is outside the range.
pub fn compose(figures: impl IntoIterator<Item = (String, Value)>) -> Option<Composed> {
    let (said, silent): (Vec<_>, Vec<_>) = figures.into_iter().partition(|(_, value)| value.is_reported());
    let numbers: Vec<Quantity> = said.iter().filter_map(|(_, value)| value.number()).collect();
    let value = if said.is_empty() {
        Value::NotReported
    } else if numbers.is_empty() {
        Value::NoneHere("下级各地均无此项".to_owned())
    } else {
        Value::Number(Quantity::checked_sum(numbers)?)
    };
    Some(Composed { value, breakdown: said, missing: silent.into_iter().map(|(division, _)| division).collect() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::programme::{AllocationColumn, fixture};

    fn number(text: &str) -> Value {
        Value::Number(text.parse().unwrap())
    }

    #[test]
    fn codes_name_the_tier_and_come_apart_again() {
        assert_eq!(code_at("3.2", "430923"), "3.2@430923");
        assert_eq!(code_at("m1.1-2", "430923"), "m1.1@430923-2");
        assert_eq!(split_code("3.2@430923-2"), ("3.2-2".to_owned(), Some("430923")));
        assert_eq!(split_code("3.2@430923"), ("3.2".to_owned(), Some("430923")));
        assert_eq!(split_code("3.2-2"), ("3.2-2".to_owned(), None));
        assert_eq!(tier_of_unit(&tier_unit("430923")), Some("430923"));
        assert_eq!(tier_of_unit("jyj"), None);
    }

    #[test]
    fn a_mandated_row_becomes_indicators_and_changes_none_of_the_others() {
        let mut programme = fixture::anhua();
        let before: Vec<Indicator> = programme.indicators().map(|(_, indicator)| indicator.clone()).collect();
        assert_eq!(programme.clone().with_tiers(), programme, "nothing is mandated");
        let row = &mut programme.allocation_table.rows[0];
        row.mandate = true;
        let row = row.clone();
        let filled = row.cells.iter().flatten().count();
        assert!(filled > 0 && filled < row.cells.len(), "the fixture has blanks: a blank gives nothing");
        let after = programme.clone().with_tiers();
        let own: Vec<&Indicator> = after.indicators().map(|(_, it)| it).filter(|it| it.tier.is_empty()).collect();
        assert!(own.into_iter().eq(&before));
        let given: Vec<&Indicator> = after.indicators().map(|(_, it)| it).filter(|it| !it.tier.is_empty()).collect();
        assert_eq!(given.iter().map(|it| it.measures.len()).sum::<usize>(), filled);
        for indicator in given {
            assert_eq!((indicator.lead_unit.as_str(), &indicator.tier), (&*tier_unit(&row.division), &row.division));
            for measure in &indicator.measures {
                let (code, _) = split_code(&measure.code);
                let column = programme.allocation_table.columns.iter().position(|column| column.measure == code);
                assert_eq!(measure.target, row.cells[column.unwrap()]);
                crate::programme::measure_spec(programme.year, indicator, measure).unwrap();
            }
        }
    }

    #[test]
    fn whatever_is_mandated_can_be_judged() {
        let mut programme = fixture::anhua();
        for row in &mut programme.allocation_table.rows {
            row.mandate = true;
        }
        // A measure of every kind, given as a share.
        let whole = programme.clone();
        let table = &mut programme.allocation_table;
        for measure in whole.indicators().flat_map(|(_, indicator)| &indicator.measures) {
            if !table.columns.iter().any(|column| column.measure == measure.code) {
                let unit = measure.unit.clone();
                table.columns.push(AllocationColumn { measure: measure.code.clone(), unit, ..Default::default() });
                table.rows[0].cells.push(Some("1".parse().unwrap()));
            }
        }
        for cell in &mut table.rows[0].cells {
            cell.get_or_insert("1".parse().unwrap());
        }
        let programme = programme.with_tiers();
        let shares: Vec<&Indicator> = programme
            .indicators()
            .map(|(_, it)| it)
            .filter(|it| it.tier == programme.allocation_table.rows[0].division)
            .collect();
        assert_eq!(shares.len(), whole.indicators().count());
        for (indicator, measure) in shares.iter().flat_map(|it| it.measures.iter().map(move |measure| (it, measure))) {
            crate::programme::measure_spec(programme.year, indicator, measure)
                .unwrap_or_else(|fault| panic!("{}: {}", measure.code, fault.en));
        }
    }

    #[test]
    fn tiers_add_up_and_the_silent_are_named() {
        let of = |figures: &[(&str, Value)]| {
            compose(figures.iter().map(|(division, value)| ((*division).to_owned(), value.clone())))
        };
        let composed =
            of(&[("430921", number("1.5")), ("430922", number("0")), ("430923", Value::NotReported)]).unwrap();
        assert_eq!(composed.value, number("1.5"));
        assert_eq!(composed.missing, ["430923"]);
        assert_eq!(composed.breakdown.len(), 2, "zero is a number");
        let none = Value::NoneHere("无".into());
        assert!(of(&[("430921", none.clone()), ("430922", none)]).unwrap().value.is_exempt());
        assert_eq!(of(&[("430921", Value::NotReported)]).unwrap().value, Value::NotReported);
        assert_eq!(of(&[("430921", number("900000000000000")), ("430922", number("900000000000000"))]), None);
    }
}
