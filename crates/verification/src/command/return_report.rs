//! Office or certifier returns a version with reasons: the office before it is passed, the certifier after that and before
//! it is certified, naming the values at fault.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::Role;
use minsheng_kit::policy::Action;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::ReturnReason;
use minsheng_proto::verification::v1::{CaseState, ReportReturned, ReturnReportRequest, ReturnReportResponse};

use super::certify::due;
use super::find;
use crate::entity::case;
use crate::words::check_reason;

/// Reasons of one return.
const MAX_REASONS: usize = 100;

/// A return.
#[derive(Debug)]
pub(crate) struct ReturnReport(pub(crate) ReturnReportRequest);

impl Command for ReturnReport {
    type Answer = ReturnReportResponse;

    fn wants(&self, wants: &mut Wants) {
        wants.row::<case::Entity>(&self.0.name);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ReturnReportResponse, Refusal> {
        let case = find(&self.0.name, context)?;
        context.authorise(Action::ReturnReport, &case.resource(&[]))?;
        case.as_seen(&self.0.etag)?;
        let by_certifier = self.step(case, context)?;
        let reasons = self.reasons(case, by_certifier, context)?;
        let mut returned = case.clone();
        returned.become_state(CaseState::Returned);
        let event = ReportReturned {
            version: Some(returned.reference()),
            reasons,
            by_certifier,
            person: context.caller().person.clone(),
        };
        let shown = returned.shown()?;
        context.record(&returned.name, &event);
        context.put::<case::Entity>(returned);
        Ok(ReturnReportResponse { case: Some(shown), receipt: None })
    }
}

impl ReturnReport {
    /// Whose turn it is: true for the certifier's.
    fn step(&self, case: &case::Model, context: &Context<'_>) -> Result<bool, Refusal> {
        let caller = context.caller();
        let certifier = caller.has(Role::Certifier) && caller.unit == case.certifier;
        if certifier && case.state() == CaseState::Fast {
            due(case)?;
            return Ok(true);
        }
        if caller.has(Role::Office) {
            case.expect(&[CaseState::ToConfirm, CaseState::ToCheck])?;
            return Ok(false);
        }
        case.expect(&[CaseState::Fast])?;
        // A certifier of another unit does not pass the policy; nobody else comes here.
        Err(Refusal::new(Reason::NotCertifier))
    }

    /// The reasons as they are kept, each with the unit that returns.
    fn reasons(
        &self,
        case: &case::Model,
        by_certifier: bool,
        context: &Context<'_>,
    ) -> Result<Vec<ReturnReason>, Refusal> {
        let given = &self.0.reasons;
        if given.is_empty() {
            return Err(Refusal::required("reasons"));
        }
        let invalid = |field: String, zh: &str, en: &str| Refusal::new(Reason::DecisionInvalid).field(field, zh, en);
        if given.len() > MAX_REASONS {
            return Err(invalid("reasons".to_owned(), "至多100条", "must be at most 100"));
        }
        let figures = case.figures()?;
        for (place, reason) in given.iter().enumerate() {
            check_reason(&format!("reasons[{place}].reason"), &reason.reason)?;
            if !reason.returned_by_unit.is_empty() {
                return Err(Refusal::output_only(format!("reasons[{place}].returned_by_unit")));
            }
            let known = reason.measure.is_empty() || figures.values.iter().any(|value| value.measure == reason.measure);
            if !known {
                let field = format!("reasons[{place}].measure");
                return Err(invalid(field, "这份报送没有该计量项", "is no measure of this report"));
            }
        }
        if by_certifier && given.iter().all(|reason| reason.measure.is_empty()) {
            let zh = "数据认定单位退回时，须指明所涉计量项";
            return Err(invalid("reasons[0].measure".to_owned(), zh, "a certifier names the values at fault"));
        }
        let unit = &context.caller().unit;
        let kept = given.iter().map(|reason| ReturnReason { returned_by_unit: unit.clone(), ..reason.clone() });
        Ok(kept.collect())
    }
}
