//! Periods (期) in their one canonical form, `2023`, `2023-Q2`, `2023-06`, `2023-06-X1` (旬), and Beijing's civil time.
//! No clock: who needs the present passes an instant in.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::{Timestamp, tz};

/// Earliest year of a period.
pub const FIRST_YEAR: i16 = 2000;
/// Latest year of a period.
pub const LAST_YEAR: i16 = 2099;

/// Length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodKind {
    /// 年.
    Year,
    /// 季.
    Quarter,
    /// 月.
    Month,
    /// 旬: days 1–10, 11–20, 21 to the month's end.
    TenDay,
}

impl PeriodKind {
    /// Number of such periods in a year.
    fn per_year(self) -> u8 {
        match self {
            PeriodKind::Year => 1,
            PeriodKind::Quarter => 4,
            PeriodKind::Month => 12,
            PeriodKind::TenDay => 36,
        }
    }
}

/// Why a text is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Not of the form `2023`, `2023-Q2`, `2023-06` or `2023-06-X1`.
    #[error("a period is written 2023, 2023-Q2, 2023-06 or 2023-06-X1")]
    Form,
    /// The year lies outside 2000–2099.
    #[error("the year of a period lies between 2000 and 2099")]
    Year,
    /// There is no such quarter.
    #[error("a quarter is Q1 to Q4")]
    Quarter,
    /// There is no such month.
    #[error("a month is 01 to 12")]
    Month,
    /// There is no such ten-day period.
    #[error("a ten-day period is X1 to X3")]
    TenDay,
}

impl PeriodError {
    /// The same in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            PeriodError::Form => "期的写法为2023、2023-Q2、2023-06或2023-06-X1",
            PeriodError::Year => "期的年份应在2000至2099之间",
            PeriodError::Quarter => "季度应为Q1至Q4",
            PeriodError::Month => "月份应为01至12",
            PeriodError::TenDay => "旬应为X1至X3",
        }
    }
}

/// A year, quarter, month or ten-day period. Ordered by its first day, the longer first.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    year: i16,
    kind: PeriodKind,
    /// Counted from zero within the year.
    index: u8,
}

impl Period {
    /// A year.
    pub fn year(year: i16) -> Result<Period, PeriodError> {
        Self::checked(year, PeriodKind::Year, 0)
    }

    /// A quarter, 1 to 4.
    pub fn quarter(year: i16, quarter: u8) -> Result<Period, PeriodError> {
        match quarter {
            1..=4 => Self::checked(year, PeriodKind::Quarter, quarter - 1),
            _ => Err(PeriodError::Quarter),
        }
    }

    /// A month, 1 to 12.
    pub fn month(year: i16, month: u8) -> Result<Period, PeriodError> {
        match month {
            1..=12 => Self::checked(year, PeriodKind::Month, month - 1),
            _ => Err(PeriodError::Month),
        }
    }

    /// A ten-day period: month 1 to 12, part 1 to 3.
    pub fn ten_day(year: i16, month: u8, part: u8) -> Result<Period, PeriodError> {
        match (month, part) {
            (1..=12, 1..=3) => Self::checked(year, PeriodKind::TenDay, (month - 1) * 3 + part - 1),
            (1..=12, _) => Err(PeriodError::TenDay),
            _ => Err(PeriodError::Month),
        }
    }

    fn checked(year: i16, kind: PeriodKind, index: u8) -> Result<Period, PeriodError> {
        if (FIRST_YEAR..=LAST_YEAR).contains(&year) { Ok(Period { year, kind, index }) } else { Err(PeriodError::Year) }
    }

    /// The month in which a date lies; none outside 2000–2099.
    pub fn month_of(date: Date) -> Option<Period> {
        Self::month(date.year(), date.month().unsigned_abs()).ok()
    }

    /// How long it is.
    pub fn kind(self) -> PeriodKind {
        self.kind
    }

    /// The calendar year in which it lies.
    pub fn calendar_year(self) -> i16 {
        self.year
    }

    /// The calendar month of its last day, 1 to 12.
    pub fn last_month(self) -> u8 {
        match self.kind {
            PeriodKind::Year => 12,
            PeriodKind::Quarter => self.index * 3 + 3,
            PeriodKind::Month => self.index + 1,
            PeriodKind::TenDay => self.index / 3 + 1,
        }
    }

    /// First day, included.
    pub fn first_day(self) -> Date {
        let month = match self.kind {
            PeriodKind::Year => 1,
            PeriodKind::Quarter => self.index * 3 + 1,
            PeriodKind::Month | PeriodKind::TenDay => self.last_month(),
        };
        let day = if self.kind == PeriodKind::TenDay { self.index % 3 * 10 + 1 } else { 1 };
        jiff::civil::date(self.year, month.cast_signed(), day.cast_signed())
    }

    /// Last day, included.
    pub fn last_day(self) -> Date {
        let first_of_month = jiff::civil::date(self.year, self.last_month().cast_signed(), 1);
        match (self.kind, self.index % 3) {
            (PeriodKind::TenDay, part @ (0 | 1)) => {
                jiff::civil::date(self.year, self.last_month().cast_signed(), (part * 10 + 10).cast_signed())
            }
            _ => first_of_month.last_of_month(),
        }
    }

    /// True if the date lies in it.
    pub fn contains(self, date: Date) -> bool {
        self.first_day() <= date && date <= self.last_day()
    }

    /// The one before of the same kind; none before 2000.
    pub fn previous(self) -> Option<Period> {
        match self.index.checked_sub(1) {
            Some(index) => Some(Period { index, ..self }),
            None => Self::checked(self.year - 1, self.kind, self.kind.per_year() - 1).ok(),
        }
    }

    /// The next of the same kind; none after 2099.
    pub fn next(self) -> Option<Period> {
        let index = self.index + 1;
        if index < self.kind.per_year() {
            return Some(Period { index, ..self });
        }
        Self::checked(self.year + 1, self.kind, 0).ok()
    }

    /// How it is called in Chinese documents: 2023年, 2023年第二季度, 2023年6月, 2023年6月上旬.
    pub fn label(self) -> String {
        let (year, month) = (self.year, self.last_month());
        match self.kind {
            PeriodKind::Year => format!("{year}年"),
            PeriodKind::Quarter => format!("{year}年第{}季度", ["一", "二", "三", "四"][usize::from(self.index % 4)]),
            PeriodKind::Month => format!("{year}年{month}月"),
            PeriodKind::TenDay => format!("{year}年{month}月{}旬", ["上", "中", "下"][usize::from(self.index % 3)]),
        }
    }
}

fn number(text: &str, digits: usize) -> Result<u8, PeriodError> {
    if text.len() != digits || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PeriodError::Form);
    }
    text.parse().map_err(|_| PeriodError::Form)
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let mut parts = text.split('-');
        let year = parts.next().unwrap_or_default();
        if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PeriodError::Form);
        }
        let year: i16 = year.parse().map_err(|_| PeriodError::Form)?;
        match (parts.next(), parts.next(), parts.next()) {
            (None, _, _) => Self::year(year),
            (Some(part), None, _) => match part.strip_prefix('Q') {
                Some(quarter) => Self::quarter(year, number(quarter, 1)?),
                None => Self::month(year, number(part, 2)?),
            },
            (Some(month), Some(part), None) => {
                let part = part.strip_prefix('X').ok_or(PeriodError::Form)?;
                Self::ten_day(year, number(month, 2)?, number(part, 1)?)
            }
            _ => Err(PeriodError::Form),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.year, self.last_month());
        match self.kind {
            PeriodKind::Year => write!(f, "{year}"),
            PeriodKind::Quarter => write!(f, "{year}-Q{}", self.index + 1),
            PeriodKind::Month => write!(f, "{year}-{month:02}"),
            PeriodKind::TenDay => write!(f, "{year}-{month:02}-X{}", self.index % 3 + 1),
        }
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Period({self})")
    }
}

impl Ord for Period {
    fn cmp(&self, other: &Period) -> Ordering {
        (self.first_day(), self.kind).cmp(&(other.first_day(), other.kind))
    }
}

impl PartialOrd for Period {
    fn partial_cmp(&self, other: &Period) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Beijing time's offset from UTC; it has known no summer time since 1991.
const BEIJING: tz::Offset = tz::Offset::constant(8);

/// The civil date in Beijing at an instant.
pub fn beijing_date(instant: Timestamp) -> Date {
    BEIJING.to_datetime(instant).date()
}

/// The instant at which `hour` (0–24) strikes in Beijing on a date; 24 is the next day's 0.
pub fn beijing_instant(date: Date, hour: u8) -> Timestamp {
    let midnight = BEIJING.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX);
    midnight.saturating_add(jiff::SignedDuration::from_hours(i64::from(hour.min(24)))).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn only_the_canonical_form_is_read() {
        for (text, error) in [
            ("2025-13", PeriodError::Month),
            ("2025-00", PeriodError::Month),
            ("25-1", PeriodError::Form),
            ("2025-1", PeriodError::Form),
            ("9999", PeriodError::Year),
            ("9999-01", PeriodError::Year),
            ("1999-12", PeriodError::Year),
            ("2023-Q0", PeriodError::Quarter),
            ("2023-Q5", PeriodError::Quarter),
            ("2023-q1", PeriodError::Form),
            ("2023-06-X0", PeriodError::TenDay),
            ("2023-06-X4", PeriodError::TenDay),
            ("2023-06-20", PeriodError::Form),
            ("2023-06-X1-", PeriodError::Form),
            ("2023-", PeriodError::Form),
            ("２０２３", PeriodError::Form),
            ("+2023", PeriodError::Form),
            ("", PeriodError::Form),
            (" 2023", PeriodError::Form),
        ] {
            assert_eq!(text.parse::<Period>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_period_knows_its_days_and_neighbours() {
        for (text, first, last, previous, next) in [
            ("2023", date(2023, 1, 1), date(2023, 12, 31), "2022", "2024"),
            ("2023-Q1", date(2023, 1, 1), date(2023, 3, 31), "2022-Q4", "2023-Q2"),
            ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "2024-01", "2024-03"),
            ("2023-02-X3", date(2023, 2, 21), date(2023, 2, 28), "2023-02-X2", "2023-03-X1"),
            ("2023-01-X1", date(2023, 1, 1), date(2023, 1, 10), "2022-12-X3", "2023-01-X2"),
            ("2023-06-X2", date(2023, 6, 11), date(2023, 6, 20), "2023-06-X1", "2023-06-X3"),
        ] {
            let it = period(text);
            assert_eq!((it.first_day(), it.last_day()), (first, last), "{text}");
            assert_eq!(it.previous().unwrap(), period(previous));
            assert_eq!(it.next().unwrap(), period(next));
            assert!(it.contains(first) && it.contains(last) && !it.contains(last.tomorrow().unwrap()));
        }
        assert_eq!(period("2000-01").previous(), None);
        assert_eq!(period("2099-Q4").next(), None);
        assert_eq!(period("2023-06-X3").label(), "2023年6月下旬");
        assert_eq!(period("2023-Q2").label(), "2023年第二季度");
    }

    #[test]
    fn order_is_by_time_the_longer_first() {
        let mut periods: Vec<Period> =
            ["2023-01-X1", "2023-02", "2023", "2023-01", "2022-12", "2023-Q1"].map(period).to_vec();
        periods.sort();
        let sorted: Vec<String> = periods.iter().map(Period::to_string).collect();
        assert_eq!(sorted, ["2022-12", "2023", "2023-Q1", "2023-01", "2023-01-X1", "2023-02"]);
    }

    #[test]
    fn beijing_is_eight_hours_ahead() {
        let eve: Timestamp = "2023-06-20T15:59:59Z".parse().unwrap();
        let midnight: Timestamp = "2023-06-20T16:00:00Z".parse().unwrap();
        assert_eq!(beijing_date(eve), date(2023, 6, 20));
        assert_eq!(beijing_date(midnight), date(2023, 6, 21));
        assert_eq!(beijing_instant(date(2023, 6, 20), 24), midnight);
        assert_eq!(beijing_instant(date(2023, 6, 21), 0), midnight);
    }

    proptest! {
        #[test]
        fn shown_and_read_again_is_the_same(year in 2000_i16..=2099, kind in 0_u8..4, month in 1_u8..=12, part in 1_u8..=3) {
            let it = match kind {
                0 => Period::year(year),
                1 => Period::quarter(year, part),
                2 => Period::month(year, month),
                _ => Period::ten_day(year, month, part),
            }.unwrap();
            prop_assert_eq!(it.to_string().parse::<Period>(), Ok(it));
            if let Some(next) = it.next() {
                prop_assert_eq!(next.previous(), Some(it));
                prop_assert_eq!(it.last_day().tomorrow().unwrap(), next.first_day());
                prop_assert!(it < next);
            }
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in ".{0,12}") {
            if let Ok(it) = text.parse::<Period>() {
                prop_assert_eq!(it.to_string(), text);
            }
        }
    }
}
