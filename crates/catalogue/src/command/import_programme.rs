//! Takes a document in as the draft of its programme, replacing an earlier draft.

use minsheng_kit::convert::Faults;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::catalogue::v1::{ImportProgrammeRequest, ImportProgrammeResponse, Programme, ProgrammeImported};
use prost::Message;

use super::{check_name, check_own, decisions, known, wants_below, wants_division, wants_programme, wants_units};
use crate::entity::{programme, programme_version};
use crate::{examine, version};

/// The import.
#[derive(Debug)]
pub(crate) struct ImportProgramme {
    document: Option<Programme>,
    name: String,
}

impl ImportProgramme {
    pub(crate) fn new(request: ImportProgrammeRequest) -> Self {
        let document = request.programme;
        let name = document.as_ref().map(|document| format!("programmes/{}-{}", document.division, document.year));
        Self { document, name: name.unwrap_or_default() }
    }
}

impl Command for ImportProgramme {
    type Answer = ImportProgrammeResponse;

    fn wants(&self, wants: &mut Wants) {
        wants_programme(&self.name, wants);
        if let Some(document) = &self.document {
            wants_division(&document.division, wants);
            wants_units(document, wants);
        }
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        if let Some(document) = &self.document {
            wants_below(&document.division, rows, wants);
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ImportProgrammeResponse, Refusal> {
        context.authorise(Action::ImportProgramme, &Resource::new("programme"))?;
        let name = &self.name;
        let document = self.document.as_ref().ok_or_else(|| Refusal::required("programme"))?;
        let mut faults = Faults::default();
        check_name(document, name, &mut faults);
        check_own("division", &document.division, context, &mut faults);
        faults.check(Reason::ProgrammeInvalid)?;
        let examined = examine::accept(document, &known(document, &document.division, context))?;
        if context.get::<programme::Entity>(name).is_some_and(|head| head.newest > 0) {
            return Err(Refusal::new(Reason::ProgrammeNotDraft).with("programme", name));
        }
        let document = Programme { name: name.clone(), ..document.clone() };
        let encoded = document.encode_to_vec();
        let event = ProgrammeImported { name: name.clone(), programme: Some(document) };
        let revision = i64::try_from(context.record(name, &event)).unwrap_or(i64::MAX);
        let draft = programme_version::Model {
            key: version::key(name, 0),
            programme: name.clone(),
            version: 0,
            in_force_from: String::new(),
            reason: String::new(),
            time: context.now().as_millisecond(),
            document: encoded,
            revision,
        };
        let shown = draft.head(decisions(name, context));
        context.put::<programme_version::Entity>(draft);
        context.put::<programme::Entity>(programme::Model { name: name.clone(), newest: 0, revision });
        Ok(ImportProgrammeResponse {
            draft: Some(shown),
            counts: Some(examined.counts),
            findings: examined.findings,
            receipt: None,
        })
    }

    fn weight(&self) -> usize {
        self.document.as_ref().map_or(0, Message::encoded_len)
    }
}
