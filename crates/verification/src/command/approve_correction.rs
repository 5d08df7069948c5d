//! One of two persons agrees to a correction of what is certified: one of the office and one of the certifier, neither of
//! whom asked for it or took part in the report. The second agreement opens it, and the unit files the corrected version.

use minsheng_kit::error::Refusal;
use minsheng_kit::identity::Role;
use minsheng_kit::policy::Action;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::verification::v1::{
    ApproveCorrectionRequest, ApproveCorrectionResponse, CaseState, CorrectionApproved,
};

use super::find;
use crate::entity::case;
use crate::words::check_reason;

/// An agreement.
#[derive(Debug)]
pub(crate) struct ApproveCorrection(pub(crate) ApproveCorrectionRequest);

impl Command for ApproveCorrection {
    type Answer = ApproveCorrectionResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<case::Entity>(&self.0.name);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ApproveCorrectionResponse, Refusal> {
        let case = find(&self.0.name, context)?;
        let kept_from_it = [&*case.correction_asked_by, &*case.correction_office, &*case.correction_certifier];
        context.authorise(Action::ApproveCorrection, &case.resource(&kept_from_it))?;
        case.as_seen(&self.0.etag)?;
        case.expect(&[CaseState::CorrectionAsked])?;
        check_reason("reason", &self.0.reason)?;

        let caller = context.caller();
        let person = caller.person.clone();
        let certifier = caller.has(Role::Certifier) && caller.unit == case.certifier;
        let mut agreed = case.clone();
        if caller.has(Role::Office) && agreed.correction_office.is_empty() {
            agreed.correction_office = person.clone();
        } else if certifier && agreed.correction_certifier.is_empty() {
            agreed.correction_certifier = person.clone();
        } else {
            return Err(case.wrong_state(
                "贵方已有人同意更正，还须另一方（实事办或数据评估认定单位）同意。",
                "This side has agreed already; the other side has to.",
            ));
        }
        let opened = !agreed.correction_office.is_empty() && !agreed.correction_certifier.is_empty();
        agreed.become_state(if opened { CaseState::CorrectionOpen } else { CaseState::CorrectionAsked });
        let event =
            CorrectionApproved { version: Some(agreed.reference()), person, reason: self.0.reason.clone(), opened };
        let shown = agreed.shown()?;
        context.record(&agreed.name, &event);
        context.put::<case::Entity>(agreed);
        Ok(ApproveCorrectionResponse { case: Some(shown), agreed: 1 + i32::from(opened), receipt: None })
    }
}
