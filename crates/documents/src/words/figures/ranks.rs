//! Standings as templates see them: who is named first and last, those who share a rank together, and who moved. Who is
//! named is the snapshot's to say.

use minsheng_proto::ranking::v1::{Snapshot, StandingRow};
use serde::Serialize;

use crate::text::{chinese_number, clean};

/// Standings of a group.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ranks {
    /// How many are ranked.
    #[serde(rename = "数")]
    ranked: usize,
    /// How many are listed, ranked or not.
    #[serde(rename = "列示")]
    listed: usize,
    /// Each component is ranked for itself.
    #[serde(rename = "分项")]
    by_component: bool,
    /// How many places are named at either end: 三位.
    #[serde(rename = "位")]
    places: String,
    #[serde(rename = "前")]
    first: Vec<Place>,
    #[serde(rename = "后")]
    last: Vec<Place>,
    #[serde(rename = "未排")]
    unranked: Vec<Unranked>,
    /// Ranked now and the month before.
    #[serde(rename = "可比")]
    comparable: usize,
    #[serde(rename = "上升")]
    up: Vec<Move>,
    #[serde(rename = "下降")]
    down: Vec<Move>,
    #[serde(rename = "未变")]
    same: usize,
    #[serde(rename = "新")]
    fresh: Vec<String>,
}

/// Those who share a rank.
#[derive(Clone, Debug, Serialize)]
struct Place {
    #[serde(rename = "单位")]
    units: Vec<String>,
    #[serde(rename = "名次")]
    rank: i32,
    #[serde(rename = "并列")]
    tied: bool,
    #[serde(rename = "得分")]
    score: String,
}

/// Who is listed without a rank.
#[derive(Clone, Debug, Serialize)]
struct Unranked {
    #[serde(rename = "单位")]
    unit: String,
    #[serde(rename = "原因")]
    reason: String,
}

/// A change of rank.
#[derive(Clone, Debug, Serialize)]
struct Move {
    #[serde(rename = "单位")]
    unit: String,
    #[serde(rename = "原")]
    before: i32,
    #[serde(rename = "现")]
    now: i32,
}

impl Ranks {
    pub(crate) fn of(snapshot: &Snapshot) -> Ranks {
        let rows = &snapshot.lead_units;
        let scheme = snapshot.scheme.clone().unwrap_or_default();
        let ranked: Vec<&StandingRow> = rows.iter().filter(|row| row.rank > 0).collect();
        let small = if scheme.small_group == 0 { 6 } else { scheme.small_group };
        let named = if scheme.named == 0 { 3 } else { scheme.named };
        let named = if i32::try_from(ranked.len()).is_ok_and(|count| count <= small) { 1 } else { named };
        let places = match usize::try_from(named).unwrap_or(0) {
            2 => "两位".to_owned(),
            count => format!("{}位", chinese_number(count)),
        };
        let moved = |keep: fn(&&&StandingRow) -> bool| {
            let rows = ranked.iter().filter(|row| row.previous_rank > 0).filter(keep);
            rows.map(|row| Move { unit: clean(&row.unit_name), before: row.previous_rank, now: row.rank }).collect()
        };
        let (up, down): (Vec<Move>, Vec<Move>) =
            (moved(|row| row.rank < row.previous_rank), moved(|row| row.rank > row.previous_rank));
        let unranked = rows.iter().filter(|row| row.rank == 0);
        Ranks {
            ranked: ranked.len(),
            listed: rows.len(),
            by_component: scheme.rank_by_component,
            places,
            first: shared(ranked.iter().filter(|row| row.among_first)),
            last: shared(ranked.iter().filter(|row| row.among_last)),
            unranked: unranked
                .map(|row| Unranked { unit: clean(&row.unit_name), reason: clean(&row.unranked_reason) })
                .collect(),
            comparable: ranked.iter().filter(|row| row.previous_rank > 0).count(),
            same: ranked.iter().filter(|row| row.rank == row.previous_rank).count(),
            fresh: ranked.iter().filter(|row| row.previous_rank == 0).map(|row| clean(&row.unit_name)).collect(),
            up,
            down,
        }
    }
}

/// In the order given, those who share a rank together.
fn shared<'a>(rows: impl Iterator<Item = &'a &'a StandingRow>) -> Vec<Place> {
    let rows: Vec<&StandingRow> = rows.copied().collect();
    let groups = rows.chunk_by(|one, other| one.rank == other.rank);
    groups
        .filter_map(|group| {
            let first = group.first()?;
            Some(Place {
                units: group.iter().map(|row| clean(&row.unit_name)).collect(),
                rank: first.rank,
                tied: group.iter().any(|row| row.tied),
                score: first.score.clone(),
            })
        })
        .collect()
}
