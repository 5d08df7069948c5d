//! A report's row: its state, steps, figures as stored, and how it is shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use minsheng_domain::calendar::Holidays;
use minsheng_domain::quantity::Quantity;
use minsheng_kit::clock;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::Resource;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::common::v1::{Quantity as WireQuantity, Value as WireValue};
use minsheng_proto::ledger::v1::Actor;
use minsheng_proto::reporting::v1::{MeasureValue, Report, ReportContent, ReportState, ReportStep, ReturnReason};
use prost::Message;

use crate::entity::report::Model;
use crate::names::ReportName;
use crate::programme::{InForce, LedIndicator, internal};

/// Steps that a report keeps: the latest.
const MAX_STEPS: usize = 200;

/// Values as submitted, with the earlier figures that they were built on by measure.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Filed {
    #[prost(message, repeated, tag = "1")]
    pub(crate) values: Vec<MeasureValue>,
    #[prost(btree_map = "string, sint64", tag = "2")]
    pub(crate) built_on: BTreeMap<String, i64>,
}

/// The same without what later months do not look at: fields that are not named here are passed over.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct FiledFigures {
    #[prost(message, repeated, tag = "1")]
    pub(crate) values: Vec<FiledFigure>,
}

/// A measure's value without its breakdown.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct FiledFigure {
    #[prost(string, tag = "1")]
    pub(crate) measure: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) value: Option<WireValue>,
}

impl FiledFigures {
    /// What a row keeps of values; nothing for none.
    pub(crate) fn read(stored: &[u8]) -> Result<Self, Refusal> {
        Self::decode(stored).map_err(|_| internal("the figures of a report"))
    }

    /// The number of a measure.
    pub(crate) fn number(&self, measure: &str) -> Option<Quantity> {
        let figure = self.values.iter().find(|figure| figure.measure == measure)?;
        match figure.value.as_ref()?.state.as_ref()? {
            State::Quantity(WireQuantity { value, .. }) => value.parse().ok(),
            _ => None,
        }
    }
}

impl Model {
    /// A report that nobody has begun.
    pub(crate) fn new(name: &ReportName, indicator: &LedIndicator) -> Self {
        Self {
            name: name.name.clone(),
            indicator_name: name.indicator_name.clone(),
            programme: name.programme.clone(),
            period: name.period.to_string(),
            indicator: name.indicator.clone(),
            unit: indicator.lead_unit.clone(),
            state: ReportState::NotStarted.into(),
            version: 0,
            programme_version: 0,
            first_submit_time: None,
            late: false,
            working_days_late: 0,
            entered_for_unit: false,
            entered_by: String::new(),
            certified_version: 0,
            certified_entry: -1,
            certified_submission: -1,
            passed_entry: -1,
            corrects_version: 0,
            correction_asked: false,
            stands: false,
            fast: false,
            submission_sequence: -1,
            persons: String::new(),
            draft: Vec::new(),
            figures: Vec::new(),
            certified: Vec::new(),
            trail: Vec::new(),
            revision: 0,
        }
    }

    /// Where it stands.
    pub(crate) fn state(&self) -> ReportState {
        ReportState::try_from(self.state).unwrap_or_default()
    }

    /// Its revision as it travels; empty for a report not begun.
    pub(crate) fn etag(&self) -> String {
        if self.revision == 0 { String::new() } else { self.revision.to_string() }
    }

    /// Moves it on: every change of a row passes here, so that no two contents share an etag.
    pub(crate) fn become_state(&mut self, state: ReportState) {
        self.state = state.into();
        self.revision += 1;
    }

    /// Adds a person who took part.
    pub(crate) fn add_person(&mut self, person: &str) {
        if !person.is_empty() && !self.persons.lines().any(|known| known == person) {
            if !self.persons.is_empty() {
                self.persons.push('\n');
            }
            self.persons.push_str(person);
        }
    }

    /// Adds an act to the steps.
    pub(crate) fn add_step(&mut self, act: &str, actor: &Actor, time: prost_types::Timestamp) -> Result<(), Refusal> {
        self.add_step_because(act, "", actor, time)
    }

    /// Notes an act with its reason.
    pub(crate) fn add_step_because(
        &mut self,
        act: &str,
        reason: &str,
        actor: &Actor,
        time: prost_types::Timestamp,
    ) -> Result<(), Refusal> {
        let mut trail = self.trail()?;
        trail.steps.push(ReportStep {
            act: act.to_owned(),
            account: actor.account.clone(),
            person: actor.person.clone(),
            time: Some(time),
            reason: reason.to_owned(),
        });
        let surplus = trail.steps.len().saturating_sub(MAX_STEPS);
        trail.steps.drain(..surplus);
        self.trail = trail.encode_to_vec();
        Ok(())
    }

    /// Keeps the reasons of a return.
    pub(crate) fn set_return_reasons(&mut self, reasons: Vec<ReturnReason>) -> Result<(), Refusal> {
        let trail = Report { return_reasons: reasons, ..self.trail()? };
        self.trail = trail.encode_to_vec();
        Ok(())
    }

    /// Reasons of the last return.
    pub(crate) fn return_reasons(&self) -> Result<Vec<ReturnReason>, Refusal> {
        Ok(self.trail()?.return_reasons)
    }

    fn trail(&self) -> Result<Report, Refusal> {
        Report::decode(self.trail.as_slice()).map_err(|_| internal("the steps of a report"))
    }

    /// The draft; none if there is none.
    pub(crate) fn draft(&self) -> Result<Option<ReportContent>, Refusal> {
        if self.draft.is_empty() {
            return Ok(None);
        }
        ReportContent::decode(self.draft.as_slice()).map(Some).map_err(|_| internal("the draft of a report"))
    }

    /// Values last submitted.
    pub(crate) fn filed(&self) -> Result<Filed, Refusal> {
        Filed::decode(self.figures.as_slice()).map_err(|_| internal("the figures of a report"))
    }

    /// Values that another month builds on: certified, else as submitted if they were not returned.
    pub(crate) fn figures_to_build_on(&self) -> Result<Vec<MeasureValue>, Refusal> {
        if !self.certified.is_empty() {
            let certified = Filed::decode(self.certified.as_slice());
            return certified.map(|filed| filed.values).map_err(|_| internal("the certified figures of a report"));
        }
        if self.stands { self.filed().map(|filed| filed.values) } else { Ok(Vec::new()) }
    }

    /// What policies look at.
    pub(crate) fn resource(&self, certifier: &str) -> Resource {
        Resource {
            entered_by: (!self.entered_by.is_empty()).then(|| self.entered_by.clone()),
            persons: self.persons.lines().map(str::to_owned).collect(),
            ..Resource::new("report")
                .of_unit(self.unit.as_str())
                .certified_by(certifier)
                .in_state(state_name(self.state()))
        }
    }

    /// The report as answers show it: without content and findings.
    pub(crate) fn shown(&self, in_force: &InForce, name: &ReportName, holidays: &Holidays) -> Result<Report, Refusal> {
        let trail = self.trail()?;
        let version = if self.version > 0 { self.programme_version } else { in_force.version };
        Ok(Report {
            name: self.name.clone(),
            unit: self.unit.clone(),
            state: self.state,
            content: None,
            version: self.version,
            first_submit_time: self.first_submit_time.map(|time| clock::to_proto(milliseconds(time))),
            late: self.late,
            working_days_late: self.working_days_late,
            entered_for_unit: self.entered_for_unit,
            return_reasons: trail.return_reasons,
            programme_version: version,
            due_date: in_force.deadline(name.period, holidays)?.day.to_string(),
            cut_off: in_force.cut_off(name.period, holidays).to_string(),
            etag: self.etag(),
            steps: trail.steps,
            findings: Vec::new(),
            demo_mark: in_force.demo_mark.clone(),
        })
    }

    /// The same revision that the caller looked at. `yours` is what the caller wanted to save, where it did.
    ///
    /// # Errors
    /// ETAG_MISMATCH with state, etag and the values of both sides.
    pub(crate) fn as_seen(&self, etag: &str, yours: Option<&ReportContent>) -> Result<(), Refusal> {
        if etag == self.etag() {
            return Ok(());
        }
        let theirs = match self.draft()? {
            Some(draft) => draft.values,
            None => self.filed()?.values,
        };
        let refusal = Refusal::new(Reason::EtagMismatch)
            .because(
                format!("这份报送在读取之后已被更改，现为“{}”，请刷新后对照再改。", label(self.state())),
                "The report was changed since it was read; compare and try again.",
            )
            .with("state", state_name(self.state()))
            .with("etag", self.etag())
            .with("theirs", summary(&theirs));
        Err(match yours {
            Some(content) => refusal.with("yours", summary(&content.values)),
            None => refusal,
        })
    }

    /// One of the states that a step asks for.
    ///
    /// # Errors
    /// REPORT_STATE with the state it has.
    pub(crate) fn expect(&self, wanted: &[ReportState]) -> Result<(), Refusal> {
        if wanted.contains(&self.state()) {
            return Ok(());
        }
        let names: Vec<&str> = wanted.iter().map(|state| label(*state)).collect();
        Err(Refusal::new(Reason::ReportState)
            .because(
                format!("这份报送现为“{}”，只有“{}”的才能办理这一步。", label(self.state()), names.join("”“")),
                format!("The report is {}, which does not allow this step.", state_name(self.state())),
            )
            .with("state", state_name(self.state()))
            .with("etag", self.etag()))
    }
}

/// Values in short, as `3.1-1=1734人; 3.2-1=未报`.
fn summary(values: &[MeasureValue]) -> String {
    let shown = values.iter().map(|value| {
        let state = value.value.as_ref().and_then(|value| value.state.as_ref());
        let text = match state {
            Some(State::Quantity(quantity)) => format!("{}{}", quantity.value, quantity.unit),
            Some(State::NotApplicable(_)) => "不适用".to_owned(),
            Some(State::NoneHere(_)) => "本地无此项".to_owned(),
            Some(State::NotReported(_)) | None => "未报".to_owned(),
        };
        format!("{}={text}", value.measure)
    });
    shown.collect::<Vec<_>>().join("; ")
}

/// A state as policies, errors and metadata have it, for example "TO_CONFIRM".
pub(crate) fn state_name(state: ReportState) -> &'static str {
    let name = state.as_str_name();
    name.strip_prefix("REPORT_STATE_").unwrap_or(name)
}

/// A state as people of the field call it.
pub(crate) fn label(state: ReportState) -> &'static str {
    match state {
        ReportState::Unspecified => "未知",
        ReportState::NotStarted => "未开始",
        ReportState::Draft => "草稿",
        ReportState::Reviewed => "已审核",
        ReportState::Signed => "已签发",
        ReportState::Submitted => "已报送",
        ReportState::ToConfirm => "待确认",
        ReportState::Fast => "快报数",
        ReportState::Certified => "已认定",
        ReportState::Returned => "已退回",
        ReportState::Correction => "待报更正",
    }
}

/// A stored moment.
pub(crate) fn milliseconds(time: i64) -> Timestamp {
    Timestamp::from_millisecond(time).unwrap_or(Timestamp::UNIX_EPOCH)
}
