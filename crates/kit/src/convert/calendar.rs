//! Calendars and a programme's reporting rules, as the domain reckons with them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use minsheng_domain::calendar::{CutOff, Holidays, ReportingRule, Shift};
use minsheng_proto::catalogue::v1 as proto;

use super::Faults;
use crate::error::{Reason, Refusal};

/// Days off and working weekends of several years' calendars: December's report is due in the next year.
///
/// # Errors
/// CALENDAR_INVALID for a date that is none, or is both off and worked.
pub fn holidays<'a>(calendars: impl IntoIterator<Item = &'a proto::Calendar>) -> Result<Holidays, Refusal> {
    let mut faults = Faults::default();
    let (mut off, mut working) = (Vec::new(), Vec::new());
    for calendar in calendars {
        off.extend(dates("days_off", &calendar.days_off, &mut faults));
        working.extend(dates("working_days", &calendar.working_days, &mut faults));
    }
    faults.check(Reason::CalendarInvalid)?;
    Holidays::new(off, working)
        .map_err(|clash| Refusal::new(Reason::CalendarInvalid).field("working_days", clash.zh(), clash.to_string()))
}

/// Dates of a list, with what is wrong with them.
pub fn dates(field: &str, texts: &[String], faults: &mut Faults) -> Vec<Date> {
    let mut dates = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        let date = faults.keep(super::period::date(&format!("{field}[{place}]"), text));
        dates.extend(date);
    }
    dates
}

/// When a programme's reports are due and what they cover, with the exceptions of single measures.
///
/// # Errors
/// PROGRAMME_INVALID, which an issued programme never is.
pub fn reporting_rule(programme: &proto::Programme) -> Result<ReportingRule, Refusal> {
    let mut faults = Faults::default();
    let rule = read_rule(programme, &mut faults);
    faults.check(Reason::ProgrammeInvalid)?;
    Ok(rule)
}

/// The same, with what is wrong put to other faults.
pub(super) fn read_rule(programme: &proto::Programme, faults: &mut Faults) -> ReportingRule {
    let mut rule = ReportingRule::default();
    let Some(rules) = &programme.reporting_rules else {
        faults.add("reporting_rules", "必填", "is required");
        return rule;
    };
    rule.due_day = faults.number("reporting_rules.due_day", rules.due_day, 1, 28);
    let day: u8 = faults.number("reporting_rules.cut_off_day", rules.cut_off_day, 0, 28);
    let day = if day == 0 { rule.due_day } else { day };
    rule.cut_off = CutOff::Day(day);
    let shift = faults.choice("reporting_rules.deadline_move", rules.deadline_move, |chosen| {
        Some(match chosen {
            proto::DeadlineMove::Unspecified | proto::DeadlineMove::NextWorkingDay => Shift::Next,
            proto::DeadlineMove::PreviousWorkingDay => Shift::Previous,
            proto::DeadlineMove::None => Shift::Stay,
        })
    });
    rule.shift = shift.unwrap_or_default();
    rule.exceptions = exceptions(programme, day, faults);
    rule
}

fn exceptions(programme: &proto::Programme, day: u8, faults: &mut Faults) -> BTreeMap<String, CutOff> {
    let mut exceptions = BTreeMap::new();
    for (p, project) in programme.projects.iter().enumerate() {
        for (i, indicator) in project.indicators.iter().enumerate() {
            for (m, measure) in indicator.measures.iter().enumerate() {
                let field = format!("projects[{p}].indicators[{i}].measures[{m}].cut_off");
                let cut_off = faults.choice(&field, measure.cut_off, |chosen| {
                    Some(match chosen {
                        proto::CutOff::Unspecified => None,
                        proto::CutOff::Day => Some(CutOff::Day(day)),
                        proto::CutOff::LastMonthEnd => Some(CutOff::LastMonthEnd),
                    })
                });
                if let Some(Some(cut_off)) = cut_off {
                    exceptions.insert(measure.code.clone(), cut_off);
                }
            }
        }
    }
    exceptions
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn programme() -> proto::Programme {
        let text = include_str!("../../../../deploy/programmes/anhua-2023/programme.json");
        crate::convert::json::from_json(text).unwrap()
    }

    #[test]
    fn cut_off_and_direction_are_data() {
        let mut programme = programme();
        assert_eq!(reporting_rule(&programme).unwrap(), ReportingRule::default());
        programme.projects[0].indicators[0].measures[0].cut_off = proto::CutOff::LastMonthEnd.into();
        let rules = programme.reporting_rules.as_mut().unwrap();
        rules.due_day = 25;
        rules.cut_off_day = 15;
        rules.deadline_move = proto::DeadlineMove::PreviousWorkingDay.into();
        let rule = reporting_rule(&programme).unwrap();
        assert_eq!((rule.due_day, rule.cut_off, rule.shift), (25, CutOff::Day(15), Shift::Previous));
        assert_eq!(rule.exceptions["1.1-1"], CutOff::LastMonthEnd);
        programme.reporting_rules.as_mut().unwrap().deadline_move = 9;
        let refusal = reporting_rule(&programme).unwrap_err();
        assert_eq!(refusal.violations[0].field, "reporting_rules.deadline_move");
    }

    #[test]
    fn a_day_is_off_or_worked() {
        let calendar = |off: &str, working: &str| proto::Calendar {
            days_off: vec![off.into()],
            working_days: vec![working.into()],
            ..proto::Calendar::default()
        };
        let both = [calendar("2023-06-22", "2023-06-25"), calendar("2024-01-01", "2024-02-04")];
        let holidays = holidays(&both).unwrap();
        let day = |text: &str| holidays.is_working_day(text.parse().unwrap());
        assert!(day("2023-06-25") && day("2024-02-04") && !day("2023-06-22") && !day("2024-01-01"));
        let clash = super::holidays([&calendar("2023-06-25", "2023-06-25")]).unwrap_err();
        assert_eq!(clash.reason, Reason::CalendarInvalid);
        let broken = super::holidays([&calendar("2023-6-25", "2023-06-25")]).unwrap_err();
        assert_eq!(broken.violations[0].field, "days_off[0]");
    }
}
