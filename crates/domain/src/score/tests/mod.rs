//! Schemes at work: the four that come with the software, and what holds for any scheme (field rules §4).
#![allow(clippy::unwrap_used)]

use super::presets::{self, LEAD_UNITS, TOWNSHIPS};
use super::scheme::{Combine, Component, Empty, Mapping, Metric, RankBy, Role};
use super::*;
use crate::light::{Light, NoColour};
use crate::quantity::Quantity;
use crate::ratio::Ratio;

mod files;
mod properties;

fn q(text: &str) -> Quantity {
    text.parse().unwrap()
}

fn indicator(code: &str, percent: i64, light: Light) -> IndicatorFacts {
    IndicatorFacts {
        code: code.into(),
        ranked: true,
        completion: Ratio::new(percent.into(), 100),
        expected: Ratio::new(50, 100),
        light,
        met: Some(percent >= 100),
        unreported: false,
    }
}

fn unit(id: &str, indicators: Vec<IndicatorFacts>) -> UnitFacts {
    UnitFacts { unit: id.into(), group: LEAD_UNITS.into(), indicators, ..UnitFacts::default() }
}

fn report(timeliness: Timeliness) -> ReportFacts {
    ReportFacts { indicator: "1.1".into(), timeliness }
}

fn lead(standing: &Standing) -> &GroupStanding {
    standing.groups.iter().find(|group| group.key == LEAD_UNITS).unwrap()
}

fn row<'a>(standing: &'a Standing, unit: &str) -> &'a Row {
    standing.groups.iter().flat_map(|g| &g.rows).find(|row| row.unit == unit).unwrap()
}

fn line(row: &Row, component: &str) -> String {
    row.lines.iter().find(|line| line.component == component).unwrap().points.to_string()
}

#[test]
fn the_schemes_that_come_with_the_software_are_sound() {
    for scheme in presets::all() {
        assert_eq!(scheme.check(), Vec::new(), "{}", scheme.name);
    }
}

#[test]
fn the_default_month_gives_60_20_10_10() {
    let mut full = unit("jyj", vec![indicator("1.1", 50, Light::Green)]);
    full.reports = vec![report(Timeliness::OnTime)];
    let mut behind = unit("rsj", vec![indicator("3.1", 30, Light::Yellow), indicator("3.2", 10, Light::Red)]);
    behind.reports = vec![report(Timeliness::Late { working_days: 2 }), report(Timeliness::Missing)];
    behind.corrected = vec!["3.1-1".into(), "3.2-2".into(), "3.1-1".into()];
    let standing = standing(&presets::default_month(), &[behind, full]);
    assert_eq!(row(&standing, "jyj").score, Some(q("100")));
    let behind = row(&standing, "rsj");
    // 60 × mean(30/50, 10/50), mean(10, 0), mean(5, 0), 10 − 2 × 2 measures
    let lines = ["progress", "schedule", "reporting", "quality"].map(|component| line(behind, component));
    assert_eq!(lines, ["24", "5", "2.5", "6"]);
    assert_eq!((behind.score, behind.rank), (Some(q("37.5")), Some(2)));
    assert_eq!(lead(&standing).rankings[0].last, ["rsj"]);
}

#[test]
fn progress_is_full_where_nothing_is_expected_yet_and_capped() {
    let mut early = indicator("1.1", 0, Light::Green);
    early.expected = Some(Ratio::ZERO);
    let ahead = indicator("1.2", 90, Light::Green);
    let standing = standing(&presets::default_month(), &[unit("jyj", vec![early, ahead])]);
    assert_eq!(line(row(&standing, "jyj"), "progress"), "60");
}

#[test]
fn what_has_no_ratio_or_no_curve_leaves_both_means() {
    let mut rate = indicator("2.1", 0, Light::NoColour(NoColour::MetNow));
    (rate.completion, rate.expected) = (None, None);
    let mut no_curve = indicator("9.1", 10, Light::NoColour(NoColour::NoCurve));
    no_curve.expected = None;
    let mut monitored = indicator("m1.1", 0, Light::Red);
    monitored.ranked = false;
    let good = indicator("3.1", 50, Light::Green);
    let with = unit("rsj", vec![good, rate.clone(), no_curve.clone(), monitored.clone()]);
    let without = unit("mzj", vec![rate, no_curve, monitored]);
    let standing = standing(&presets::default_month(), &[with, without]);
    assert_eq!(row(&standing, "rsj").score, Some(q("100")));
    let listed = row(&standing, "mzj");
    assert_eq!((listed.score, listed.rank, listed.unscored), (None, None, Some(Unscored::NothingRanked)));
}

fn unreported(code: &str) -> IndicatorFacts {
    IndicatorFacts {
        completion: None,
        expected: None,
        met: Some(false),
        unreported: true,
        ..indicator(code, 0, Light::NoColour(NoColour::NotReported))
    }
}

#[test]
fn who_reported_nothing_stands_in_a_list_of_its_own() {
    let silent = unit("rsj", vec![unreported("3.1"), unreported("3.2")]);
    let standing = standing(&presets::default_month(), &[silent]);
    assert_eq!(row(&standing, "rsj").unscored, Some(Unscored::Unreported));
}

#[test]
fn nobody_rises_by_keeping_a_figure_back() {
    let facts = unit("rsj", vec![indicator("3.1", 50, Light::Green), unreported("3.2")]);
    let standing = standing(&presets::default_month(), std::slice::from_ref(&facts));
    let half = row(&standing, "rsj");
    assert_eq!((line(half, "progress"), line(half, "schedule")), ("30".to_owned(), "10".to_owned()));
    assert_eq!(half.lines[0].facts[1], ("3.2".to_owned(), "未报送".to_owned()));
    let mut scheme = presets::default_month();
    scheme.components.iter_mut().for_each(|component| component.unreported_leaves = true);
    let standing = super::standing(&scheme, &[facts]);
    assert_eq!(line(row(&standing, "rsj"), "progress"), "60");
}

#[test]
fn facts_are_read_from_evaluations() {
    use crate::indicator::evaluate_indicator;
    use crate::measure::{Judging, MeasureSpec, evaluate};
    use crate::programme::{fixture::anhua, measure_spec};
    use crate::target::Actual;
    let programme = anhua();
    let facts = |code: &str, actual: &dyn Fn(&MeasureSpec) -> Actual| {
        let (_, indicator) = programme.indicators().find(|(_, i)| i.code == code).unwrap();
        let judging = Judging {
            year: 2023,
            cut_off: jiff::civil::date(2023, 6, 20),
            policy: crate::schedule::SchedulePolicy::default(),
        };
        let specs = indicator.measures.iter().map(|m| measure_spec(2023, indicator, m).unwrap());
        let measures: Vec<_> = specs.map(|spec| evaluate(&spec, &actual(&spec), &judging)).collect();
        IndicatorFacts::of(&evaluate_indicator(code, 1, &measures, &judging.policy.thresholds), &measures, true)
    };
    let some = |_: &MeasureSpec| Actual::number(q("2500"));
    let none = |_: &MeasureSpec| Actual::default();
    let jobs = facts("3.1", &some);
    assert_eq!((jobs.completion, jobs.met, jobs.unreported), (Ratio::new(1, 2), Some(false), false));
    assert_eq!(jobs.expected.unwrap().percent(1), "46.8%");
    assert!(facts("3.1", &none).unreported && facts("3.1", &none).completion.is_none());
    assert!(!facts("m2.1", &none).unreported, "a rate has no schedule to fall behind");
    assert!(!facts("9.1", &none).unreported, "without a curve nothing is expected yet");
    assert_eq!(facts("m1.1", &none).met, None);
}

#[test]
fn ties_share_a_place_and_the_next_is_skipped() {
    assert_eq!(competition_ranks(&[9, 8, 7, 7, 5]), [1, 2, 3, 3, 5]);
    assert_eq!(competition_ranks(&[5, 7, 9, 7, 8]), [5, 3, 1, 3, 2]);
}

#[test]
fn all_who_share_a_place_are_named_and_nobody_on_schedule_among_the_last() {
    let light = |percent| if percent >= 40 { Light::Green } else { Light::Yellow };
    let facts = |percents: &[i64]| -> Vec<UnitFacts> {
        let one = |(i, p): (usize, &i64)| unit(&format!("u{i}"), vec![indicator("1.1", *p, light(*p))]);
        percents.iter().enumerate().map(one).collect()
    };
    let eight = standing(&presets::default_month(), &facts(&[49, 48, 47, 47, 46, 45, 30, 20]));
    let ranking = &lead(&eight).rankings[0];
    assert_eq!(ranking.first, ["u0", "u1", "u2", "u3"]);
    assert_eq!(ranking.last, ["u6", "u7"], "u5 is among the last three and on schedule");
    let six = standing(&presets::default_month(), &facts(&[49, 48, 47, 30, 20, 20]));
    let ranking = &lead(&six).rankings[0];
    assert_eq!(
        (ranking.first.clone(), ranking.last.clone()),
        (vec!["u0".to_owned()], vec!["u4".to_owned(), "u5".to_owned()])
    );
}

#[test]
fn townships_are_shown_and_not_scored() {
    let mut township = unit("t101", vec![indicator("3.1", 50, Light::Green)]);
    township.group = TOWNSHIPS.into();
    let standing = standing(&presets::default_month(), &[township]);
    let row = row(&standing, "t101");
    assert_eq!((row.score, row.rank, row.unscored), (None, None, Some(Unscored::ShownOnly)));
}

#[test]
fn a_change_of_rank_is_told_and_strangers_have_no_place() {
    let mut risen = unit("jyj", vec![indicator("1.1", 50, Light::Green)]);
    risen.previous_rank = Some(4);
    let mut stranger = unit("x", Vec::new());
    stranger.group = "nowhere".into();
    let standing = standing(&presets::default_month(), &[risen, stranger]);
    assert_eq!(row(&standing, "jyj").change, Some(3));
    assert_eq!(standing.without_group, ["x"]);
}

#[test]
fn one_target_unmet_fails_the_unit() {
    let passing = unit("jyj", vec![indicator("1.1", 100, Light::Blue)]);
    let failing = unit("rsj", vec![indicator("3.1", 120, Light::Blue), indicator("3.2", 99, Light::Green)]);
    let standing = standing(&presets::pass_or_fail(), &[passing, failing]);
    assert_eq!(row(&standing, "jyj").score, Some(q("100")));
    assert_eq!(row(&standing, "rsj").score, Some(Quantity::ZERO));
    assert_eq!(row(&standing, "rsj").lines[0].facts, [("未达标指标".to_owned(), "3.2".to_owned())]);
}

#[test]
fn a_province_is_ranked_by_each_rate_without_a_score() {
    let city = |id: &str, planned: &str, started: &str, money: &str, invested: &str| {
        let amounts =
            [("planned", planned), ("started", started), ("planned-investment", money), ("invested", invested)];
        let mut facts = unit(id, Vec::new());
        facts.amounts = amounts.into_iter().map(|(name, value)| (name.to_owned(), q(value))).collect();
        facts
    };
    let facts = [
        city("changsha", "150", "143", "86157.25", "36836.13"),
        city("xiangxi", "85", "30", "77402", "5468.18"),
        city("huaihua", "167", "167", "76729", "29257.97"),
    ];
    let standing = standing(&presets::province_table(), &facts);
    let group = lead(&standing);
    assert_eq!(group.rows.iter().map(|r| (r.unit.as_str(), r.rank, r.score)).next(), Some(("huaihua", Some(1), None)));
    let invested = group.rankings.iter().find(|r| r.by == "invested-rate").unwrap();
    assert_eq!((invested.first[0].as_str(), invested.places[0].value), ("changsha", q("42.75")));
    assert_eq!(invested.last, ["xiangxi"]);
}

#[test]
fn who_is_last_again_loses_more_each_time() {
    let facts = |times: usize| {
        let mut last = unit("rsj", vec![indicator("3.1", 10, Light::Red)]);
        let past = |i: usize| PastPlace {
            order: "completion".into(),
            period: format!("2018-{:02}", i + 1),
            rank: 5,
            last: true,
        };
        last.history = (0..times).map(past).collect();
        [
            last,
            unit("jyj", vec![indicator("1.1", 90, Light::Green)]),
            unit("fl", vec![indicator("4.2", 50, Light::Green)]),
        ]
    };
    for (before, points) in [(0, "-0.2"), (1, "-0.8"), (2, "-1.2"), (3, "-1.6")] {
        let standing = standing(&presets::district_2018_month(), &facts(before));
        assert_eq!(line(row(&standing, "rsj"), "last"), points);
        assert_eq!(line(row(&standing, "fl"), "last"), "0");
    }
    let mut interrupted = facts(3);
    interrupted[0].history[2].last = false;
    let standing = standing(&presets::district_2018_month(), &interrupted);
    assert_eq!(line(row(&standing, "rsj"), "last"), "-0.2");
}

#[test]
fn places_of_the_year_give_points_by_how_many_take_part() {
    let facts = |percents: &[i64]| -> Vec<UnitFacts> {
        let one = |(i, p): (usize, &i64)| unit(&format!("u{i}"), vec![indicator("1.1", *p, Light::Green)]);
        percents.iter().enumerate().map(one).collect()
    };
    let points = |facts: &[UnitFacts]| -> Vec<String> {
        let standing = standing(&presets::district_2018_year(), facts);
        facts.iter().map(|u| line(row(&standing, &u.unit), "place")).collect()
    };
    // Two seconds, then a fourth.
    assert_eq!(points(&facts(&[90, 80, 80, 70, 60, 50])), ["3", "1.5", "1.5", "-0.5", "-1", "-1.5"]);
    assert_eq!(points(&facts(&[90, 80, 70, 60, 50])), ["3", "0", "-1", "-2", "-3"]);
    let mut node = facts(&[90]);
    node[0].tallies.insert("completed-by-node".into(), 3);
    let standing = standing(&presets::district_2018_year(), &node);
    assert_eq!(line(row(&standing, "u0"), "node"), "1.4");
}

#[test]
fn surveys_bonuses_and_doubled_deductions_are_data() {
    let base = presets::default_month().components[0].clone();
    let part = |name: &str, role, metric, mapping| Component {
        name: name.into(),
        label: name.into(),
        role,
        metric,
        mapping,
        combine: Combine::Sum,
        empty: Empty::Points(Quantity::ZERO),
        ..base.clone()
    };
    let mark = |name: &str| Metric::Mark { name: name.into() };
    let scheme = Scheme {
        components: vec![
            part("supervision", Role::Points, mark("supervision"), Mapping::Share { full: q("80") }),
            part("survey", Role::Points, mark("survey"), Mapping::Share { full: q("20") }),
            Component {
                factor_if_few_duties: Some(q("2")),
                ..part(
                    "missing",
                    Role::Adjustment,
                    Metric::Tally { name: "missing".into() },
                    Mapping::PerCount { start: Quantity::ZERO, each: q("-10") },
                )
            },
        ],
        ..presets::default_month()
    };
    assert_eq!(scheme.check(), Vec::new());
    let mut few = unit("jyj", vec![indicator("1.1", 50, Light::Green)]);
    few.marks = [("supervision", 90), ("survey", 75)]
        .into_iter()
        .map(|(n, p)| (n.to_owned(), Ratio::new(p, 100).unwrap()))
        .collect();
    few.tallies.insert("missing".into(), 1);
    let many = unit("mzj", (0..4).map(|i| indicator(&format!("7.{i}"), 50, Light::Green)).collect());
    let standing = standing(&scheme, &[few, many]);
    assert_eq!(row(&standing, "jyj").score, Some(q("67")), "72 + 15 − 10 × 2");
}

#[test]
fn an_unsound_scheme_is_named_field_by_field() {
    let mut scheme = presets::default_month();
    scheme.version = 0;
    scheme.decimals = 5;
    scheme.rank_by = RankBy::Order("nothing".into());
    scheme.components[1].name = "progress".into();
    scheme.components[2].mapping = Mapping::Share { full: q("10") };
    scheme.components[3].metric = Metric::Place { order: "nothing".into() };
    scheme.groups[1].key = scheme.groups[0].key.clone();
    let fields: Vec<String> = scheme.check().into_iter().map(|f| f.field).collect();
    for field in [
        "name",
        "decimals",
        "rank_by",
        "components[1].name",
        "components[2].mapping",
        "components[3].metric",
        "groups[1].key",
    ] {
        assert!(fields.iter().any(|f| f == field), "{field}");
    }
}
