//! Puts a lower tier's first certificate on the enrolled list and uses its code up. The same request with the same code is
//! answered again, so that an answer may be lost.

use minsheng_kit::authority::Issued;
use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::TierEnrolled;
use minsheng_proto::tier::v1::{EnrolResponse, LedgerKey};

use super::moment;
use crate::entity::{certificate, enrolment_code, kept_head, tier};

/// A certificate for a code.
#[derive(Debug)]
pub(crate) struct EnrolTier {
    pub(crate) code_sha256: String,
    pub(crate) division: String,
    pub(crate) request_sha256: String,
    pub(crate) issued: Issued,
    pub(crate) ledgers: Vec<LedgerKey>,
    pub(crate) source: String,
}

impl Command for EnrolTier {
    type Answer = EnrolResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<enrolment_code::Entity>(self.code_sha256.as_str());
        wants.row::<tier::Entity>(self.division.as_str());
        wants.row::<certificate::Entity>(self.issued.fingerprint.as_str());
        for ledger in &self.ledgers {
            wants.row::<kept_head::Entity>(ledger.origin.as_str());
        }
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        let code = rows.get::<enrolment_code::Entity>(&self.code_sha256);
        if let Some(code) = code.filter(|code| !code.fingerprint.is_empty()) {
            wants.row::<certificate::Entity>(code.fingerprint.as_str());
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        let now = context.now().as_millisecond();
        let invalid = || Refusal::new(Reason::EnrolmentCodeInvalid);
        let code = context.get::<enrolment_code::Entity>(&self.code_sha256).cloned();
        let code = code.filter(|code| code.is_good(&self.request_sha256, now) && code.division == self.division);
        let code = code.ok_or_else(invalid)?;
        if !code.fingerprint.is_empty() {
            let before = context.get::<certificate::Entity>(&code.fingerprint).filter(|before| before.is_alive());
            return Ok(self.answer(before.ok_or_else(invalid)?));
        }
        let certificate = certificate::Model {
            fingerprint: self.issued.fingerprint.clone(),
            division: self.division.clone(),
            state: certificate::ISSUED.to_owned(),
            request_sha256: self.request_sha256.clone(),
            chain: self.issued.chain.clone(),
            issue_time: now,
            expire_time: self.issued.expires.as_millisecond(),
        };
        let known = context.get::<tier::Entity>(&self.division).cloned().unwrap_or_default();
        let event = TierEnrolled {
            division: self.division.clone(),
            code_sha256: self.code_sha256.clone(),
            fingerprint: certificate.fingerprint.clone(),
            expire_time: Some(clock::to_proto(moment(certificate.expire_time))),
            ledger_keys: self.ledgers.iter().map(|ledger| ledger.verifier_key.clone()).collect(),
            source: self.source.clone(),
        };
        context.record(&format!("tiers/{}", self.division), &event);
        for ledger in &self.ledgers {
            if context.get::<kept_head::Entity>(&ledger.origin).is_none() {
                context.put::<kept_head::Entity>(super::first_sight(&self.division, ledger, now));
            }
        }
        context.put::<tier::Entity>(tier::Model {
            division: self.division.clone(),
            revoked: false,
            revoke_reason: String::new(),
            enrol_time: now,
            witness_key: String::new(),
            ..known
        });
        context.put::<enrolment_code::Entity>(enrolment_code::Model {
            request_sha256: self.request_sha256.clone(),
            fingerprint: certificate.fingerprint.clone(),
            ..code
        });
        let answer = self.answer(&certificate);
        context.put::<certificate::Entity>(certificate);
        Ok(answer)
    }
}

impl EnrolTier {
    fn answer(&self, certificate: &certificate::Model) -> EnrolResponse {
        EnrolResponse {
            division: self.division.clone(),
            certificate_chain: certificate.chain.clone(),
            expire_time: Some(clock::to_proto(moment(certificate.expire_time))),
            ..EnrolResponse::default()
        }
    }
}
