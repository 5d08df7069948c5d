//! What holds for any units and any of the schemes that come with the software (field rules §4).

use super::super::scheme::Role;
use super::super::{IndicatorFacts, Timeliness, UnitFacts, presets, standing};
use super::{indicator, q, report, row, unit};
use crate::light::{Light, NoColour};
use crate::quantity::Quantity;
use crate::ratio::Ratio;
use proptest::prelude::*;

/// A unit with some indicators, odd denominators among them, reports and corrections.
fn any_unit(id: usize) -> impl Strategy<Value = UnitFacts> {
    let duty = (0_i64..2_000_000, 1_i64..1_000_000, 0_i64..366, 0_usize..5);
    (prop::collection::vec(duty, 0..9), 0_u32..6, prop::collection::vec(0_u32..5, 0..4)).prop_map(
        move |(duties, corrected, late)| {
            let lights = [Light::Blue, Light::Green, Light::Yellow, Light::Red, Light::NoColour(NoColour::NoCurve)];
            let one = |(i, (actual, target, days, light)): (usize, &(i64, i64, i64, usize))| IndicatorFacts {
                code: format!("{id}.{i}"),
                ranked: true,
                completion: Ratio::new(i128::from(*actual), i128::from(*target)),
                expected: Ratio::new(i128::from(*days), 365),
                light: lights[*light],
                met: None,
                unreported: false,
            };
            let timeliness = |days: &u32| match days {
                0 => Timeliness::OnTime,
                4 => Timeliness::Missing,
                days => Timeliness::Late { working_days: *days },
            };
            UnitFacts {
                reports: late.iter().map(|days| report(timeliness(days))).collect(),
                corrected: (0..corrected).map(|i| i.to_string()).collect(),
                ..unit(&format!("u{id:02}"), duties.iter().enumerate().map(one).collect())
            }
        },
    )
}

fn any_units() -> impl Strategy<Value = Vec<UnitFacts>> {
    (1_usize..12).prop_flat_map(|count| (0..count).map(any_unit).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_input_changes_nothing(units in any_units(), seed in any::<u64>()) {
        let mut shuffled = units.clone();
        let count = shuffled.len();
        shuffled.rotate_left(usize::try_from(seed % 12).unwrap() % count);
        if seed % 2 == 0 {
            shuffled.reverse();
        }
        for unit in &mut shuffled {
            unit.reports.reverse();
        }
        for scheme in presets::all() {
            let (mut a, mut b) = (standing(&scheme, &units), standing(&scheme, &shuffled));
            for line in a.groups.iter_mut().chain(&mut b.groups).flat_map(|g| &mut g.rows).flat_map(|r| &mut r.lines) {
                line.facts.sort();
            }
            prop_assert_eq!(a, b);
        }
    }

    #[test]
    fn a_score_is_the_exact_sum_of_its_explanation(units in any_units()) {
        for scheme in presets::all() {
            for row in standing(&scheme, &units).groups.iter().flat_map(|g| &g.rows) {
                if let Some(score) = row.score {
                    let points = row.lines.iter().filter(|l| l.role != Role::Order).map(|l| l.points);
                    prop_assert_eq!(Some(score), Quantity::checked_sum(points));
                    prop_assert!(row.lines.iter().all(|l| l.points.decimals_used() <= scheme.decimals));
                }
            }
        }
    }

    #[test]
    fn a_default_score_lies_within_0_and_100(units in any_units()) {
        for row in standing(&presets::default_month(), &units).groups.iter().flat_map(|g| &g.rows) {
            prop_assert!(row.score.is_none_or(|s| s >= Quantity::ZERO && s <= q("100")));
        }
    }

    #[test]
    fn a_further_duty_changes_nobody_elses_score(units in any_units(), percent in 0_i64..200) {
        let mut more = units.clone();
        more[0].indicators.push(indicator("99.1", percent, Light::Red));
        let (before, after) = (standing(&presets::default_month(), &units), standing(&presets::default_month(), &more));
        for other in units.iter().skip(1) {
            prop_assert_eq!(row(&before, &other.unit).score, row(&after, &other.unit).score);
            prop_assert_eq!(&row(&before, &other.unit).lines, &row(&after, &other.unit).lines);
        }
    }
}
