//! Everything that a template may say, made of sealed snapshots and nothing else. Names are those that people who edit
//! templates read; the guide lists them.

pub(crate) mod changes;
mod discipline;
mod months;
mod ranks;
mod rows;

use minsheng_domain::period::{Period, PeriodKind};
use minsheng_proto::ranking::v1::{Light, Snapshot};
use serde::Serialize;

pub(crate) use discipline::lists;
pub(crate) use months::Month;

use self::changes::{Change, figures, standings};
use self::discipline::Discipline;
use self::months::{Article, articles};
use self::ranks::Ranks;
use self::rows::{Count, Half, Moves, Project, Row, by_project, counts, half, moves};
use crate::bulletin::{BulletinError, Earlier, Material};
use crate::text::clean;

/// What a template may say.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    #[serde(rename = "区划")]
    division: String,
    #[serde(rename = "年度项目")]
    programme: String,
    /// Period of the document in words: 2023年6月, 2023年第二季度.
    #[serde(rename = "期")]
    period: String,
    #[serde(rename = "年")]
    year: i16,
    /// Month of the figures.
    #[serde(rename = "月")]
    month: u8,
    /// 上, 中 or 下 of ten days; empty otherwise.
    #[serde(rename = "旬")]
    ten_day: &'static str,
    /// Quarter of the figures.
    #[serde(rename = "季")]
    quarter: u8,
    /// ISO date.
    #[serde(rename = "截止")]
    cut_off: String,
    /// 快报数 or 认定数.
    #[serde(rename = "依据")]
    basis: &'static str,
    /// The line that every table's heading carries.
    #[serde(rename = "口径")]
    source: String,
    #[serde(rename = "目标调整")]
    amendment: String,
    #[serde(rename = "指标")]
    rows: Vec<Row>,
    #[serde(rename = "重点")]
    key: Vec<Row>,
    #[serde(rename = "监测")]
    monitored: Vec<Row>,
    #[serde(rename = "重点状态")]
    key_counts: Vec<Count>,
    #[serde(rename = "监测状态")]
    monitored_counts: Vec<Count>,
    /// Measures that show an earlier month's figure.
    #[serde(rename = "沿用")]
    carried: usize,
    #[serde(rename = "滞后")]
    behind: Vec<Row>,
    #[serde(rename = "滞后项目")]
    behind_projects: Vec<Project>,
    #[serde(rename = "监测滞后")]
    monitored_behind: Vec<Row>,
    #[serde(rename = "未达标")]
    not_met: Vec<Row>,
    #[serde(rename = "待下达")]
    pending: Vec<Row>,
    #[serde(rename = "未定曲线")]
    no_curve: Vec<Row>,
    /// The published month before in words; empty where there is none.
    #[serde(rename = "上期")]
    previous_period: String,
    #[serde(rename = "比较")]
    moves: Moves,
    #[serde(rename = "双过半")]
    half: Half,
    #[serde(rename = "排名")]
    ranks: Ranks,
    #[serde(rename = "报送")]
    discipline: Discipline,
    #[serde(rename = "经验")]
    articles: Vec<Article>,
    #[serde(rename = "问题")]
    problems: Vec<Problem>,
    /// The issue before; none where there is none.
    #[serde(rename = "上次")]
    last_issue: Option<Issue>,
    /// What this document corrects; none where it corrects nothing.
    #[serde(rename = "更正")]
    corrected: Option<Issue>,
    /// Months of a quarter or year in order.
    #[serde(rename = "各月")]
    months: Vec<Month>,
}

/// What a unit says stands in its way.
#[derive(Clone, Debug, Serialize)]
struct Problem {
    #[serde(rename = "编号")]
    code: String,
    #[serde(rename = "名称")]
    title: String,
    #[serde(rename = "单位")]
    unit: String,
    #[serde(rename = "问题")]
    problem: String,
    #[serde(rename = "打算")]
    next_steps: String,
}

/// An earlier document and what differs since.
#[derive(Clone, Debug, Serialize)]
struct Issue {
    #[serde(rename = "文号")]
    number: String,
    /// ISO date.
    #[serde(rename = "日期")]
    date: String,
    #[serde(rename = "变动")]
    figures: Vec<Change>,
    #[serde(rename = "名次变动")]
    standings: Vec<Change>,
}

impl Figures {
    /// Everything of a document's material; `period` is the document's, `basis` and `source` the words for its figures.
    pub(crate) fn of(
        material: &Material,
        period: Period,
        basis: &'static str,
        source: &str,
    ) -> Result<Figures, BulletinError> {
        let snapshot = material.snapshot.as_ref().ok_or(BulletinError::NoSnapshot)?;
        let own: Period = snapshot.period.parse().map_err(|_| BulletinError::Period(snapshot.period.clone()))?;
        let rows: Vec<Row> = snapshot.indicators.iter().map(|row| Row::of(row, snapshot.basis())).collect();
        let of = |keep: &dyn Fn(&Row) -> bool| -> Vec<Row> { rows.iter().filter(|row| keep(row)).cloned().collect() };
        let with = |light: Light| -> Vec<Row> {
            let found = snapshot.indicators.iter().filter(|row| row.light() == light);
            found.map(|row| Row::of(row, snapshot.basis())).collect()
        };
        let key = of(&|row| !row.monitored);
        let behind = of(&|row| row.behind && !row.monitored);
        let unmonitored = |rows: Vec<Row>| rows.into_iter().filter(|row| !row.monitored).collect();
        let carried = snapshot.indicators.iter().flat_map(|row| &row.measures);
        let carried = carried.filter(|row| !row.figure_period.is_empty() && row.figure_period != month_of(own));
        Ok(Figures {
            division: clean(&snapshot.division_name),
            programme: clean(&snapshot.programme_title),
            period: period.label(),
            year: period.calendar_year(),
            month: own.last_month(),
            ten_day: ten_day(own),
            quarter: own.last_month().div_ceil(3),
            cut_off: snapshot.cut_off.clone(),
            basis,
            source: source.to_owned(),
            amendment: clean(&snapshot.amendment_reason),
            key_counts: counts(snapshot.indicators.iter().filter(|row| !row.monitored)),
            monitored_counts: counts(snapshot.indicators.iter().filter(|row| row.monitored)),
            carried: carried.count(),
            behind_projects: by_project(&behind),
            monitored_behind: of(&|row| row.behind && row.monitored),
            monitored: of(&|row| row.monitored),
            not_met: with(Light::NotMet),
            pending: unmonitored(with(Light::Pending)),
            no_curve: unmonitored(with(Light::NoCurve)),
            previous_period: label(&snapshot.previous_period),
            moves: moves(&key),
            half: half(snapshot),
            ranks: Ranks::of(snapshot),
            discipline: Discipline::of(snapshot),
            articles: articles(snapshot),
            problems: problems(snapshot),
            last_issue: material.previous.as_ref().map(|earlier| Issue::of(earlier, snapshot)),
            corrected: material.corrected.as_ref().map(|earlier| Issue::of(earlier, snapshot)),
            months: material.months.iter().map(Month::of).collect(),
            key,
            behind,
            rows,
        })
    }
}

impl Issue {
    fn of(earlier: &Earlier, snapshot: &Snapshot) -> Issue {
        let before = earlier.snapshot.clone().unwrap_or_default();
        Issue {
            number: clean(&earlier.document_number),
            date: earlier.date.clone(),
            figures: figures(&before, snapshot),
            standings: standings(&before, snapshot),
        }
    }
}

fn problems(snapshot: &Snapshot) -> Vec<Problem> {
    let rows = snapshot.indicators.iter().filter(|row| !row.problem.trim().is_empty());
    rows.map(|row| Problem {
        code: clean(&row.indicator),
        title: clean(&row.title),
        unit: clean(&row.unit_name),
        problem: clean(&row.problem).replace('\n', " "),
        next_steps: clean(&row.next_steps).replace('\n', " "),
    })
    .collect()
}

/// A period in words; what is none stays as it is.
fn label(period: &str) -> String {
    period.parse::<Period>().map_or_else(|_| clean(period), Period::label)
}

/// The month that a period's figures are of.
pub(crate) fn month_of(period: Period) -> String {
    let month = Period::month(period.calendar_year(), period.last_month());
    month.map(|month| month.to_string()).unwrap_or_default()
}

fn ten_day(period: Period) -> &'static str {
    match (period.kind(), period.to_string().as_bytes().last()) {
        (PeriodKind::TenDay, Some(b'1')) => "上",
        (PeriodKind::TenDay, Some(b'2')) => "中",
        (PeriodKind::TenDay, _) => "下",
        _ => "",
    }
}
