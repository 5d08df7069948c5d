//! From rows to what a snapshot follows from: which rows a month needs, and reading them as of one transaction, so that
//! the cut names exactly what was seen.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use minsheng_domain::calendar::Holidays;
use minsheng_domain::period::Period;
use minsheng_kit::convert;
use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::follower::cursor;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::Context;
use minsheng_proto::catalogue::v1::{Calendar, ProgrammeVersion, Unit};
use minsheng_proto::ranking::v1::{Cut, FigureBasis, Scheme, Snapshot};

use super::Input;
use super::figures::Submitted;
use crate::entity::{article, calendar, period, programme_version, scheme, snapshot, standing, submission, unit};
use crate::names;
use crate::scheme as schemes;
use crate::stored::read;

/// A month that somebody asks for.
#[derive(Debug)]
pub(crate) struct MonthQuery {
    /// programmes/{division}-{year}.
    pub(crate) programme: ProgrammeName,
    /// The month.
    pub(crate) period: Period,
    /// Which figures count.
    pub(crate) basis: FigureBasis,
    /// schemes/{id}.
    pub(crate) scheme: String,
    /// Earlier months were asked for.
    earlier_read: AtomicBool,
}

/// What was read, with what decides on it besides.
#[derive(Debug)]
pub(crate) struct Month {
    /// What the snapshot follows from.
    pub(crate) input: Input,
    /// Reporting has closed it.
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
    pub(crate) fn parse(programme: &str, period: &str, basis: i32, scheme: &str) -> Result<Self, Refusal> {
        let programme = ProgrammeName::parse("programme", programme)?;
        let period = convert::period::month_of_year("period", period, programme.year)?;
        let basis = match FigureBasis::try_from(basis) {
            Ok(FigureBasis::Unspecified) => return Err(Refusal::required("basis")),
            Ok(basis) => basis,
            Err(_) => return Err(Refusal::invalid("basis", "没有这种口径", "is no basis")),
        };
        let scheme = if scheme.is_empty() { schemes::DEFAULT } else { scheme };
        convert::name::simple("scheme", "schemes", scheme)?;
        Ok(Self { programme, period, basis, scheme: scheme.to_owned(), earlier_read: AtomicBool::new(false) })
    }

    fn month_key(&self, period: &str) -> String {
        names::month(&self.programme.to_string(), period)
    }

    fn month(&self) -> String {
        self.month_key(&self.period.to_string())
    }

    /// Years of the month and of its deadline: December's report is due in January.
    fn years(&self) -> [i16; 2] {
        [self.period.calendar_year(), self.period.calendar_year() + 1]
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
        for year in self.years() {
            wants.row::<calendar::Entity>(format!("calendars/{year}"));
        }
        wants.row::<period::Entity>(self.month());
        wants.group::<programme_version::Entity>(self.programme.to_string());
        wants.group::<scheme::Entity>(self.scheme.as_str());
        wants.group::<submission::Entity>(self.month());
        wants.group::<article::Entity>(self.month());
        wants.group::<unit::Entity>(unit::TIER);
        wants.group::<standing::Entity>(self.programme.to_string());
    }

    /// The rows to see then: published months before, and earlier figures where the month has none.
    pub(crate) fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        for published in self.compared(&rows.group::<standing::Entity>(&self.programme.to_string())) {
            wants.row::<snapshot::Entity>(published.name.as_str());
        }
        // What cannot be read is refused by `load`.
        let Ok(programme) = self.in_force(&rows.group::<programme_version::Entity>(&self.programme.to_string())) else {
            return;
        };
        let submitted = rows.group::<submission::Entity>(&self.month());
        let came = |code: &str| submitted.iter().any(|row| row.indicator == code);
        let all_there = indicators(&programme).all(|indicator| came(&indicator.code));
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
        let programme = self.in_force(&context.group::<programme_version::Entity>(&self.programme.to_string()))?;
        let definition = newest(&context.group::<scheme::Entity>(&self.scheme))?;
        let standings = context.group::<standing::Entity>(&self.programme.to_string());
        let period = self.period.to_string();
        let number = standings.iter().filter(|row| row.period == period).map(|row| row.number).max().unwrap_or(0) + 1;
        let (mut published, mut before) = (None, Vec::new());
        for row in self.compared(&standings) {
            let bytes = context.get::<snapshot::Entity>(&row.name).ok_or_else(|| Refusal::new(Reason::Internal))?;
            let sealed: Snapshot = read(&row.name, &bytes.bytes)?;
            if row.period == period { published = Some(sealed) } else { before.push(sealed) }
        }
        let submitted = by_indicator(&context.group::<submission::Entity>(&self.month()))?;
        self.check_known(&submitted)?;
        let units = context.group::<unit::Entity>(unit::TIER);
        let units = units
            .into_iter()
            .map(|row| Ok((row.id.clone(), read::<Unit>(&row.id, &row.unit)?)))
            .collect::<Result<BTreeMap<_, _>, Refusal>>()?;
        let all_there = indicators(&programme).all(|indicator| submitted.contains_key(&indicator.code));
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
        let input = Input {
            name: names::snapshot(&self.programme, &period, number),
            period: self.period,
            basis: self.basis,
            cut: cut(context),
            rules: schemes::rules(&definition)?,
            scheme: definition,
            programme,
            holidays: self.holidays(context)?,
            units,
            earlier,
            articles: articles.into_iter().map(|row| (row.unit.clone(), row.late)).collect(),
            published: before,
            submitted,
        };
        let closed = context.get::<period::Entity>(&self.month()).is_some();
        Ok(Month { input, closed, certified_by, number, published })
    }

    /// The version of the programme in force in the month: of several from the same month on the newest.
    fn in_force(&self, versions: &[&programme_version::Model]) -> Result<ProgrammeVersion, Refusal> {
        if versions.is_empty() {
            return Err(Refusal::new(Reason::ProgrammeUnknown).with("programme", &self.programme));
        }
        let period = self.period.to_string();
        let in_force = versions.iter().filter(|row| row.in_force_from <= period).max_by_key(|row| row.version);
        let row = in_force.ok_or_else(|| {
            Refusal::new(Reason::PeriodInvalid).field(
                "period",
                "该月没有已下达的版本",
                "no version is in force in this month",
            )
        })?;
        read(&row.name, &row.document)
    }

    /// The newest published standing on the same basis of each month up to this one, the months in order.
    fn compared<'a>(&self, standings: &[&'a standing::Model]) -> Vec<&'a standing::Model> {
        let period = self.period.to_string();
        let mut by_month: BTreeMap<&str, &standing::Model> = BTreeMap::new();
        for row in standings.iter().copied() {
            let compared = row.basis == i32::from(self.basis) && row.period <= period;
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

    fn holidays(&self, context: &Context<'_>) -> Result<Holidays, Refusal> {
        let mut calendars = Vec::new();
        for year in self.years() {
            if let Some(row) = context.get::<calendar::Entity>(&format!("calendars/{year}")) {
                calendars.push(read::<Calendar>(&row.name, &row.calendar)?);
            }
        }
        convert::calendar::holidays(&calendars)
    }
}

fn indicators(programme: &ProgrammeVersion) -> impl Iterator<Item = &minsheng_proto::catalogue::v1::Indicator> {
    programme.programme.iter().flat_map(|document| &document.projects).flat_map(|project| &project.indicators)
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
