//! Office or certifier refuses a correction of what is certified. One refusal is enough, since two have to agree; neither who
//! asked for it nor who took part in the report decides on it. What is certified stands, and the unit may ask again.

use minsheng_kit::error::Refusal;
use minsheng_kit::policy::Action;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::verification::v1::{
    CaseState, CorrectionRefused, RefuseCorrectionRequest, RefuseCorrectionResponse,
};

use super::find;
use crate::entity::case;
use crate::words::check_reason;

/// A refusal.
#[derive(Debug)]
pub(crate) struct RefuseCorrection(pub(crate) RefuseCorrectionRequest);

impl Command for RefuseCorrection {
    type Answer = RefuseCorrectionResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<case::Entity>(&self.0.name);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<RefuseCorrectionResponse, Refusal> {
        let case = find(&self.0.name, context)?;
        context.authorise(Action::RefuseCorrection, &case.resource(&[&case.correction_asked_by]))?;
        case.as_seen(&self.0.etag)?;
        case.expect(&[CaseState::CorrectionAsked])?;
        check_reason("reason", &self.0.reason)?;

        let person = context.caller().person.clone();
        let mut refused = case.clone();
        refused.correction_reason = String::new();
        refused.correction_asked_by = String::new();
        refused.correction_office = String::new();
        refused.correction_certifier = String::new();
        refused.become_state(CaseState::Certified);
        let event = CorrectionRefused { version: Some(refused.reference()), person, reason: self.0.reason.clone() };
        let shown = refused.shown()?;
        context.record(&refused.name, &event);
        context.put::<case::Entity>(refused);
        Ok(RefuseCorrectionResponse { case: Some(shown), receipt: None })
    }
}
