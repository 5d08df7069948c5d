//! Saves a draft, whole. It may be incomplete; what it holds is well-formed and free of personal data.

use minsheng_kit::error::Refusal;
use minsheng_kit::policy::Action;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::reporting::v1::{ReportContent, ReportState, UpdateDraftRequest, UpdateDraftResponse};
use prost::Message;

use super::{DRAFTABLE, Desk, Pending, Rules, scene, took_step, wants_evidence};
use crate::check;
use crate::content::{self, Wholeness};
use crate::entity::report;
use crate::names::ReportName;

/// A draft to save.
#[derive(Debug)]
pub(crate) struct UpdateDraft {
    name: ReportName,
    content: ReportContent,
    etag: String,
    rules: Rules,
}

impl UpdateDraft {
    /// Reads the call.
    ///
    /// # Errors
    /// FIELD_INVALID, PERIOD_INVALID, FIELD_REQUIRED.
    pub(crate) fn new(request: UpdateDraftRequest, rules: Rules) -> Result<Self, Refusal> {
        let name = ReportName::parse("name", &request.name)?;
        let content = request.content.ok_or_else(|| Refusal::required("content"))?;
        Ok(Self { name, content, etag: request.etag, rules })
    }
}

impl Command for UpdateDraft {
    type Answer = UpdateDraftResponse;

    fn wants(&self, wants: &mut Wants) {
        Desk::wants(&self.name, wants);
        wants_evidence(&self.content, wants);
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        Desk::wants_more(&self.name, &self.rules, rows, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<UpdateDraftResponse, Refusal> {
        let desk = Desk::open(&self.name, &self.rules, context)?;
        let pending = Pending::default();
        let mut row = desk.report(&self.name, &pending, context)?;
        let indicator = desk.indicator(&self.name)?;
        context.authorise(Action::DraftReport, &row.resource(&indicator.certifier))?;
        desk.takes(&self.name, &row, context)?;
        row.as_seen(&self.etag, Some(&self.content))?;
        row.expect(DRAFTABLE)?;
        let readings = content::read(&self.content, indicator, Wholeness::Draft)?;
        let scene = scene(&self.name, &desk, &self.content, &self.rules, &pending, context)?;
        let checked = check::check(&self.content, &readings, &scene)?;
        check::no_personal_data(&checked, &self.content)?;
        row.draft = self.content.encode_to_vec();
        row.become_state(ReportState::Draft);
        took_step(&mut row, "DRAFTED", context)?;
        let report = desk.shown(&self.name, &row)?;
        context.put::<report::Entity>(row);
        Ok(UpdateDraftResponse { report: Some(report), findings: checked.to_proto() })
    }

    fn weight(&self) -> usize {
        self.content.encoded_len()
    }
}
