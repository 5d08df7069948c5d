//! DutyService: who owes what by when, and the closing of a month.

use std::collections::HashMap;

use minsheng_domain::period::Period;
use minsheng_kit::convert;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::page::{self, Page};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::writer::{Call, Outcome};
use minsheng_proto::reporting::v1::duty_service_server::DutyService;
use minsheng_proto::reporting::v1::{
    ClosePeriodRequest, ClosePeriodResponse, Duty, ListDutiesRequest, ListDutiesResponse,
};
use tonic::{Request, Response, Status};

use super::{Parts, month_of};
use crate::command::ClosePeriod;
use crate::duty::Month;
use crate::programme;
use crate::store;

/// Tries after the programme was amended while a month was being closed.
const TRIES: u32 = 3;

impl Parts {
    /// Whose duties the caller sees: the unit asked for, else all where the policies allow it, else the own unit's.
    fn duty_scope(&self, caller: &Caller, asked: &str) -> Result<Option<String>, Refusal> {
        let may = |resource: Resource| self.service.policies.check(caller, Action::ReadDuties, &resource);
        if !asked.is_empty() {
            if !convert::name::is_id(asked) {
                return Err(Refusal::invalid("unit", "不是单位编号", "is no id of a unit"));
            }
            may(Resource::new("duties").of_unit(asked))?;
            return Ok(Some(asked.to_owned()));
        }
        let Err(refusal) = may(Resource::new("duties")) else {
            return Ok(None);
        };
        if caller.unit.is_empty() {
            return Err(refusal);
        }
        may(Resource::new("duties").of_unit(caller.unit.as_str()))?;
        Ok(Some(caller.unit.clone()))
    }

    async fn duties(&self, caller: &Caller, request: &ListDutiesRequest) -> Result<ListDutiesResponse, Refusal> {
        let (_, period) = month_of(&request.programme, &request.period)?;
        let unit = self.duty_scope(caller, &request.unit)?;
        let scope = unit.as_deref().unwrap_or("*");
        let query = ["ListDuties", &request.programme, &request.period, scope];
        let page = Page::parse(page::LIST, &query, request.page_size, &request.page_token)?;
        let all = self.month_duties(&request.programme, period, unit.as_deref()).await?;
        let from = page.after.as_ref().and_then(|after| all.iter().position(|duty| key(duty) == *after));
        let rest = all.into_iter().skip(from.map_or(0, |place| place + 1));
        let mut duties: Vec<Duty> = rest.take(page.size as usize + 1).collect();
        let next_page_token = page.cut(&mut duties, key);
        let closed = store::closed(&request.programme, period, self.service.database.reader()).await?;
        Ok(ListDutiesResponse { duties, closed, next_page_token })
    }

    /// A month's duties, or those of one unit.
    ///
    /// # Errors
    /// PROGRAMME_UNKNOWN, PERIOD_NOT_OPEN, and those of the database.
    pub(crate) async fn month_duties(
        &self,
        programme: &str,
        period: Period,
        unit: Option<&str>,
    ) -> Result<Vec<Duty>, Refusal> {
        let connection = self.service.database.reader();
        let in_force = programme::load(&self.rules.programmes, programme, Some(period), connection).await?;
        let holidays = self.rules.calendars.load(in_force.year, connection).await?;
        let reports = store::reports_of_month(programme, period, connection).await?;
        let articles = store::articles(programme, period, connection).await?;
        let units = store::units(connection).await?;
        let month = Month {
            in_force: &in_force,
            period,
            deadline: in_force.deadline(period, &holidays)?,
            holidays: &holidays,
            reports: reports.iter().map(|row| (row.name.as_str(), row)).collect(),
            articles: articles.iter().map(|row| (row.name.as_str(), row)).collect(),
            units: units.iter().map(|unit| (unit.id.as_str(), unit)).collect::<HashMap<_, _>>(),
            now: self.service.clock.now(),
        };
        Ok(month.duties(unit))
    }

    async fn close(
        &self,
        caller: Caller,
        request: &ClosePeriodRequest,
    ) -> Result<Outcome<ClosePeriodResponse>, Refusal> {
        let (_, period) = month_of(&request.programme, &request.period)?;
        let call = Call::new(caller, "DutyService/ClosePeriod", &request.request_id, request)?;
        let mut tries = 0;
        loop {
            let connection = self.service.database.reader();
            let in_force =
                programme::load(&self.rules.programmes, &request.programme, Some(period), connection).await?;
            let command = ClosePeriod::new(in_force, period, self.rules.clone());
            match self.service.writer.run(command, call.clone()).await {
                Err(refusal) if refusal.reason == Reason::FiguresBehind && tries < TRIES => tries += 1,
                other => return other,
            }
        }
    }
}

/// What a duty is told apart by.
fn key(duty: &Duty) -> String {
    format!("{}|{}", duty.unit, duty.indicator)
}

#[tonic::async_trait]
impl DutyService for Parts {
    async fn list_duties(&self, request: Request<ListDutiesRequest>) -> Result<Response<ListDutiesResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.duties(&caller, request.get_ref()).await?))
    }

    async fn close_period(
        &self,
        request: Request<ClosePeriodRequest>,
    ) -> Result<Response<ClosePeriodResponse>, Status> {
        let caller = identity::caller(&request)?;
        let outcome = self.close(caller, request.get_ref()).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(ClosePeriodResponse { receipt, ..outcome.answer }))
    }
}
