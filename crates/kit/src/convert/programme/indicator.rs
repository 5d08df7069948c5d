//! Projects, indicators and measures of a programme's document.

use jiff::civil::Date;
use minsheng_domain::programme as domain;
use minsheng_domain::quantity::Quantity;
use minsheng_domain::target::Basis;
use minsheng_proto::catalogue::v1 as proto;

use super::super::{Faults, value};
use super::{FEW, SENTENCE, TITLE, project_kind};

pub(super) fn projects(projects: &[proto::Project], faults: &mut Faults) -> Vec<domain::Project> {
    let mut read = Vec::new();
    for (place, project) in projects.iter().enumerate() {
        let at = format!("projects[{place}]");
        let kind = faults.choice(&format!("{at}.kind"), project.kind, project_kind);
        let number = faults.number(&format!("{at}.number"), project.number, 1, 10_000);
        faults.required_text(&format!("{at}.title"), &project.title, TITLE);
        faults.count(&format!("{at}.indicators"), project.indicators.len(), FEW);
        let indicators = project.indicators.iter().enumerate();
        let indicators = indicators.map(|(i, one)| indicator(&format!("{at}.indicators[{i}]"), one, faults)).collect();
        let kind = kind.unwrap_or(domain::ProjectKind::Key);
        read.push(domain::Project { kind, number, title: project.title.clone(), indicators });
    }
    read
}

fn indicator(at: &str, indicator: &proto::Indicator, faults: &mut Faults) -> domain::Indicator {
    let field = |name: &str| format!("{at}.{name}");
    faults.required_text(&field("title"), &indicator.title, TITLE);
    faults.text(&field("lead_unit_name"), &indicator.lead_unit_name, TITLE);
    faults.text(&field("certifier_name"), &indicator.certifier_name, TITLE);
    faults.text(&field("remark"), &indicator.remark, SENTENCE);
    faults.count(&field("measures"), indicator.measures.len(), FEW);
    faults.count(&field("participating_units"), indicator.participating_units.len(), FEW);
    faults.count(&field("mandates"), indicator.mandates.len(), FEW);
    let participating = indicator.participating_units.iter().enumerate().map(|(place, unit)| {
        faults.required_text(&field(&format!("participating_units[{place}].display_name")), &unit.display_name, TITLE);
        domain::ParticipatingUnit { id: unit.id.clone(), name: unit.display_name.clone() }
    });
    let participating_units = participating.collect();
    let measures = indicator.measures.iter().enumerate();
    let measures = measures.filter_map(|(place, one)| measure(&field(&format!("measures[{place}]")), one, faults));
    let measures = measures.collect();
    domain::Indicator {
        code: indicator.code.clone(),
        title: indicator.title.clone(),
        lead_unit: indicator.lead_unit.clone(),
        lead_unit_name: indicator.lead_unit_name.clone(),
        participating_units,
        leaders_in_charge: leaders(&field("leaders_in_charge"), &indicator.leaders_in_charge, faults),
        certifier: indicator.certifier.clone(),
        certifier_name: indicator.certifier_name.clone(),
        certifier_inferred: indicator.certifier_inferred,
        measures,
        statements: statements(&field("statements"), indicator.statements.as_ref(), faults),
        remark: indicator.remark.clone(),
        mandates: mandates(&field("mandates"), &indicator.mandates, faults),
        tier: String::new(),
    }
}

fn leaders(at: &str, leaders: &[proto::LeaderInCharge], faults: &mut Faults) -> Vec<domain::Leader> {
    faults.count(at, leaders.len(), FEW);
    let mut read: Vec<domain::Leader> = Vec::new();
    for (place, leader) in leaders.iter().enumerate() {
        let field = |name: &str| format!("{at}[{place}].{name}");
        faults.required_text(&field("display_name"), &leader.display_name, TITLE);
        let from = faults.date(&field("from"), &leader.from);
        let to = faults.date(&field("to"), &leader.to);
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            faults.add(field("to"), "止日早于起日", "lies before the first day");
        }
        read.push(domain::Leader { name: leader.display_name.clone(), from, to });
    }
    read
}

fn statements(at: &str, statements: Option<&proto::IndicatorStatements>, faults: &mut Faults) -> domain::Statements {
    let Some(said) = statements else {
        return domain::Statements::default();
    };
    let all = [
        ("verification", &said.verification),
        ("source", &said.source),
        ("accuracy", &said.accuracy),
        ("limits", &said.limits),
        ("remedy", &said.remedy),
    ];
    for (name, text) in all {
        faults.text(&format!("{at}.{name}"), text, SENTENCE);
    }
    domain::Statements {
        verification: said.verification.clone(),
        source: said.source.clone(),
        accuracy: said.accuracy.clone(),
        limits: said.limits.clone(),
        remedy: said.remedy.clone(),
    }
}

fn mandates(at: &str, mandates: &[proto::MandateReference], faults: &mut Faults) -> Vec<domain::Mandate> {
    let mut read = Vec::new();
    for (place, mandate) in mandates.iter().enumerate() {
        let field = |name: &str| format!("{at}[{place}].{name}");
        faults.required_text(&field("measure"), &mandate.measure, TITLE);
        faults.text(&field("document_number"), &mandate.document_number, TITLE);
        let Some(target) = &mandate.target else {
            faults.add(field("target"), "必填", "is required");
            continue;
        };
        let number = faults.keep(value::decimal(&field("target.value"), &target.value));
        faults.required_text(&field("target.unit"), &target.unit, TITLE);
        read.extend(number.map(|number| domain::Mandate {
            measure: mandate.measure.clone(),
            target: number,
            unit: target.unit.clone(),
            document_number: mandate.document_number.clone(),
            own_measure: mandate.own_measure.clone(),
        }));
    }
    read
}

/// None where basis or kind is unknown; its faults are kept all the same.
fn measure(at: &str, measure: &proto::Measure, faults: &mut Faults) -> Option<domain::Measure> {
    let field = |name: &str| format!("{at}.{name}");
    faults.required_text(&field("title"), &measure.title, TITLE);
    faults.text(&field("counted"), &measure.counted, SENTENCE);
    faults.text(&field("printed"), &measure.printed, TITLE);
    faults.text(&field("required_stage"), &measure.required_stage, TITLE);
    faults.count(&field("parts"), measure.parts.len(), FEW);
    let basis = faults.choice(&field("basis"), measure.basis, basis);
    let kind = faults.choice(&field("kind"), measure.kind, target_kind);
    let decimals = faults.number(&field("decimals"), measure.decimals, 0, 4);
    let target = faults.decimal(&field("target"), &measure.target);
    let baseline = faults.decimal(&field("baseline"), &measure.baseline);
    let weight = faults.decimal(&field("weight"), &measure.weight);
    let start = faults.date(&field("start"), &measure.start);
    let due = faults.date(&field("due"), &measure.due);
    let months_each = faults.number(&field("months_each"), measure.months_each, 0, 12);
    let stages = stages(&field("stages"), &measure.stages, faults);
    let curve = curve(&field("curve"), measure.curve.as_ref(), faults);
    Some(domain::Measure {
        code: measure.code.clone(),
        title: measure.title.clone(),
        counted: measure.counted.clone(),
        basis: basis?,
        unit: measure.unit.clone(),
        decimals,
        kind: kind?,
        target,
        strict: measure.strict,
        baseline,
        start,
        due,
        parts: measure.parts.clone(),
        months_each,
        stages,
        required_stage: measure.required_stage.clone(),
        weight,
        curve,
        curve_stepped: measure.curve.as_ref().is_some_and(|curve| curve.stepped),
        item_list: measure.item_list,
        evidence_required: measure.evidence_required,
        printed: measure.printed.clone(),
    })
}

fn stages(at: &str, stages: &[proto::Stage], faults: &mut Faults) -> Vec<domain::Stage> {
    faults.count(at, stages.len(), FEW);
    let mut read: Vec<domain::Stage> = Vec::new();
    for (place, stage) in stages.iter().enumerate() {
        let title = format!("{at}[{place}].title");
        faults.required_text(&title, &stage.title, TITLE);
        if read.iter().any(|earlier| earlier.title == stage.title) {
            faults.add(title, format!("阶段“{}”重复", stage.title), format!("stage {:?} is named twice", stage.title));
        }
        let share = faults.decimal(&format!("{at}[{place}].share"), &stage.share);
        read.push(domain::Stage { title: stage.title.clone(), share });
    }
    read
}

/// A planned curve counts only with whoever approved it.
fn curve(at: &str, curve: Option<&proto::PlannedCurve>, faults: &mut Faults) -> Vec<domain::CurvePoint> {
    let Some(curve) = curve else { return Vec::new() };
    faults.required_text(&format!("{at}.approved_by"), &curve.approved_by, TITLE);
    faults.count(&format!("{at}.points"), curve.points.len(), 400);
    if curve.points.is_empty() {
        faults.add(format!("{at}.points"), "计划曲线至少需要一个节点", "a planned curve needs at least one point");
    }
    let mut points = Vec::new();
    for (place, point) in curve.points.iter().enumerate() {
        let field = |name: &str| format!("{at}.points[{place}].{name}");
        let day: Option<Date> = faults.keep(super::super::period::date(&field("date"), &point.date));
        let share: Option<Quantity> = faults.keep(value::decimal(&field("share"), &point.share));
        points.extend(day.zip(share).map(|(day, share)| domain::CurvePoint { day, share }));
    }
    points
}

fn basis(basis: proto::Basis) -> Option<Basis> {
    match basis {
        proto::Basis::Unspecified => None,
        proto::Basis::Flow => Some(Basis::Flow),
        proto::Basis::Stock => Some(Basis::Stock),
        proto::Basis::Rate => Some(Basis::Rate),
        proto::Basis::OneOff => Some(Basis::OneOff),
    }
}

fn target_kind(kind: proto::TargetKind) -> Option<domain::TargetKind> {
    use domain::TargetKind as Kind;
    Some(match kind {
        proto::TargetKind::Unspecified => return None,
        proto::TargetKind::AtLeast => Kind::AtLeast,
        proto::TargetKind::MoreThan => Kind::MoreThan,
        proto::TargetKind::AtMost => Kind::AtMost,
        proto::TargetKind::Coverage => Kind::Coverage,
        proto::TargetKind::Rate => Kind::Rate,
        proto::TargetKind::StandardRaised => Kind::StandardRaised,
        proto::TargetKind::Milestone => Kind::Milestone,
        proto::TargetKind::StageCount => Kind::StageCount,
        proto::TargetKind::Parts => Kind::Parts,
        proto::TargetKind::PersonMonths => Kind::PersonMonths,
        proto::TargetKind::Both => Kind::Both,
        proto::TargetKind::Money => Kind::Money,
        proto::TargetKind::Pending => Kind::Pending,
        proto::TargetKind::None => Kind::NoTarget,
    })
}
