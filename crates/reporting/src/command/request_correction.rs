//! The unit asks for a correction of what is certified; two persons of office and certifier decide on it.

use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::Action;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{
    CorrectionRequested, ReportState, RequestCorrectionRequest, RequestCorrectionResponse,
};

use super::{Desk, Pending, Rules, reason_in_words};
use crate::entity::report;
use crate::names::ReportName;

/// A correction asked for.
#[derive(Debug)]
pub(crate) struct RequestCorrection {
    name: ReportName,
    etag: String,
    reason: String,
    rules: Rules,
}

impl RequestCorrection {
    /// Reads the call.
    ///
    /// # Errors
    /// FIELD_INVALID, PERIOD_INVALID, FIELD_REQUIRED, PERSONAL_DATA.
    pub(crate) fn new(request: RequestCorrectionRequest, rules: Rules) -> Result<Self, Refusal> {
        let name = ReportName::parse("name", &request.name)?;
        reason_in_words("reason", &request.reason)?;
        Ok(Self { name, etag: request.etag, reason: request.reason, rules })
    }
}

impl Command for RequestCorrection {
    type Answer = RequestCorrectionResponse;

    fn wants(&self, wants: &mut Wants) {
        Desk::wants(&self.name, wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        Desk::wants_more(&self.name, &self.rules, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<RequestCorrectionResponse, Refusal> {
        let desk = Desk::open(&self.name, &self.rules, context)?;
        let mut row = desk.report(&self.name, &Pending::default(), context)?;
        context.authorise(Action::RequestCorrection, &row.resource(&desk.indicator(&self.name)?.certifier))?;
        row.as_seen(&self.etag, None)?;
        row.expect(&[ReportState::Certified])?;
        if row.correction_asked {
            return Err(Refusal::new(Reason::ReportState).because(
                "已申请更正，正等待两人决定。",
                "A correction is asked for already and waits for two persons.",
            ));
        }
        row.correction_asked = true;
        row.add_person(&context.caller().person);
        let (actor, now) = (context.caller().actor(), clock::to_proto(context.now()));
        row.add_step_because("CORRECTION_ASKED", &self.reason, &actor, now)?;
        row.become_state(ReportState::Certified);
        let event = CorrectionRequested {
            report: row.name.clone(),
            version: row.certified_version,
            reason: self.reason.clone(),
            person: context.caller().person.clone(),
        };
        context.record(&row.name, &event);
        let report = desk.shown(&self.name, &row)?;
        context.put::<report::Entity>(row);
        Ok(RequestCorrectionResponse { report: Some(report), receipt: None })
    }
}
