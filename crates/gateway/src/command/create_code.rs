//! Makes a code by which a lower tier enrols; one that was made for it before and not used ends.

use minsheng_kit::clock;
use minsheng_kit::error::Refusal;
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::identity::v1::{CreateEnrolmentCodeResponse, EnrolmentCodeCreated};

use super::{end_codes, moment, still_security_admin};
use crate::entity::{account, enrolment_code};

/// A code, hashed already.
#[derive(Debug)]
pub(crate) struct CreateCode {
    pub(crate) code_sha256: String,
    /// Seals the files of whoever enrols without a line.
    pub(crate) secret: String,
    pub(crate) division: String,
    /// Milliseconds.
    pub(crate) life: i64,
    pub(crate) by: String,
}

impl Command for CreateCode {
    type Answer = CreateEnrolmentCodeResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<account::Entity>(self.by.as_str());
        wants.row::<enrolment_code::Entity>(self.code_sha256.as_str());
        wants.group::<enrolment_code::Entity>(self.division.as_str());
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<Self::Answer, Refusal> {
        context.authorise(Action::EnrolTier, &Resource::new("tier"))?;
        still_security_admin(context)?;
        let expire_time = context.now().as_millisecond().saturating_add(self.life);
        let event = EnrolmentCodeCreated {
            division: self.division.clone(),
            code_sha256: self.code_sha256.clone(),
            expire_time: Some(clock::to_proto(moment(expire_time))),
        };
        context.record(&format!("tiers/{}", self.division), &event);
        end_codes(&self.division, context);
        context.put::<enrolment_code::Entity>(enrolment_code::Model {
            code_sha256: self.code_sha256.clone(),
            division: self.division.clone(),
            expire_time,
            request_sha256: String::new(),
            fingerprint: String::new(),
            secret: self.secret.clone(),
        });
        Ok(CreateEnrolmentCodeResponse { expire_time: event.expire_time, ..Self::Answer::default() })
    }
}
