//! MandateAlarmService.

use minsheng_kit::identity;
use minsheng_kit::writer::Call;
use minsheng_proto::catalogue::v1::mandate_alarm_service_server::MandateAlarmService;
use minsheng_proto::catalogue::v1::{ResolveMandateAlarmRequest, ResolveMandateAlarmResponse};
use tonic::{Request, Response, Status};

use super::MandateAlarms;
use crate::command::ResolveMandateAlarm;

#[tonic::async_trait]
impl MandateAlarmService for MandateAlarms {
    async fn resolve_mandate_alarm(
        &self,
        request: Request<ResolveMandateAlarmRequest>,
    ) -> Result<Response<ResolveMandateAlarmResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let call = Call::new(caller, "MandateAlarmService/ResolveMandateAlarm", &request.request_id, &request)?;
        let outcome = self.0.writer.run(ResolveMandateAlarm(request), call).await?;
        Ok(Response::new(ResolveMandateAlarmResponse { receipt: outcome.receipt() }))
    }
}
