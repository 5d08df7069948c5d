//! The four months, one after another: each builds on what was certified before.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use minsheng_domain::period::beijing_instant;
use minsheng_domain::quantity::Quantity;
use minsheng_proto::catalogue::v1::{Basis, Indicator, Measure, Programme, TargetKind, Unit};

use super::paths::{MONTHS, Path, paid_from, paths, quantity, stage, steps};
use super::plan::{AdjustPlan, Figure, Filing, ItemPlan, MonthPlan, ReportPlan, ReturnPlan};
use super::script::{DAYS, Days, NO_ARTICLE, PERIODS, Turn, turns};
use super::spread::{Share, give_out, take_away};
use super::{items, words};
use crate::random::Random;

/// What was certified so far.
#[derive(Default)]
struct SoFar {
    values: BTreeMap<String, i64>,
    shares: BTreeMap<String, Vec<Share>>,
    items: BTreeMap<String, Vec<ItemPlan>>,
}

/// The months of the programme under a seed, June to September.
pub fn months(programme: &Programme, lead_units: &[Unit], seed: u64) -> Vec<MonthPlan> {
    let indicators: Vec<&Indicator> = programme.projects.iter().flat_map(|project| &project.indicators).collect();
    let all: BTreeMap<String, Path> = indicators.iter().flat_map(|indicator| paths(indicator, seed)).collect();
    let mut so_far = SoFar { shares: shares(programme, seed), ..SoFar::default() };
    (0..MONTHS)
        .map(|month| {
            let mut scene = Scene { programme, month, seed, paths: &all, so_far: &mut so_far };
            scene.plan(&indicators, lead_units)
        })
        .collect()
}

/// Shares of the allocated measures, nothing reached yet.
fn shares(programme: &Programme, seed: u64) -> BTreeMap<String, Vec<Share>> {
    let Some(table) = &programme.allocation_table else {
        return BTreeMap::new();
    };
    let measures = programme.projects.iter().flat_map(|project| &project.indicators).flat_map(|one| &one.measures);
    let decimals: BTreeMap<&str, i32> = measures.map(|measure| (measure.code.as_str(), measure.decimals)).collect();
    let column = |(index, column): (usize, &minsheng_proto::catalogue::v1::AllocationColumn)| {
        let decimals = decimals.get(column.measure.as_str()).copied().unwrap_or(0);
        let rows =
            table.rows.iter().filter_map(|row| Some((row, row.cells.get(index).filter(|cell| !cell.is_empty())?)));
        let share = |(row, cell): (&minsheng_proto::catalogue::v1::AllocationRow, &String)| Share {
            division: row.division.clone(),
            target: steps(cell, decimals),
            reached: 0,
            pace: Random::new(seed, &format!("{}/{}", column.measure, row.division)).between(60, 140),
        };
        (column.measure.clone(), rows.map(share).collect())
    };
    table.columns.iter().enumerate().map(column).collect()
}

struct Scene<'a> {
    programme: &'a Programme,
    month: usize,
    seed: u64,
    paths: &'a BTreeMap<String, Path>,
    so_far: &'a mut SoFar,
}

impl Scene<'_> {
    fn plan(&mut self, indicators: &[&Indicator], lead_units: &[Unit]) -> MonthPlan {
        let (period, days) = (PERIODS[self.month], DAYS[self.month]);
        let mut plan = MonthPlan {
            period: period.to_owned(),
            days,
            reports: Vec::new(),
            missing: Vec::new(),
            articles: Vec::new(),
            articles_missing: Vec::new(),
            items: Vec::new(),
        };
        for indicator in indicators {
            let turns: Vec<Turn> = turns(self.month, &indicator.code).collect();
            if turns.contains(&Turn::Missing) {
                plan.missing.push(indicator.code.clone());
                continue;
            }
            let report = self.report(indicator, &turns, days, &mut plan.items);
            plan.reports.push(report);
        }
        plan.reports.sort_by_key(|report| report.at);
        for unit in lead_units {
            if NO_ARTICLE.contains(&(self.month, unit.id.as_str())) {
                plan.articles_missing.push(unit.id.clone());
            } else {
                let mut random = Random::new(self.seed, &format!("article/{}/{period}", unit.id));
                plan.articles.push(words::article(unit, period, &mut random));
            }
        }
        plan
    }

    fn report(
        &mut self,
        indicator: &Indicator,
        turns: &[Turn],
        days: Days,
        lists: &mut Vec<(String, Vec<ItemPlan>)>,
    ) -> ReportPlan {
        let period = PERIODS[self.month];
        let mut random = Random::new(self.seed, &format!("report/{}/{period}", indicator.code));
        let figures: Vec<Figure> = indicator.measures.iter().map(|one| self.figure(indicator, one)).collect();
        for measure in indicator.measures.iter().filter(|measure| measure.item_list) {
            let list = self.items(measure, days.cut_off);
            lists.push((measure.code.clone(), list));
        }
        let day = turns.iter().find_map(|turn| if let Turn::On(day) = turn { Some(*day) } else { None });
        let due = days.cut_off.day();
        let filed_on = day.unwrap_or_else(|| due - i8::try_from(random.between(0, 2)).unwrap_or(0));
        let filed_on = date(days.cut_off.year(), days.cut_off.month(), filed_on);
        let at = working_hour(filed_on, &mut random);
        let (mut filing, mut returned, mut adjusted) = (Filing::OneStep, None, None);
        let mut evidence = Vec::new();
        for turn in turns {
            match *turn {
                Turn::InSteps => filing = Filing::InSteps,
                Turn::Unchanged => filing = Filing::Unchanged,
                Turn::Entered { confirmed } => {
                    let sheet = words::evidence(&indicator.lead_unit, &indicator.code, period, "盖章报表扫描件");
                    evidence.push(("盖章报表（演示数据）.txt".to_owned(), sheet, String::new()));
                    let when = beijing_instant(days.check, 11);
                    filing = Filing::Entered { confirmed: confirmed.then_some(when) };
                }
                Turn::Returned { measure, above, by_certifier, reason } => {
                    returned = Some(ReturnPlan {
                        first: inflated(indicator, &figures, measure, above),
                        measure: measure.to_owned(),
                        by_certifier,
                        reason: reason.to_owned(),
                    });
                }
                Turn::Adjusted { measure, less, reason } => {
                    adjusted = self.adjust(indicator, &figures, measure, less, reason);
                }
                Turn::On(_) | Turn::Missing => {}
            }
        }
        for measure in indicator.measures.iter().filter(|measure| measure.evidence_required) {
            let text = words::evidence(&indicator.lead_unit, &indicator.code, period, "现场核验记录");
            evidence.push(("现场核验记录（演示数据）.txt".to_owned(), text, measure.code.clone()));
        }
        let narrative = words::narrative(indicator, &figures, days.cut_off, &mut random);
        ReportPlan {
            indicator: indicator.code.clone(),
            title: indicator.title.clone(),
            unit: indicator.lead_unit.clone(),
            figures,
            narrative,
            late: filed_on > days.due,
            unconfirmed: filing == Filing::Entered { confirmed: None },
            filing,
            at,
            evidence,
            returned,
            adjusted,
        }
    }

    /// A measure's figure, which from now on is what the next month builds on.
    fn figure(&mut self, indicator: &Indicator, measure: &Measure) -> Figure {
        let value = self.paths.get(&measure.code).map_or(0, |path| path[self.month]);
        let before = self.so_far.values.insert(measure.code.clone(), value).unwrap_or(0);
        let exact = |steps: i64| quantity(steps, measure.decimals);
        let breakdown = self.so_far.shares.get_mut(&measure.code).map_or_else(Vec::new, |shares| {
            let mut random = Random::new(self.seed, &format!("spread/{}/{}", measure.code, self.month));
            give_out(value - before, shares, &mut random);
            shares.iter().map(|share| (share.division.clone(), exact(share.reached))).collect()
        });
        let standard = measure.kind() == TargetKind::StandardRaised;
        Figure {
            measure: measure.code.clone(),
            unit: measure.unit.clone(),
            value: exact(value),
            this_period: (measure.basis() == Basis::Flow).then(|| exact(value - before)),
            breakdown,
            stage: stage(&measure.code, self.month).to_owned(),
            paid: standard && self.month >= paid_from(&indicator.code),
            not_covered: self.not_covered(measure, value),
        }
    }

    /// Townships not yet covered, by name, where it is townships that are covered.
    fn not_covered(&self, measure: &Measure, value: i64) -> Vec<String> {
        let Some(table) = self.programme.allocation_table.as_ref().filter(|_| measure.code == "5.1-3") else {
            return Vec::new();
        };
        let gap = usize::try_from(steps(&measure.target, measure.decimals) - value).unwrap_or(0);
        let towns = table.rows.iter().rev().filter(|row| !row.division.contains('L'));
        towns.take(gap).map(|row| row.display_name.clone()).collect()
    }

    fn adjust(
        &mut self,
        indicator: &Indicator,
        figures: &[Figure],
        code: &str,
        less: i64,
        reason: &str,
    ) -> Option<AdjustPlan> {
        let measure = indicator.measures.iter().find(|measure| measure.code == code)?;
        let mut figure = figures.iter().find(|figure| figure.measure == code)?.clone();
        let value = self.so_far.values.get_mut(code)?;
        *value -= less;
        figure.value = quantity(*value, measure.decimals);
        figure.this_period = figure.this_period.and_then(|part| part.checked_sub(quantity(less, measure.decimals)));
        if let Some(shares) = self.so_far.shares.get_mut(code) {
            take_away(less, shares);
            let share = |share: &Share| (share.division.clone(), quantity(share.reached, measure.decimals));
            figure.breakdown = shares.iter().map(share).collect();
        }
        Some(AdjustPlan { figure, reason: reason.to_owned() })
    }

    fn items(&mut self, measure: &Measure, cut_off: Date) -> Vec<ItemPlan> {
        let before = self.month.checked_sub(1).map_or(date(2023, 3, 1), |month| DAYS[month].cut_off);
        let known = self.so_far.items.remove(&measure.code).unwrap_or_default();
        let list = match self.so_far.shares.get(&measure.code) {
            Some(shares) => {
                let table = self.programme.allocation_table.iter().flat_map(|table| &table.rows);
                let names: Vec<_> = table.map(|row| (row.division.clone(), row.display_name.clone())).collect();
                items::sources(&names, shares, [before, cut_off], &known)
            }
            None => {
                let path = self.paths.get(&measure.code).copied().unwrap_or_default();
                let earlier = self.month.checked_sub(1).map_or(0, |month| path[month]);
                let all = steps(&measure.target, measure.decimals);
                items::estates(all, [earlier, path[self.month]], [before, cut_off], &known)
            }
        };
        self.so_far.items.insert(measure.code.clone(), list.clone());
        list
    }
}

/// The same figures with so much more of a measure, and of the whole that it is a part of.
fn inflated(indicator: &Indicator, figures: &[Figure], code: &str, above: i64) -> Vec<Figure> {
    let concerned = |figure: &Figure| {
        let of = indicator.measures.iter().find(|measure| measure.code == figure.measure)?;
        (of.code == code || of.parts.iter().any(|part| part == code)).then_some(of.decimals)
    };
    let more = |value: Quantity, decimals| value.checked_add(quantity(above, decimals)).unwrap_or(value);
    let mut figures = figures.to_vec();
    for figure in &mut figures {
        if let Some(decimals) = concerned(figure) {
            figure.value = more(figure.value, decimals);
            figure.this_period = figure.this_period.map(|part| more(part, decimals));
        }
    }
    figures
}

/// A minute of a day's working hours.
fn working_hour(day: Date, random: &mut Random) -> Timestamp {
    let minutes = SignedDuration::from_mins(random.between(0, 8 * 60));
    beijing_instant(day, 9).saturating_add(minutes).unwrap_or(Timestamp::MAX)
}
