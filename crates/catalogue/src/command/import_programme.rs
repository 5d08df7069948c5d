//! Takes a document in as the draft of its programme, replacing an earlier draft.

use minsheng_kit::convert::Faults;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::catalogue::v1::{ImportProgrammeRequest, ImportProgrammeResponse, Programme, ProgrammeImported};
use prost::Message;

use super::{
    check_name, check_own, check_size, decisions, known, wants_below, wants_divisions, wants_mandates, wants_programme,
    wants_units,
};
use crate::entity::{programme, programme_version};
use crate::{examine, version};

/// The import.
#[derive(Debug)]
pub(crate) struct ImportProgramme {
    /// The document, under the name that follows from it, as it is recorded: it may be large and is not copied.
    event: ProgrammeImported,
    /// The name that it came with.
    given_name: String,
}

impl ImportProgramme {
    pub(crate) fn new(request: ImportProgrammeRequest) -> Self {
        let Some(document) = request.programme else {
            return Self { event: ProgrammeImported::default(), given_name: String::new() };
        };
        let name = format!("programmes/{}-{}", document.division, document.year);
        let given_name = document.name.clone();
        let document = Programme { name: name.clone(), ..document };
        Self { event: ProgrammeImported { name, programme: Some(document) }, given_name }
    }
}

impl Command for ImportProgramme {
    type Answer = ImportProgrammeResponse;

    fn wants(&self, wants: &mut Wants) {
        wants_programme(&self.event.name, wants);
        if let Some(document) = &self.event.programme {
            wants_divisions(document, wants);
            wants_units(document, wants);
            wants_mandates(wants);
        }
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        if let Some(document) = &self.event.programme {
            wants_below(&document.division, rows, wants);
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<ImportProgrammeResponse, Refusal> {
        context.authorise(Action::ImportProgramme, &Resource::new("programme"))?;
        let name = &self.event.name;
        let document = self.event.programme.as_ref().ok_or_else(|| Refusal::required("programme"))?;
        let mut faults = Faults::default();
        check_name(document, &self.given_name, name, &mut faults);
        check_own("division", &document.division, context, &mut faults);
        faults.check(Reason::ProgrammeInvalid)?;
        let encoded = document.encode_to_vec();
        check_size(&encoded)?;
        let examined = examine::accept(document, &known(document, context))?;
        if context.get::<programme::Entity>(name).is_some_and(|head| head.newest > 0) {
            return Err(Refusal::new(Reason::ProgrammeNotDraft).with("programme", name));
        }
        let revision = i64::try_from(context.record(name, &self.event)).unwrap_or(i64::MAX);
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
        self.event.encoded_len()
    }
}
