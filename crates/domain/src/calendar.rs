//! The reporting calendar: days off, a month's deadline and cut-off date, the range of "this period", and lateness in
//! working days. Field rules §2 (periods) and §9; every rule is data of the programme with the field's default.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};

use crate::period::{Period, PeriodKind, beijing_date, beijing_instant};

/// Days off and working weekends, from the State Council's yearly notice; weekends are off by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holidays {
    off: BTreeSet<Date>,
    working: BTreeSet<Date>,
}

/// A date is given both as a day off and as a working day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is given both as a day off and as a working day")]
pub struct HolidayClash(pub Date);

impl HolidayClash {
    /// The same in Chinese.
    pub fn zh(self) -> String {
        format!("{}既列为放假日又列为上班日", self.0)
    }
}

impl Holidays {
    /// A table of days off and of weekend days that are worked.
    pub fn new(
        off: impl IntoIterator<Item = Date>,
        working: impl IntoIterator<Item = Date>,
    ) -> Result<Holidays, HolidayClash> {
        let (off, working): (BTreeSet<Date>, BTreeSet<Date>) =
            (off.into_iter().collect(), working.into_iter().collect());
        match off.intersection(&working).next() {
            Some(clash) => Err(HolidayClash(*clash)),
            None => Ok(Holidays { off, working }),
        }
    }

    /// True for a day on which offices work.
    pub fn is_working_day(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        self.working.contains(&day) || !(weekend || self.off.contains(&day))
    }

    /// The day itself if it is worked, else the nearest worked one in a direction; the day itself if 60 days find none.
    fn moved(&self, day: Date, shift: Shift) -> Date {
        let step = |from: &Date| match shift {
            Shift::Next => from.tomorrow().ok(),
            Shift::Previous => from.yesterday().ok(),
            Shift::Stay => None,
        };
        let mut days = std::iter::successors(Some(day), step).take(60);
        days.find(|day| self.is_working_day(*day)).unwrap_or(day)
    }
}

/// Where a deadline on a day off moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shift {
    /// To the next working day.
    #[default]
    Next,
    /// To the working day before.
    Previous,
    /// Nowhere.
    Stay,
}

/// Up to which date a month's report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutOff {
    /// Up to this day of the month, or its last day if it is shorter.
    Day(u8),
    /// Up to the end of the month before: power companies, tax, employment systems.
    LastMonthEnd,
}

/// When reports are due and what they cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportingRule {
    /// Day of the month on which the month's report is due. Default 20.
    pub due_day: u8,
    /// Hour in Beijing, 0 to 24, at which it is due; exclusive. Default 24, the next day's 0.
    pub due_hour: u8,
    /// Where a deadline on a day off moves.
    pub shift: Shift,
    /// Cut-off of most measures. Default the 20th.
    pub cut_off: CutOff,
    /// Cut-off of single measures, by code.
    pub exceptions: BTreeMap<String, CutOff>,
}

impl Default for ReportingRule {
    fn default() -> Self {
        ReportingRule {
            due_day: 20,
            due_hour: 24,
            shift: Shift::Next,
            cut_off: CutOff::Day(20),
            exceptions: BTreeMap::new(),
        }
    }
}

/// When a report is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The day that people know.
    pub day: Date,
    /// The instant before which the whole report must have been received: the 20th, 24:00 is the 21st, 00:00+08:00.
    pub before: Timestamp,
}

/// Whether and how late a report came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// Received before the deadline.
    OnTime,
    /// Late by this many working days begun; 0 if it came on a day off before the next working day.
    Late {
        /// Working days from the deadline to the day it was received, that day included.
        working_days: u32,
    },
}

impl ReportingRule {
    /// The deadline of a month's report; of a quarter's or year's, that of its last month. December's report is due in
    /// January and closes the year. A ten-day brief rests on what is there and has no deadline.
    pub fn deadline(&self, period: Period, holidays: &Holidays) -> Option<Deadline> {
        let month = reported_month(period)?;
        let in_month = if month.last_month() == 12 { month.last_day().tomorrow().ok()? } else { month.first_day() };
        let day = holidays.moved(day_of_month(in_month, self.due_day), self.shift);
        Some(Deadline { day, before: beijing_instant(day, self.due_hour) })
    }

    /// The date up to which a measure's value counts: never after the deadline; December's closes the year; a ten-day
    /// period's is its last day.
    pub fn cut_off(&self, period: Period, measure: &str, holidays: &Holidays) -> Date {
        let Some(month) = reported_month(period) else {
            return period.last_day();
        };
        let date = match self.exceptions.get(measure).unwrap_or(&self.cut_off) {
            _ if month.last_month() == 12 => month.last_day(),
            CutOff::Day(day) => day_of_month(month.first_day(), *day),
            CutOff::LastMonthEnd => month.first_day().yesterday().unwrap_or(month.first_day()),
        };
        self.deadline(month, holidays).map_or(date, |deadline| date.min(deadline.day))
    }

    /// First and last day of "this period": from the day after the last cut-off. None if that leaves no day, as for
    /// January where the cut-off is the month before.
    pub fn range(&self, period: Period, measure: &str, holidays: &Holidays) -> Option<(Date, Date)> {
        if period.kind() == PeriodKind::TenDay {
            return Some((period.first_day(), period.last_day()));
        }
        let last = self.cut_off(period, measure, holidays);
        let first = match period.previous() {
            Some(before) => self.cut_off(before, measure, holidays).tomorrow().ok()?,
            None => period.first_day(),
        };
        (first <= last).then_some((first, last))
    }
}

impl Deadline {
    /// How late a report is that was wholly received at an instant.
    pub fn lateness(&self, received: Timestamp, holidays: &Holidays) -> Lateness {
        if received < self.before {
            return Lateness::OnTime;
        }
        let last = beijing_date(received);
        let days = std::iter::successors(Some(beijing_date(self.before)), |day| day.tomorrow().ok());
        let worked = days.take_while(|day| *day <= last).filter(|day| holidays.is_working_day(*day)).count();
        Lateness::Late { working_days: u32::try_from(worked).unwrap_or(u32::MAX) }
    }
}

/// The month whose report carries the period; none for ten-day periods.
fn reported_month(period: Period) -> Option<Period> {
    match period.kind() {
        PeriodKind::TenDay => None,
        _ => Period::month(period.calendar_year(), period.last_month()).ok(),
    }
}

fn day_of_month(in_month: Date, day: u8) -> Date {
    let last = in_month.last_of_month();
    let day = day.clamp(1, last.day().unsigned_abs());
    jiff::civil::Date::new(last.year(), last.month(), day.cast_signed()).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use jiff::civil::date;

    /// Days off and working weekends of 2023 around the deadlines.
    fn of_2023() -> Holidays {
        let june = (22..=24).map(|day| date(2023, 6, day));
        let autumn = [date(2023, 9, 29), date(2023, 9, 30)].into_iter().chain((1..=6).map(|day| date(2023, 10, day)));
        Holidays::new(june.chain(autumn), [date(2023, 6, 25), date(2023, 10, 7), date(2023, 10, 8)]).unwrap()
    }

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn deadline(rule: &ReportingRule, text: &str) -> Deadline {
        rule.deadline(period(text), &of_2023()).unwrap()
    }

    #[test]
    fn the_20th_24_00_is_the_21st_0_00_in_beijing() {
        let june = deadline(&ReportingRule::default(), "2023-06");
        assert_eq!(june.day, date(2023, 6, 20));
        assert_eq!(june.before, instant("2023-06-21T00:00:00+08:00"));
        let holidays = of_2023();
        assert_eq!(june.lateness(instant("2023-06-20T23:59:59.999+08:00"), &holidays), Lateness::OnTime);
        assert_eq!(june.lateness(june.before, &holidays), Lateness::Late { working_days: 1 });
        // 21 June is worked, 22 to 24 are off, 25 is a working Sunday.
        for (received, working_days) in [("2023-06-23", 1), ("2023-06-25", 2), ("2023-06-26", 3)] {
            let received = instant(&format!("{received}T12:00:00+08:00"));
            assert_eq!(june.lateness(received, &holidays), Lateness::Late { working_days });
        }
    }

    #[test]
    fn a_deadline_on_a_day_off_moves_and_the_cut_off_stays_before_it() {
        let holidays = of_2023();
        let default = ReportingRule::default();
        let august = deadline(&default, "2023-08"); // 20 August is a Sunday
        assert_eq!(august.day, date(2023, 8, 21));
        assert_eq!(august.before, instant("2023-08-22T00:00:00+08:00"));
        assert_eq!(default.cut_off(period("2023-08"), "3.1-1", &holidays), date(2023, 8, 20));
        let earlier = ReportingRule { shift: Shift::Previous, ..ReportingRule::default() };
        assert_eq!(deadline(&earlier, "2023-08").day, date(2023, 8, 18));
        assert_eq!(earlier.cut_off(period("2023-08"), "3.1-1", &holidays), date(2023, 8, 18));
        let stay = ReportingRule { shift: Shift::Stay, ..ReportingRule::default() };
        assert_eq!(deadline(&stay, "2023-08").day, date(2023, 8, 20));
        let late_june = ReportingRule { due_day: 22, ..ReportingRule::default() };
        assert_eq!(deadline(&late_june, "2023-06").day, date(2023, 6, 25)); // a working Sunday
        let autumn = ReportingRule { due_day: 29, ..ReportingRule::default() };
        assert_eq!(deadline(&autumn, "2023-09").day, date(2023, 10, 7)); // a working Saturday
    }

    #[test]
    fn the_hour_is_data() {
        let noon = ReportingRule { due_hour: 12, ..ReportingRule::default() };
        assert_eq!(deadline(&noon, "2023-06").before, instant("2023-06-20T12:00:00+08:00"));
        let received = instant("2023-06-20T12:00:00+08:00");
        assert_eq!(deadline(&noon, "2023-06").lateness(received, &of_2023()), Lateness::Late { working_days: 1 });
    }

    #[test]
    fn this_period_runs_from_the_day_after_the_last_cut_off() {
        let holidays = of_2023();
        let rule = ReportingRule::default();
        let range = |text: &str| rule.range(period(text), "3.1-1", &holidays).unwrap();
        assert_eq!(range("2023-01"), (date(2023, 1, 1), date(2023, 1, 20)));
        assert_eq!(range("2023-06"), (date(2023, 5, 21), date(2023, 6, 20)));
        assert_eq!(range("2023-12"), (date(2023, 11, 21), date(2023, 12, 31)));
        assert_eq!(range("2023-Q2"), (date(2023, 3, 21), date(2023, 6, 20)));
        assert_eq!(range("2023"), (date(2023, 1, 1), date(2023, 12, 31)));
        assert_eq!(range("2023-06-X2"), (date(2023, 6, 11), date(2023, 6, 20)));
    }

    #[test]
    fn december_is_due_in_january_and_closes_the_year() {
        let december = deadline(&ReportingRule::default(), "2023-12");
        assert_eq!(december.day, date(2024, 1, 22)); // 20 January 2024 is a Saturday
        assert_eq!(deadline(&ReportingRule::default(), "2023").day, december.day);
        assert_eq!(ReportingRule::default().deadline(period("2023-12-X3"), &of_2023()), None);
    }

    #[test]
    fn single_measures_have_cut_offs_of_their_own() {
        let holidays = of_2023();
        let exceptions = BTreeMap::from([("10.2-1".to_owned(), CutOff::LastMonthEnd)]);
        let rule = ReportingRule { exceptions, ..ReportingRule::default() };
        assert_eq!(rule.cut_off(period("2023-06"), "10.2-1", &holidays), date(2023, 5, 31));
        assert_eq!(rule.cut_off(period("2023-06"), "10.2-2", &holidays), date(2023, 6, 20));
        assert_eq!(rule.cut_off(period("2023-12"), "10.2-1", &holidays), date(2023, 12, 31));
        assert_eq!(rule.range(period("2023-01"), "10.2-1", &holidays), None);
    }

    #[test]
    fn a_day_is_off_or_worked_and_not_both() {
        let day = date(2023, 6, 25);
        assert_eq!(Holidays::new([day], [day]), Err(HolidayClash(day)));
    }
}
