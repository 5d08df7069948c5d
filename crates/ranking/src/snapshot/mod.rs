//! A month's snapshot as a pure function of what the ledgers gave up to the cut: programme version in force, figures of the
//! asked basis, scheme, published months before. Nothing here knows a database or a clock.

mod discipline;
mod figures;
mod indicators;
pub(crate) mod load;
mod plan;
mod standings;
mod text;
mod townships;

use std::collections::BTreeMap;
use std::sync::Arc;

use minsheng_domain::calendar::Holidays;
use minsheng_domain::period::{Period, PeriodKind};
use minsheng_domain::programme::split_code;
use minsheng_domain::score;
use minsheng_kit::catalogue::Version;
use minsheng_kit::error::Refusal;
use minsheng_proto::catalogue::v1::Unit;
use minsheng_proto::ranking::v1::{ArticleRow, Cut, FigureBasis, IndicatorRow, Light, Scheme, Snapshot};

use self::figures::{Figure, Submitted, standing_figure};
use self::plan::Plan;
use self::standings::Group;

/// Everything that a month's snapshot follows from.
#[derive(Debug)]
pub(crate) struct Input {
    /// Name of the snapshot.
    pub(crate) name: String,
    /// What the snapshot is of: the month, ten days of it, or the year's tasks.
    pub(crate) asked: Period,
    /// The month.
    pub(crate) period: Period,
    /// Which figures count.
    pub(crate) basis: FigureBasis,
    /// Heads of the ledgers that the rest was read from.
    pub(crate) cut: Cut,
    /// The scheme's version.
    pub(crate) scheme: Scheme,
    /// The same as rules.
    pub(crate) rules: score::Scheme,
    /// The programme's version in force.
    pub(crate) programme: Arc<Version>,
    /// Days off around the deadlines.
    pub(crate) holidays: Arc<Holidays>,
    /// Units by id.
    pub(crate) units: BTreeMap<String, Unit>,
    /// Names of townships by code.
    pub(crate) townships: BTreeMap<String, String>,
    /// The month's submitted versions by indicator, in order.
    pub(crate) submitted: BTreeMap<String, Vec<Submitted>>,
    /// Those of earlier months of the year by indicator and month, the months in order.
    pub(crate) earlier: BTreeMap<String, BTreeMap<String, Vec<Submitted>>>,
    /// Articles of the month by unit: whether it came late, and its title.
    pub(crate) articles: BTreeMap<String, (bool, String)>,
    /// The newest published snapshot on the same basis of each earlier month, the months in order.
    pub(crate) published: Vec<Snapshot>,
}

impl Input {
    fn versions(&self, indicator: &str) -> &[Submitted] {
        self.submitted.get(indicator).map_or(&[], Vec::as_slice)
    }

    fn basis_is_certified(&self) -> bool {
        self.basis == FigureBasis::Certified
    }

    /// Whether a published snapshot was ranked by the same scheme, so that ranks may be compared.
    fn is_comparable(&self, snapshot: &Snapshot) -> bool {
        snapshot.scheme.as_ref().is_some_and(|scheme| scheme.name == self.scheme.name)
    }

    /// Published months that were ranked by the same scheme.
    fn comparable(&self) -> impl Iterator<Item = &Snapshot> {
        self.published.iter().filter(|snapshot| self.is_comparable(snapshot))
    }

    fn earlier_figure(&self, indicator: &str) -> Option<Figure<'_>> {
        let months = self.earlier.get(indicator)?;
        months.values().rev().find_map(|versions| standing_figure(versions, self.basis))
    }
}

/// Computes the snapshot.
///
/// # Errors
/// PROGRAMME_INVALID where the programme's version cannot be judged by, which the catalogue does not issue.
pub(crate) fn seal(input: &Input) -> Result<Snapshot, Refusal> {
    let document = &input.programme.document;
    let kind = input.asked.kind();
    let until = (kind == PeriodKind::TenDay).then(|| input.asked.last_day());
    let plan = Plan::new(&input.programme, input.period, until, &input.holidays)?;
    let previous = input.published.last();
    let indicators = indicators::assess(input, &plan, previous)?;
    let tiers = indicators::assess_tiers(input, &plan, previous)?;
    let townships = townships::rows(&plan, &indicators, &input.townships)?;
    // Only a month that is over is ranked and has a discipline.
    let (lead_units, lower_tiers, discipline) = match kind {
        PeriodKind::Month => (
            standings::rows(input, &plan, &indicators, Group::LeadUnits),
            standings::rows(input, &plan, &tiers, Group::LowerTiers),
            Some(discipline::discipline(input, &plan, &indicators)),
        ),
        _ => Default::default(),
    };
    let articles = input.articles.iter().filter(|_| kind == PeriodKind::Month);
    let articles = articles.map(|(unit, (_, title))| ArticleRow {
        unit: unit.clone(),
        unit_name: plan.unit_name(&input.units, unit, unit),
        title: title.clone(),
    });
    let amended_now = input.programme.in_force_from == input.period.to_string();
    let mut rows: Vec<_> = indicators.into_iter().map(|indicator| indicator.row).collect();
    rows.sort_by_cached_key(|row| code_order(&row.indicator));
    if let (PeriodKind::TenDay, Some(previous)) = (kind, previous) {
        carry_forward(&mut rows, previous);
    }
    let mut tier_rows: Vec<_> = tiers.into_iter().map(|indicator| indicator.row).collect();
    tier_rows.sort_by_cached_key(|row| code_order(&row.indicator));
    Ok(Snapshot {
        name: input.name.clone(),
        period: input.asked.to_string(),
        basis: input.basis.into(),
        cut: Some(input.cut.clone()),
        scheme: Some(input.scheme.clone()),
        programme_version: input.programme.number,
        programme_title: document.title.clone(),
        division_name: document.division_name.clone(),
        cut_off: if kind == PeriodKind::Year { input.asked.first_day() } else { plan.cut_off }.to_string(),
        indicators: rows,
        lead_units,
        townships,
        discipline,
        articles: articles.collect(),
        demo_mark: document.demo_mark.clone(),
        township_columns: townships::columns(&plan),
        amendment_reason: if amended_now { input.programme.reason.clone() } else { String::new() },
        lower_tiers,
        tier_indicators: tier_rows,
        previous_period: previous.map(|snapshot| snapshot.period.clone()).unwrap_or_default(),
    })
}

/// What has not been reported in a month that is not over stands as the month before was published.
fn carry_forward(rows: &mut [IndicatorRow], previous: &Snapshot) {
    for row in rows.iter_mut().filter(|row| row.light() == Light::NoFigure) {
        if let Some(before) = previous.indicators.iter().find(|before| before.indicator == row.indicator) {
            *row = IndicatorRow { previous_completion: before.completion.clone(), ..before.clone() };
        }
    }
}

/// Codes in the order of their numbers, monitored ones last: 1.1, 3.2, 10.4, m1.1; of lower tiers' by division.
fn code_order(code: &str) -> (bool, Vec<u32>, String) {
    let (own, _) = split_code(code);
    let plain = own.strip_prefix('m');
    let numbers = plain.unwrap_or(&own).split('.').map(|part| part.parse().unwrap_or(u32::MAX)).collect();
    (plain.is_some(), numbers, code.to_owned())
}
