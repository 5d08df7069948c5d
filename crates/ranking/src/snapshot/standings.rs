//! Standings of lead units and of lower tiers: facts from the month's rows, the scheme applied by the field's rules, explained line by line.

use std::collections::BTreeMap;

use minsheng_domain::ratio::Ratio;
use minsheng_domain::score::presets::LEAD_UNITS;
use minsheng_domain::score::scheme::{Metric, RankBy, Role};
use minsheng_domain::score::{
    BY_SCORE, GroupStanding, IndicatorFacts, Line, PastPlace, Ranking, ReportFacts, Row, Timeliness, UnitFacts,
    standing,
};
use minsheng_proto::ranking::v1::{FigureBasis, ScoreLine, Snapshot, StandingRow};

use super::discipline::{corrected, first};
use super::figures::number;
use super::indicators::Assessed;
use super::plan::Plan;
use super::{Input, text};

/// Who is ranked together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Lead units of this tier.
    LeadUnits,
    /// Lower tiers, by the same rules.
    LowerTiers,
}

impl Group {
    fn of(self, snapshot: &Snapshot) -> &[StandingRow] {
        match self {
            Group::LeadUnits => &snapshot.lead_units,
            Group::LowerTiers => &snapshot.lower_tiers,
        }
    }
}

/// Rows of a group: by rank, then those without one.
pub(crate) fn rows(input: &Input, plan: &Plan<'_>, indicators: &[Assessed<'_>], among: Group) -> Vec<StandingRow> {
    let mut led: BTreeMap<&str, Vec<&Assessed<'_>>> = BTreeMap::new();
    for indicator in indicators {
        led.entry(&indicator.row.unit).or_default().push(indicator);
    }
    let facts: Vec<UnitFacts> = led.iter().map(|(unit, own)| facts(input, unit, own, among)).collect();
    let standing = standing(&input.rules, &facts);
    let Some(group) = standing.groups.iter().find(|group| group.key == LEAD_UNITS) else {
        return Vec::new();
    };
    let ranked_by = ranked_by(input, group);
    let rows = group.rows.iter().filter_map(|row| {
        let own = led.get(row.unit.as_str())?;
        let name = own.first().map(|it| it.row.unit_name.clone()).unwrap_or_default();
        Some(standing_row(input, plan, (among, group), ranked_by, row, own, name))
    });
    rows.collect()
}

/// What a unit's indicators, reports and earlier places are to a scheme.
fn facts(input: &Input, unit: &str, own: &[&Assessed<'_>], among: Group) -> UnitFacts {
    let indicators = own.iter().map(|it| {
        let evaluations: Vec<_> = it.judged.measures.iter().map(|(_, evaluation)| evaluation.clone()).collect();
        let facts = IndicatorFacts::of(&it.judged.whole, &evaluations, !it.row.monitored);
        // What waits for the office or the certifier is not kept back by the unit: it leaves the means.
        let unreported = facts.unreported && it.waits_for_unit();
        IndicatorFacts { unreported, ..facts }
    });
    let reports = own.iter().map(|it| ReportFacts { indicator: it.row.indicator.clone(), timeliness: timeliness(it) });
    let reports: Vec<ReportFacts> = reports.collect();
    let count = |of: &dyn Fn(&Timeliness) -> bool| {
        u32::try_from(reports.iter().filter(|report| of(&report.timeliness)).count()).unwrap_or(u32::MAX)
    };
    let done = own.iter().filter(|it| it.row.done && !it.row.monitored).count();
    let tallies = [
        ("missing".to_owned(), count(&|timeliness| *timeliness == Timeliness::Missing)),
        ("late".to_owned(), count(&|timeliness| matches!(timeliness, Timeliness::Late { .. }))),
        ("done".to_owned(), u32::try_from(done).unwrap_or(u32::MAX)),
    ];
    let mut amounts = BTreeMap::new();
    for measure in own.iter().flat_map(|it| &it.row.measures) {
        let figure = if input.basis_is_certified() { &measure.certified } else { &measure.fast };
        let of_this_month = measure.figure_period == input.period.to_string();
        let value = number(figure.as_ref()).filter(|_| of_this_month);
        amounts.extend(value.map(|value| (format!("{}.value", measure.measure), value)));
        let target = measure.target.parse().ok();
        amounts.extend(target.map(|target| (format!("{}.target", measure.measure), target)));
    }
    UnitFacts {
        unit: unit.to_owned(),
        group: LEAD_UNITS.to_owned(),
        indicators: indicators.collect(),
        reports,
        corrected: own.iter().flat_map(|it| corrected(it)).collect(),
        amounts,
        marks: BTreeMap::new(),
        tallies: tallies.into(),
        history: input
            .comparable()
            .flat_map(|snapshot| past_places(among.of(snapshot), &snapshot.period, unit))
            .collect(),
        previous_rank: previous(input, unit, among)
            .and_then(|row| u32::try_from(row.rank).ok())
            .filter(|rank| *rank > 0),
    }
}

fn timeliness(indicator: &Assessed<'_>) -> Timeliness {
    match first(indicator.versions) {
        None => Timeliness::Missing,
        Some(first) if first.late => {
            Timeliness::Late { working_days: u32::try_from(first.working_days_late).unwrap_or_default() }
        }
        Some(_) => Timeliness::OnTime,
    }
}

/// A unit's places in an earlier snapshot's orders.
fn past_places(rows: &[StandingRow], period: &str, unit: &str) -> Vec<PastPlace> {
    let Some(row) = rows.iter().find(|row| row.unit == unit) else {
        return Vec::new();
    };
    let places = row.component_ranks.iter().filter_map(|(order, rank)| {
        let ranks = rows.iter().filter_map(|other| other.component_ranks.get(order));
        let lowest = ranks.max().copied().unwrap_or_default();
        let rank_number = u32::try_from(*rank).ok()?;
        Some(PastPlace {
            order: order.clone(),
            period: period.to_owned(),
            rank: rank_number,
            last: *rank == lowest && *rank > 1,
        })
    });
    places.collect()
}

fn previous<'a>(input: &'a Input, unit: &str, among: Group) -> Option<&'a StandingRow> {
    let newest = input.published.last().filter(|snapshot| input.is_comparable(snapshot))?;
    among.of(newest).iter().find(|row| row.unit == unit)
}

/// The ranking that gives the rows their ranks.
fn ranked_by<'a>(input: &Input, group: &'a GroupStanding) -> Option<&'a Ranking> {
    let wanted = match &input.rules.rank_by {
        RankBy::Score => BY_SCORE,
        RankBy::Order(order) => order,
    };
    group.rankings.iter().find(|ranking| ranking.by == wanted)
}

fn standing_row(
    input: &Input,
    plan: &Plan<'_>,
    (among, group): (Group, &GroupStanding),
    ranked_by: Option<&Ranking>,
    row: &Row,
    own: &[&Assessed<'_>],
    unit_name: String,
) -> StandingRow {
    let ranked: Vec<&&Assessed<'_>> = own.iter().filter(|it| !it.row.monitored).collect();
    let completions = ranked.iter().filter_map(|it| it.judged.whole.completion).map(|completion| (completion, 1));
    let named = |names: fn(&Ranking) -> &Vec<String>| ranked_by.is_some_and(|it| names(it).contains(&row.unit));
    let places = group.rankings.iter().filter(|ranking| ranking.by != BY_SCORE).filter_map(|ranking| {
        let place = ranking.places.iter().find(|place| place.unit == row.unit)?;
        Some((ranking.by.clone(), i32::try_from(place.rank).ok()?))
    });
    // Orders give no points: they explain a row only where the scheme gives no score at all.
    let scored = input.rules.gives_points();
    let lines = row.lines.iter().filter(|line| !scored || line.role != Role::Order);
    StandingRow {
        unit: row.unit.clone(),
        unit_name,
        score: row.score.map(|score| score.to_string()).unwrap_or_default(),
        rank: row.rank.and_then(|rank| i32::try_from(rank).ok()).unwrap_or_default(),
        tied: row.rank.is_some() && group.rows.iter().filter(|other| other.rank == row.rank).count() > 1,
        previous_rank: previous(input, &row.unit, among).map(|before| before.rank).unwrap_or_default(),
        lines: lines.map(|line| score_line(input, plan, line, &ranked)).collect(),
        among_first: named(|ranking| &ranking.first),
        among_last: named(|ranking| &ranking.last),
        completion: text::completion(Ratio::weighted_mean(completions)),
        indicators: i32::try_from(own.len()).unwrap_or(i32::MAX),
        unranked_reason: unranked_reason(input, row, &ranked),
        component_ranks: places.collect(),
    }
}

fn unranked_reason(input: &Input, row: &Row, ranked: &[&&Assessed<'_>]) -> String {
    match row.unscored {
        None => String::new(),
        Some(_) if !ranked.is_empty() && ranked.iter().all(|it| it.figure.is_none()) => {
            format!("本期没有{}", text::basis(input.basis))
        }
        Some(reason) => reason.label().to_owned(),
    }
}

/// The line with its facts; of a mean over indicators also those that are not in it, with their light.
fn score_line(input: &Input, plan: &Plan<'_>, line: &Line, ranked: &[&&Assessed<'_>]) -> ScoreLine {
    let titled = |code: &str| match plan.indicators().chain(plan.tiers()).find(|(_, it)| it.code == code) {
        Some((_, indicator)) => format!("{code} {}", indicator.title),
        None => code.to_owned(),
    };
    let mut facts: Vec<String> = line.facts.iter().map(|(name, text)| format!("{}：{text}", titled(name))).collect();
    let metric = input.rules.components.iter().find(|it| it.name == line.component).map(|it| &it.metric);
    if matches!(metric, Some(Metric::Progress { .. } | Metric::Completion { .. } | Metric::Light)) {
        let left_out = ranked.iter().filter(|it| line.facts.iter().all(|(code, _)| *code != it.row.indicator));
        facts.extend(
            left_out.map(|it| format!("{}：不计入（{}）", titled(&it.row.indicator), left_out_because(input, it))),
        );
    }
    ScoreLine {
        component: line.component.clone(),
        title: line.label.clone(),
        facts: facts.join("；"),
        points: line.points.to_string(),
    }
}

/// Why an indicator is in no mean: what it waits for, or what its light says.
fn left_out_because(input: &Input, indicator: &Assessed<'_>) -> &'static str {
    match (indicator.figure.is_none(), indicator.waits_for_unit(), input.basis) {
        (true, false, FigureBasis::Certified) => "尚未认定",
        (true, false, _) => "尚未审核",
        _ => indicator.judged.whole.light.label(),
    }
}
