//! Reporting discipline: what is missing, late, returned, to be confirmed, adjusted, and which articles are owed. Missing is
//! not zero, and each kind stands in a list of its own.

use std::collections::BTreeMap;

use minsheng_proto::ranking::v1::{Discipline, DisciplineRow};
use minsheng_proto::verification::v1::AdjustedValue;

use super::Input;
use super::figures::{Submitted, shown};
use super::indicators::Assessed;
use super::plan::Plan;

/// The lists, by indicator in the document's order.
pub(crate) fn discipline(input: &Input, plan: &Plan<'_>, indicators: &[Assessed<'_>]) -> Discipline {
    let mut lists = Discipline { owed: i32::try_from(indicators.len()).unwrap_or(i32::MAX), ..Discipline::default() };
    for indicator in indicators {
        let row = |detail: String| DisciplineRow {
            unit: indicator.row.unit.clone(),
            unit_name: indicator.row.unit_name.clone(),
            indicator: indicator.row.indicator.clone(),
            detail,
        };
        match first(indicator.versions) {
            None => lists.missing.push(row("未报送".to_owned())),
            Some(first) if first.late => lists.late.push(row(late(first.working_days_late))),
            Some(_) => lists.on_time += 1,
        }
        if let Some(newest) = indicator.versions.last() {
            if let Some(returned) = &newest.returned {
                let reasons: Vec<&str> = returned.reasons.iter().map(|reason| reason.reason.as_str()).collect();
                lists.returned.push(row(format!("退回，尚未重报：{}", reasons.join("；"))));
            }
            if newest.to_confirm {
                lists.to_confirm.push(row("由实事办代录，待单位确认".to_owned()));
            }
        }
        lists.adjusted.extend(adjusted(indicator.versions).map(|value| row(before_and_after(indicator, value))));
    }
    articles(input, plan, indicators, &mut lists);
    lists
}

/// Codes of an indicator's measures that were returned or adjusted in the month. A version returned as a whole counts once.
pub(crate) fn corrected<'a>(indicator: &'a Assessed<'_>) -> impl Iterator<Item = String> + 'a {
    let code = &indicator.row.indicator;
    let reasons = indicator.versions.iter().filter_map(|version| version.returned.as_ref()).flat_map(|it| &it.reasons);
    let named = move |measure: &String| {
        if measure.is_empty() { code.clone() } else { measure.clone() }
    };
    let returned = reasons.map(move |reason| named(&reason.measure));
    returned.chain(adjusted(indicator.versions).map(|value| value.measure.clone()))
}

/// The submission that says when a report came: the first.
pub(crate) fn first(versions: &[Submitted]) -> Option<&Submitted> {
    versions.iter().find(|version| version.known)
}

fn adjusted(versions: &[Submitted]) -> impl Iterator<Item = &AdjustedValue> {
    versions.iter().filter_map(|version| version.certified.as_ref()).flat_map(|(_, certified)| &certified.adjusted)
}

fn late(working_days: i32) -> String {
    match working_days {
        ..=0 => "逾期报送".to_owned(),
        days => format!("迟报{days}个工作日"),
    }
}

fn before_and_after(indicator: &Assessed<'_>, value: &AdjustedValue) -> String {
    let measure = indicator.row.measures.iter().find(|measure| measure.measure == value.measure);
    let title = measure.map_or(value.measure.as_str(), |measure| measure.title.as_str());
    let (before, after) = (shown(value.reported.as_ref()), shown(value.certified.as_ref()));
    format!("{title}由{before}调整为{after}：{}", value.reason)
}

/// Every lead unit owes its article where the programme asks for any.
fn articles(input: &Input, plan: &Plan<'_>, indicators: &[Assessed<'_>], lists: &mut Discipline) {
    let owed = plan.document.reporting_rules.as_ref().is_some_and(|rules| rules.experience_articles > 0);
    if !owed {
        return;
    }
    let units: BTreeMap<&str, &str> =
        indicators.iter().map(|it| (it.row.unit.as_str(), it.row.unit_name.as_str())).collect();
    for (unit, name) in units {
        let row = |detail: &str| DisciplineRow {
            unit: unit.to_owned(),
            unit_name: name.to_owned(),
            indicator: String::new(),
            detail: detail.to_owned(),
        };
        match input.articles.get(unit) {
            None => lists.articles_missing.push(row("典型经验未报送")),
            Some((true, _)) => lists.late.push(row("典型经验逾期报送")),
            Some((false, _)) => {}
        }
    }
}
