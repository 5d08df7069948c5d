//! Freezes the draft that was looked at as version 1, in force from the year's first month.

use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::catalogue::v1::{IssueProgrammeRequest, IssueProgrammeResponse, ProgrammeIssued, ProgrammeVersion};

use super::{check_etag, decisions, unknown, wants_programme};
use crate::entity::{programme, programme_version};
use crate::version;

/// The issue.
#[derive(Debug)]
pub(crate) struct IssueProgramme(pub(crate) IssueProgrammeRequest);

impl Command for IssueProgramme {
    type Answer = IssueProgrammeResponse;

    fn wants(&self, wants: &mut Wants) {
        wants_programme(&self.0.name, wants);
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<IssueProgrammeResponse, Refusal> {
        context.authorise(Action::IssueProgramme, &Resource::new("programme"))?;
        let name = &self.0.name;
        let parsed = ProgrammeName::parse("name", name)?;
        let head = context.get::<programme::Entity>(name).ok_or_else(|| unknown(name))?;
        if head.newest > 0 {
            return Err(Refusal::new(Reason::ProgrammeNotDraft).with("programme", name).with("version", head.newest));
        }
        check_etag(&self.0.etag, head.revision)?;
        let draft = context.get::<programme_version::Entity>(&version::key(name, 0)).ok_or_else(|| unknown(name))?;
        let issued = programme_version::Model {
            key: version::key(name, 1),
            version: 1,
            in_force_from: format!("{}-01", parsed.year),
            time: context.now().as_millisecond(),
            revision: i64::try_from(context.next_sequence()).unwrap_or(i64::MAX),
            ..draft.clone()
        };
        Ok(IssueProgrammeResponse { version: Some(put(name, issued, context)?), receipt: None })
    }
}

/// Records a version, makes it the newest, and gives it without its document.
pub(super) fn put(
    name: &str,
    issued: programme_version::Model,
    context: &mut Context<'_>,
) -> Result<ProgrammeVersion, Refusal> {
    let shown = issued.shown(decisions(name, context))?;
    let head = ProgrammeVersion { programme: None, ..shown.clone() };
    context.record(name, &ProgrammeIssued { version: Some(shown) });
    context.put::<programme::Entity>(programme::Model {
        name: name.to_owned(),
        newest: issued.version,
        revision: issued.revision,
    });
    context.put::<programme_version::Entity>(issued);
    Ok(head)
}
