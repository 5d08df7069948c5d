//! BundleEnrolmentService: a lower tier joins by files, with the same steps and checks as over a line.

use std::sync::Arc;

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Caller, caller};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::service::Service;
use minsheng_proto::tier::v1::bundle_enrolment_service_server::BundleEnrolmentService;
use minsheng_proto::tier::v1::{
    AcceptEnrolmentRequest, AcceptEnrolmentResponse, EnrolByFileRequest, EnrolByFileResponse, EnrolmentAnswered,
    EnrolmentAsked, RequestEnrolmentRequest, RequestEnrolmentResponse,
};
use prost::Message;
use sha2::{Digest, Sha256};
use tonic::{Request, Response, Status};

use super::Enrolments;
use crate::bundle::enrolment::{Way, holds, open, write};
use crate::parent::Parent;
use crate::store;
use crate::tier_form as form;

/// What the ledger says of where a request came from.
const SOURCE: &str = "file";

/// Serves joining by files.
#[derive(Debug)]
pub(crate) struct BundleEnrolments {
    pub(crate) service: Service,
    pub(crate) enrolments: Arc<Enrolments>,
    pub(crate) parent: Arc<Parent>,
}

impl BundleEnrolments {
    fn may<T>(&self, request: &Request<T>, action: Action) -> Result<Caller, Refusal> {
        let caller = caller(request)?;
        self.service.policies.check(&caller, action, &Resource::new("tier"))?;
        Ok(caller)
    }

    async fn enrol(&self, file: &[u8]) -> Result<EnrolByFileResponse, Status> {
        let sealed = open(file)?;
        let asked = EnrolmentAsked::decode(sealed.content.as_slice());
        let asked = asked.map_err(|_| Refusal::new(Reason::BundleUnreadable))?;
        let division = form::read_division("division", &asked.division)?;
        let codes = store::enrolment_codes(&division, self.service.database.reader()).await?;
        let found = codes.into_iter().find(|code| holds(Way::Request, &code.secret, &sealed));
        let request = asked.request.unwrap_or_default();
        let request_sha256: [u8; 32] = Sha256::digest(&request.certificate_request).into();
        let now = self.service.clock.now().as_millisecond();
        let found = found.filter(|found| found.is_good(&hex::encode(request_sha256), now));
        let found = found.ok_or_else(|| Refusal::new(Reason::EnrolmentCodeInvalid))?;
        let secret = found.secret.clone();
        let outcome = self.enrolments.enrol_by(found, request, SOURCE.to_owned()).await?;
        let receipt = outcome.receipt();
        let response = self.enrolments.answer(outcome.answer).await;
        let expire_time = response.expire_time;
        let answered = EnrolmentAnswered { request_sha256: request_sha256.to_vec(), response: Some(response) };
        Ok(EnrolByFileResponse { file: write(Way::Answer, &secret, &answered)?, division, expire_time, receipt })
    }
}

#[tonic::async_trait]
impl BundleEnrolmentService for BundleEnrolments {
    async fn request_enrolment(
        &self,
        request: Request<RequestEnrolmentRequest>,
    ) -> Result<Response<RequestEnrolmentResponse>, Status> {
        let caller = self.may(&request, Action::JoinParent)?;
        let code = request.into_inner().code;
        if code.trim().is_empty() {
            return Err(Refusal::required("code").into());
        }
        let secret = form::file_secret(&code);
        let (asked, receipt) = self.parent.ask_by_file(&secret, caller).await?;
        Ok(Response::new(RequestEnrolmentResponse { file: write(Way::Request, &secret, &asked)?, receipt }))
    }

    async fn enrol_by_file(
        &self,
        request: Request<EnrolByFileRequest>,
    ) -> Result<Response<EnrolByFileResponse>, Status> {
        self.may(&request, Action::EnrolTier)?;
        Ok(Response::new(self.enrol(&request.get_ref().file).await?))
    }

    async fn accept_enrolment(
        &self,
        request: Request<AcceptEnrolmentRequest>,
    ) -> Result<Response<AcceptEnrolmentResponse>, Status> {
        let caller = self.may(&request, Action::JoinParent)?;
        let sealed = open(&request.get_ref().file)?;
        let pending = store::bundle_request(self.service.database.reader()).await?;
        let none = || {
            Refusal::new(Reason::BundleMisaddressed).because(
                "本级没有等待答复的登记申请，或已接受过：先用 minsheng parent request 生成申请",
                "no request of this tier waits for an answer, or it was accepted already",
            )
        };
        let pending = pending.ok_or_else(none)?;
        if !holds(Way::Answer, &pending.secret, &sealed) {
            let refusal = Refusal::new(Reason::BundleAltered).because(
                "文件不是对本级这次申请的答复，或在途中被改动，没有接入",
                "the file does not answer this request, or was altered on its way; nothing was joined",
            );
            return Err(refusal.into());
        }
        let answered = EnrolmentAnswered::decode(sealed.content.as_slice());
        let answered = answered.map_err(|_| Refusal::new(Reason::BundleUnreadable))?;
        let (parent, receipt) = self.parent.accept_by_file(&pending, answered, caller).await?;
        let expire_time = form::moment(parent.expire_time);
        Ok(Response::new(AcceptEnrolmentResponse { parent_division: parent.division, expire_time, receipt }))
    }
}
