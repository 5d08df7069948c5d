//! The months of a quarter or a year as templates see them, each from its own sealed snapshot.

use minsheng_domain::period::Period;
use minsheng_domain::quantity::Quantity;
use minsheng_domain::ratio::Ratio;
use minsheng_proto::ranking::v1::{Discipline, Light, Snapshot};
use serde::Serialize;

use super::changes::{Change, figures};
use crate::bulletin::MonthMaterial;
use crate::text::clean;

/// A month.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Month {
    #[serde(rename = "期")]
    pub(crate) label: String,
    #[serde(rename = "月")]
    pub(crate) month: u8,
    /// Ranked indicators by where they stand.
    #[serde(rename = "完成")]
    pub(crate) done: usize,
    #[serde(rename = "按序时")]
    pub(crate) on_schedule: usize,
    #[serde(rename = "滞后")]
    pub(crate) behind: usize,
    #[serde(rename = "严重")]
    pub(crate) red: usize,
    #[serde(rename = "应报")]
    pub(crate) owed: i32,
    #[serde(rename = "按时")]
    pub(crate) on_time: i32,
    /// With the percent sign; empty where nothing was owed.
    #[serde(rename = "按时率")]
    pub(crate) share: String,
    /// First by rank.
    #[serde(rename = "第一名")]
    first: Vec<String>,
    #[serde(rename = "经验")]
    articles: Vec<Article>,
    /// What was corrected after the month was first published.
    #[serde(rename = "更正")]
    corrected: Vec<Change>,
}

/// An article of the month.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Article {
    #[serde(rename = "单位")]
    unit: String,
    #[serde(rename = "标题")]
    title: String,
}

/// The articles of a snapshot.
pub(crate) fn articles(snapshot: &Snapshot) -> Vec<Article> {
    let rows = snapshot.articles.iter();
    rows.map(|row| Article { unit: clean(&row.unit_name), title: clean(&row.title) }).collect()
}

impl Month {
    pub(crate) fn of(material: &MonthMaterial) -> Month {
        let snapshot = material.snapshot.clone().unwrap_or_default();
        let key = || snapshot.indicators.iter().filter(|row| !row.monitored);
        let count = |lights: &[Light]| key().filter(|row| lights.contains(&row.light())).count();
        let Discipline { owed, on_time, .. } = snapshot.discipline.clone().unwrap_or_default();
        let quantity = |count: i32| Quantity::from_integer(i64::from(count)).unwrap_or_default();
        let share = Ratio::of(quantity(on_time), quantity(owed)).filter(|_| owed > 0);
        let period = snapshot.period.parse::<Period>().ok();
        Month {
            label: period.map_or_else(|| clean(&snapshot.period), Period::label),
            month: period.map(Period::last_month).unwrap_or_default(),
            done: count(&[Light::Blue]),
            on_schedule: count(&[Light::Green]),
            behind: count(&[Light::Yellow, Light::Red]),
            red: count(&[Light::Red]),
            owed,
            on_time,
            share: share.map(|share| share.completion_percent(1)).unwrap_or_default(),
            first: snapshot.lead_units.iter().filter(|row| row.rank == 1).map(|row| clean(&row.unit_name)).collect(),
            articles: articles(&snapshot),
            corrected: material.first.as_ref().map(|first| figures(first, &snapshot)).unwrap_or_default(),
        }
    }
}
