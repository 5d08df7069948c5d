//! What a set says, as the report of a unit: its measures by the codes here, every mandated one with a value.

use minsheng_domain::finding::Finding;
use minsheng_domain::programme::tiers::AT;
use minsheng_domain::programme::{code_at, split_code};
use minsheng_domain::target::Kind;
use minsheng_kit::convert;
use minsheng_kit::convert::name::IndicatorName;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_proto::common::v1::value::State;
use minsheng_proto::common::v1::{NotReported, Value};
use minsheng_proto::reporting::v1::{MeasureValue, ReportContent};
use minsheng_proto::tier::v1::{FigureSet, Unread};

use crate::names::ReportName;
use crate::programme::{InForce, LedIndicator, LedMeasure};

/// The report here that a tier's set is of.
pub(super) fn report_of(set: &FigureSet, division: &str) -> Result<ReportName, Refusal> {
    let parsed = IndicatorName::parse("indicator", &set.indicator)?;
    if parsed.code.contains(AT) {
        return Err(Refusal::invalid("indicator", "应写本级指标本身", "must be the indicator itself"));
    }
    let programme = parsed.programme;
    let period = convert::period::month_of_year("period", &set.period, programme.year)?;
    Ok(ReportName::of(&programme.to_string(), programme.year, &code_at(&parsed.code, division), period))
}

/// The report that a tier's report is a share of; none for what this tier reports itself.
pub(crate) fn share_of(name: &ReportName) -> Option<ReportName> {
    let (whole, tier) = split_code(&name.indicator);
    tier.map(|_| ReportName::of(&name.programme, name.year, &whole, name.period))
}

/// The content of a set, with what is to be said of it.
///
/// # Errors
/// SET_INCOMPLETE with the measures that are missing, FIELD_INVALID for a measure that was not mandated. Of a set that was
/// made under an older version of the programme both are shown and not refused.
pub(super) fn content(
    set: &FigureSet,
    unread: Unread,
    indicator: &LedIndicator,
    in_force: &InForce,
) -> Result<(ReportContent, Vec<Finding>), Refusal> {
    let division = indicator.tier.as_str();
    let is_older = (1..in_force.version).contains(&set.programme_version);
    let mut values = Vec::with_capacity(set.values.len());
    let mut findings = Vec::new();
    for (place, given) in set.values.iter().enumerate() {
        let code = code_at(&given.measure, division);
        match indicator.measure(&code) {
            Some((_, measure)) => values.push(reported(given, code, measure)),
            None if is_older => findings.push(passed_over(&given.measure)),
            None => {
                return Err(Refusal::invalid(
                    format!("values[{place}].measure"),
                    "该计量项没有下达给这个下级",
                    "is not mandated to this tier",
                ));
            }
        }
    }
    let says = |measure: &&LedMeasure| {
        let given = values.iter().find(|value| value.measure == measure.spec.code);
        let state = given.and_then(|given| given.value.as_ref()?.state.as_ref());
        state.is_some_and(|state| !matches!(state, State::NotReported(_)))
    };
    let silent: Vec<String> =
        indicator.measures.iter().filter(|it| !says(it)).map(|it| split_code(&it.spec.code).0).collect();
    if !silent.is_empty() && !is_older {
        return Err(incomplete(&silent));
    }
    for code in silent {
        findings.push(lacking(&code, set.programme_version));
        let code = code_at(&code, division);
        values.retain(|value| value.measure != code);
        let value = Some(Value { state: Some(State::NotReported(NotReported {})) });
        values.push(MeasureValue { measure: code, value, ..MeasureValue::default() });
    }
    match unread {
        Unread::Kind => findings.push(not_understood()),
        Unread::Fields => findings.push(partly_understood()),
        Unread::Unspecified => {}
    }
    if !set.missing.is_empty() {
        findings.push(composed_without(&set.missing));
    }
    Ok((ReportContent { values, ..ReportContent::default() }, findings))
}

fn incomplete(silent: &[String]) -> Refusal {
    let named = silent.join("、");
    Refusal::new(Reason::SetIncomplete)
        .field(
            "values",
            format!("缺少计量项{named}；没有进展请填零，不涉及请写明原因"),
            format!("lacks {}", silent.join(", ")),
        )
        .with("measures", silent.join(","))
}

/// A value under the code here. Breakdown, increase and whatever the measure here has no place for stay with the sender: its
/// entry holds them.
fn reported(given: &MeasureValue, code: String, measure: &LedMeasure) -> MeasureValue {
    let kind = &measure.spec.kind;
    MeasureValue {
        measure: code,
        value: given.value.clone(),
        this_period: None,
        breakdown: Vec::new(),
        stage: if matches!(kind, Kind::Milestone(_)) { given.stage.clone() } else { String::new() },
        paid: given.paid && matches!(kind, Kind::StandardRaised(_)),
        not_covered: if matches!(kind, Kind::Coverage(_)) { given.not_covered.clone() } else { Vec::new() },
    }
}

fn passed_over(measure: &str) -> Finding {
    Finding::warning(
        "measure_passed_over",
        "measures",
        format!("下级按较早版本填报的计量项{measure}，现行版本没有，未采用"),
        format!("measure {measure} of an older version is not mandated any more and was passed over"),
    )
    .fact("measure", measure)
}

fn lacking(measure: &str, version: i32) -> Finding {
    Finding::warning(
        "measure_lacking",
        "measures",
        format!("下级按第{version}版填报，缺少计量项{measure}，按未报处理"),
        format!("made under version {version}, which lacks measure {measure}"),
    )
    .fact("measure", measure)
    .fact("version", version)
}

fn not_understood() -> Finding {
    Finding::warning(
        "entry_not_understood",
        "",
        "下级的存证条目是本级尚不认识的种类：证明成立，数值未能与条目核对",
        "the sender's entry is of a kind that is not known here: it is proven, its figures were not compared",
    )
}

fn partly_understood() -> Finding {
    Finding::note(
        "entry_fields_unknown",
        "",
        "下级上报的数据或其存证条目含有本级尚不认识的内容：证明成立，已原样留存，其余内容照用",
        "the set or the sender's entry has fields that are not known here: proven and kept as they came, the others count",
    )
}

fn composed_without(missing: &[String]) -> Finding {
    Finding::note(
        "composed_without",
        "",
        format!("由下级汇总得出，尚缺{}", missing.join("、")),
        format!("composed of lower tiers without {}", missing.join(", ")),
    )
    .fact("missing", missing.join(","))
}
