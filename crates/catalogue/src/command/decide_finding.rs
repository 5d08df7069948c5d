//! Records what the office decided on a finding of the draft or the newest version. Nothing in the document changes.

use minsheng_kit::convert::Faults;
use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::catalogue::v1::{DecideFindingRequest, DecideFindingResponse, FindingDecided, Programme};

use super::{known, unknown, wants_below, wants_divisions, wants_mandates, wants_programme, wants_units};
use crate::entity::{division, finding_decision, programme, programme_version};
use crate::{examine, version};

/// Longest decision, in characters.
const MAX_DECISION: usize = 1_000;

/// The decision.
#[derive(Debug)]
pub(crate) struct DecideFinding(pub(crate) DecideFindingRequest);

impl DecideFinding {
    fn division(&self) -> Option<String> {
        ProgrammeName::parse("name", &self.0.name).ok().map(|name| name.division)
    }
}

impl Command for DecideFinding {
    type Answer = DecideFindingResponse;

    fn wants(&self, wants: &mut Wants) {
        wants_programme(&self.0.name, wants);
        if let Some(division) = self.division() {
            wants.group::<division::Entity>(division);
        }
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        if let Some(division) = self.division() {
            wants_below(&division, rows, wants);
        }
        let newest = rows.get::<programme::Entity>(&self.0.name).map_or(0, |head| head.newest);
        let versions = rows.group::<programme_version::Entity>(&self.0.name).into_iter();
        if let Some(Ok(document)) = versions.filter(|one| one.version == newest).map(|one| one.read()).next() {
            wants_divisions(&document, wants);
            wants_units(&document, wants);
            wants_mandates(wants);
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<DecideFindingResponse, Refusal> {
        context.authorise(Action::DecideFinding, &Resource::new("programme"))?;
        let request = &self.0;
        let name = request.name.as_str();
        ProgrammeName::parse("name", name)?;
        let mut faults = Faults::default();
        faults.required_text("decision", &request.decision, MAX_DECISION);
        faults.check(Reason::FieldInvalid)?;
        let head = context.get::<programme::Entity>(name).ok_or_else(|| unknown(name))?;
        let row = context.get::<programme_version::Entity>(&version::key(name, head.newest));
        let document: Programme = row.ok_or_else(|| unknown(name))?.read()?;
        let examined = examine::examine(&document, &known(&document, context))?;
        if !examined.findings.iter().any(|finding| finding.id == request.finding_id) {
            return Err(Refusal::new(Reason::FindingUnknown).with("finding", &request.finding_id));
        }
        let decided = finding_decision::Model {
            key: version::decision_key(name, &request.finding_id),
            programme: name.to_owned(),
            finding: request.finding_id.clone(),
            decision: request.decision.clone(),
            decided_by: context.caller().account.clone(),
            time: context.now().as_millisecond(),
        };
        let decision = Some(decided.shown());
        context.record(name, &FindingDecided { name: name.to_owned(), decision: decision.clone() });
        context.put::<finding_decision::Entity>(decided);
        Ok(DecideFindingResponse { decision, receipt: None })
    }
}
