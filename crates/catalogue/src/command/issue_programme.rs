//! Freezes the draft that was looked at as version 1, in force from the year's first month. What a version gives to lower
//! tiers is recorded with it.

use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::catalogue::v1::{
    IssueProgrammeRequest, IssueProgrammeResponse, Programme, ProgrammeIssued, ProgrammeVersion,
};
use minsheng_proto::tier::v1::MandatesGiven;

use super::{check_etag, decisions, unknown, wants_programme};
use crate::entity::{mandate_given, mandate_head, programme, programme_version};
use crate::mandate::given;
use crate::version;

/// The issue.
#[derive(Debug)]
pub(crate) struct IssueProgramme(pub(crate) IssueProgrammeRequest);

impl Command for IssueProgramme {
    type Answer = IssueProgrammeResponse;

    fn wants(&self, wants: &mut Wants) {
        wants_programme(&self.0.name, wants);
        wants_lower(wants);
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
        Ok(IssueProgrammeResponse { version: Some(put(name, issued, None, context)?), receipt: None })
    }
}

/// Which entry each lower tier was last given.
pub(crate) fn wants_lower(wants: &mut Wants) {
    wants.group::<mandate_head::Entity>(mandate_head::LOWER);
}

/// Records a version and what it gives to lower tiers, makes it the newest, and gives it without its document.
pub(super) fn put(
    name: &str,
    issued: programme_version::Model,
    before: Option<&Programme>,
    context: &mut Context<'_>,
) -> Result<ProgrammeVersion, Refusal> {
    let head = issued.head(decisions(name, context));
    let document = issued.read()?;
    let whole = ProgrammeVersion { programme: Some(document), ..head.clone() };
    let event = ProgrammeIssued { version: Some(whole) };
    context.record(name, &event);
    if let Some(document) = event.version.and_then(|whole| whole.programme) {
        give(&document, issued.version, before, context)?;
    }
    context.put::<programme::Entity>(programme::Model {
        name: name.to_owned(),
        newest: issued.version,
        revision: issued.revision,
    });
    context.put::<programme_version::Entity>(issued);
    Ok(head)
}

/// One entry for each lower tier for which something is now otherwise.
pub(crate) fn give(
    document: &Programme,
    version: i32,
    before: Option<&Programme>,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    let mut old = before.map(given::given).unwrap_or_default();
    let mut changed = Vec::new();
    for (division, new) in given::given(document) {
        if old.remove(&division).as_ref() != Some(&new) {
            changed.push(new);
        }
    }
    changed.extend(old.into_keys().map(|division| given::nothing(document, &division)));
    for new in changed {
        let division = new.division.clone();
        let previous = context.get::<mandate_head::Entity>(&division).map(|head| head.sequence);
        let previous = previous.map(u64::try_from).transpose().map_err(|_| Refusal::new(Reason::Internal))?;
        let event = MandatesGiven { programme_version: version, previous, ..new };
        let sequence = context.record(&format!("divisions/{division}"), &event);
        let sequence = i64::try_from(sequence).map_err(|_| Refusal::new(Reason::Internal))?;
        context.put::<mandate_given::Entity>(mandate_given::Model {
            key: sequence.to_string(),
            division: division.clone(),
            sequence,
        });
        let tiers = mandate_head::LOWER.to_owned();
        context.put::<mandate_head::Entity>(mandate_head::Model { division, tiers, sequence });
    }
    Ok(())
}
