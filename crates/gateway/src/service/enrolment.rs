//! Certificates for lower tiers: the first one by a code, the next ones by the one before.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use minsheng_kit::authority::{Authority, Issued};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Role, caller};
use minsheng_kit::service::Service;
use minsheng_kit::writer::{Call, Outcome};
use minsheng_proto::identity::v1::AuditRecorded;
use minsheng_proto::tier::v1::enrolment_service_server::EnrolmentService;
use minsheng_proto::tier::v1::{EnrolRequest, EnrolResponse, RenewRequest, RenewResponse};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tonic::{Request, Response, Status};

use super::source;
use crate::audit::Auditor;
use crate::command::{EnrolTier, RenewTier};
use crate::entity::enrolment_code;
use crate::ledgers::Ledgers;
use crate::pace::{Debts, Pace};
use crate::store;
use crate::tier_form as form;
use crate::tiers::Tiers;

/// Wrong codes from one source: so many at once, then one in this time.
const TRIES: u32 = 10;
const TRY_INTERVAL: Duration = Duration::from_secs(30);
const MOST_SOURCES: usize = 10_000;
/// A tier's clock may be behind the authority's.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_hours(26);

/// Serves certificates.
#[derive(Debug)]
pub(crate) struct Enrolments {
    pub(crate) service: Service,
    pub(crate) authority: Arc<Authority>,
    pub(crate) tiers: Arc<Tiers>,
    pub(crate) ledgers: Ledgers,
    pub(crate) auditor: Auditor,
    pub(crate) certificate_days: u32,
    pub(crate) tries: Tries,
}

/// Counts wrong codes by source.
#[derive(Debug)]
pub(crate) struct Tries(Mutex<Debts<String>>);

impl Default for Tries {
    fn default() -> Self {
        Self(Mutex::new(Debts::new(Pace::new(TRIES, TRY_INTERVAL), MOST_SOURCES)))
    }
}

impl Tries {
    fn check(&self, source: &str) -> Result<(), Refusal> {
        let debts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = debts.wait(&source.to_owned(), Instant::now());
        wait.map_or(Ok(()), |wait| {
            Err(Refusal::new(Reason::TooManyRequests).with("retry_after_seconds", wait.as_secs().saturating_add(1)))
        })
    }

    fn failed(&self, source: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(source, Instant::now());
    }
}

impl Enrolments {
    fn issue(&self, request: &[u8], division: &str) -> Result<Issued, Refusal> {
        let now = self.service.clock.now();
        let life = SignedDuration::from_hours(i64::from(self.certificate_days.max(1)) * 24);
        let out_of_range = |_| Refusal::new(Reason::Internal);
        let from = now.checked_sub(CLOCK_SKEW).map_err(out_of_range)?;
        self.authority.issue(request, division, from, now.checked_add(life).map_err(out_of_range)?)
    }

    /// Enrols a tier by a good code.
    pub(crate) async fn enrol_by(
        &self,
        code: enrolment_code::Model,
        request: EnrolRequest,
        source: String,
    ) -> Result<Outcome<EnrolResponse>, Refusal> {
        let EnrolRequest { certificate_request, ledgers, .. } = request;
        let enrolment_code::Model { code_sha256, division, .. } = code;
        let request_sha256 = hex::encode(Sha256::digest(&certificate_request));
        let ledgers = form::read_ledgers(&division, ledgers)?;
        let issued = self.issue(&certificate_request, &division)?;
        let command = EnrolTier { code_sha256, division, request_sha256, issued, ledgers, source };
        let call = Call::internal(self.service.caller.clone(), "EnrolmentService/Enrol");
        let outcome = self.service.writer.run(command, call).await?;
        self.tiers.changed();
        Ok(outcome)
    }

    /// An answer with what is told of this tier.
    pub(crate) async fn answer(&self, answer: EnrolResponse) -> EnrolResponse {
        let (parent_division, ledgers) = (self.service.division.clone(), self.ledgers.keys().await);
        EnrolResponse { parent_division, ledgers, ..answer }
    }

    /// Refuses a code, and remembers that it was tried.
    fn wrong_code(&self, source: &str) -> Refusal {
        self.tries.failed(source.to_owned());
        let refusal = Refusal::new(Reason::EnrolmentCodeInvalid);
        self.auditor.refused(AuditRecorded {
            event: "TIER_REFUSED".to_owned(),
            method: "minsheng.tier.v1.EnrolmentService/Enrol".to_owned(),
            reason: refusal.reason.as_str().to_owned(),
            source: source.to_owned(),
            ..AuditRecorded::default()
        });
        refusal
    }
}

#[tonic::async_trait]
impl EnrolmentService for Enrolments {
    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolResponse>, Status> {
        let source = source(&request);
        self.tries.check(&source)?;
        let EnrolRequest { code, certificate_request, ledgers } = request.into_inner();
        let code_sha256 = form::code_sha256(&code);
        let request_sha256 = hex::encode(Sha256::digest(&certificate_request));
        let now = self.service.clock.now().as_millisecond();
        let found = store::enrolment_code(&code_sha256, self.service.database.reader()).await?;
        let found = found.filter(|found| found.is_good(&request_sha256, now));
        let found = found.ok_or_else(|| self.wrong_code(&source))?;
        let request = EnrolRequest { code: String::new(), certificate_request, ledgers };
        let outcome = self.enrol_by(found, request, source).await?;
        Ok(Response::new(self.answer(outcome.answer).await))
    }

    async fn renew(&self, request: Request<RenewRequest>) -> Result<Response<RenewResponse>, Status> {
        let caller = caller(&request)?;
        if !caller.has(Role::Tier) {
            return Err(Refusal::new(Reason::NotAllowed).into());
        }
        let certificate_request = request.into_inner().certificate_request;
        let request_sha256 = hex::encode(Sha256::digest(&certificate_request));
        let issued = self.issue(&certificate_request, &caller.division)?;
        let command = RenewTier { division: caller.division.clone(), request_sha256, issued };
        let outcome = self.service.writer.run(command, Call::internal(caller, "EnrolmentService/Renew")).await?;
        self.tiers.changed();
        Ok(Response::new(outcome.answer))
    }
}
