//! Rows of indicators: what is reported, fast and certified side by side, judged on the snapshot's basis. A month without a
//! figure of that basis has none: what an earlier month gave is shown with its month and judges nothing.

use minsheng_domain::light::{Light as Colour, NoColour};
use minsheng_domain::measure::{Evaluation, MeasureSpec};
use minsheng_kit::error::Refusal;
use minsheng_proto::catalogue::v1 as proto;
use minsheng_proto::catalogue::v1::ProjectKind;
use minsheng_proto::ranking::v1::{IndicatorRow, Light, MeasureRow, Snapshot};

use super::Input;
use super::figures::{Figure, Submitted, standing_figure};
use super::plan::{Judged, Plan};
use super::text;

/// An indicator with everything that standings and lists need of it.
#[derive(Debug)]
pub(crate) struct Assessed<'a> {
    /// As the snapshot shows it.
    pub(crate) row: IndicatorRow,
    /// As it was judged.
    pub(crate) judged: Judged,
    /// The figure it rests on.
    pub(crate) figure: Option<Figure<'a>>,
    /// Versions submitted in the month, in order.
    pub(crate) versions: &'a [Submitted],
}

impl Assessed<'_> {
    /// What has come of the report rests with the unit: nothing came, or it was returned, or is to be confirmed.
    pub(crate) fn waits_for_unit(&self) -> bool {
        self.versions.last().is_none_or(|newest| newest.returned.is_some() || newest.to_confirm)
    }
}

/// All indicators in the document's order.
///
/// # Errors
/// As for `Plan::judge`.
pub(crate) fn assess<'a>(
    input: &'a Input,
    plan: &Plan<'_>,
    previous: Option<&Snapshot>,
) -> Result<Vec<Assessed<'a>>, Refusal> {
    plan.indicators().map(|(project, indicator)| one(input, plan, previous, project, indicator)).collect()
}

/// What lower tiers report, in the document's order.
///
/// # Errors
/// As for `Plan::judge`.
pub(crate) fn assess_tiers<'a>(
    input: &'a Input,
    plan: &Plan<'_>,
    previous: Option<&Snapshot>,
) -> Result<Vec<Assessed<'a>>, Refusal> {
    plan.tiers().map(|(project, indicator)| one(input, plan, previous, project, indicator)).collect()
}

fn one<'a>(
    input: &'a Input,
    plan: &Plan<'_>,
    previous: Option<&Snapshot>,
    project: &proto::Project,
    indicator: &proto::Indicator,
) -> Result<Assessed<'a>, Refusal> {
    let versions = input.versions(&indicator.code);
    let figure = standing_figure(versions, input.basis);
    let judged = plan.judge(&indicator.code, figure.map_or(&[], |figure| figure.values))?;
    let monitored = project.kind() == ProjectKind::Monitored;
    // What the row shows: the figure's version, else the newest of the month, else the latest figure of an earlier month.
    let carried = || input.earlier_figure(&indicator.code).map(|figure| figure.of);
    let shown = figure.map(|figure| figure.of).or(versions.last()).or_else(carried);
    let figure_period = match (figure, versions.last(), shown) {
        (Some(figure), _, _) => figure.of.period.clone(),
        (None, None, Some(earlier)) => earlier.period.clone(),
        _ => String::new(),
    };
    let measures = indicator.measures.iter().zip(&judged.measures);
    let measures = measures.map(|(measure, judged)| measure_row(measure, judged, shown, &figure_period, plan));
    let rows = previous.into_iter().flat_map(|before| before.indicators.iter().chain(&before.tier_indicators));
    let before = rows.into_iter().find(|row| row.indicator == indicator.code);
    let narrative = shown.and_then(|version| version.content.narrative.clone()).unwrap_or_default();
    let whole = &judged.whole;
    let row = IndicatorRow {
        indicator: indicator.code.clone(),
        title: indicator.title.clone(),
        project: match monitored {
            true => format!("监测{} {}", project.number, project.title),
            false => format!("{} {}", project.number, project.title),
        },
        monitored,
        unit: indicator.lead_unit.clone(),
        unit_name: plan.unit_name(&input.units, &indicator.lead_unit, &indicator.lead_unit_name),
        leaders: plan.leaders(indicator),
        measures: measures.collect(),
        completion: text::completion(whole.completion),
        completion_exact: text::fraction(whole.completion),
        expected: text::points(whole.expected()),
        expected_exact: text::fraction(whole.expected()),
        deviation: text::points(whole.deviation),
        light: indicator_light(whole.members, whole.light, figure.is_some()).into(),
        done: whole.done,
        previous_completion: before.map(|row| row.completion.clone()).unwrap_or_default(),
        problem: text::shortened(&narrative.problems),
        next_steps: text::shortened(&narrative.next_steps),
        participating: indicator.participating_units.iter().map(|unit| unit.display_name.clone()).collect(),
        certifier_name: indicator.certifier_name.clone(),
    };
    Ok(Assessed { row, judged, figure, versions })
}

/// An indicator without a figure has no light, also where its target is pending or has no curve yet.
fn indicator_light(members: usize, light: Colour, has_figure: bool) -> Light {
    match light {
        Colour::NoColour(_) if !has_figure && members > 0 => Light::NoFigure,
        light => text::light(light),
    }
}

fn measure_row(
    measure: &proto::Measure,
    (spec, evaluation): &(MeasureSpec, Evaluation),
    shown: Option<&Submitted>,
    figure_period: &str,
    plan: &Plan<'_>,
) -> MeasureRow {
    let [reported, fast, certified] = shown.map(|version| version.side_by_side(&measure.code)).unwrap_or_default();
    MeasureRow {
        measure: measure.code.clone(),
        title: measure.title.clone(),
        unit: measure.unit.clone(),
        target: measure.target.clone(),
        reported,
        fast,
        certified,
        figure_period: figure_period.to_owned(),
        completion: text::completion(evaluation.completion),
        completion_exact: text::fraction(evaluation.completion),
        light: match evaluation.light {
            Colour::NoColour(NoColour::NotReported) => Light::NoFigure.into(),
            light => text::light(light).into(),
        },
        done: evaluation.done,
        source: shown.map(|version| version.source(&measure.code)),
        part: spec.part_of.is_some(),
        due: measure.due.clone(),
        after_year: !spec.is_due_in(i16::try_from(plan.document.year).unwrap_or_default()),
    }
}
