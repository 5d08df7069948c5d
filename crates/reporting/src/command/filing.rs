//! What every way of filing a version has in common: who may, whether the month takes it, the checks, lateness, and the
//! version as row and as ledger entry. A version is judged first and written afterwards, so that a batch can be refused whole.

use minsheng_domain::calendar::Lateness;
use minsheng_domain::finding;
use minsheng_domain::programme::tier_of_unit;
use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::Caller;
use minsheng_kit::policy::Action;
use minsheng_kit::store::Wants;
use minsheng_kit::writer::Context;
use minsheng_proto::common::v1::{Explanation, Finding};
use minsheng_proto::reporting::v1::{Report, ReportContent, ReportState, ReportSubmitted};
use minsheng_proto::tier::v1::ReceivedSet;
use prost::Message;
use sha2::{Digest, Sha256};

use super::{Desk, Pending, Rules, scene};
use crate::check::{self, Scene};
use crate::content::{self, Wholeness};
use crate::entity::{evidence, filer, item_list, report};
use crate::names::{self, ReportName};
use crate::programme::internal;
use crate::report::Filed;

/// In which way a version comes.
pub(crate) enum Way<'a> {
    /// The signed draft, with explanations that it does not hold yet.
    Submitted { etag: &'a str, explanations: &'a [Explanation] },
    /// In one step, as it was reviewed and signed on paper.
    Filed(ReportContent),
    /// Entered by the office for the unit, with the sealed original.
    Entered { content: ReportContent, sealed_original: &'a [u8] },
    /// Filed by a lower tier, whose own people have reviewed and signed it; with what was found on the set itself. Whoever
    /// lets it in has decided that the tier may. A closed month takes it too: a tier that was cut off catches up.
    Tier { content: ReportContent, findings: Vec<finding::Finding> },
}

impl Way<'_> {
    fn action(&self) -> Option<Action> {
        match self {
            Way::Submitted { .. } => Some(Action::SubmitReport),
            Way::Filed(_) => Some(Action::FileReport),
            Way::Entered { .. } => Some(Action::EnterReport),
            Way::Tier { .. } => None,
        }
    }

    fn act(&self) -> &'static str {
        if self.is_entry() { "ENTERED" } else { "SUBMITTED" }
    }

    fn is_entry(&self) -> bool {
        matches!(self, Way::Entered { .. })
    }

    fn is_tier(&self) -> bool {
        matches!(self, Way::Tier { .. })
    }

    fn wholeness(&self) -> Wholeness {
        match self {
            Way::Submitted { .. } | Way::Tier { .. } => Wholeness::Submission,
            Way::Filed(_) | Way::Entered { .. } => Wholeness::Signed,
        }
    }

    fn states(&self) -> &'static [ReportState] {
        match self {
            Way::Submitted { .. } => &[ReportState::Signed],
            Way::Filed(_) => super::DRAFTABLE,
            Way::Entered { .. } => &[
                ReportState::NotStarted,
                ReportState::Draft,
                ReportState::Reviewed,
                ReportState::Signed,
                ReportState::Returned,
            ],
            // Nobody else should have begun a tier's report; where somebody has, what the tier says itself stands.
            Way::Tier { .. } => &[
                ReportState::NotStarted,
                ReportState::Draft,
                ReportState::Reviewed,
                ReportState::Signed,
                ReportState::ToConfirm,
                ReportState::Submitted,
                ReportState::Fast,
                ReportState::Returned,
                ReportState::Correction,
            ],
        }
    }
}

/// A version that may be filed and is not written yet.
pub(crate) struct Version {
    /// The row as it will be.
    pub(crate) row: report::Model,
    event: ReportSubmitted,
    /// The report as it will be.
    pub(super) report: Report,
}

impl Version {
    /// Names the lower tier's set that it was made of.
    pub(crate) fn made_of(mut self, set: &ReceivedSet) -> Self {
        self.event.received = set.encode_to_vec();
        self
    }

    /// Findings that were explained or are notes.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.event.findings
    }
}

/// Row of the account's month, beside those of desk and checks.
pub(super) fn wants_filer(name: &ReportName, account: &str, wants: &mut Wants) {
    wants.row::<filer::Entity>(names::filer(&name.programme, name.period, account));
}

/// Whether a version may be filed, and what it comes to.
pub(crate) fn judge(
    name: &ReportName,
    way: Way<'_>,
    rules: &Rules,
    pending: &mut Pending,
    context: &Context<'_>,
) -> Result<Version, Refusal> {
    let desk = Desk::open(name, rules, context)?;
    let indicator = desk.indicator(name)?;
    let mut row = desk.report(name, pending, context)?;
    if let Some(action) = way.action() {
        context.authorise(action, &row.resource(&indicator.certifier))?;
    }
    if way.is_tier() {
        desk.in_force.open(name.period, name.period.first_day())?;
    } else {
        desk.takes(name, &row, context)?;
    }
    if let Way::Submitted { etag, .. } = &way {
        row.as_seen(etag, None)?;
    }
    row.expect(way.states())?;
    let (is_entry, is_tier, act, wholeness) = (way.is_entry(), way.is_tier(), way.act(), way.wholeness());
    let (content, found) = content_of(way, &row)?;
    let readings = content::read(&content, indicator, wholeness)?;
    let filer = (!is_entry && !is_tier).then(|| filer_after(name, &row.unit, pending, context));
    let mut scene = scene(name, &desk, &content, rules, pending, context)?;
    if let Some(filer) = &filer {
        scene.filer_units = filer.units.lines().map(str::to_owned).collect();
    }
    let mut checked = check::check(&content, &readings, &scene)?;
    if is_tier {
        // What a tier says is its own: what is found on it is shown to the office, and only personal data is refused.
        check::no_personal_data(&checked, &content)?;
        checked.findings.extend(found);
    } else {
        check::stops(&checked, &content)?;
    }
    let lists = lists_sha256(&scene);
    let used: Vec<evidence::Model> =
        scene.evidence.values().filter(|file| file.used_in.is_empty()).map(|file| (*file).clone()).collect();

    if row.first_submit_time.is_none() {
        row.first_submit_time = Some(context.now().as_millisecond());
        if let Lateness::Late { working_days } =
            desk.in_force.deadline(name.period, &desk.holidays)?.lateness(context.now(), &desk.holidays)
        {
            row.late = true;
            row.working_days_late = i32::try_from(working_days).unwrap_or(i32::MAX);
        }
    }
    row.version += 1;
    row.programme_version = desk.in_force.version;
    row.unit.clone_from(&indicator.lead_unit);
    // What came from a tier is submitted in its name, also where it waited for a correction.
    let person = if is_tier { tier_person(&row.unit) } else { context.caller().person.clone() };
    row.add_person(&person);
    row.entered_for_unit = is_entry;
    row.entered_by = if is_entry { context.caller().person.clone() } else { String::new() };
    row.stands = true;
    row.fast = false;
    row.draft = Vec::new();
    row.figures = Filed { values: content.values.clone(), built_on: checked.built_on.clone() }.encode_to_vec();
    let corrects_version = std::mem::take(&mut row.corrects_version);
    row.become_state(if is_entry { ReportState::ToConfirm } else { ReportState::Submitted });
    row.add_step(act, &context.caller().actor(), clock::to_proto(context.now()))?;
    let event = ReportSubmitted {
        report: name.name.clone(),
        version: row.version,
        unit: row.unit.clone(),
        findings: checked.to_proto(),
        programme_version: row.programme_version,
        cut_off: desk.in_force.cut_off(name.period, &desk.holidays).to_string(),
        late: row.late,
        working_days_late: row.working_days_late,
        entered_for_unit: is_entry,
        to_confirm: is_entry,
        persons: row.persons.lines().map(str::to_owned).collect(),
        entered_by_persons: if is_entry { vec![row.entered_by.clone()] } else { Vec::new() },
        corrects_version,
        item_lists_sha256: lists,
        content: Some(content),
        received: Vec::new(),
    };
    for file in used {
        let used = evidence::Model { used_in: name.name.clone(), used_by: row.unit.clone(), ..file };
        pending.evidence.insert(used.sha256.clone(), used);
    }
    if let Some(filer) = filer {
        pending.filers.insert(filer.name.clone(), filer);
    }
    pending.reports.insert(name.name.clone(), row.clone());
    let report = desk.shown(name, &row)?;
    Ok(Version { row, event, report })
}

/// Writes versions in the order in which they were judged, one ledger entry each.
pub(crate) fn write(
    versions: impl IntoIterator<Item = Version>,
    pending: Pending,
    context: &mut Context<'_>,
) -> Result<(), Refusal> {
    for Version { mut row, event, .. } in versions {
        let sequence = context.record(&row.name, &event);
        row.submission_sequence = i64::try_from(sequence).map_err(|_| internal("a sequence number"))?;
        context.put::<report::Entity>(row);
    }
    for file in pending.evidence.into_values() {
        context.put::<evidence::Entity>(file);
    }
    for filer in pending.filers.into_values() {
        context.put::<filer::Entity>(filer);
    }
    Ok(())
}

fn content_of(way: Way<'_>, row: &report::Model) -> Result<(ReportContent, Vec<finding::Finding>), Refusal> {
    let content = match way {
        Way::Tier { content, findings } => return Ok((content, findings)),
        Way::Filed(content) => content,
        Way::Submitted { explanations, .. } => {
            let mut content = row.draft()?.ok_or_else(|| internal("a signed report without a draft"))?;
            for explanation in explanations {
                content.explanations.retain(|known| known.finding_id != explanation.finding_id);
                content.explanations.push(explanation.clone());
            }
            content
        }
        Way::Entered { content, sealed_original } => {
            if !content.evidence.iter().any(|file| file.sha256 == sealed_original) {
                return Err(Refusal::new(Reason::ReportInvalid).field(
                    "sealed_original",
                    "代录须附盖章原件，并列入佐证材料",
                    "must be one of the evidence files",
                ));
            }
            content
        }
    };
    Ok((content, Vec::new()))
}

/// A lower tier as the person that its entries name.
pub(crate) fn tier_person(unit: &str) -> String {
    tier_of_unit(unit).map_or_else(String::new, |division| Caller::tier(division).person)
}

/// The account's month with this unit among those it has filed for.
fn filer_after(name: &ReportName, unit: &str, pending: &Pending, context: &Context<'_>) -> filer::Model {
    let key = names::filer(&name.programme, name.period, &context.caller().account);
    let known = pending.filers.get(&key).or_else(|| context.get::<filer::Entity>(&key));
    let mut filer = known.cloned().unwrap_or_else(|| filer::Model { name: key, units: String::new() });
    if !filer.units.lines().any(|known| known == unit) {
        if !filer.units.is_empty() {
            filer.units.push('\n');
        }
        filer.units.push_str(unit);
    }
    filer
}

/// Hashes of the lists that counts were checked against, by measure.
fn lists_sha256(scene: &Scene<'_>) -> std::collections::BTreeMap<String, Vec<u8>> {
    let counted =
        |list: &&&item_list::Model| scene.indicator.measure(&list.measure).is_some_and(|(_, it)| it.item_list);
    let lists = scene.lists.iter().filter(counted);
    lists.map(|list| (list.measure.clone(), Sha256::digest(&list.items).to_vec())).collect()
}
