//! Lower tiers, the parent and alarms, for the security administrator.

use std::sync::Arc;

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Caller, caller};
use minsheng_kit::page::{LIST, Page};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::service::Service;
use minsheng_kit::settings::TlsSettings;
use minsheng_kit::witness::WitnessSigner;
use minsheng_kit::writer::Call;
use minsheng_proto::identity::v1::tier_admin_service_server::TierAdminService;
use minsheng_proto::identity::v1::*;
use tonic::{Request, Response, Status};

use crate::command::{CreateCode, LeaveParent, ResolveAlarm, RevokeTier};
use crate::door::fingerprint_to_tell;
use crate::entity::{alarm, bundle_side, certificate, cosigned_head, kept_head, tier};
use crate::exchange::Exchange;
use crate::parent::Parent as ParentLine;
use crate::store;
use crate::tier_form::{self as form, moment};
use crate::tiers::Tiers;

const HOUR: i64 = 3_600_000;

/// Serves tiers.
#[derive(Debug)]
pub(crate) struct TierAdmin {
    pub(crate) service: Service,
    pub(crate) tiers: Arc<Tiers>,
    pub(crate) parent: Arc<ParentLine>,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) witness: WitnessSigner,
    /// What the door shows.
    pub(crate) tls: TlsSettings,
    pub(crate) code_hours: u32,
}

#[tonic::async_trait]
impl TierAdminService for TierAdmin {
    async fn create_enrolment_code(
        &self,
        request: Request<CreateEnrolmentCodeRequest>,
    ) -> Result<Response<CreateEnrolmentCodeResponse>, Status> {
        let caller = self.may(&request, Action::EnrolTier)?;
        let division = form::read_division("division", &request.get_ref().division)?;
        if division == self.service.division {
            return Err(Refusal::invalid("division", "是本级自己", "is this tier's own").into());
        }
        let fingerprint = fingerprint_to_tell(&self.tls)?;
        let code = form::new_code();
        let command = CreateCode {
            code_sha256: form::code_sha256(&code),
            secret: form::file_secret(&code),
            division,
            life: i64::from(self.code_hours.max(1)) * HOUR,
            by: caller.account.clone(),
        };
        let call = Call::internal(caller, "TierAdminService/CreateEnrolmentCode");
        let outcome = self.service.writer.run(command, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(CreateEnrolmentCodeResponse { code, fingerprint, receipt, ..outcome.answer }))
    }

    async fn list_tiers(&self, request: Request<ListTiersRequest>) -> Result<Response<ListTiersResponse>, Status> {
        self.may(&request, Action::ReadTiers)?;
        let ListTiersRequest { page_size, page_token } = request.into_inner();
        let page = Page::parse(LIST, &["TierAdminService/ListTiers"], page_size, &page_token)?;
        let reader = self.service.database.reader();
        let mut rows = store::tiers(&page, reader).await?;
        let next_page_token = page.cut(&mut rows, |row| row.division.clone());
        let certificates = store::certificates(reader).await?;
        let mut tiers = Vec::with_capacity(rows.len());
        for row in rows {
            let held = certificates.iter().filter(|held| held.division == row.division && held.is_alive());
            let mut tier = lower_tier(&row);
            tier.certificates = held.map(tier_certificate).collect();
            tier.ledgers = store::kept_heads(&row.division, reader).await?.into_iter().map(kept).collect();
            tier.cosigned = store::cosigned_heads(&row.division, reader).await?.into_iter().map(cosigned).collect();
            tier.bundles = store::bundle_side(&row.division, reader).await?.as_ref().map(bundles);
            tiers.push(tier);
        }
        Ok(Response::new(ListTiersResponse { tiers, next_page_token }))
    }

    async fn revoke_tier(&self, request: Request<RevokeTierRequest>) -> Result<Response<RevokeTierResponse>, Status> {
        let caller = self.may(&request, Action::RevokeTier)?;
        let request = request.into_inner();
        let call = Call::new(caller, "TierAdminService/RevokeTier", &request.request_id, &request)?;
        let command = RevokeTier {
            division: form::read_division("division", &request.division)?,
            reason: form::read_reason(&request.reason)?,
            by: call.caller.account.clone(),
        };
        let outcome = self.service.writer.run(command, call).await?;
        self.tiers.changed();
        Ok(Response::new(RevokeTierResponse { receipt: outcome.receipt() }))
    }

    async fn join_parent(&self, request: Request<JoinParentRequest>) -> Result<Response<JoinParentResponse>, Status> {
        let caller = self.may(&request, Action::JoinParent)?;
        let JoinParentRequest { url, code, fingerprint } = request.into_inner();
        if code.trim().is_empty() {
            return Err(Refusal::required("code").into());
        }
        let outcome = self.parent.join(&url, &code, &fingerprint, caller).await?;
        // The first exchange is not waited for: joined is joined.
        tokio::spawn(self.exchange.clone().first());
        let receipt = outcome.receipt();
        Ok(Response::new(JoinParentResponse { parent: Some(self.present_parent().await?), receipt }))
    }

    async fn get_parent(&self, request: Request<GetParentRequest>) -> Result<Response<GetParentResponse>, Status> {
        self.may(&request, Action::ReadTiers)?;
        Ok(Response::new(GetParentResponse { parent: Some(self.present_parent().await?) }))
    }

    async fn leave_parent(
        &self,
        request: Request<LeaveParentRequest>,
    ) -> Result<Response<LeaveParentResponse>, Status> {
        let caller = self.may(&request, Action::JoinParent)?;
        let request = request.into_inner();
        let call = Call::new(caller, "TierAdminService/LeaveParent", &request.request_id, &request)?;
        let command = LeaveParent { reason: form::read_reason(&request.reason)?, by: call.caller.account.clone() };
        let outcome = self.service.writer.run(command, call).await?;
        self.parent.read_again().await?;
        Ok(Response::new(LeaveParentResponse { receipt: outcome.receipt() }))
    }

    async fn exchange_now(
        &self,
        request: Request<ExchangeNowRequest>,
    ) -> Result<Response<ExchangeNowResponse>, Status> {
        self.may(&request, Action::ExchangeHeads)?;
        Ok(Response::new(self.exchange.now().await?))
    }

    async fn list_alarms(&self, request: Request<ListAlarmsRequest>) -> Result<Response<ListAlarmsResponse>, Status> {
        self.may(&request, Action::ReadTiers)?;
        let rows = store::alarms(request.get_ref().with_resolved, self.service.database.reader()).await?;
        Ok(Response::new(ListAlarmsResponse { alarms: rows.into_iter().map(alarm).collect() }))
    }

    async fn resolve_alarm(
        &self,
        request: Request<ResolveAlarmRequest>,
    ) -> Result<Response<ResolveAlarmResponse>, Status> {
        let caller = self.may(&request, Action::ResolveAlarm)?;
        let request = request.into_inner();
        let call = Call::new(caller, "TierAdminService/ResolveAlarm", &request.request_id, &request)?;
        let command = ResolveAlarm {
            origin: request.origin,
            accepted_checkpoint: request.accepted_checkpoint,
            reason: form::read_reason(&request.reason)?,
            witness: self.witness.clone(),
            by: call.caller.account.clone(),
        };
        let outcome = self.service.writer.run(command, call).await?;
        self.tiers.changed();
        Ok(Response::new(ResolveAlarmResponse { receipt: outcome.receipt() }))
    }

    async fn list_witnessed_heads(
        &self,
        request: Request<ListWitnessedHeadsRequest>,
    ) -> Result<Response<ListWitnessedHeadsResponse>, Status> {
        self.service.policies.check(&caller(&request)?, Action::ReadEntry, &Resource::new("ledger"))?;
        let own = self.witness.verifier_key();
        let heads = store::witnessed_heads(own, self.service.database.reader()).await?;
        Ok(Response::new(ListWitnessedHeadsResponse { heads }))
    }
}

impl TierAdmin {
    fn may<T>(&self, request: &Request<T>, action: Action) -> Result<Caller, Refusal> {
        let caller = caller(request)?;
        self.service.policies.check(&caller, action, &Resource::new("tier"))?;
        Ok(caller)
    }

    async fn present_parent(&self) -> Result<Parent, Refusal> {
        let reader = self.service.database.reader();
        let row = store::parent(reader).await?.filter(|row| !row.left);
        let row = row.ok_or_else(|| Refusal::new(Reason::ParentNotJoined))?;
        Ok(Parent {
            ledgers: store::kept_heads(&row.division, reader).await?.into_iter().map(kept).collect(),
            cosigned: store::cosigned_heads(&row.division, reader).await?.into_iter().map(cosigned).collect(),
            expire_time: moment(row.expire_time),
            join_time: moment(row.join_time),
            exchange_time: moment(row.exchange_time),
            last_failure: self.parent.last_failure(),
            bundles: store::bundle_side(&row.division, reader).await?.as_ref().map(bundles),
            division: row.division,
            url: row.url,
            fingerprint: row.fingerprint,
            pinned: row.pinned,
        })
    }
}

fn bundles(side: &bundle_side::Model) -> BundleState {
    let number = |number: i64| u64::try_from(number).unwrap_or_default();
    BundleState {
        sent: number(side.sent),
        send_time: moment(side.send_time),
        received: number(side.received),
        receive_time: moment(side.receive_time),
        missing: side.missing(),
    }
}

fn lower_tier(row: &tier::Model) -> LowerTier {
    LowerTier {
        division: row.division.clone(),
        revoked: row.revoked,
        revoke_reason: row.revoke_reason.clone(),
        enrol_time: moment(row.enrol_time),
        exchange_time: moment(row.exchange_time),
        ..LowerTier::default()
    }
}

fn tier_certificate(row: &certificate::Model) -> TierCertificate {
    TierCertificate {
        fingerprint: row.fingerprint.clone(),
        expire_time: moment(row.expire_time),
        used: row.state == certificate::USED,
    }
}

fn kept(row: kept_head::Model) -> KeptLedger {
    KeptLedger {
        origin: row.origin,
        size: u64::try_from(row.size).unwrap_or_default(),
        keep_time: moment(row.keep_time),
        checkpoint: row.checkpoint,
    }
}

fn cosigned(row: cosigned_head::Model) -> KeptLedger {
    KeptLedger {
        origin: row.origin,
        size: u64::try_from(row.size).unwrap_or_default(),
        keep_time: moment(row.keep_time),
        checkpoint: row.checkpoint,
    }
}

fn alarm(row: alarm::Model) -> Alarm {
    Alarm {
        origin: row.origin,
        reason: row.reason,
        kept_checkpoint: row.kept_checkpoint,
        offered_checkpoint: row.offered_checkpoint,
        raise_time: moment(row.raise_time),
        resolve_time: moment(row.resolve_time),
        resolved_by: row.resolved_by,
        resolve_reason: row.resolve_reason,
        offered_key: row.verifier_key,
    }
}
