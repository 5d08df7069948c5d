//! Closes a month: what has not come by now is missing and is accepted no more. It carries the version in force that it was
//! prepared for, since that says which rows to look at; another version in force by now means to prepare it again.

use std::sync::Arc;

use minsheng_domain::period::Period;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{ClosePeriodResponse, PeriodClosed};

use super::{Desk, Rules, period_closed, wants_rules};
use crate::entity::{article, period, report};
use crate::names::{self, ReportName};
use crate::programme::{InForce, internal};

/// A month to close.
#[derive(Debug)]
pub(crate) struct ClosePeriod {
    in_force: Arc<InForce>,
    period: Period,
    rules: Rules,
}

impl ClosePeriod {
    /// A month with the programme's version in force in it.
    pub(crate) fn new(in_force: Arc<InForce>, period: Period, rules: Rules) -> Self {
        Self { in_force, period, rules }
    }

    fn reports(&self) -> impl Iterator<Item = ReportName> + '_ {
        let in_force = &self.in_force;
        let name = |code: &str| ReportName::of(&in_force.name, in_force.year, code, self.period);
        in_force.indicators.iter().map(move |indicator| name(&indicator.code))
    }

    fn articles(&self) -> impl Iterator<Item = (&str, String)> + '_ {
        let owed = self.in_force.articles > 0;
        let units = self.in_force.own_lead_units().filter(move |_| owed);
        units.map(|unit| (unit, names::article(&self.in_force.name, unit, self.period)))
    }
}

impl Command for ClosePeriod {
    type Answer = ClosePeriodResponse;

    fn wants(&self, wants: &mut Wants) {
        wants_rules(&self.in_force.name, self.in_force.year, wants);
        wants.row::<period::Entity>(names::month(&self.in_force.name, self.period));
        for name in self.reports() {
            wants.row::<report::Entity>(name.name);
        }
        for (_, article) in self.articles() {
            wants.row::<article::Entity>(article);
        }
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        self.rules.wants_more(&self.in_force.name, self.in_force.year, self.period, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ClosePeriodResponse, Refusal> {
        context.authorise(Action::ClosePeriod, &Resource::new("period"))?;
        let programme = self.in_force.name.clone();
        let name = ReportName::of(&programme, self.in_force.year, "", self.period);
        let desk = Desk::open(&name, &self.rules, context)?;
        if desk.in_force.version != self.in_force.version {
            return Err(Refusal::new(Reason::FiguresBehind));
        }
        let key = names::month(&programme, self.period);
        if context.get::<period::Entity>(&key).is_some() {
            return Err(period_closed(&name));
        }
        let deadline = desk.in_force.deadline(self.period, &desk.holidays)?;
        if context.now() < deadline.before {
            return Err(Refusal::new(Reason::PeriodNotDue)
                .because(
                    format!("{}的报送到{}24时截止，之后才能关闭。", self.period.label(), deadline.day),
                    format!("Reports of {} are due until the end of {}.", self.period, deadline.day),
                )
                .with("due_date", deadline.day));
        }
        let came = |name: &ReportName| context.get::<report::Entity>(&name.name).is_some_and(|row| row.version > 0);
        let missing: Vec<String> = self.reports().filter(|name| !came(name)).map(|name| name.name).collect();
        let filed = |article: &str| context.get::<article::Entity>(article).is_some();
        let articles_missing =
            self.articles().filter(|(_, article)| !filed(article)).map(|(unit, _)| unit.to_owned()).collect();
        let event =
            PeriodClosed { programme, period: self.period.to_string(), missing: missing.clone(), articles_missing };
        let sequence = context.record(&key, &event);
        let sequence = i64::try_from(sequence).map_err(|_| internal("a sequence number"))?;
        context.put::<period::Entity>(period::Model { name: key, sequence });
        Ok(ClosePeriodResponse { missing, receipt: None })
    }
}
