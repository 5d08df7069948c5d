//! Programme versions as reports are judged by them, decoded and prepared once by the hash of their document, and the
//! working days of the calendar. Which version is in force in a month is looked up in the writer's transaction.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::civil::Date;
use minsheng_domain::calendar::{Deadline, Holidays, ReportingRule};
use minsheng_domain::division::DivisionCode;
use minsheng_domain::measure::MeasureSpec;
use minsheng_domain::period::Period;
use minsheng_domain::programme::{Indicator, Programme, measure_spec};
use minsheng_kit::convert;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::Context;
use minsheng_proto::catalogue::v1 as catalogue;
use prost::Message;
use sea_orm::ConnectionTrait;

use crate::entity::{calendar, programme_document, programme_version};
use crate::{names, store};

/// More documents than a tier has in several years are not kept at the same time.
const KEPT: usize = 64;

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
}

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
    /// Measures in order.
    pub(crate) measures: Vec<LedMeasure>,
}

/// A measure as reports need it.
#[derive(Debug)]
pub(crate) struct LedMeasure {
    /// What its values are judged by.
    pub(crate) spec: MeasureSpec,
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

    /// Whether evidence is asked for by a measure.
    pub(crate) fn evidence_required(&self) -> bool {
        self.measures.iter().any(|measure| measure.evidence_required)
    }
}

impl InForce {
    fn prepare(name: &str, version: i32, document: &[u8]) -> Result<Self, Refusal> {
        let message =
            catalogue::Programme::decode(document).map_err(|_| internal("a programme document is no message"))?;
        let programme = convert::programme::to_domain(&message)?;
        let rule = convert::calendar::reporting_rule(&message)?;
        let indicators: Vec<LedIndicator> =
            programme.indicators().map(|(_, indicator)| led(&programme, indicator)).collect::<Result<_, _>>()?;
        let places = indicators.iter().enumerate().map(|(place, led)| (led.code.clone(), place)).collect();
        let areas = programme.allocation_table.rows.iter().filter_map(|row| row.division.parse().ok()).collect();
        Ok(Self {
            name: name.to_owned(),
            version,
            year: programme.year,
            division: programme.division.parse().ok(),
            rule,
            first_month: programme.reporting_rules.first_month.max(1),
            articles: programme.reporting_rules.experience_articles,
            demo_mark: message.demo_mark,
            indicators,
            places,
            areas,
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

    /// Whether a unit leads anything.
    pub(crate) fn leads(&self, unit: &str) -> bool {
        self.indicators.iter().any(|indicator| indicator.lead_unit == unit)
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

fn led(programme: &Programme, indicator: &Indicator) -> Result<LedIndicator, Refusal> {
    let table = &programme.allocation_table;
    let measures = indicator.measures.iter().map(|measure| {
        let spec = measure_spec(programme.year, indicator, measure).map_err(|finding| internal(&finding.en))?;
        let column = table.columns.iter().position(|column| column.measure == measure.code);
        let rows = table.rows.iter().filter(|_| column.is_some());
        let rows = rows.filter_map(|row| Some((row.division.parse::<DivisionCode>().ok()?, row)));
        let filled = |cells: &[Option<_>]| column.and_then(|column| cells.get(column)).is_some_and(Option::is_some);
        Ok(LedMeasure {
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
        measures: measures.collect::<Result<_, Refusal>>()?,
    })
}

/// Units in which persons or their households are counted: items of such a measure carry no names.
fn counts_persons(unit: &str) -> bool {
    unit.starts_with('人') || matches!(unit, "名" | "户" | "万人" | "万户")
}

/// Versions prepared so far, and working days. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Programmes(Arc<Kept>);

/// Names and revisions of a year's calendar and the next year's.
type CalendarKeys = [(String, String); 2];

#[derive(Debug, Default)]
struct Kept {
    documents: RwLock<HashMap<(String, i32), Arc<InForce>>>,
    holidays: RwLock<HashMap<CalendarKeys, Arc<Holidays>>>,
}

impl Programmes {
    /// First all versions of a programme and the calendars of its year and the next, in which December is due.
    pub(crate) fn wants(programme: &str, year: i16, wants: &mut Wants) {
        wants.group::<programme_version::Entity>(programme);
        wants.row::<calendar::Entity>(names::calendar(year));
        wants.row::<calendar::Entity>(names::calendar(year + 1));
    }

    /// Then the document of the version in force, unless it has been read.
    pub(crate) fn wants_more(&self, programme: &str, period: Option<Period>, rows: &Rows, wants: &mut Wants) {
        let versions = rows.group::<programme_version::Entity>(programme);
        if let Some(row) = in_force(&versions, period)
            && self.kept(row).is_none()
        {
            wants.row::<programme_document::Entity>(row.document.clone());
        }
    }

    /// The version in force in a month, or the newest where no month is given.
    ///
    /// # Errors
    /// PROGRAMME_UNKNOWN; PERIOD_NOT_OPEN where no version is in force yet.
    pub(crate) fn in_force(
        &self,
        programme: &str,
        period: Option<Period>,
        context: &Context<'_>,
    ) -> Result<Arc<InForce>, Refusal> {
        let versions = context.group::<programme_version::Entity>(programme);
        let row = chosen(&versions, programme, period)?;
        if let Some(kept) = self.kept(row) {
            return Ok(kept);
        }
        let document = context.get::<programme_document::Entity>(&row.document);
        let document = document.ok_or_else(|| internal("a programme version without its document"))?;
        self.keep(row, &document.document)
    }

    /// The same for a query.
    ///
    /// # Errors
    /// As [`Self::in_force`].
    pub(crate) async fn load(
        &self,
        programme: &str,
        period: Option<Period>,
        connection: &impl ConnectionTrait,
    ) -> Result<Arc<InForce>, Refusal> {
        let versions = store::versions(programme, connection).await?;
        let versions: Vec<&programme_version::Model> = versions.iter().collect();
        let row = chosen(&versions, programme, period)?;
        if let Some(kept) = self.kept(row) {
            return Ok(kept);
        }
        let document = store::document(&row.document, connection).await?;
        let document = document.ok_or_else(|| internal("a programme version without its document"))?;
        self.keep(row, &document.document)
    }

    /// Working days of a programme's year and the next.
    pub(crate) fn holidays(&self, year: i16, context: &Context<'_>) -> Result<Arc<Holidays>, Refusal> {
        let rows = [year, year + 1].map(|year| context.get::<calendar::Entity>(&names::calendar(year)));
        self.working_days(rows)
    }

    /// The same for a query.
    pub(crate) async fn load_holidays(
        &self,
        year: i16,
        connection: &impl ConnectionTrait,
    ) -> Result<Arc<Holidays>, Refusal> {
        let this = store::calendar(year, connection).await?;
        let next = store::calendar(year + 1, connection).await?;
        self.working_days([this.as_ref(), next.as_ref()])
    }

    fn working_days(&self, rows: [Option<&calendar::Model>; 2]) -> Result<Arc<Holidays>, Refusal> {
        let key = rows.map(|row| row.map(|row| (row.name.clone(), row.etag.clone())).unwrap_or_default());
        if let Some(kept) = self.0.holidays.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(kept.clone());
        }
        let calendars = rows.into_iter().flatten().map(|row| catalogue::Calendar::decode(row.document.as_slice()));
        let calendars: Vec<catalogue::Calendar> =
            calendars.collect::<Result<_, _>>().map_err(|_| internal("a calendar is no message"))?;
        let days = Arc::new(convert::calendar::holidays(&calendars)?);
        let mut kept = self.0.holidays.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, days.clone());
        Ok(days)
    }

    fn kept(&self, row: &programme_version::Model) -> Option<Arc<InForce>> {
        let kept = self.0.documents.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(&(row.document.clone(), row.version)).cloned()
    }

    fn keep(&self, row: &programme_version::Model, document: &[u8]) -> Result<Arc<InForce>, Refusal> {
        let prepared = Arc::new(InForce::prepare(&row.programme, row.version, document)?);
        let mut kept = self.0.documents.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert((row.document.clone(), row.version), prepared.clone());
        Ok(prepared)
    }
}

/// The version in force in a month, or the newest.
fn in_force<'a>(
    versions: &[&'a programme_version::Model],
    period: Option<Period>,
) -> Option<&'a programme_version::Model> {
    let period = period.map(|period| period.to_string());
    let so_far = versions.iter().filter(|row| period.as_ref().is_none_or(|period| row.in_force_from <= *period));
    so_far.max_by_key(|row| row.version).copied()
}

fn chosen<'a>(
    versions: &[&'a programme_version::Model],
    programme: &str,
    period: Option<Period>,
) -> Result<&'a programme_version::Model, Refusal> {
    if versions.is_empty() {
        return Err(Refusal::new(Reason::ProgrammeUnknown).with("programme", programme));
    }
    in_force(versions, period).ok_or_else(|| {
        Refusal::new(Reason::PeriodNotOpen)
            .because("这一期没有生效的年度实事项目版本。", "No version of the programme is in force in this period.")
            .with("programme", programme)
    })
}

/// What cannot happen as long as ledgers say the truth: logged, and the caller learns no more.
pub(crate) fn internal(what: &str) -> Refusal {
    tracing::error!(what, "what is stored or followed contradicts itself");
    Refusal::new(Reason::Internal)
}
