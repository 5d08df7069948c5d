//! What must hold of every generated month, whatever the seed.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use minsheng_domain::period::beijing_date;
use minsheng_domain::quantity::Quantity;
use minsheng_proto::catalogue::v1::Programme;

use super::plan::{Figure, Filing, MonthPlan};
use super::{amended, months};
use crate::data::{Documents, MARK};

const CURVES: &[&str] = &["6.1-1", "8.2-1", "9.1-1", "10.5-1", "1.1-1", "4.1-1"];

fn generated(seed: u64) -> (Programme, Vec<MonthPlan>) {
    let documents = Documents::read().unwrap();
    let programme = amended(&documents.programme, CURVES);
    let months = months(&programme, &documents.lead_units(), seed);
    (programme, months)
}

fn certified(month: &MonthPlan) -> BTreeMap<String, Figure> {
    let mut figures = BTreeMap::new();
    for report in &month.reports {
        figures.extend(report.figures.iter().map(|figure| (figure.measure.clone(), figure.clone())));
        figures.extend(report.adjusted.iter().map(|plan| (plan.figure.measure.clone(), plan.figure.clone())));
    }
    figures
}

fn seeds() -> impl Iterator<Item = (Programme, Vec<MonthPlan>)> {
    [0, 1, 2023, u64::MAX].into_iter().map(generated)
}

#[test]
fn all_39_measures_of_26_indicators_are_reported_and_the_same_seed_gives_the_same_months() {
    let (_, months) = generated(2023);
    assert_eq!(months.len(), 4);
    for month in &months {
        assert_eq!(month.reports.len() + month.missing.len(), 26);
        let figures: usize = month.reports.iter().map(|report| report.figures.len()).sum();
        assert_eq!(figures + month.missing.len(), 39, "4.1 has one measure");
        assert_eq!(month.articles.len() + month.articles_missing.len(), 14);
        assert!(month.reports.windows(2).all(|pair| pair[0].at <= pair[1].at));
    }
    assert_eq!(months, generated(2023).1);
    assert_ne!(months, generated(2024).1);
}

#[test]
fn breakdowns_add_up_also_where_the_certifier_adjusts_and_name_filled_cells_only() {
    for (programme, months) in seeds() {
        let table = programme.allocation_table.as_ref().unwrap();
        for month in &months {
            for figure in certified(month).values().filter(|figure| !figure.breakdown.is_empty()) {
                let sum = Quantity::checked_sum(figure.breakdown.iter().map(|(_, value)| *value));
                assert_eq!(sum, Some(figure.value), "{} {}", month.period, figure.measure);
                let column = table.columns.iter().position(|column| column.measure == figure.measure).unwrap();
                let filled = table.rows.iter().filter(|row| !row.cells[column].is_empty());
                let filled: Vec<&str> = filled.map(|row| row.division.as_str()).collect();
                assert_eq!(figure.breakdown.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(), filled);
            }
            let divided = certified(month).values().filter(|figure| !figure.breakdown.is_empty()).count();
            assert_eq!(divided, 7, "all columns of the table");
        }
    }
}

#[test]
fn flows_never_fall_and_build_on_what_was_certified_before() {
    for (_, months) in seeds() {
        let mut before: BTreeMap<String, Quantity> = BTreeMap::new();
        for month in &months {
            for report in &month.reports {
                let versions = report.returned.iter().flat_map(|plan| &plan.first).chain(&report.figures);
                for figure in versions {
                    let Some(part) = figure.this_period else { continue };
                    let earlier = before.get(&figure.measure).copied().unwrap_or(Quantity::ZERO);
                    assert_eq!(earlier.checked_add(part), Some(figure.value), "{} {}", month.period, figure.measure);
                    assert!(!part.is_negative(), "{} {}", month.period, figure.measure);
                }
            }
            before.extend(certified(month).into_iter().map(|(code, figure)| (code, figure.value)));
        }
    }
}

#[test]
fn wholes_are_the_sums_of_their_parts_and_months_are_possible() {
    for (_, months) in seeds() {
        for (number, month) in (6..).zip(&months) {
            for report in &month.reports {
                let versions = report.returned.iter().map(|plan| &plan.first).chain([&report.figures]);
                for figures in versions {
                    let value =
                        |code: &str| figures.iter().find(|figure| figure.measure == code).map(|figure| figure.value);
                    if let (Some(whole), Some(skills), Some(business)) =
                        (value("3.2-1"), value("3.2-2"), value("3.2-3"))
                    {
                        assert_eq!(skills.checked_add(business), Some(whole));
                    }
                    if let (Some(heads), Some(person_months)) = (value("8.1-1"), value("8.1-2")) {
                        assert!(person_months <= heads.checked_mul(number).unwrap());
                    }
                }
            }
        }
    }
}

#[test]
fn counts_follow_from_their_lists() {
    for (_, months) in seeds() {
        for month in &months {
            for (measure, required) in [("9.1-1", "开工"), ("10.5-1", "完成整治")] {
                let (_, list) = month.items.iter().find(|(code, _)| code == measure).unwrap();
                let there = list.iter().filter(|item| item.stages.iter().any(|stage| stage.stage == required)).count();
                let report = month.report(measure.split_once('-').unwrap().0).unwrap();
                let figure = report.figures.iter().find(|figure| figure.measure == measure).unwrap();
                assert_eq!(figure.value.to_string(), there.to_string(), "{} {measure}", month.period);
                let stages = list.iter().flat_map(|item| &item.stages);
                assert!(stages.clone().all(|stage| stage.date <= month.days.cut_off));
                assert!(list.iter().all(|item| item.stages.windows(2).all(|pair| pair[0].date <= pair[1].date)));
                for (code, value) in &figure.breakdown {
                    let here = list.iter().filter(|item| item.division == *code);
                    let done = here.filter(|item| item.stages.iter().any(|stage| stage.stage == required)).count();
                    assert_eq!(value.to_string(), done.to_string());
                }
                assert!(list.iter().all(|item| item.title.contains(MARK)));
            }
        }
    }
}

#[test]
fn who_is_late_is_late_and_a_deadline_on_a_sunday_moves() {
    let (_, months) = generated(2023);
    for month in &months {
        for report in &month.reports {
            assert_eq!(beijing_date(report.at) > month.days.due, report.late, "{} {}", month.period, report.indicator);
        }
    }
    let late = |month: &MonthPlan| {
        let late = month.reports.iter().filter(|report| report.late);
        late.map(|report| report.indicator.clone()).collect::<Vec<_>>()
    };
    assert_eq!(months.iter().map(late).collect::<Vec<_>>(), [["10.3"], ["9.2"], ["10.5"], ["10.1"]]);
    let august = months[2].report("3.2").unwrap();
    assert_eq!((beijing_date(august.at).to_string().as_str(), august.late), ("2023-08-21", false));
}

#[test]
fn every_kind_of_case_is_met_and_everything_said_is_marked() {
    let (_, months) = generated(2023);
    let reports = || months.iter().flat_map(|month| &month.reports);
    assert!(reports().any(|report| report.returned.as_ref().is_some_and(|plan| plan.by_certifier)));
    assert!(reports().any(|report| report.returned.as_ref().is_some_and(|plan| !plan.by_certifier)));
    assert_eq!(reports().filter(|report| report.adjusted.is_some()).count(), 4);
    assert_eq!(reports().filter(|report| report.filing == Filing::Unchanged).count(), 1);
    assert_eq!(reports().filter(|report| report.unconfirmed).count(), 1);
    assert!(reports().any(|report| matches!(report.filing, Filing::Entered { confirmed: Some(_) })));
    assert_eq!(months[2].missing, ["4.1"]);
    assert!(
        reports().all(|report| report.narrative.progress.contains(MARK) && report.narrative.problems.contains(MARK))
    );
    assert!(months.iter().flat_map(|month| &month.articles).all(|article| article.text.contains(MARK)));
    let unchanged = reports().find(|report| report.filing == Filing::Unchanged).unwrap();
    let before = months[1].report(&unchanged.indicator).unwrap();
    assert_eq!(unchanged.figures, before.figures);
}
