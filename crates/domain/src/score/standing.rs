//! A standing: rows, ranks and explanations of every group, from facts and a scheme and nothing else (field rules §4).

use super::facts::UnitFacts;
use super::place::{Entry, Ranking, rank};
use super::sample::{Outcome, OwnPlace, Places, evaluate};
use super::scheme::{Component, Group, RankBy, Role, Scheme};
use crate::quantity::Quantity;
use crate::ratio::Ratio;
use std::collections::BTreeMap;

/// The name under which the ranking by score stands among a group's rankings.
pub const BY_SCORE: &str = "score";

/// Where everybody stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Name of the scheme.
    pub scheme: String,
    /// Its version.
    pub version: u32,
    /// Groups in the scheme's order.
    pub groups: Vec<GroupStanding>,
    /// Units whose group the scheme does not know, by id: they have no place anywhere.
    pub without_group: Vec<String>,
}

/// One group, ranked apart from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupStanding {
    /// Key of the group.
    pub key: String,
    /// What a bulletin calls it.
    pub label: String,
    /// Rows: by rank, then those without one; equal ones by id.
    pub rows: Vec<Row>,
    /// The ranking by score if the scheme gives points, then one for each of its orders; none where the group is only shown.
    pub rankings: Vec<Ranking>,
}

/// One unit's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Id of the unit.
    pub unit: String,
    /// The exact sum of the lines of points and adjustments.
    pub score: Option<Quantity>,
    /// Its rank in what the scheme ranks by.
    pub rank: Option<u32>,
    /// Places gained (positive) or lost since the previous standing.
    pub change: Option<i64>,
    /// Why there is no score or no rank.
    pub unscored: Option<Unscored>,
    /// The explanation, line by line, in the scheme's order.
    pub lines: Vec<Line>,
}

/// One line of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Name of the component.
    pub component: String,
    /// What it is called, in Chinese.
    pub label: String,
    /// Points, adjustment or an order that gives none.
    pub role: Role,
    /// Rounded to the scheme's decimals; for an order its value, which is not part of the score.
    pub points: Quantity,
    /// What it rests on: names and texts.
    pub facts: Vec<(String, String)>,
}

/// Why a unit has no score or rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unscored {
    /// The group is shown and not scored.
    ShownOnly,
    /// Nothing that could be scored was reported: it stands in the list of the unreported.
    Unreported,
    /// It has no duty that the scheme measures.
    NothingRanked,
    /// A line left the range of a quantity.
    OutOfRange,
}

impl Unscored {
    /// For a table, in Chinese.
    pub fn label(self) -> &'static str {
        match self {
            Self::ShownOnly => "只列示、不计分",
            Self::Unreported => "未报送",
            Self::NothingRanked => "本期无可计分任务",
            Self::OutOfRange => "数值超出可表示范围",
        }
    }
}

/// What a scheme's components come to for one unit, by name.
type Outcomes<'a> = BTreeMap<&'a str, Outcome>;

impl Row {
    fn of(unit: &str) -> Self {
        Self { unit: unit.to_owned(), score: None, rank: None, change: None, unscored: None, lines: Vec::new() }
    }
}

/// Computes a standing. The order of `units` and of the facts in them does not matter. The scheme must be sound
/// (`Scheme::check`); of an unsound one, whatever does not fit gives no points.
pub fn standing(scheme: &Scheme, units: &[UnitFacts]) -> Standing {
    let known = |unit: &&UnitFacts| scheme.groups.iter().any(|group| group.key == unit.group);
    let mut without_group: Vec<String> = units.iter().filter(|u| !known(u)).map(|u| u.unit.clone()).collect();
    without_group.sort();
    let groups = scheme.groups.iter().map(|group| {
        let mut members: Vec<&UnitFacts> = units.iter().filter(|unit| unit.group == group.key).collect();
        members.sort_by(|a, b| a.unit.cmp(&b.unit));
        group_standing(scheme, group, &members)
    });
    Standing { scheme: scheme.name.clone(), version: scheme.version, groups: groups.collect(), without_group }
}

fn group_standing(scheme: &Scheme, group: &Group, members: &[&UnitFacts]) -> GroupStanding {
    let (mut rows, rankings) = match group.shown_only {
        true => (members.iter().map(|unit| shown_only(unit)).collect(), Vec::new()),
        false => scored(scheme, members),
    };
    rows.sort_by(|a, b| {
        let place = |row: &Row| row.rank.unwrap_or(u32::MAX);
        place(a).cmp(&place(b)).then_with(|| a.unit.cmp(&b.unit))
    });
    GroupStanding { key: group.key.clone(), label: group.label.clone(), rows, rankings }
}

fn shown_only(unit: &UnitFacts) -> Row {
    Row { unscored: Some(Unscored::ShownOnly), ..Row::of(&unit.unit) }
}

/// Orders first, since lines may rest on places in them; then points, scores and ranks.
fn scored(scheme: &Scheme, members: &[&UnitFacts]) -> (Vec<Row>, Vec<Ranking>) {
    let few = few_duties(members);
    let mut outcomes: Vec<Outcomes<'_>> = members.iter().map(|_| Outcomes::new()).collect();
    let mut places: Vec<Places> = members.iter().map(|_| Places::default()).collect();
    let mut rankings = Vec::new();
    for component in scheme.components.iter().filter(|c| c.role == Role::Order) {
        evaluate_all(component, members, &places, &few, &mut outcomes);
        let ranking = order_ranking(scheme, component, members, &outcomes);
        let own = own_places(&ranking);
        for (unit, places) in members.iter().zip(&mut places) {
            if let Some(place) = own.get(unit.unit.as_str()) {
                places.by_order.insert(component.name.clone(), *place);
            }
        }
        rankings.push(ranking);
    }
    for component in scheme.components.iter().filter(|c| c.role != Role::Order) {
        evaluate_all(component, members, &places, &few, &mut outcomes);
    }
    let rows = members.iter().zip(&outcomes).map(|(unit, own)| row(scheme, &unit.unit, own));
    let mut rows: Vec<Row> = rows.collect();
    if scheme.gives_points() {
        let entries = members.iter().zip(&rows).filter_map(|(unit, row)| {
            let score = row.score?;
            Some(Entry { unit: &unit.unit, value: score, shown: score, exempt: unit.on_schedule() })
        });
        rankings.insert(0, rank(BY_SCORE, "得分", entries.collect(), scheme.ties, scheme.naming));
    }
    place_rows(scheme, members, &rankings, &mut rows);
    (rows, rankings)
}

fn evaluate_all<'a>(
    component: &'a Component,
    members: &[&UnitFacts],
    places: &[Places],
    few: &[bool],
    outcomes: &mut [Outcomes<'a>],
) {
    for (i, unit) in members.iter().enumerate() {
        if let Some(outcome) = evaluate(component, unit, &places[i], few[i]) {
            outcomes[i].insert(&component.name, outcome);
        }
    }
}

fn own_places(ranking: &Ranking) -> BTreeMap<&str, OwnPlace> {
    let taking_part = u32::try_from(ranking.places.len()).unwrap_or(u32::MAX);
    let own = |place: &super::place::Place| OwnPlace { rank: place.rank, last: place.last, taking_part };
    ranking.places.iter().map(|p| (p.unit.as_str(), own(p))).collect()
}

/// Writes each row's rank in what the scheme ranks by, and how it changed.
fn place_rows(scheme: &Scheme, members: &[&UnitFacts], rankings: &[Ranking], rows: &mut [Row]) {
    let wanted = match &scheme.rank_by {
        RankBy::Score => BY_SCORE,
        RankBy::Order(name) => name,
    };
    let places = rankings.iter().filter(|r| r.by == wanted).flat_map(|r| &r.places);
    let ranks: BTreeMap<&str, u32> = places.map(|p| (p.unit.as_str(), p.rank)).collect();
    for (row, unit) in rows.iter_mut().zip(members) {
        row.rank = ranks.get(row.unit.as_str()).copied();
        let both = row.rank.zip(unit.previous_rank);
        row.change = both.map(|(now, before)| i64::from(before) - i64::from(now));
        if row.rank.is_none() && row.unscored != Some(Unscored::OutOfRange) {
            let unreported = unit.indicators.iter().any(|indicator| indicator.ranked && indicator.unreported);
            row.unscored = Some(if unreported { Unscored::Unreported } else { Unscored::NothingRanked });
        }
    }
}

/// Ranks a group by one of the scheme's orders, on the exact value.
fn order_ranking(scheme: &Scheme, component: &Component, members: &[&UnitFacts], outcomes: &[Outcomes<'_>]) -> Ranking {
    let entries = members.iter().zip(outcomes).filter_map(|(unit, own)| {
        let outcome = own.get(component.name.as_str())?;
        let shown = outcome.value.round(scheme.decimals)?;
        Some(Entry { unit: &unit.unit, value: outcome.value, shown, exempt: outcome.full || unit.on_schedule() })
    });
    rank::<Ratio>(&component.name, &component.label, entries.collect(), scheme.ties, scheme.naming)
}

/// Writes a unit's explanation and adds it up.
fn row(scheme: &Scheme, unit: &str, outcomes: &Outcomes<'_>) -> Row {
    let mut row = Row::of(unit);
    for component in &scheme.components {
        let Some(outcome) = outcomes.get(component.name.as_str()) else {
            if component.role != Role::Order {
                row.unscored = Some(Unscored::NothingRanked);
            }
            continue;
        };
        let Some(points) = outcome.value.round(scheme.decimals) else {
            row.unscored = Some(Unscored::OutOfRange);
            continue;
        };
        row.lines.push(Line {
            component: component.name.clone(),
            label: component.label.clone(),
            role: component.role,
            points,
            facts: outcome.facts.clone(),
        });
    }
    if row.unscored.is_none() && scheme.gives_points() {
        row.score = Quantity::checked_sum(row.lines.iter().filter(|l| l.role != Role::Order).map(|l| l.points));
        if row.score.is_none() {
            row.unscored = Some(Unscored::OutOfRange);
        }
    }
    row
}

/// Which units lead fewer ranked indicators than their group's mean.
fn few_duties(members: &[&UnitFacts]) -> Vec<bool> {
    let counts: Vec<usize> = members.iter().map(|u| u.indicators.iter().filter(|i| i.ranked).count()).collect();
    let all: usize = counts.iter().sum();
    counts.iter().map(|count| count * members.len() < all).collect()
}
