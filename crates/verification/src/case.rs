//! What a case says of itself: its state, persons, revision, figures, and what policies look at. Rows lie in
//! `entity::case`.

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::policy::Resource;
use minsheng_proto::common::v1::Finding;
use minsheng_proto::verification::v1::{Case, CaseState, CaseValue, VersionReference};
use prost::Message;

use crate::entity::case::Model;
use crate::programmes::internal;

/// Findings and values as a row keeps them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    /// Findings carried from the submission.
    pub(crate) findings: Vec<Finding>,
    /// Reported, fast and certified values by measure, without the earlier ones.
    pub(crate) values: Vec<CaseValue>,
}

impl Figures {
    /// As a row keeps them.
    pub(crate) fn encode(self) -> Vec<u8> {
        Case { findings: self.findings, values: self.values, ..Case::default() }.encode_to_vec()
    }
}

impl Model {
    /// Where it stands.
    pub(crate) fn state(&self) -> CaseState {
        CaseState::try_from(self.state).unwrap_or_default()
    }

    /// The state's name as policies, errors and metadata have it, for example "TO_CHECK".
    pub(crate) fn state_name(&self) -> &'static str {
        let name = self.state().as_str_name();
        name.strip_prefix("CASE_STATE_").unwrap_or(name)
    }

    /// Its revision as it travels.
    pub(crate) fn etag(&self) -> String {
        self.revision.to_string()
    }

    /// Moves it on: every change of a row passes here, so that no two contents share an etag.
    pub(crate) fn become_state(&mut self, state: CaseState) {
        self.state = state as i32;
        self.revision += 1;
    }

    /// Passes it: its values become fast figures exactly as reported.
    pub(crate) fn become_fast(&mut self, time: i64, person: &str) -> Result<(), Refusal> {
        let mut figures = self.figures()?;
        for value in &mut figures.values {
            value.fast.clone_from(&value.reported);
        }
        self.figures = figures.encode();
        self.pass_time = Some(time);
        person.clone_into(&mut self.passed_by);
        self.become_state(CaseState::Fast);
        Ok(())
    }

    /// Persons who took part in the report.
    pub(crate) fn persons(&self) -> impl Iterator<Item = String> + '_ {
        self.persons.lines().map(str::to_owned)
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

    /// What policies look at. `more` are persons whom something else keeps from the step that is asked about.
    pub(crate) fn resource(&self, more: &[&str]) -> Resource {
        let more = more.iter().filter(|person| !person.is_empty()).map(|person| (*person).to_owned());
        Resource::new("case")
            .of_unit(self.unit.as_str())
            .certified_by(self.certifier.as_str())
            .in_state(self.state_name())
            .with_persons(self.persons().chain(more))
    }

    /// Findings and values.
    pub(crate) fn figures(&self) -> Result<Figures, Refusal> {
        let kept = Case::decode(self.figures.as_slice()).map_err(|_| internal("the figures of a case"))?;
        Ok(Figures { findings: kept.findings, values: kept.values })
    }

    /// The version as decisions name it.
    pub(crate) fn reference(&self) -> VersionReference {
        VersionReference {
            report: self.report.clone(),
            version: self.version,
            submission_sequence: self.submission_sequence.cast_unsigned(),
            submission_leaf_hash: self.submission_leaf_hash.clone(),
        }
    }

    /// The case as lists and batches show it: no content, no figures.
    pub(crate) fn summary(&self) -> Case {
        Case {
            name: self.name.clone(),
            report: self.report.clone(),
            unit: self.unit.clone(),
            certifier: self.certifier.clone(),
            state: self.state,
            content: None,
            findings: Vec::new(),
            values: Vec::new(),
            submission_sequence: self.submission_sequence.cast_unsigned(),
            submission_leaf_hash: self.submission_leaf_hash.clone(),
            late: self.late,
            entered_for_unit: self.entered_for_unit,
            to_be_certified: self.to_be_certified,
            submit_time: Some(moment(self.submit_time)),
            pass_time: self.pass_time.map(moment),
            certify_time: self.certify_time.map(moment),
            etag: self.etag(),
            correction_reason: self.correction_reason.clone(),
        }
    }

    /// The case with findings and values, still without its content.
    pub(crate) fn shown(&self) -> Result<Case, Refusal> {
        let figures = self.figures()?;
        Ok(Case { findings: figures.findings, values: figures.values, ..self.summary() })
    }

    /// The same revision that the caller looked at, of the version that counts.
    ///
    /// # Errors
    /// FIELD_REQUIRED, ETAG_MISMATCH with the state and etag it has now, CASE_STATE for a version that was superseded.
    pub(crate) fn as_seen(&self, etag: &str) -> Result<(), Refusal> {
        if etag.is_empty() {
            return Err(Refusal::required("etag"));
        }
        if etag != self.etag() {
            return Err(Refusal::new(Reason::EtagMismatch)
                .because(
                    format!("这份报送在读取之后已有变动，现为“{}”，请刷新后再办理。", label(self.state())),
                    "The case was changed since it was read; read it again.",
                )
                .with("state", self.state_name())
                .with("etag", self.etag()));
        }
        if !self.stands {
            return Err(self.wrong_state(
                "这一版已不是该项报送的有效版本，请办理最新一版。",
                "A newer version stands in its place.",
            ));
        }
        Ok(())
    }

    /// The state that a step asks for.
    pub(crate) fn expect(&self, wanted: &[CaseState]) -> Result<(), Refusal> {
        if wanted.contains(&self.state()) {
            return Ok(());
        }
        let names: Vec<&str> = wanted.iter().map(|state| label(*state)).collect();
        Err(self.wrong_state(
            format!("这份报送现为“{}”，只有“{}”的才能办理这一步。", label(self.state()), names.join("”“")),
            format!("The case is {}, which does not allow this step.", self.state_name()),
        ))
    }

    /// CASE_STATE with the state it has.
    pub(crate) fn wrong_state(&self, zh: impl Into<String>, en: impl Into<String>) -> Refusal {
        Refusal::new(Reason::CaseState).because(zh, en).with("state", self.state_name()).with("etag", self.etag())
    }
}

/// A state as people of the field call it.
pub(crate) fn label(state: CaseState) -> &'static str {
    match state {
        CaseState::Unspecified => "未知",
        CaseState::ToConfirm => "待确认",
        CaseState::ToCheck => "待核",
        CaseState::Fast => "快报数",
        CaseState::Certified => "已认定",
        CaseState::Returned => "已退回",
        CaseState::CorrectionAsked => "申请更正",
        CaseState::CorrectionOpen => "待报更正",
    }
}

/// Milliseconds since 1970 as they travel.
fn moment(milliseconds: i64) -> prost_types::Timestamp {
    let nanos = i32::try_from(milliseconds.rem_euclid(1_000) * 1_000_000).unwrap_or(0);
    prost_types::Timestamp { seconds: milliseconds.div_euclid(1_000), nanos }
}

/// A followed moment in milliseconds since 1970.
pub(crate) fn milliseconds(moment: &prost_types::Timestamp) -> i64 {
    moment.seconds.saturating_mul(1_000).saturating_add(i64::from(moment.nanos) / 1_000_000)
}
