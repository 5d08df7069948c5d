//! Indicators as templates see them: counts by light, who is behind, what moved against the published month before.

use minsheng_domain::quantity::Quantity;
use minsheng_proto::common::v1::{Fraction, Value, value::State};
use minsheng_proto::ranking::v1::{FigureBasis, IndicatorRow, Light, MeasureRow, Snapshot};
use serde::Serialize;

use crate::document::light_word;
use crate::text::clean;

/// Lights in the order in which texts count them; red ones are counted with yellow ones.
const COUNTED: [Light; 11] = [
    Light::Blue,
    Light::Green,
    Light::Yellow,
    Light::MetNow,
    Light::NotMet,
    Light::Pending,
    Light::NoCurve,
    Light::Ongoing,
    Light::DueLater,
    Light::NotApplicable,
    Light::NoFigure,
];

/// An indicator.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    #[serde(rename = "编号")]
    pub(crate) code: String,
    #[serde(rename = "名称")]
    pub(crate) title: String,
    #[serde(rename = "项目")]
    pub(crate) project: String,
    #[serde(rename = "单位")]
    pub(crate) unit: String,
    #[serde(rename = "领导")]
    leaders: Vec<String>,
    #[serde(rename = "状态")]
    light: &'static str,
    #[serde(rename = "滞后")]
    pub(crate) behind: bool,
    #[serde(rename = "严重")]
    pub(crate) red: bool,
    #[serde(rename = "完成")]
    pub(crate) done: bool,
    #[serde(rename = "监测")]
    pub(crate) monitored: bool,
    /// Percent; empty where there is none, as the next four.
    #[serde(rename = "完成率")]
    pub(crate) completion: String,
    #[serde(rename = "应达")]
    expected: String,
    #[serde(rename = "偏差")]
    deviation: String,
    #[serde(rename = "上期完成率")]
    previous: String,
    /// Percentage points against the published month before.
    #[serde(rename = "变化")]
    pub(crate) change: String,
    #[serde(rename = "计量项")]
    measures: Vec<Measure>,
}

/// A measure.
#[derive(Clone, Debug, Serialize)]
struct Measure {
    #[serde(rename = "名称")]
    title: String,
    #[serde(rename = "计量单位")]
    unit: String,
    #[serde(rename = "目标")]
    target: String,
    /// The figure of the snapshot's basis; empty where it is no number.
    #[serde(rename = "数")]
    value: String,
    #[serde(rename = "完成率")]
    completion: String,
    #[serde(rename = "组成")]
    part: bool,
}

impl Row {
    pub(crate) fn of(row: &IndicatorRow, basis: FigureBasis) -> Row {
        let light = row.light();
        let change = match (row.completion.parse::<Quantity>(), row.previous_completion.parse::<Quantity>()) {
            (Ok(now), Ok(before)) => now.checked_sub(before).map(|change| change.display_with(1)),
            _ => None,
        };
        Row {
            code: clean(&row.indicator),
            title: clean(&row.title),
            project: clean(&row.project).trim_end_matches('。').to_owned(),
            unit: clean(&row.unit_name),
            leaders: row.leaders.iter().map(|leader| clean(leader)).collect(),
            light: light_word(light),
            behind: matches!(light, Light::Yellow | Light::Red),
            red: light == Light::Red,
            done: light == Light::Blue,
            monitored: row.monitored,
            completion: row.completion.clone(),
            expected: row.expected.clone(),
            deviation: row.deviation.clone(),
            previous: row.previous_completion.clone(),
            change: change.unwrap_or_default(),
            measures: row.measures.iter().map(|measure| Measure::of(measure, basis)).collect(),
        }
    }
}

impl Measure {
    fn of(row: &MeasureRow, basis: FigureBasis) -> Measure {
        Measure {
            title: clean(&row.title),
            unit: clean(&row.unit),
            target: row.target.clone(),
            value: digits(on_basis(row, basis)),
            completion: row.completion.clone(),
            part: row.part,
        }
    }
}

/// A measure's figure of a basis.
pub(super) fn on_basis(row: &MeasureRow, basis: FigureBasis) -> Option<&Value> {
    match basis {
        FigureBasis::Certified => row.certified.as_ref(),
        FigureBasis::Fast | FigureBasis::Unspecified => row.fast.as_ref(),
    }
}

/// The number of a value; empty where it is none.
pub(super) fn digits(value: Option<&Value>) -> String {
    match value.and_then(|value| value.state.as_ref()) {
        Some(State::Quantity(quantity)) => quantity.value.clone(),
        _ => String::new(),
    }
}

/// How many stand where.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Count {
    #[serde(rename = "状态")]
    light: &'static str,
    #[serde(rename = "数")]
    count: usize,
    /// Of those behind, the far behind.
    #[serde(rename = "严重")]
    red: usize,
}

/// Only what there is, in the order in which texts count.
pub(crate) fn counts<'a>(rows: impl Iterator<Item = &'a IndicatorRow>) -> Vec<Count> {
    let lights: Vec<Light> = rows.map(IndicatorRow::light).collect();
    let of = |light: Light| lights.iter().filter(|own| **own == light).count();
    let counted = COUNTED.iter().map(|light| {
        let red = if *light == Light::Yellow { of(Light::Red) } else { 0 };
        Count { light: light_word(*light), count: of(*light) + red, red }
    });
    counted.filter(|count| count.count > 0).collect()
}

/// What is behind in a project.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Project {
    #[serde(rename = "项目")]
    project: String,
    #[serde(rename = "指标")]
    rows: Vec<Row>,
}

/// Rows that stand next to each other, by project.
pub(crate) fn by_project(rows: &[Row]) -> Vec<Project> {
    let groups = rows.chunk_by(|one, other| one.project == other.project);
    groups
        .map(|group| Project {
            project: group.first().map(|row| row.project.clone()).unwrap_or_default(),
            rows: group.to_vec(),
        })
        .collect()
}

/// This month against the published month before.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Moves {
    /// Indicators whose completion can be compared.
    #[serde(rename = "可比")]
    comparable: usize,
    #[serde(rename = "上升")]
    up: Vec<Row>,
    #[serde(rename = "下降")]
    down: Vec<Row>,
    #[serde(rename = "持平")]
    same: usize,
    /// Those that rose most; empty where none rose.
    #[serde(rename = "上升最多")]
    most: Vec<Row>,
}

/// What moved among rows.
pub(crate) fn moves(rows: &[Row]) -> Moves {
    let changed = |row: &&Row| row.change.parse::<Quantity>().ok();
    let comparable: Vec<(&Row, Quantity)> = rows.iter().filter_map(|row| Some((row, changed(&row)?))).collect();
    let of = |keep: &dyn Fn(Quantity) -> bool| -> Vec<Row> {
        comparable.iter().filter(|(_, change)| keep(*change)).map(|(row, _)| (*row).clone()).collect()
    };
    let most = comparable.iter().map(|(_, change)| *change).max().filter(|most| *most > Quantity::ZERO);
    Moves {
        comparable: comparable.len(),
        up: of(&|change| change > Quantity::ZERO),
        down: of(&|change| change.is_negative()),
        same: comparable.iter().filter(|(_, change)| change.is_zero()).count(),
        most: most.map(|most| of(&|change| change == most)).unwrap_or_default(),
    }
}

/// 时间过半、任务过半, judged on exact fractions.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Half {
    /// With a completion.
    #[serde(rename = "可比")]
    comparable: usize,
    #[serde(rename = "过半")]
    done: usize,
    #[serde(rename = "未过半")]
    short: Vec<Row>,
}

/// Who passed the half.
pub(crate) fn half(snapshot: &Snapshot) -> Half {
    let key = snapshot.indicators.iter().filter(|row| !row.monitored);
    let judged: Vec<(&IndicatorRow, bool)> =
        key.filter_map(|row| Some((row, is_half(row.completion_exact.as_ref()?)?))).collect();
    let short = judged.iter().filter(|(_, half)| !half).map(|(row, _)| Row::of(row, snapshot.basis()));
    Half { comparable: judged.len(), done: judged.iter().filter(|(_, half)| *half).count(), short: short.collect() }
}

fn is_half(fraction: &Fraction) -> Option<bool> {
    let numerator: i128 = fraction.numerator.parse().ok()?;
    let denominator: i128 = fraction.denominator.parse().ok()?;
    Some(numerator.checked_mul(2)? >= denominator)
}
