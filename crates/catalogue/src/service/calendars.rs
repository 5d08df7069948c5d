//! CalendarService.

use minsheng_domain::period::Period;
use minsheng_kit::clock;
use minsheng_kit::convert::calendar::{holidays, reporting_rule};
use minsheng_kit::convert::name::{self, ProgrammeName};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity;
use minsheng_kit::writer::Call;
use minsheng_proto::catalogue::v1::calendar_service_server::CalendarService;
use minsheng_proto::catalogue::v1::{
    Calendar, Deadline, GetCalendarRequest, GetCalendarResponse, ListDeadlinesRequest, ListDeadlinesResponse,
    UpdateCalendarRequest, UpdateCalendarResponse,
};
use tonic::{Request, Response, Status};

use super::{Calendars, may_read_reference};
use crate::command::UpdateCalendar;
use crate::store;
use crate::version::in_force;

impl Calendars {
    /// A year's calendar; one that was never set has plain weekends.
    async fn calendar(&self, year: i16) -> Result<Calendar, Refusal> {
        let name = format!("calendars/{year}");
        match store::calendar(&name, self.0.database.reader()).await? {
            Some(found) => found.shown(),
            None => Ok(Calendar { name, ..Calendar::default() }),
        }
    }

    /// Each month by the version in force in it; December's report is due in the next year.
    async fn deadlines(&self, name: &str) -> Result<Vec<Deadline>, Refusal> {
        let year = ProgrammeName::parse("programme", name)?.year;
        let versions = store::versions(name, self.0.database.reader()).await?;
        if versions.is_empty() {
            return Err(Refusal::new(Reason::ProgrammeUnknown).with("programme", name));
        }
        let calendars = [self.calendar(year).await?, self.calendar(year.saturating_add(1)).await?];
        let holidays = holidays(&calendars)?;
        let mut documents = std::collections::BTreeMap::new();
        for version in versions.iter().filter(|version| version.version > 0) {
            documents.insert(version.version, version.read()?);
        }
        let mut deadlines = Vec::new();
        for month in 1..=12 {
            let Ok(month) = Period::month(year, month) else {
                continue;
            };
            let document = in_force(&versions, month).and_then(|version| documents.get(&version.version));
            let document = document.ok_or_else(|| Refusal::new(Reason::ProgrammeNotIssued).with("programme", name))?;
            let first = document.reporting_rules.as_ref().map_or(1, |rules| rules.first_month.max(1));
            if i32::from(month.last_month()) < first {
                continue;
            }
            let rule = reporting_rule(document)?;
            let Some(deadline) = rule.deadline(month, &holidays) else {
                continue;
            };
            let from = rule.range(month, "", &holidays).map(|(from, _)| from.to_string());
            deadlines.push(Deadline {
                period: month.to_string(),
                due_before: Some(clock::to_proto(deadline.before)),
                due_date: deadline.day.to_string(),
                cut_off: rule.cut_off(month, "", &holidays).to_string(),
                from: from.unwrap_or_default(),
            });
        }
        Ok(deadlines)
    }
}

#[tonic::async_trait]
impl CalendarService for Calendars {
    async fn update_calendar(
        &self,
        request: Request<UpdateCalendarRequest>,
    ) -> Result<Response<UpdateCalendarResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "CalendarService/UpdateCalendar", &request.request_id, &request)?;
        let outcome = self.0.writer.run(UpdateCalendar(request), call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(UpdateCalendarResponse { receipt, ..outcome.answer }))
    }

    async fn get_calendar(
        &self,
        request: Request<GetCalendarRequest>,
    ) -> Result<Response<GetCalendarResponse>, Status> {
        may_read_reference(&self.0, &identity::caller(&request)?)?;
        let year = name::calendar("name", &request.get_ref().name)?;
        Ok(Response::new(GetCalendarResponse { calendar: Some(self.calendar(year).await?) }))
    }

    async fn list_deadlines(
        &self,
        request: Request<ListDeadlinesRequest>,
    ) -> Result<Response<ListDeadlinesResponse>, Status> {
        may_read_reference(&self.0, &identity::caller(&request)?)?;
        let deadlines = self.deadlines(&request.get_ref().programme).await?;
        Ok(Response::new(ListDeadlinesResponse { deadlines }))
    }
}
