//! A programme's version as a month is judged by it: measures' rules, cut-off dates, thresholds, names in force.

use std::collections::BTreeMap;

use jiff::civil::Date;
use minsheng_domain::calendar::{Holidays, ReportingRule};
use minsheng_domain::indicator::{GroupEvaluation, evaluate_indicator};
use minsheng_domain::light::{Light, NoColour};
use minsheng_domain::measure::{Evaluation, Judging, MeasureSpec, evaluate};
use minsheng_domain::period::Period;
use minsheng_domain::programme::{Programme, TargetKind, measure_spec, split_code};
use minsheng_domain::schedule::SchedulePolicy;
use minsheng_kit::catalogue::Version;
use minsheng_kit::convert;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_proto::catalogue::v1 as proto;
use minsheng_proto::reporting::v1::MeasureValue;

use super::figures::actual;

/// What a month is judged by.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// The document.
    pub(crate) document: &'a proto::Programme,
    /// The month.
    pub(crate) period: Period,
    /// Date the figures are as at.
    pub(crate) cut_off: Date,
    /// Last day of ten days, which no cut-off lies after.
    until: Option<Date>,
    programme: &'a Programme,
    rule: &'a ReportingRule,
    holidays: &'a Holidays,
    policy: SchedulePolicy,
    tiers: Vec<(&'a proto::Project, proto::Indicator)>,
}

/// An indicator judged, with its measures in order.
#[derive(Debug)]
pub(crate) struct Judged {
    /// The whole.
    pub(crate) whole: GroupEvaluation,
    /// Its measures with their rules.
    pub(crate) measures: Vec<(MeasureSpec, Evaluation)>,
}

impl<'a> Plan<'a> {
    /// The version's plan for a month, or for a part of it up to a day.
    ///
    /// # Errors
    /// PROGRAMME_INVALID where no rule can be made of it, which the catalogue does not issue.
    pub(crate) fn new(
        version: &'a Version,
        period: Period,
        until: Option<Date>,
        holidays: &'a Holidays,
    ) -> Result<Self, Refusal> {
        let thresholds = convert::programme::thresholds(&version.document)?;
        Ok(Self {
            document: &version.document,
            period,
            cut_off: no_later(version.rule.cut_off(period, "", holidays), until),
            until,
            programme: &version.programme,
            policy: SchedulePolicy { thresholds, ..SchedulePolicy::default() },
            rule: &version.rule,
            holidays,
            tiers: tiers(version),
        })
    }

    /// What lower tiers report, with the project that it belongs to.
    pub(crate) fn tiers(&self) -> impl Iterator<Item = (&proto::Project, &proto::Indicator)> {
        self.tiers.iter().map(|(project, indicator)| (*project, indicator))
    }

    /// Projects with their indicators, in the document's order.
    pub(crate) fn indicators(&self) -> impl Iterator<Item = (&'a proto::Project, &'a proto::Indicator)> {
        let projects = self.document.projects.iter();
        projects.flat_map(|project| project.indicators.iter().map(move |indicator| (project, indicator)))
    }

    /// Judges an indicator by a figure's values; without one all its measures are without a figure.
    ///
    /// # Errors
    /// PROGRAMME_INVALID as for `new`.
    pub(crate) fn judge(&self, code: &str, values: &[MeasureValue]) -> Result<Judged, Refusal> {
        let indicator = self.programme.indicators().map(|(_, indicator)| indicator).find(|known| known.code == code);
        let indicator = indicator.ok_or_else(|| Refusal::new(Reason::Internal))?;
        let mut measures = Vec::new();
        for measure in &indicator.measures {
            let year = self.programme.year;
            let spec = measure_spec(year, indicator, measure).map_err(|fault| {
                let field = format!("measures[{}].{}", measure.code, fault.field);
                Refusal::new(Reason::ProgrammeInvalid).field(field, fault.zh, fault.en)
            })?;
            let cut_off = no_later(self.rule.cut_off(self.period, &measure.code, self.holidays), self.until);
            let judging = Judging { year, cut_off, policy: self.policy };
            let known = actual(&spec, values);
            let mut evaluation = evaluate(&spec, &known, &judging);
            // A milestone whose standard has no stages yet can be reported and not judged.
            let unstaged = measure.kind == TargetKind::Milestone && measure.stages.is_empty();
            if unstaged && !evaluation.reported && known.value.number().is_some() {
                evaluation.reported = true;
                evaluation.light = Light::NoColour(NoColour::NoCurve);
            }
            measures.push((spec, evaluation));
        }
        let evaluations: Vec<Evaluation> = measures.iter().map(|(_, evaluation)| evaluation.clone()).collect();
        let whole = evaluate_indicator(code, 1, &evaluations, &self.policy.thresholds);
        Ok(Judged { whole, measures })
    }

    /// Leaders in charge on the cut-off date.
    pub(crate) fn leaders(&self, indicator: &proto::Indicator) -> Vec<String> {
        let day = self.cut_off.to_string();
        let in_charge = indicator.leaders_in_charge.iter().filter(|leader| {
            (leader.from.is_empty() || leader.from <= day) && (leader.to.is_empty() || day <= leader.to)
        });
        in_charge.map(|leader| leader.display_name.clone()).collect()
    }

    /// A unit's name on the cut-off date; the one printed where the unit is not known.
    pub(crate) fn unit_name(&self, units: &BTreeMap<String, proto::Unit>, id: &str, printed: &str) -> String {
        let Some(unit) = units.get(id) else {
            return printed.to_owned();
        };
        let day = self.cut_off.to_string();
        if unit.named_from.is_empty() || unit.named_from <= day {
            return unit.display_name.clone();
        }
        let mut former: Vec<&proto::FormerName> =
            unit.former_names.iter().filter(|name| day <= name.named_to).collect();
        former.sort_by(|one, other| one.named_to.cmp(&other.named_to));
        former.first().map_or_else(|| unit.display_name.clone(), |name| name.display_name.clone())
    }
}

fn no_later(day: Date, until: Option<Date>) -> Date {
    until.map_or(day, |until| day.min(until))
}

/// The indicators that lower tiers report as the document would have them: those that they are shares of, with the tier as
/// lead unit and its share as target.
fn tiers(version: &Version) -> Vec<(&proto::Project, proto::Indicator)> {
    let shares = version.programme.indicators().map(|(_, indicator)| indicator).filter(|it| !it.tier.is_empty());
    let documents = &version.document.projects;
    let shares = shares.filter_map(|share| {
        let (of, _) = split_code(&share.code);
        let mut found = documents.iter().flat_map(|project| project.indicators.iter().map(move |it| (project, it)));
        let (project, whole) = found.find(|(_, whole)| whole.code == of)?;
        let measures = share.measures.iter().filter_map(|measure| {
            let (of, _) = split_code(&measure.code);
            let whole = whole.measures.iter().find(|known| known.code == of)?;
            let target = measure.target.map(|target| target.to_string()).unwrap_or_default();
            Some(proto::Measure { code: measure.code.clone(), target, ..whole.clone() })
        });
        let indicator = proto::Indicator {
            code: share.code.clone(),
            title: share.title.clone(),
            lead_unit: share.lead_unit.clone(),
            lead_unit_name: share.lead_unit_name.clone(),
            measures: measures.collect(),
            ..whole.clone()
        };
        Some((project, indicator))
    });
    shares.collect()
}
