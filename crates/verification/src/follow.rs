//! What is learned from other ledgers: from the catalogue the versions of programmes, from reporting the submitted versions
//! that become cases. A version whose programme is not known yet waits: the follower tries again until it is. What a lower
//! tier filed was checked by that tier's own office, and is passed at once where nothing is to be looked at.

use minsheng_domain::programme::tier_of_unit;
use minsheng_kit::catalogue::{self, apply_programme};
use minsheng_kit::convert::name::ReportName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::follower::{Follow, Followed};
use minsheng_kit::store::Wants;
use minsheng_kit::writer::Context;
use minsheng_proto::common::v1::{Finding, Severity, Value};
use minsheng_proto::reporting::v1::{
    CorrectionRequested, ItemsUpdated, MeasureValue, ReportConfirmed, ReportContent, ReportSubmitted,
};
use minsheng_proto::verification::v1::{CaseItems, CaseState, CaseValue, ReportPassed};
use prost::Message;
use prost::bytes::Bytes;
use tracing::{error, info};

use crate::case::{Figures, milliseconds};
use crate::entity::{case, case_items, item_list, submission};
use crate::programmes::{Programmes, indicator, internal};

/// Learns from the catalogue's and the reporting service's ledgers.
#[derive(Debug)]
pub(crate) struct Learn {
    programmes: Programmes,
}

/// A submission as far as a case needs it: the content is kept as it came.
#[derive(Clone, PartialEq, Message)]
struct Submitted {
    #[prost(string, tag = "1")]
    report: String,
    #[prost(int32, tag = "2")]
    version: i32,
    #[prost(string, tag = "3")]
    unit: String,
    #[prost(bytes = "bytes", optional, tag = "4")]
    content: Option<Bytes>,
    #[prost(message, repeated, tag = "5")]
    findings: Vec<Finding>,
    #[prost(int32, tag = "6")]
    programme_version: i32,
    #[prost(bool, tag = "8")]
    late: bool,
    #[prost(bool, tag = "10")]
    entered_for_unit: bool,
    #[prost(bool, tag = "11")]
    to_confirm: bool,
    #[prost(string, repeated, tag = "12")]
    persons: Vec<String>,
    #[prost(string, repeated, tag = "13")]
    entered_by_persons: Vec<String>,
}

/// The values of a content without their breakdowns.
#[derive(Clone, PartialEq, Message)]
struct Values {
    #[prost(message, repeated, tag = "1")]
    values: Vec<ReportedValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ReportedValue {
    #[prost(string, tag = "1")]
    measure: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Value>,
}

impl prost::Name for Submitted {
    const NAME: &'static str = ReportSubmitted::NAME;
    const PACKAGE: &'static str = ReportSubmitted::PACKAGE;
}

impl Learn {
    /// Shares the documents read so far.
    pub(crate) fn new(programmes: Programmes) -> Self {
        Self { programmes }
    }

    fn submitted(&self, entry: &Followed, event: Submitted, context: &mut Context<'_>) -> Result<(), Refusal> {
        let name =
            ReportName::parse("report", &event.report).map_err(|_| internal("the name of a submitted report"))?;
        let programme_name = name.indicator.programme.to_string();
        let programme = self.programmes.version(&programme_name, event.programme_version, context)?;
        let certifier = indicator(&programme, &name.indicator.code)?.certifier.clone();
        let content = event.content.ok_or_else(|| internal("a submission without content"))?;
        let case_name = version_name(&event.report, event.version);
        let lists = context.group::<item_list::Entity>(&name.indicator.to_string()).into_iter();
        let values = Values::decode(content.clone()).map_err(|_| internal("the content of a submission"))?.values;
        let lists = lists.filter(|list| values.iter().any(|value| value.measure == list.measure));
        let lists: Vec<case_items::Model> = lists.map(|list| list.of_case(&case_name)).collect();
        for list in lists {
            context.put::<case_items::Entity>(list);
        }
        let reported = values.into_iter().map(|value| CaseValue {
            measure: value.measure,
            reported: value.value,
            ..CaseValue::default()
        });
        let passes = tier_of_unit(&event.unit).is_some() && !event.to_confirm && nothing_to_look_at(&event.findings);
        let figures = Figures { findings: event.findings, values: reported.collect() };
        let state = if event.to_confirm { CaseState::ToConfirm } else { CaseState::ToCheck };
        let mut new = case::Model {
            name: case_name.clone(),
            report: event.report.clone(),
            programme: programme_name,
            period: name.period.to_string(),
            indicator: name.indicator.code.clone(),
            version: event.version,
            unit: event.unit,
            certifier,
            state: state as i32,
            stands: event.version == 1 || supersede(&event.report, context),
            programme_version: event.programme_version,
            late: event.late,
            entered_for_unit: event.entered_for_unit,
            to_be_certified: programme.reporting_rules.certified.covers(name.period.last_month()),
            submission_sequence: i64::try_from(entry.sequence).map_err(|_| internal("a sequence number"))?,
            submission_leaf_hash: entry.leaf_hash.0.to_vec(),
            submit_time: milliseconds(&entry.time),
            pass_time: None,
            certify_time: None,
            persons: String::new(),
            passed_by: String::new(),
            correction_reason: String::new(),
            correction_asked_by: String::new(),
            correction_office: String::new(),
            correction_certifier: String::new(),
            figures: figures.encode(),
            revision: 1,
        };
        for person in event.persons.iter().chain(&event.entered_by_persons).chain([&entry.actor.person]) {
            new.add_person(person);
        }
        if passes && new.stands {
            let filed = ReportContent::decode(content.clone()).map_err(|_| internal("the content of a submission"))?;
            pass(&mut new, filed.values, context)?;
        }
        let content = content.to_vec();
        context.put::<submission::Entity>(submission::Model { name: case_name, content });
        context.put::<case::Entity>(new);
        Ok(())
    }
}

/// What one tier has, another never asks for again: its office has checked it.
fn nothing_to_look_at(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.severity() == Severity::Note)
}

/// Passes a lower tier's version by an entry of this service's own.
fn pass(case: &mut case::Model, values: Vec<MeasureValue>, context: &mut Context<'_>) -> Result<(), Refusal> {
    case.become_fast(context.now().as_millisecond(), "")?;
    let event = ReportPassed { version: Some(case.reference()), values, person: String::new() };
    context.record(&case.name, &event);
    Ok(())
}

/// Stands the earlier versions of a report down for a newer one, and says whether the newer one stands. A certified
/// version gives way to a correction that was opened and to nothing else.
fn supersede(report: &str, context: &mut Context<'_>) -> bool {
    let earlier = context.group::<case::Entity>(report).into_iter().filter(|case| case.stands);
    let earlier: Vec<case::Model> = earlier.cloned().collect();
    for mut case in earlier {
        let state = match case.state() {
            CaseState::Certified | CaseState::CorrectionAsked => {
                // A lower tier's newer version may come while this one is decided on: reporting asks for a correction.
                if tier_of_unit(&case.unit).is_some() {
                    info!(report, "a lower tier's version came after the certified one and waits for a correction");
                } else {
                    error!(
                        report,
                        "a version was submitted over a certified one that no correction opened; it does not stand"
                    );
                }
                return false;
            }
            CaseState::CorrectionOpen => CaseState::Certified,
            other => other,
        };
        case.stands = false;
        case.become_state(state);
        context.put::<case::Entity>(case);
    }
    true
}

fn confirmed(event: &ReportConfirmed, context: &mut Context<'_>) -> Result<(), Refusal> {
    let mut case = known(&event.report, event.version, context)?;
    case.add_person(&event.person);
    // An office that returned it meanwhile was first: it stays returned.
    let state = if case.state() == CaseState::ToConfirm { CaseState::ToCheck } else { case.state() };
    case.become_state(state);
    context.put::<case::Entity>(case);
    Ok(())
}

fn correction_requested(event: CorrectionRequested, context: &mut Context<'_>) -> Result<(), Refusal> {
    let mut case = known(&event.report, event.version, context)?;
    if case.state() != CaseState::Certified || !case.stands {
        error!(case = case.name, "a correction was asked for of a version that is not certified; passed over");
        return Ok(());
    }
    case.correction_reason = event.reason;
    case.correction_asked_by = event.person;
    case.correction_office = String::new();
    case.correction_certifier = String::new();
    case.become_state(CaseState::CorrectionAsked);
    context.put::<case::Entity>(case);
    Ok(())
}

/// Name of a submitted version, which is its case's.
fn version_name(report: &str, version: i32) -> String {
    format!("{report}/versions/{version}")
}

fn known(report: &str, version: i32, context: &Context<'_>) -> Result<case::Model, Refusal> {
    let found = context.get::<case::Entity>(&version_name(report, version));
    found.cloned().ok_or_else(|| internal("an entry about a version that was never submitted"))
}

fn items_updated(event: ItemsUpdated, context: &mut Context<'_>) -> Result<(), Refusal> {
    // A measure's code begins with its indicator's: 3.2 of 3.2-1.
    let indicator = event.measure.rsplit_once('-').map(|(code, _)| format!("{}/indicators/{code}", event.programme));
    context.put::<item_list::Entity>(item_list::Model {
        key: format!("{}|{}", event.programme, event.measure),
        indicator: indicator.ok_or_else(|| internal("the measure of an item list"))?,
        measure: event.measure.clone(),
        items: CaseItems { measure: event.measure, items: event.items }.encode_to_vec(),
    });
    Ok(())
}

impl Follow for Learn {
    fn wants(&self, source: &str, entry: &Followed, wants: &mut Wants) {
        if source == "catalogue" {
            catalogue::wants(entry, wants);
        } else if let Some(event) = entry.payload::<Submitted>() {
            // Before its first version a report has no case.
            if event.version > 1 {
                wants.group::<case::Entity>(event.report.clone());
            }
            if let Ok(name) = ReportName::parse("report", &event.report) {
                let programme = name.indicator.programme.to_string();
                self.programmes.wants_version(&programme, event.programme_version, wants);
                wants.group::<item_list::Entity>(name.indicator.to_string());
            }
        } else if let Some(event) = entry.payload::<ReportConfirmed>() {
            wants.row::<case::Entity>(version_name(&event.report, event.version));
        } else if let Some(event) = entry.payload::<CorrectionRequested>() {
            wants.row::<case::Entity>(version_name(&event.report, event.version));
        }
    }

    fn apply(&self, source: &str, entry: &Followed, context: &mut Context<'_>) -> Result<(), Refusal> {
        if source == "catalogue" {
            return apply_programme(entry, context).map(|_| ());
        }
        if let Some(event) = entry.payload::<Submitted>() {
            return self.submitted(entry, event, context).inspect_err(|refusal| {
                if refusal.reason == Reason::FiguresBehind {
                    tracing::info!(sequence = entry.sequence, "waiting for the catalogue's ledger");
                }
            });
        }
        if let Some(event) = entry.payload::<ReportConfirmed>() {
            confirmed(&event, context)
        } else if let Some(event) = entry.payload::<CorrectionRequested>() {
            correction_requested(event, context)
        } else if let Some(event) = entry.payload::<ItemsUpdated>() {
            items_updated(event, context)
        } else {
            Ok(())
        }
    }
}
