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
    Holidays::new(off, working).map_err(|clash| {
        Refusal::new(Reason::CalendarInvalid).field("working_days", clash.zh(), clash.to_string())
    })
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
