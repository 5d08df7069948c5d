//! The automatic checks on a content, with everything around it that they look at: earlier months, item lists, evidence used
//! before, for whom the account has filed. The rules themselves are the domain's.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use minsheng_domain::calendar::Holidays;
use minsheng_domain::check::{Bounds, Earlier, MeasureInput, ReportInput, check_report};
use minsheng_domain::division::DivisionCode;
use minsheng_domain::finding::{Finding, Severity};
use minsheng_domain::measure::Judging;
use minsheng_domain::period::{Period, beijing_date};
use minsheng_domain::quantity::Quantity;
use minsheng_domain::schedule::SchedulePolicy;
use minsheng_domain::target::{Actual, StageReached};
use minsheng_domain::value::Value;
use minsheng_kit::convert;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_proto::common::v1 as common;
use minsheng_proto::reporting::v1::ReportContent;

use crate::content::{Faults, Reading, texts};
use crate::entity::{evidence, item_list, report};
use crate::items;
use crate::names::ReportName;
use crate::programme::{InForce, LedIndicator, LedMeasure};
use crate::report::FiledFigures;

/// What lies around a report when it is checked.
pub(crate) struct Scene<'a> {
    /// The report.
    pub(crate) name: &'a ReportName,
    /// The programme's version in force.
    pub(crate) in_force: &'a InForce,
    /// The indicator.
    pub(crate) indicator: &'a LedIndicator,
    /// Working days.
    pub(crate) holidays: &'a Holidays,
    /// When it is checked, or was received.
    pub(crate) now: Timestamp,
    /// Reports of the indicator of the same year; those of later months are passed over.
    pub(crate) months: Vec<&'a report::Model>,
    /// Item lists of the indicator.
    pub(crate) lists: Vec<&'a item_list::Model>,
    /// Evidence files that the content names, by hash in hexadecimal, as far as they are known.
    pub(crate) evidence: HashMap<String, &'a evidence::Model>,
    /// Units for which the account has filed this month, this one included; empty where it is not asked.
    pub(crate) filer_units: Vec<String>,
    /// Bounds of the checks.
    pub(crate) bounds: Bounds,
    /// The earlier figures that it was built on when it was filed; none for what is not filed.
    pub(crate) built_on: Option<&'a BTreeMap<String, i64>>,
}

/// What the checks gave.
pub(crate) struct Checked {
    /// Findings of the domain, in order.
    pub(crate) findings: Vec<Finding>,
    /// The latest earlier figure by measure, in ten-thousandths: what the report is built on.
    pub(crate) built_on: BTreeMap<String, i64>,
}

impl Checked {
    /// The findings as they travel.
    pub(crate) fn to_proto(&self) -> Vec<common::Finding> {
        self.findings.iter().map(convert::finding::to_proto).collect()
    }
}

/// Runs all checks.
///
/// # Errors
/// INTERNAL for rows that cannot be read.
pub(crate) fn check(
    content: &ReportContent,
    readings: &[Option<Reading>],
    scene: &Scene<'_>,
) -> Result<Checked, Refusal> {
    let period = scene.name.period;
    let earlier = earlier_months(scene)?;
    let mut measures = Vec::with_capacity(readings.len());
    for (measure, reading) in scene.indicator.measures.iter().zip(readings) {
        measures.push(input(measure, reading.as_ref(), content, readings, &earlier, scene)?);
    }
    let built_on = measures.iter().filter_map(|measure| {
        let (previous, _) = measure.previous()?;
        Some((measure.spec.code.clone(), previous.scaled()))
    });
    let built_on = built_on.collect();
    let used_before = |file: &&&evidence::Model| !file.used_in.is_empty() && file.used_in != scene.name.name;
    let report = ReportInput {
        period,
        filed_on: beijing_date(scene.now),
        deadline_day: scene.in_force.deadline(period, scene.holidays)?.day,
        measures,
        texts: texts(content),
        evidence: content.evidence.iter().map(|file| (hex::encode(&file.sha256), file.label.clone())).collect(),
        earlier_evidence: scene
            .evidence
            .values()
            .filter(used_before)
            .map(|file| (file.sha256.clone(), file.used_in.clone()))
            .collect(),
        units_of_filer: scene.filer_units.clone(),
        bounds: scene.bounds,
    };
    let mut findings = check_report(&report);
    findings.extend(evidence_missing(content, scene.indicator));
    Ok(Checked { findings, built_on })
}

/// Warning: a measure asks for evidence and none is attached.
fn evidence_missing(content: &ReportContent, indicator: &LedIndicator) -> Vec<Finding> {
    let attached = |code: &str| content.evidence.iter().any(|file| file.measure.is_empty() || file.measure == code);
    let asked = indicator.measures.iter().filter(|it| it.evidence_required && !attached(&it.spec.code));
    let find = |measure: &LedMeasure| {
        Finding::warning(
            "evidence_missing",
            format!("measures[{}].evidence", measure.spec.code),
            "要求附佐证材料，未附；请补附或说明原因",
            "evidence is asked for and none is attached",
        )
    };
    asked.map(find).collect()
}

/// Earlier months of the year, oldest first, with what was reported, passed and certified.
fn earlier_months(scene: &Scene<'_>) -> Result<Vec<Month>, Refusal> {
    let mut months = Vec::new();
    for row in &scene.months {
        let Ok(period) = row.period.parse::<Period>() else {
            continue;
        };
        if period >= scene.name.period || (row.figures.is_empty() && row.certified.is_empty()) {
            continue;
        }
        let reported = if row.stands { FiledFigures::read(&row.figures)? } else { FiledFigures::default() };
        let certified = FiledFigures::read(&row.certified)?;
        months.push(Month { period, fast: row.fast, reported, certified });
    }
    months.sort_by_key(|month| month.period);
    Ok(months)
}

struct Month {
    period: Period,
    fast: bool,
    reported: FiledFigures,
    certified: FiledFigures,
}

impl Month {
    fn of(&self, code: &str, scene: &Scene<'_>) -> Earlier {
        let reported = self.reported.number(code);
        Earlier {
            period: self.period,
            cut_off: scene.in_force.rule.cut_off(self.period, code, scene.holidays),
            reported,
            fast: reported.filter(|_| self.fast),
            certified: self.certified.number(code),
        }
    }
}

fn input(
    measure: &LedMeasure,
    reading: Option<&Reading>,
    content: &ReportContent,
    readings: &[Option<Reading>],
    earlier: &[Month],
    scene: &Scene<'_>,
) -> Result<MeasureInput, Refusal> {
    let spec = measure.spec.clone();
    let cut_off = scene.in_force.rule.cut_off(scene.name.period, &spec.code, scene.holidays);
    let given = reading.and_then(|reading| content.values.get(reading.place));
    let stage = given.filter(|given| !given.stage.is_empty());
    let parts = spec.kind.rule().part_codes().into_iter().map(|code| {
        let part = scene.indicator.measure(code).and_then(|(index, _)| readings.get(index)?.as_ref());
        (code.to_owned(), part.map_or(Value::NotReported, |part| part.value.clone()))
    });
    let actual = Actual {
        value: reading.map_or(Value::NotReported, |reading| reading.value.clone()),
        stage: stage.map(|given| StageReached { stage: given.stage.clone(), on: None }),
        parts: parts.collect(),
        paid: given.is_some_and(|given| given.paid),
        uncovered: given.map(|given| given.not_covered.clone()).unwrap_or_default(),
        ..Actual::default()
    };
    let list = scene.lists.iter().find(|list| list.measure == spec.code);
    let items = match (measure.item_list, list) {
        (true, Some(list)) => Some(items::as_counted(list, measure, cut_off)?),
        (true, None) => Some(items::empty(measure)),
        (false, _) => None,
    };
    let built_on = scene.built_on.and_then(|built_on| built_on.get(&spec.code));
    Ok(MeasureInput {
        judging: Judging { year: scene.in_force.year, cut_off, policy: SchedulePolicy::default() },
        unit: spec.unit.clone(),
        this_period: reading.and_then(|reading| reading.this_period),
        history: earlier.iter().map(|month| month.of(&spec.code, scene)).collect(),
        built_on: built_on.copied().map(Quantity::from_scaled),
        breakdown: breakdown(measure, reading),
        items,
        printed_percent: None,
        actual,
        spec,
    })
}

/// Shares as given, with every allocated area that was left out. Where the whole says that there is nothing to measure, no
/// shares are asked for.
fn breakdown(measure: &LedMeasure, reading: Option<&Reading>) -> Vec<(DivisionCode, Value)> {
    let Some(reading) = reading else { return Vec::new() };
    let mut shares = reading.breakdown.clone();
    if shares.is_empty() && reading.value.number().is_none() {
        return shares;
    }
    let given: BTreeSet<_> = shares.iter().map(|(area, _)| *area).collect();
    let left_out = measure.allocated.iter().filter(|area| !given.contains(area));
    shares.extend(left_out.map(|area| (*area, Value::NotReported)));
    shares
}

/// Refuses what stops a submission: errors, and warnings without an explanation.
///
/// # Errors
/// PERSONAL_DATA, REPORT_INVALID or WARNINGS_UNEXPLAINED, with the fields at fault and the ids of the findings.
pub(crate) fn stops(checked: &Checked, content: &ReportContent) -> Result<(), Refusal> {
    errors(checked, content, |_| true)?;
    let explained = |id: &str| content.explanations.iter().any(|explanation| explanation.finding_id == id);
    let warnings = checked.findings.iter().filter(|finding| finding.severity == Severity::Warning);
    let open: Vec<(String, &Finding)> =
        warnings.map(|finding| (convert::finding::id(finding), finding)).filter(|(id, _)| !explained(id)).collect();
    if open.is_empty() {
        return Ok(());
    }
    let mut refusal = Refusal::new(Reason::WarningsUnexplained).because(
        format!("有{}条预警尚未说明原因，请逐条说明后再报送。", open.len()),
        "Warnings need an explanation each.",
    );
    for (id, finding) in &open {
        let field = request_field(&finding.field, content);
        refusal = refusal.field(field, format!("[{id}] {}", finding.zh), format!("[{id}] {}", finding.en));
    }
    let ids: Vec<&str> = open.iter().map(|(id, _)| id.as_str()).collect();
    Err(refusal.with("finding_ids", ids.join(",")))
}

/// Refuses personal data, which is not even kept in a draft.
///
/// # Errors
/// PERSONAL_DATA with the fields.
pub(crate) fn no_personal_data(checked: &Checked, content: &ReportContent) -> Result<(), Refusal> {
    errors(checked, content, is_personal)
}

fn is_personal(finding: &Finding) -> bool {
    matches!(finding.code, "personal_data" | "item_names_person")
}

fn errors(checked: &Checked, content: &ReportContent, counts: impl Fn(&Finding) -> bool) -> Result<(), Refusal> {
    let mut faults = Faults::default();
    let errors = checked.findings.iter().filter(|finding| finding.severity == Severity::Error && counts(finding));
    for finding in errors {
        let reason = if is_personal(finding) { Reason::PersonalData } else { Reason::ReportInvalid };
        faults.add(reason, request_field(&finding.field, content), finding.zh.as_str(), finding.en.as_str());
    }
    faults.check(Reason::ReportInvalid)
}

/// The field of the request that a finding's field stands in.
fn request_field(field: &str, content: &ReportContent) -> String {
    let in_measure = field.strip_prefix("measures[").and_then(|rest| rest.split_once(']'));
    if let Some((code, rest)) = in_measure {
        let place = content.values.iter().position(|value| value.measure == code);
        return match place {
            Some(place) => format!("content.values[{place}]{rest}"),
            None => "content.values".to_owned(),
        };
    }
    let in_evidence = field.strip_prefix("evidence[").and_then(|rest| rest.split_once(']'));
    if let Some((row, rest)) = in_evidence.and_then(|(row, rest)| Some((row.parse::<usize>().ok()?, rest))) {
        return format!("content.evidence[{}]{rest}", row.saturating_sub(1));
    }
    match field {
        "measures" => "content.values".to_owned(),
        "filer" => "name".to_owned(),
        other => other.to_owned(),
    }
}
