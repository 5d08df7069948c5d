//! Who owes what by when: a month's duties from the programme in force, and how far each is fulfilled.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use minsheng_domain::calendar::{Deadline, Holidays};
use minsheng_domain::period::Period;
use minsheng_domain::programme::tier_of_unit;
use minsheng_kit::clock;
use minsheng_proto::catalogue::v1::Unit;
use minsheng_proto::reporting::v1::{Duty, DutyKind, ReportState};

use crate::entity::{article, report};
use crate::names::{self, ReportName};
use crate::programme::{InForce, LedIndicator};

/// What a month's duties are made of.
pub(crate) struct Month<'a> {
    /// The programme's version in force.
    pub(crate) in_force: &'a InForce,
    /// The month.
    pub(crate) period: Period,
    /// Its deadline.
    pub(crate) deadline: Deadline,
    /// Working days.
    pub(crate) holidays: &'a Holidays,
    /// Reports begun, by name.
    pub(crate) reports: HashMap<&'a str, &'a report::Model>,
    /// Articles filed, by name.
    pub(crate) articles: HashMap<&'a str, &'a article::Model>,
    /// Units by id.
    pub(crate) units: HashMap<&'a str, &'a Unit>,
    /// The present moment.
    pub(crate) now: Timestamp,
}

impl Month<'_> {
    /// All duties, or those of one unit: by unit, then indicator in the document's order, the article last.
    pub(crate) fn duties(&self, unit: Option<&str>) -> Vec<Duty> {
        let mut duties = Vec::new();
        let units = self.in_force.lead_units().into_iter();
        for lead in units.filter(|lead| unit.is_none_or(|unit| unit == *lead)) {
            let led = self.in_force.indicators.iter().filter(|indicator| indicator.lead_unit == lead);
            let mut printed = "";
            for indicator in led {
                printed = &indicator.lead_unit_name;
                duties.push(self.report(indicator));
            }
            if self.in_force.articles > 0 && tier_of_unit(lead).is_none() {
                duties.push(self.article(lead, printed));
            }
        }
        duties
    }

    fn report(&self, indicator: &LedIndicator) -> Duty {
        let name = ReportName::of(&self.in_force.name, self.in_force.year, &indicator.code, self.period).name;
        let row = self.reports.get(name.as_str());
        let state = row.map_or(ReportState::NotStarted, |row| row.state());
        let received = row.filter(|row| row.version > 0);
        Duty {
            kind: DutyKind::Report.into(),
            indicator: indicator.code.clone(),
            indicator_title: indicator.title.clone(),
            report: name,
            state: state.into(),
            fulfilled: matches!(state, ReportState::Submitted | ReportState::Fast | ReportState::Certified),
            late: received.map_or(self.is_overdue(), |row| row.late),
            evidence_required: indicator.evidence_required(),
            ..self.duty(&indicator.lead_unit, &indicator.lead_unit_name)
        }
    }

    fn article(&self, unit: &str, printed: &str) -> Duty {
        let name = names::article(&self.in_force.name, unit, self.period);
        let row = self.articles.get(name.as_str());
        Duty {
            kind: DutyKind::Article.into(),
            fulfilled: row.is_some(),
            late: row.map_or(self.is_overdue(), |row| row.late),
            ..self.duty(unit, printed)
        }
    }

    fn duty(&self, unit: &str, printed: &str) -> Duty {
        let known = self.units.get(unit).map(|known| name_on(known, self.deadline.day));
        Duty {
            unit: unit.to_owned(),
            unit_name: known.unwrap_or(printed).to_owned(),
            due_date: self.deadline.day.to_string(),
            due_before: Some(clock::to_proto(self.deadline.before)),
            cut_off: self.in_force.cut_off(self.period, self.holidays).to_string(),
            ..Duty::default()
        }
    }

    fn is_overdue(&self) -> bool {
        self.now >= self.deadline.before
    }
}

/// A unit's name on a day: a month keeps the name of its time.
fn name_on(unit: &Unit, day: Date) -> &str {
    let earlier = unit.former_names.iter().filter(|former| former.named_to.parse::<Date>().is_ok_and(|to| day <= to));
    let first = earlier.min_by(|a, b| a.named_to.cmp(&b.named_to));
    first.map_or(unit.display_name.as_str(), |former| former.display_name.as_str())
}

#[cfg(test)]
mod tests {
    use minsheng_proto::catalogue::v1::FormerName;

    use super::*;

    #[test]
    fn a_month_keeps_the_name_of_its_time() {
        let former = |name: &str, to: &str| FormerName { display_name: name.to_owned(), named_to: to.to_owned() };
        let unit = Unit {
            display_name: "县数据局".to_owned(),
            former_names: vec![former("县信息办", "2022-12-31"), former("县大数据中心", "2023-06-30")],
            ..Unit::default()
        };
        let on = |month, day| name_on(&unit, jiff::civil::date(2023, month, day));
        assert_eq!([on(1, 1), on(6, 30), on(7, 1)], ["县大数据中心", "县大数据中心", "县数据局"]);
        assert_eq!(name_on(&unit, jiff::civil::date(2022, 12, 31)), "县信息办");
    }
}
