//! Audit events: the gateway's ledger read as a list, for the audit administrator.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::caller;
use minsheng_kit::ledger::entity::entry;
use minsheng_kit::page::{LIST, Page};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::service::Service;
use minsheng_proto::identity::v1::audit_service_server::AuditService;
use minsheng_proto::identity::v1::{
    AccountChanged, AuditEvent, AuditRecorded, EnrolmentCodeCreated, LedgerAlarmRaised, LedgerAlarmResolved,
    ListAuditEventsRequest, ListAuditEventsResponse, ParentJoined, ParentLeft, ParentRenewed, TierEnrolled,
    TierRenewed, TierRevoked,
};
use minsheng_proto::ledger::v1::EntryBody;
use prost::{Message, Name};
use tonic::{Request, Response, Status};

/// More than any page of events holds.
const PAGE_BYTES: usize = 16 * 1024 * 1024;

/// Serves audit events.
#[derive(Clone, Debug)]
pub(crate) struct AuditEvents {
    pub(crate) service: Service,
}

#[tonic::async_trait]
impl AuditService for AuditEvents {
    async fn list_audit_events(
        &self,
        request: Request<ListAuditEventsRequest>,
    ) -> Result<Response<ListAuditEventsResponse>, Status> {
        let caller = caller(&request)?;
        self.service.policies.check(&caller, Action::ReadAudit, &Resource::new("audit"))?;
        let ListAuditEventsRequest { page_size, page_token } = request.into_inner();
        let page = Page::parse(LIST, &["AuditService/ListAuditEvents"], page_size, &page_token)?;
        let from = match &page.after {
            None => 0,
            Some(after) => after.parse::<u64>().map_err(|_| Refusal::new(Reason::PageTokenInvalid))?.saturating_add(1),
        };
        let ledger = self.service.writer.ledger();
        let mut entries = ledger.entries(from, page.fetch(), PAGE_BYTES).await.map_err(Refusal::from)?;
        let next_page_token = page.cut(&mut entries, |entry| entry.sequence.to_string());
        let events = entries.iter().map(event).collect::<Result<_, _>>()?;
        Ok(Response::new(ListAuditEventsResponse { events, next_page_token }))
    }
}

fn event(entry: &entry::Model) -> Result<AuditEvent, Refusal> {
    let body = EntryBody::decode(entry.body.as_slice()).map_err(|error| damaged(entry, &error))?;
    let about = AuditEvent { sequence: body.sequence, time: body.time, count: 1, ..AuditEvent::default() };
    if body.kind == AuditRecorded::full_name() {
        let recorded = AuditRecorded::decode(body.payload).map_err(|error| damaged(entry, &error))?;
        return Ok(AuditEvent {
            account: recorded.account,
            person: recorded.person,
            event: recorded.event,
            method: recorded.method,
            reason: recorded.reason,
            source: recorded.source,
            count: recorded.count.max(1),
            ..about
        });
    }
    if let Some(event) = tier_event(&body.kind) {
        let actor = body.actor.unwrap_or_default();
        return Ok(AuditEvent { account: actor.account, person: actor.person, event: event.to_owned(), ..about });
    }
    let changed = AccountChanged::decode(body.payload).map_err(|error| damaged(entry, &error))?;
    let by_itself = body.actor.is_some_and(|actor| actor.account == changed.account);
    let event = match (changed.created, changed.password_set && by_itself) {
        (true, _) => "ACCOUNT_CREATED",
        (false, true) => "PASSWORD_CHANGED",
        (false, false) => "ACCOUNT_UPDATED",
    };
    Ok(AuditEvent { account: changed.account, person: changed.person, event: event.to_owned(), ..about })
}

/// What a change of tiers is called here.
fn tier_event(kind: &str) -> Option<&'static str> {
    let events = [
        (EnrolmentCodeCreated::full_name(), "ENROLMENT_CODE_CREATED"),
        (TierEnrolled::full_name(), "TIER_ENROLLED"),
        (TierRenewed::full_name(), "TIER_RENEWED"),
        (TierRevoked::full_name(), "TIER_REVOKED"),
        (ParentJoined::full_name(), "PARENT_JOINED"),
        (ParentRenewed::full_name(), "PARENT_RENEWED"),
        (ParentLeft::full_name(), "PARENT_LEFT"),
        (LedgerAlarmRaised::full_name(), "LEDGER_ALARM"),
        (LedgerAlarmResolved::full_name(), "LEDGER_ALARM_RESOLVED"),
    ];
    events.into_iter().find(|(known, _)| known == kind).map(|(_, event)| event)
}

fn damaged(entry: &entry::Model, error: &prost::DecodeError) -> Refusal {
    tracing::error!(sequence = entry.sequence, %error, "a ledger entry cannot be read");
    Refusal::new(Reason::Internal)
}
