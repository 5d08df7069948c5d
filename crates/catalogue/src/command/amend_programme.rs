//! Makes the next version of an issued programme, with a reason, in force from a month on. Earlier versions stay as they
//! are: each period is judged by the version then in force.

use minsheng_kit::convert::name::ProgrammeName;
use minsheng_kit::convert::{Faults, period};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::{Command, Context};
use minsheng_proto::catalogue::v1::{AmendProgrammeRequest, AmendProgrammeResponse, Programme};
use prost::Message;

use super::{
    check_etag, check_name, check_size, issue_programme, known, unknown, wants_below, wants_divisions, wants_mandates,
    wants_programme, wants_units,
};
use crate::entity::{programme, programme_version};
use crate::{examine, version};

/// Longest reason, in characters.
const MAX_REASON: usize = 1_000;

/// The amendment.
#[derive(Debug)]
pub(crate) struct AmendProgramme(pub(crate) AmendProgrammeRequest);

impl Command for AmendProgramme {
    type Answer = AmendProgrammeResponse;

    fn wants(&self, wants: &mut Wants) {
        wants_programme(&self.0.name, wants);
        issue_programme::wants_lower(wants);
        if let Some(document) = &self.0.programme {
            wants_divisions(document, wants);
            wants_units(document, wants);
            wants_mandates(wants);
        }
    }

    fn wants_more(&self, rows: &Rows, wants: &mut Wants) {
        if let Some(document) = &self.0.programme {
            wants_below(&document.division, rows, wants);
        }
    }

    fn decide(&self, context: &mut Context<'_>) -> Result<AmendProgrammeResponse, Refusal> {
        context.authorise(Action::AmendProgramme, &Resource::new("programme"))?;
        let name = self.0.name.as_str();
        let year = ProgrammeName::parse("name", name)?.year;
        let document = self.0.programme.as_ref().ok_or_else(|| Refusal::required("programme"))?;
        let head = context.get::<programme::Entity>(name).ok_or_else(|| unknown(name))?;
        if head.newest == 0 {
            return Err(Refusal::new(Reason::ProgrammeNotIssued).with("programme", name));
        }
        check_etag(&self.0.etag, head.revision)?;
        let mut faults = Faults::default();
        faults.required_text("reason", &self.0.reason, MAX_REASON);
        faults.check(Reason::FieldInvalid)?;
        let in_force_from = period::month_of_year("in_force_from", &self.0.in_force_from, year)?.to_string();
        let versions: Vec<&programme_version::Model> =
            context.group::<programme_version::Entity>(name).into_iter().filter(|one| one.version > 0).collect();
        let before = versions.iter().copied().find(|one| one.version == head.newest).ok_or_else(|| unknown(name))?;
        if in_force_from < before.in_force_from {
            let earliest = &before.in_force_from;
            return Err(Refusal::new(Reason::PeriodInvalid).field(
                "in_force_from",
                format!("不得早于上一版的生效月{earliest}"),
                format!("must not lie before {earliest}, from which the version before is in force"),
            ));
        }
        check_document(document, name, &versions)?;
        let examined = examine::accept(document, &known(document, context))?;
        let document = Programme { name: name.to_owned(), ..document.clone() }.encode_to_vec();
        check_size(&document)?;
        if document == before.document {
            return Err(Refusal::new(Reason::ProgrammeInvalid).field(
                "programme",
                "与现行版本相同，没有调整",
                "is the version in force: nothing was amended",
            ));
        }
        let next = head.newest.saturating_add(1);
        let issued = programme_version::Model {
            key: version::key(name, next),
            programme: name.to_owned(),
            version: next,
            in_force_from,
            reason: self.0.reason.clone(),
            time: context.now().as_millisecond(),
            document,
            revision: i64::try_from(context.next_sequence()).unwrap_or(i64::MAX),
        };
        let before = Some(before.read()?);
        let version = issue_programme::put(name, issued, before.as_ref(), context)?;
        Ok(AmendProgrammeResponse { version: Some(version), findings: examined.findings, receipt: None })
    }

    fn weight(&self) -> usize {
        self.0.encoded_len()
    }
}

/// The document is this programme's and goes on from its earlier versions.
fn check_document(document: &Programme, name: &str, versions: &[&programme_version::Model]) -> Result<(), Refusal> {
    let mut ordered = versions.to_vec();
    ordered.sort_by_key(|one| one.version);
    let mut earlier = Vec::with_capacity(ordered.len());
    for one in ordered {
        earlier.push(version::units(&one.read()?));
    }
    let mut faults = Faults::default();
    check_name(document, &document.name, name, &mut faults);
    version::check_codes(document, &earlier, &mut faults);
    faults.check(Reason::ProgrammeInvalid)
}
