//! TierAlarmService: what was noticed about lower tiers' filings, for the security administrator.

use jiff::Timestamp;
use minsheng_kit::clock;
use minsheng_kit::error::Refusal;
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::writer::Call;
use minsheng_proto::reporting::v1::tier_alarm_service_server::TierAlarmService;
use minsheng_proto::reporting::v1::{
    AcceptTierLedgerRequest, AcceptTierLedgerResponse, ListTierAlarmsRequest, ListTierAlarmsResponse,
    ResolveTierAlarmRequest, ResolveTierAlarmResponse, TierAlarm,
};
use tonic::{Request, Response, Status};

use super::Parts;
use crate::command::{AcceptTierLedger, ResolveTierAlarm};
use crate::entity::tier_alarm;
use crate::store;

impl Parts {
    async fn alarms(&self, caller: &Caller, request: ListTierAlarmsRequest) -> Result<ListTierAlarmsResponse, Refusal> {
        self.service.policies.check(caller, Action::ReadTiers, &Resource::new("alarm"))?;
        let rows = store::tier_alarms(request.with_resolved, self.service.database.reader()).await?;
        Ok(ListTierAlarmsResponse { alarms: rows.into_iter().map(shown).collect() })
    }
}

fn shown(row: tier_alarm::Model) -> TierAlarm {
    let time = |milliseconds| Timestamp::from_millisecond(milliseconds).ok().map(clock::to_proto);
    let resolve_time = if row.is_open() { None } else { time(row.resolve_time) };
    TierAlarm {
        division: row.division,
        origin: row.origin,
        alarm: row.alarm,
        message: row.zh,
        message_en: row.en,
        kept_key: row.kept_key,
        offered_key: row.offered_key,
        raise_time: time(row.raise_time),
        resolve_time,
        resolved_by: row.resolved_by,
        resolve_reason: row.resolve_reason,
    }
}

#[tonic::async_trait]
impl TierAlarmService for Parts {
    async fn list_tier_alarms(
        &self,
        request: Request<ListTierAlarmsRequest>,
    ) -> Result<Response<ListTierAlarmsResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.alarms(&caller, request.into_inner()).await?))
    }

    async fn resolve_tier_alarm(
        &self,
        request: Request<ResolveTierAlarmRequest>,
    ) -> Result<Response<ResolveTierAlarmResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "TierAlarmService/ResolveTierAlarm", &request.request_id, &request)?;
        let outcome = self.service.writer.run(ResolveTierAlarm(request), call).await?;
        Ok(Response::new(ResolveTierAlarmResponse { receipt: outcome.receipt() }))
    }

    async fn accept_tier_ledger(
        &self,
        request: Request<AcceptTierLedgerRequest>,
    ) -> Result<Response<AcceptTierLedgerResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "TierAlarmService/AcceptTierLedger", &request.request_id, &request)?;
        let outcome = self.service.writer.run(AcceptTierLedger(request), call).await?;
        Ok(Response::new(AcceptTierLedgerResponse { receipt: outcome.receipt() }))
    }
}
