//! The commands: what rows each wants, and the decision over them. Who acts, in which state and on which revision is checked
//! here, in the writer's transaction.

mod accept_tier_ledger;
mod batch_file;
mod close_period;
mod confirm;
mod enter;
mod file;
mod file_article;
mod file_sets;
pub(crate) mod filing;
mod fill_from_tiers;
mod fill_unchanged;
mod raise_alarm;
mod request_correction;
mod resolve_tier_alarm;
mod review;
mod settle_outbox;
mod sign;
mod store_evidence;
mod submit;
mod update_draft;
mod update_items;

pub(crate) use accept_tier_ledger::AcceptTierLedger;
pub(crate) use batch_file::BatchFileReports;
pub(crate) use close_period::ClosePeriod;
pub(crate) use confirm::ConfirmReport;
pub(crate) use enter::EnterReport;
pub(crate) use file::FileReport;
pub(crate) use file_article::FileArticle;
pub(crate) use file_sets::FileSets;
pub(crate) use fill_from_tiers::FillFromTiers;
pub(crate) use fill_unchanged::FillUnchanged;
pub(crate) use raise_alarm::RaiseAlarm;
pub(crate) use request_correction::RequestCorrection;
pub(crate) use resolve_tier_alarm::ResolveTierAlarm;
pub(crate) use review::ReviewReport;
pub(crate) use settle_outbox::SettleOutbox;
pub(crate) use sign::SignReport;
pub(crate) use store_evidence::StoreEvidence;
pub(crate) use submit::SubmitReport;
pub(crate) use update_draft::UpdateDraft;
pub(crate) use update_items::BatchUpdateItems;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use minsheng_domain::calendar::Holidays;
use minsheng_domain::check::{Bounds, find_personal_data};
use minsheng_domain::period::{Period, beijing_date};
use minsheng_kit::catalogue::Calendars;
use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::Action;
use minsheng_kit::store::{Rows, Wants};
use minsheng_kit::writer::Context;
use minsheng_proto::reporting::v1::{Report, ReportContent, ReportState, ReportStepTaken};
use sha2::{Digest, Sha256};

use crate::check::Scene;
use crate::content::Faults;
use crate::divisions::Divisions;
use crate::entity::{evidence, filer, item_list, period, report};
use crate::names::{self, ReportName};
use crate::programme::{self, InForce, LedIndicator, Programmes};

/// What all commands on reports share.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Programme versions prepared so far.
    pub(crate) programmes: Programmes,
    /// Calendars read so far.
    pub(crate) calendars: Calendars,
    /// Divisions found so far.
    pub(crate) divisions: Divisions,
    /// Bounds of the checks.
    pub(crate) bounds: Bounds,
}

impl Rules {
    /// Documents that nobody has read so far.
    fn wants_more(
        &self,
        programme: &str,
        year: i16,
        period: Period,
        rows: &Rows,
        wants: &mut Wants,
    ) -> Option<Arc<InForce>> {
        self.calendars.wants_more(year, rows, wants);
        self.programmes.wants_more(programme, Some(period), rows, wants)
    }
}

/// Which versions there are of a programme and of the calendars that its year looks at.
fn wants_rules(programme: &str, year: i16, wants: &mut Wants) {
    Programmes::wants(programme, wants);
    Calendars::wants(year, wants);
}

/// A report with what surrounds it, as the rows of this transaction say.
pub(crate) struct Desk {
    pub(crate) in_force: Arc<InForce>,
    holidays: Arc<Holidays>,
}

impl Desk {
    /// Rows that every act on a report looks at.
    pub(crate) fn wants(name: &ReportName, wants: &mut Wants) {
        wants_rules(&name.programme, name.year, wants);
        wants.group::<report::Entity>(name.indicator_name.as_str());
        wants.row::<period::Entity>(names::month(&name.programme, name.period));
    }

    pub(crate) fn wants_more(name: &ReportName, rules: &Rules, rows: &Rows, wants: &mut Wants) {
        let in_force = rules.wants_more(&name.programme, name.year, name.period, rows, wants);
        // Lists lie behind few indicators.
        if in_force.is_some_and(|it| it.indicator(&name.indicator).is_some_and(LedIndicator::counts_items)) {
            wants.group::<item_list::Entity>(name.indicator_name.as_str());
        }
    }

    pub(crate) fn open(name: &ReportName, rules: &Rules, context: &Context<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            in_force: programme::in_force(&rules.programmes, &name.programme, Some(name.period), context)?,
            holidays: rules.calendars.holidays(name.year, context)?,
        })
    }

    pub(crate) fn indicator(&self, name: &ReportName) -> Result<&LedIndicator, Refusal> {
        let found = self.in_force.indicator(&name.indicator);
        found.ok_or_else(|| Refusal::new(Reason::ReportUnknown).with("name", &name.name))
    }

    /// The report as it is, or as nobody has begun it. Before its first version it is its present lead unit's.
    pub(crate) fn report(
        &self,
        name: &ReportName,
        pending: &Pending,
        context: &Context<'_>,
    ) -> Result<report::Model, Refusal> {
        let indicator = self.indicator(name)?;
        let known = pending.reports.get(&name.name).or_else(|| context.get::<report::Entity>(&name.name));
        let mut row = known.cloned().unwrap_or_else(|| report::Model::new(name, indicator));
        if row.version == 0 {
            row.unit.clone_from(&indicator.lead_unit);
        }
        Ok(row)
    }

    /// The month takes reports: it has begun, and it is not closed. What was received before it was closed may still be
    /// mended after a return or by a correction.
    fn takes(&self, name: &ReportName, row: &report::Model, context: &Context<'_>) -> Result<(), Refusal> {
        self.in_force.open(name.period, beijing_date(context.now()))?;
        let closed = context.get::<period::Entity>(&names::month(&name.programme, name.period));
        if closed.is_some() && row.version == 0 {
            return Err(period_closed(name));
        }
        Ok(())
    }

    fn shown(&self, name: &ReportName, row: &report::Model) -> Result<Report, Refusal> {
        row.shown(&self.in_force, name, &self.holidays)
    }
}

fn period_closed(name: &ReportName) -> Refusal {
    Refusal::new(Reason::PeriodClosed)
        .because(
            format!("{}已经关闭，未报的按缺报记，不再接收。", name.period.label()),
            format!("{} is closed; what had not come counts as missing.", name.period),
        )
        .with("period", name.period)
}

/// Rows of the evidence that a content names.
pub(crate) fn wants_evidence(content: &ReportContent, wants: &mut Wants) {
    for file in &content.evidence {
        wants.row::<evidence::Entity>(hex::encode(&file.sha256));
    }
}

/// What commands before in the same call decided and nobody has written yet.
#[derive(Default)]
pub(crate) struct Pending {
    reports: BTreeMap<String, report::Model>,
    filers: BTreeMap<String, filer::Model>,
    evidence: BTreeMap<String, evidence::Model>,
}

/// The scene of a check. Rows of evidence must be there; those that are not are faults of the content.
fn scene<'a>(
    name: &'a ReportName,
    desk: &'a Desk,
    content: &ReportContent,
    rules: &Rules,
    pending: &'a Pending,
    context: &'a Context<'_>,
) -> Result<Scene<'a>, Refusal> {
    let stored = context.group::<report::Entity>(&name.indicator_name).into_iter();
    let mut months: Vec<&report::Model> = stored.filter(|row| !pending.reports.contains_key(&row.name)).collect();
    months.extend(pending.reports.values().filter(|row| row.indicator_name == name.indicator_name));
    let mut files = HashMap::new();
    let mut faults = Faults::default();
    for (row, file) in content.evidence.iter().enumerate() {
        let hash = hex::encode(&file.sha256);
        match pending.evidence.get(&hash).or_else(|| context.get::<evidence::Entity>(&hash)) {
            Some(known) => {
                files.insert(hash, known);
            }
            None => faults.add(
                Reason::EvidenceUnknown,
                format!("content.evidence[{row}].sha256"),
                "没有这个佐证文件，请先上传",
                "is not known; upload it first",
            ),
        }
    }
    faults.check(Reason::ReportInvalid)?;
    let indicator = desk.indicator(name)?;
    let lists = indicator.counts_items().then(|| context.group::<item_list::Entity>(&name.indicator_name));
    Ok(Scene {
        name,
        in_force: &desk.in_force,
        indicator,
        holidays: &desk.holidays,
        now: context.now(),
        months,
        lists: lists.unwrap_or_default(),
        evidence: files,
        filer_units: Vec::new(),
        bounds: rules.bounds,
        built_on: None,
    })
}

/// States in which a draft may be written.
const DRAFTABLE: &[ReportState] = &[
    ReportState::NotStarted,
    ReportState::Draft,
    ReportState::Reviewed,
    ReportState::Signed,
    ReportState::Returned,
    ReportState::Correction,
];

/// A step before submission, as the next state and as the ledger has it.
struct Step {
    action: Action,
    act: &'static str,
    from: &'static [ReportState],
    to: ReportState,
}

/// Takes a step on the draft as it is: review, signature.
fn step(
    name: &ReportName,
    etag: &str,
    step: &Step,
    rules: &Rules,
    context: &mut Context<'_>,
) -> Result<Report, Refusal> {
    let desk = Desk::open(name, rules, context)?;
    let mut row = desk.report(name, &Pending::default(), context)?;
    context.authorise(step.action, &row.resource(&desk.indicator(name)?.certifier))?;
    desk.takes(name, &row, context)?;
    row.as_seen(etag, None)?;
    row.expect(step.from)?;
    row.become_state(step.to);
    took_step(&mut row, step.act, context)?;
    let shown = desk.shown(name, &row)?;
    context.put::<report::Entity>(row);
    Ok(shown)
}

/// Notes who took a step on the draft, in the row and in the ledger.
fn took_step(row: &mut report::Model, act: &str, context: &mut Context<'_>) -> Result<(), Refusal> {
    row.add_person(&context.caller().person);
    row.add_step(act, &context.caller().actor(), clock::to_proto(context.now()))?;
    let event = ReportStepTaken {
        report: row.name.clone(),
        act: act.to_owned(),
        content_sha256: Sha256::digest(&row.draft).to_vec(),
    };
    context.record(&row.name, &event);
    Ok(())
}

/// Words of 1 to 1000 characters without personal data.
fn reason_in_words(field: &str, words: &str) -> Result<(), Refusal> {
    if words.trim().is_empty() {
        return Err(Refusal::required(field));
    }
    if words.chars().count() > 1_000 {
        return Err(Refusal::invalid(field, "至多1000个字符", "must be at most 1000 characters"));
    }
    no_personal_data(field, words)
}

/// PERSONAL_DATA where a text holds some.
fn no_personal_data(field: &str, words: &str) -> Result<(), Refusal> {
    match find_personal_data(words) {
        Some(_) => Err(Refusal::new(Reason::PersonalData).field(
            field,
            "含有公民身份号码或手机号码，个人信息不得填入",
            "holds an ID or mobile number; personal data is not accepted",
        )),
        None => Ok(()),
    }
}
