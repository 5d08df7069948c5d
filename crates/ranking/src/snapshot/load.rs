//! From rows to what a snapshot follows from: which rows a month needs, and reading them as of one transaction, so that
//! the cut names exactly what was seen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use minsheng_domain::period::{Period, PeriodKind};
use minsheng_kit::catalogue::{Calendars, Programmes, Version, unit};
use minsheng_kit::convert;
use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::follower::cursor;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::Context;
use minsheng_proto::ranking::v1::{Cut, FigureBasis, Scheme, Snapshot};

use super::Input;
use super::figures::Submitted;
use crate::entity::{article, period, scheme, snapshot, standing, submission, township};
use crate::names;
use crate::scheme as schemes;
use crate::stored::read;

/// What was read of the catalogue's documents so far. Clones share it.
#[derive(Clone, Debug)]
pub struct Documents {
    programmes: Programmes<Version>,
    calendars: Calendars,
}

impl Default for Documents {
    fn default() -> Self {
        Self { programmes: Programmes::new(Ok), calendars: Calendars::default() }
    }
}

/// A period that somebody asks for: a month; ten days, which show their month as it stands; a year, which shows its tasks.
#[derive(Debug)]
pub(crate) struct MonthQuery {
    /// programmes/{division}-{year}.
    pub(crate) programme: ProgrammeName,
    /// The period.
    pub(crate) asked: Period,
    /// The month whose figures and rules it takes; December for a year.
    period: Period,
    /// Which figures count.
    pub(crate) basis: FigureBasis,
    /// schemes/{id}.
    pub(crate) scheme: String,
    /// Earlier months were asked for.
    earlier_read: AtomicBool,
    documents: Documents,
}

/// What was read, with what decides on it besides.
#[derive(Debug)]
pub(crate) struct Month {
    /// What the snapshot follows from.
    pub(crate) input: Input,
    /// Reporting has closed it, where only what is closed may be sealed.
    pub(crate) closed: bool,
    /// Persons who certified figures of it.
    pub(crate) certified_by: Vec<String>,
    /// Number that a snapshot of it would have.
    pub(crate) number: i32,
    /// The newest published one on the same basis.
    pub(crate) published: Option<Snapshot>,
}

impl MonthQuery {
    /// Reads what was asked for.
    ///
    /// # Errors
    /// FIELD_INVALID, FIELD_REQUIRED or PERIOD_INVALID, naming the field.
    pub(crate) fn parse(
        programme: &str,
        period: &str,
        basis: i32,
        scheme: &str,
        documents: Documents,
    ) -> Result<Self, Refusal> {
        let programme = ProgrammeName::parse("programme", programme)?;
        let asked = asked(period, programme.year)?;
        let period = Period::month(asked.calendar_year(), asked.last_month())
            .map_err(|error| Refusal::new(Reason::PeriodInvalid).field("period", error.zh(), error.to_string()))?;
        let basis = match FigureBasis::try_from(basis) {
            Ok(FigureBasis::Unspecified) => return Err(Refusal::required("basis")),
            Ok(basis) => basis,
            Err(_) => return Err(Refusal::invalid("basis", "没有这种口径", "is no basis")),
        };
        let scheme = if scheme.is_empty() { schemes::DEFAULT } else { scheme };
        convert::name::simple("scheme", "schemes", scheme)?;
        let earlier_read = AtomicBool::new(false);
        Ok(Self { programme, asked, period, basis, scheme: scheme.to_owned(), earlier_read, documents })
    }

    fn month_key(&self, period: &str) -> String {
        names::month(&self.programme.to_string(), period)
    }

    fn month(&self) -> String {
        self.month_key(&self.period.to_string())
    }

    /// Earlier months of the year.
    fn earlier_months(&self) -> Vec<String> {
        let back = std::iter::successors(self.period.previous(), |month| month.previous());
        let mut months: Vec<String> = back
            .take_while(|month| month.calendar_year() == self.period.calendar_year())
            .map(|it| it.to_string())
            .collect();
        months.reverse();
        months
    }

    /// The rows to see first.
    pub(crate) fn wants(&self, wants: &mut Wants) {
        for source in crate::follow::SOURCES {
            wants.row::<cursor::row::Entity>(source);
        }
        Calendars::wants(self.period.calendar_year(), wants);
        wants.row::<period::Entity>(self.month());
        Programmes::<Version>::wants(&self.programme.to_string(), wants);
        wants.group::<scheme::Entity>(self.scheme.as_str());
        wants.group::<submission::Entity>(self.month());
        wants.group::<article::Entity>(self.month());
        wants.group::<unit::row::Entity>(unit::TIER);
        wants.group::<township::Entity>(unit::TIER);
        wants.group::<standing::Entity>(self.programme.to_string());
    }

    /// The rows to see then: published months before, and earlier figures where the month has none.
    pub(crate) fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        for published in self.compared(&rows.group::<standing::Entity>(&self.programme.to_string())) {
            wants.row::<snapshot::Entity>(published.name.as_str());
        }
        self.documents.calendars.wants_more(self.period.calendar_year(), rows, wants);
        let programme = self.programme.to_string();
        let known = self.documents.programmes.wants_more(&programme, Some(self.period), rows, wants);
        let submitted = rows.group::<submission::Entity>(&self.month());
        let came = |code: &str| submitted.iter().any(|row| row.indicator == code);
        let all_there = known.is_some_and(|known| codes(&known).all(came));
        self.earlier_read.store(!all_there, Ordering::Relaxed);
        if !all_there {
            for earlier in self.earlier_months() {
                wants.group::<submission::Entity>(self.month_key(&earlier));
            }
        }
    }

    /// Reads the month.
    ///
    /// # Errors
    /// PROGRAMME_UNKNOWN, PERIOD_INVALID before the first version in force, SCHEME_UNKNOWN, FIGURES_BEHIND while one
    /// ledger is known to be ahead of another.
    pub(crate) fn load(&self, context: &Context<'_>) -> Result<Month, Refusal> {
        let programme = self.in_force(context)?;
        let definition = newest(&context.group::<scheme::Entity>(&self.scheme))?;
        let standings = context.group::<standing::Entity>(&self.programme.to_string());
        let period = self.asked.to_string();
        let number = standings.iter().filter(|row| row.period == period).map(|row| row.number).max().unwrap_or(0) + 1;
        let (mut published, mut before) = (None, Vec::new());
        for row in self.compared(&standings) {
            let bytes = context.get::<snapshot::Entity>(&row.name).ok_or_else(|| Refusal::new(Reason::Internal))?;
            let sealed: Snapshot = read(&row.name, &bytes.bytes)?;
            if row.period == period { published = Some(sealed) } else { before.push(sealed) }
        }
        let tasks_only = self.asked.kind() == PeriodKind::Year;
        let submitted = if tasks_only {
            BTreeMap::new()
        } else {
            by_indicator(&context.group::<submission::Entity>(&self.month()))?
        };
        self.check_known(&submitted)?;
        let units = context.group::<unit::row::Entity>(unit::TIER).into_iter();
        let units = units.map(|row| Ok((row.id.clone(), row.read()?))).collect::<Result<BTreeMap<_, _>, Refusal>>()?;
        let all_there = tasks_only || codes(&programme).all(|code| submitted.contains_key(code));
        let mut earlier: BTreeMap<String, BTreeMap<String, Vec<Submitted>>> = BTreeMap::new();
        if !all_there {
            // A version that came in this very batch asks for more than was read.
            if !self.earlier_read.load(Ordering::Relaxed) {
                return Err(Refusal::new(Reason::FiguresBehind));
            }
            for month in self.earlier_months() {
                let rows = context.group::<submission::Entity>(&self.month_key(&month));
                for (indicator, versions) in by_indicator(&rows)? {
                    earlier.entry(indicator).or_default().insert(month.clone(), versions);
                }
            }
        }
        let certified = submitted.values().flatten().filter_map(|version| version.certified.as_ref());
        let mut certified_by: Vec<String> = certified.map(|(_, certified)| certified.person.clone()).collect();
        certified_by.sort();
        certified_by.dedup();
        let articles = context.group::<article::Entity>(&self.month());
        let townships = context.group::<township::Entity>(unit::TIER).into_iter();
        let input = Input {
            name: names::snapshot(&self.programme, &period, number),
            asked: self.asked,
            period: self.period,
            basis: self.basis,
            cut: cut(context),
            rules: schemes::rules(&definition)?,
            scheme: definition,
            programme,
            holidays: self.documents.calendars.holidays(self.period.calendar_year(), context)?,
            units,
            townships: townships.map(|row| (row.code.clone(), row.title.clone())).collect(),
            earlier,
            articles: articles.into_iter().map(|row| (row.unit.clone(), (row.late, row.title.clone()))).collect(),
            published: before,
            submitted,
        };
        let closed = self.asked.kind() != PeriodKind::Month || context.get::<period::Entity>(&self.month()).is_some();
        Ok(Month { input, closed, certified_by, number, published })
    }

    /// The version of the programme in force in the month.
    fn in_force(&self, context: &Context<'_>) -> Result<Arc<Version>, Refusal> {
        let programme = self.programme.to_string();
        let found = self.documents.programmes.in_force(&programme, Some(self.period), context)?;
        found.ok_or_else(|| {
            Refusal::new(Reason::PeriodInvalid).field(
                "period",
                "该月没有已下达的版本",
                "no version is in force in this month",
            )
        })
    }

    /// The newest published standing on the same basis of what was asked for, and of each month before; the months in order.
    fn compared<'a>(&self, standings: &[&'a standing::Model]) -> Vec<&'a standing::Model> {
        let (asked, month) = (self.asked.to_string(), self.period.to_string());
        let earlier = |row: &standing::Model| {
            let is_month = row.period.parse::<Period>().is_ok_and(|period| period.kind() == PeriodKind::Month);
            is_month && row.period < month && self.asked.kind() != PeriodKind::Year
        };
        let mut by_month: BTreeMap<&str, &standing::Model> = BTreeMap::new();
        for row in standings.iter().copied() {
            let compared = row.basis == i32::from(self.basis) && (row.period == asked || earlier(row));
            if compared && by_month.get(row.period.as_str()).is_none_or(|known| known.number < row.number) {
                by_month.insert(&row.period, row);
            }
        }
        by_month.into_values().collect()
    }

    /// A decision whose submission is not known yet shows that reporting is read less far than verification.
    fn check_known(&self, submitted: &BTreeMap<String, Vec<Submitted>>) -> Result<(), Refusal> {
        match submitted.values().flatten().find(|version| !version.known) {
            None => Ok(()),
            Some(version) => Err(Refusal::new(Reason::FiguresBehind).with("version", &version.name)),
        }
    }
}

/// A period that has snapshots of its own, of this year.
fn asked(text: &str, year: i16) -> Result<Period, Refusal> {
    let period = convert::period::period("period", text)?;
    if period.calendar_year() == year && period.kind() != PeriodKind::Quarter {
        return Ok(period);
    }
    Err(Refusal::new(Reason::PeriodInvalid).field(
        "period",
        format!("须为{year}年的一旬、一月，或者全年"),
        format!("must be ten days or a month of {year}, or the year"),
    ))
}

/// Codes of all that is reported, by this tier and by lower ones.
fn codes(version: &Version) -> impl Iterator<Item = &str> {
    version.programme.indicators().map(|(_, indicator)| indicator.code.as_str())
}

/// The newest version of a scheme.
pub(crate) fn newest(versions: &[&scheme::Model]) -> Result<Scheme, Refusal> {
    let row = versions.iter().max_by_key(|row| row.version).ok_or_else(|| Refusal::new(Reason::SchemeUnknown))?;
    read(&row.name, &row.definition)
}

fn by_indicator(rows: &[&submission::Model]) -> Result<BTreeMap<String, Vec<Submitted>>, Refusal> {
    let mut found: BTreeMap<String, Vec<Submitted>> = BTreeMap::new();
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| row.version);
    for row in rows {
        found.entry(row.indicator.clone()).or_default().push(Submitted::from_row(row)?);
    }
    Ok(found)
}

/// The heads up to which this service has followed; empty for a ledger of which nothing was read yet.
fn cut(context: &Context<'_>) -> Cut {
    let head = |source: &str| {
        let row = context.get::<cursor::row::Entity>(source);
        row.map(|row| row.checkpoint.clone()).unwrap_or_default()
    };
    Cut { catalogue: head("catalogue"), reporting: head("reporting"), verification: head("verification") }
}
