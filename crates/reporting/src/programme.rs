//! Programme versions as reports are judged by them, each prepared once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use minsheng_domain::calendar::{Deadline, Holidays, ReportingRule};
use minsheng_domain::division::DivisionCode;
use minsheng_domain::measure::MeasureSpec;
use minsheng_domain::period::Period;
use minsheng_domain::programme::{Indicator, Mandate, Programme, code_at, measure_spec, tier_of_unit};
use minsheng_kit::catalogue::{self, Version};
use minsheng_kit::convert::name::{IndicatorName, MeasureName};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::writer::Context;
use sea_orm::ConnectionTrait;

use crate::names;

/// A programme's version in force.
#[derive(Debug)]
pub(crate) struct InForce {
    /// programmes/{division}-{year}.
    pub(crate) name: String,
    /// Number of the version.
    pub(crate) version: i32,
    /// The year.
    pub(crate) year: i16,
    /// Code of its division.
    pub(crate) division: Option<DivisionCode>,
    /// Deadlines and cut-off dates.
    pub(crate) rule: ReportingRule,
    /// First month that is reported.
    pub(crate) first_month: u8,
    /// Articles owed a unit and month.
    pub(crate) articles: u32,
    /// Mark of invented figures.
    pub(crate) demo_mark: String,
    /// Indicators in the document's order.
    pub(crate) indicators: Vec<LedIndicator>,
    places: HashMap<String, usize>,
    areas: BTreeSet<DivisionCode>,
    answered: BTreeMap<IndicatorName, Answers>,
}

/// What answers an indicator of the parent: by own indicator the parent's code and the own code of each measure.
pub(crate) type Answers = BTreeMap<String, Vec<(String, String)>>;

/// An indicator as reports need it.
#[derive(Debug)]
pub(crate) struct LedIndicator {
    /// Code.
    pub(crate) code: String,
    /// Short title.
    pub(crate) title: String,
    /// Id of the lead unit.
    pub(crate) lead_unit: String,
    /// Name of the lead unit as printed.
    pub(crate) lead_unit_name: String,
    /// Id of the certifier.
    pub(crate) certifier: String,
    /// Division of the lower tier that reports it; empty for what this tier reports itself.
    pub(crate) tier: String,
    /// Measures in order.
    pub(crate) measures: Vec<LedMeasure>,
}

/// A measure as reports need it.
#[derive(Debug)]
pub(crate) struct LedMeasure {
    /// What its values are judged by.
    pub(crate) spec: MeasureSpec,
    /// Figures of lower tiers add up to it.
    pub(crate) adds_up: bool,
    /// Its stages in order.
    pub(crate) stages: Vec<String>,
    /// An item list stands behind it.
    pub(crate) item_list: bool,
    /// Its items are persons or households: serials and nothing else.
    pub(crate) persons: bool,
    /// Evidence is asked for.
    pub(crate) evidence_required: bool,
    /// Areas that have a share of its target.
    pub(crate) allocated: BTreeSet<DivisionCode>,
    /// Areas of the table that divides it; empty where it is not divided.
    pub(crate) areas: BTreeSet<DivisionCode>,
}

impl LedIndicator {
    /// The measure of a code with its place.
    pub(crate) fn measure(&self, code: &str) -> Option<(usize, &LedMeasure)> {
        self.measures.iter().enumerate().find(|(_, measure)| measure.spec.code == code)
    }

    /// Whether an item list lies behind a measure.
    pub(crate) fn counts_items(&self) -> bool {
        self.measures.iter().any(|measure| measure.item_list)
    }

    /// Whether evidence is asked for by a measure.
    pub(crate) fn evidence_required(&self) -> bool {
        self.measures.iter().any(|measure| measure.evidence_required)
    }
}

impl InForce {
    /// What reports need of a version.
    ///
    /// # Errors
    /// INTERNAL where a measure has no rule, which the catalogue does not issue.
    pub(crate) fn prepare(version: Version) -> Result<Self, Refusal> {
        let programme = version.programme;
        let indicators: Vec<LedIndicator> =
            programme.indicators().map(|(_, indicator)| led(&programme, indicator)).collect::<Result<_, _>>()?;
        let places = indicators.iter().enumerate().map(|(place, led)| (led.code.clone(), place)).collect();
        let answered = answered(&programme);
        let areas = programme.allocation_table.rows.iter().filter_map(|row| row.division.parse().ok()).collect();
        Ok(Self {
            name: version.name,
            version: version.number,
            year: programme.year,
            division: programme.division.parse().ok(),
            rule: version.rule,
            first_month: programme.reporting_rules.first_month.max(1),
            articles: programme.reporting_rules.experience_articles,
            demo_mark: version.document.demo_mark,
            indicators,
            places,
            areas,
            answered,
        })
    }

    /// The indicator of a code.
    pub(crate) fn indicator(&self, code: &str) -> Option<&LedIndicator> {
        self.places.get(code).and_then(|place| self.indicators.get(*place))
    }

    /// The measure of a code, with its indicator.
    pub(crate) fn measure(&self, code: &str) -> Option<(&LedIndicator, &LedMeasure)> {
        let indicator = self.indicator(names::indicator_of(code)?)?;
        indicator.measure(code).map(|(_, measure)| (indicator, measure))
    }

    /// The parent's indicators that an indicator answers, alone or with others.
    pub(crate) fn answered_by(&self, code: &str) -> impl Iterator<Item = (&IndicatorName, &Answers)> {
        self.answered.iter().filter(move |(_, answers)| answers.contains_key(code))
    }

    /// Whether a unit leads anything.
    pub(crate) fn leads(&self, unit: &str) -> bool {
        self.indicators.iter().any(|indicator| indicator.lead_unit == unit)
    }

    /// What lower tiers report of an indicator, in the order of the table's rows.
    pub(crate) fn tiers_of<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a LedIndicator> {
        let tiers = self.indicators.iter().filter(|it| !it.tier.is_empty());
        tiers.filter(move |it| it.code == code_at(code, &it.tier))
    }

    /// Units of this tier that lead something, each once, by id: they owe articles, which lower tiers do not.
    pub(crate) fn own_lead_units(&self) -> impl Iterator<Item = &str> {
        self.lead_units().into_iter().filter(|unit| tier_of_unit(unit).is_none())
    }

    /// Units that lead something, each once, by id.
    pub(crate) fn lead_units(&self) -> BTreeSet<&str> {
        self.indicators.iter().map(|indicator| indicator.lead_unit.as_str()).collect()
    }

    /// Whether an area stands in the allocation table.
    pub(crate) fn has_area(&self, area: DivisionCode) -> bool {
        self.areas.contains(&area)
    }

    /// When a month's reports are due.
    ///
    /// # Errors
    /// INTERNAL for a period without a deadline, which a month is not.
    pub(crate) fn deadline(&self, period: Period, holidays: &Holidays) -> Result<Deadline, Refusal> {
        self.rule.deadline(period, holidays).ok_or_else(|| internal("a month without a deadline"))
    }

    /// Date that a month's figures are as at, apart from single measures.
    pub(crate) fn cut_off(&self, period: Period, holidays: &Holidays) -> Date {
        self.rule.cut_off(period, "", holidays)
    }

    /// A month is reported from its first day on, and not before the programme's first reported month.
    ///
    /// # Errors
    /// PERIOD_NOT_OPEN.
    pub(crate) fn open(&self, period: Period, today: Date) -> Result<(), Refusal> {
        if period.last_month() < self.first_month {
            return Err(Refusal::new(Reason::PeriodNotOpen)
                .because(
                    format!("本年度从{}月开始报送，{}不报送。", self.first_month, period.label()),
                    format!("Reporting begins with month {}.", self.first_month),
                )
                .with("first_month", self.first_month));
        }
        let first = period.first_day();
        if today < first {
            return Err(Refusal::new(Reason::PeriodNotOpen)
                .because(
                    format!("{}的报送从{first}开始。", period.label()),
                    format!("Reports of {period} are taken from {first} on."),
                )
                .with("opens", first));
        }
        Ok(())
    }
}

/// A measure of the parent that is answered twice is answered by the first.
fn answered(programme: &Programme) -> BTreeMap<IndicatorName, Answers> {
    let mut found: BTreeMap<IndicatorName, Answers> = BTreeMap::new();
    for (_, indicator) in programme.indicators() {
        for Mandate { measure, own_measure, .. } in &indicator.mandates {
            let Ok(parent) = MeasureName::parse("measure", measure) else { continue };
            let answers = found.entry(parent.indicator).or_default();
            if !own_measure.is_empty() && answers.values().flatten().all(|(code, _)| *code != parent.code) {
                answers.entry(indicator.code.clone()).or_default().push((parent.code, own_measure.clone()));
            }
        }
    }
    found
}

fn led(programme: &Programme, indicator: &Indicator) -> Result<LedIndicator, Refusal> {
    let table = &programme.allocation_table;
    let measures = indicator.measures.iter().map(|measure| {
        let spec = measure_spec(programme.year, indicator, measure).map_err(|finding| internal(&finding.en))?;
        let column = table.columns.iter().position(|column| column.measure == measure.code);
        let rows = table.rows.iter().filter(|_| column.is_some());
        let rows = rows.filter_map(|row| Some((row.division.parse::<DivisionCode>().ok()?, row)));
        let filled = |cells: &[Option<_>]| column.and_then(|column| cells.get(column)).is_some_and(Option::is_some);
        Ok(LedMeasure {
            adds_up: measure.adds_up(),
            stages: measure.stages.iter().map(|stage| stage.title.clone()).collect(),
            item_list: measure.item_list,
            persons: counts_persons(spec.unit.as_str()),
            evidence_required: measure.evidence_required,
            allocated: rows.clone().filter(|(_, row)| filled(&row.cells)).map(|(area, _)| area).collect(),
            areas: rows.map(|(area, _)| area).collect(),
            spec,
        })
    });
    Ok(LedIndicator {
        code: indicator.code.clone(),
        title: indicator.title.clone(),
        lead_unit: indicator.lead_unit.clone(),
        lead_unit_name: indicator.lead_unit_name.clone(),
        certifier: indicator.certifier.clone(),
        tier: indicator.tier.clone(),
        measures: measures.collect::<Result<_, Refusal>>()?,
    })
}

/// Units in which persons or their households are counted: items of such a measure carry no names.
fn counts_persons(unit: &str) -> bool {
    unit.starts_with('人') || matches!(unit, "名" | "户" | "万人" | "万户")
}

/// A programme's versions.
pub(crate) type Programmes = catalogue::Programmes<InForce>;

/// The version in force in a month, or the newest where no month is given, as the transaction sees it.
///
/// # Errors
/// PROGRAMME_UNKNOWN; PERIOD_NOT_OPEN where no version is in force yet.
pub(crate) fn in_force(
    programmes: &Programmes,
    programme: &str,
    period: Option<Period>,
    context: &Context<'_>,
) -> Result<Arc<InForce>, Refusal> {
    programmes.in_force(programme, period, context)?.ok_or_else(|| not_open(programme))
}

/// The same for a query.
///
/// # Errors
/// As [`in_force`], and those of the database.
pub(crate) async fn load(
    programmes: &Programmes,
    programme: &str,
    period: Option<Period>,
    connection: &impl ConnectionTrait,
) -> Result<Arc<InForce>, Refusal> {
    programmes.load(programme, period, connection).await?.ok_or_else(|| not_open(programme))
}

fn not_open(programme: &str) -> Refusal {
    Refusal::new(Reason::PeriodNotOpen)
        .because("这一期没有生效的年度实事项目版本。", "No version of the programme is in force in this period.")
        .with("programme", programme)
}

/// What cannot happen as long as ledgers say the truth: logged, and the caller learns no more.
pub(crate) fn internal(what: &str) -> Refusal {
    tracing::error!(what, "what is stored or followed contradicts itself");
    Refusal::new(Reason::Internal)
}
