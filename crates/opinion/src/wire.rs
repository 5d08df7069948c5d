//! A programme as the contract's message, the form in which it is imported.

use jiff::civil::Date;
use minsheng_domain::programme as domain;
use minsheng_domain::quantity::Quantity;
use minsheng_domain::target::Basis;
use minsheng_proto::catalogue::v1 as proto;

/// The programme as it is imported.
pub fn programme(programme: &domain::Programme) -> proto::Programme {
    proto::Programme {
        name: String::new(),
        division: programme.division.clone(),
        division_name: programme.division_name.clone(),
        year: i32::from(programme.year),
        title: programme.title.clone(),
        source: Some(source(&programme.source)),
        stated_counts: programme.stated_counts.iter().map(stated).collect(),
        projects: programme.projects.iter().map(project).collect(),
        allocation_table: (!programme.allocation_table.columns.is_empty()).then(|| table(&programme.allocation_table)),
        claims: programme.claims.iter().map(claim).collect(),
        reporting_rules: Some(rules(&programme.reporting_rules)),
        light_thresholds: None,
        demo_mark: String::new(),
    }
}

fn day(day: Option<Date>) -> String {
    day.map_or_else(String::new, |day| day.to_string())
}

fn figure(value: Option<Quantity>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn kind(kind: domain::ProjectKind) -> i32 {
    match kind {
        domain::ProjectKind::Key => proto::ProjectKind::Key.into(),
        domain::ProjectKind::Monitored => proto::ProjectKind::Monitored.into(),
    }
}

fn source(source: &domain::Source) -> proto::SourceDocument {
    proto::SourceDocument {
        title: source.title.clone(),
        published: day(source.published),
        publisher: source.publisher.clone(),
        based_on: source.based_on.clone(),
        document_number: source.document_number.clone(),
    }
}

fn stated(count: &domain::StatedCount) -> proto::StatedCount {
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    proto::StatedCount {
        kind: kind(count.kind),
        projects: number(count.projects),
        indicators: number(count.indicators),
    }
}

fn project(project: &domain::Project) -> proto::Project {
    proto::Project {
        kind: kind(project.kind),
        number: i32::try_from(project.number).unwrap_or(i32::MAX),
        title: project.title.clone(),
        indicators: project.indicators.iter().map(indicator).collect(),
    }
}

fn indicator(indicator: &domain::Indicator) -> proto::Indicator {
    let participating = indicator.participating_units.iter();
    let leaders = indicator.leaders_in_charge.iter();
    proto::Indicator {
        code: indicator.code.clone(),
        title: indicator.title.clone(),
        lead_unit: indicator.lead_unit.clone(),
        lead_unit_name: indicator.lead_unit_name.clone(),
        participating_units: participating
            .map(|unit| proto::ParticipatingUnit { id: unit.id.clone(), display_name: unit.name.clone() })
            .collect(),
        leaders_in_charge: leaders
            .map(|leader| proto::LeaderInCharge {
                display_name: leader.name.clone(),
                from: day(leader.from),
                to: day(leader.to),
            })
            .collect(),
        certifier: indicator.certifier.clone(),
        certifier_name: indicator.certifier_name.clone(),
        certifier_inferred: indicator.certifier_inferred,
        measures: indicator.measures.iter().map(measure).collect(),
        statements: None,
        remark: indicator.remark.clone(),
        mandates: Vec::new(),
    }
}

fn measure(measure: &domain::Measure) -> proto::Measure {
    let stages = measure.stages.iter();
    proto::Measure {
        code: measure.code.clone(),
        title: measure.title.clone(),
        counted: measure.counted.clone(),
        basis: basis(measure.basis).into(),
        unit: measure.unit.clone(),
        decimals: i32::from(measure.decimals),
        kind: target_kind(measure.kind).into(),
        target: figure(measure.target),
        strict: measure.strict,
        baseline: figure(measure.baseline),
        start: day(measure.start),
        due: day(measure.due),
        parts: measure.parts.clone(),
        months_each: i32::try_from(measure.months_each).unwrap_or(i32::MAX),
        stages: stages.map(|stage| proto::Stage { title: stage.title.clone(), share: figure(stage.share) }).collect(),
        required_stage: measure.required_stage.clone(),
        weight: figure(measure.weight),
        curve: None,
        item_list: measure.item_list,
        evidence_required: measure.evidence_required,
        printed: measure.printed.clone(),
        cut_off: proto::CutOff::Unspecified.into(),
    }
}

fn basis(basis: Basis) -> proto::Basis {
    match basis {
        Basis::Flow => proto::Basis::Flow,
        Basis::Stock => proto::Basis::Stock,
        Basis::Rate => proto::Basis::Rate,
        Basis::OneOff => proto::Basis::OneOff,
    }
}

fn target_kind(kind: domain::TargetKind) -> proto::TargetKind {
    use domain::TargetKind as Kind;
    match kind {
        Kind::AtLeast => proto::TargetKind::AtLeast,
        Kind::MoreThan => proto::TargetKind::MoreThan,
        Kind::AtMost => proto::TargetKind::AtMost,
        Kind::Coverage => proto::TargetKind::Coverage,
        Kind::Rate => proto::TargetKind::Rate,
        Kind::StandardRaised => proto::TargetKind::StandardRaised,
        Kind::Milestone => proto::TargetKind::Milestone,
        Kind::StageCount => proto::TargetKind::StageCount,
        Kind::Parts => proto::TargetKind::Parts,
        Kind::PersonMonths => proto::TargetKind::PersonMonths,
        Kind::Both => proto::TargetKind::Both,
        Kind::Money => proto::TargetKind::Money,
        Kind::Pending => proto::TargetKind::Pending,
        Kind::NoTarget => proto::TargetKind::None,
    }
}

fn table(table: &domain::Allocation) -> proto::AllocationTable {
    let columns = table.columns.iter();
    let rows = table.rows.iter();
    proto::AllocationTable {
        columns: columns
            .map(|column| proto::AllocationColumn {
                measure: column.measure.clone(),
                heading: column.heading.clone(),
                unit: column.unit.clone(),
            })
            .collect(),
        rows: rows
            .map(|row| proto::AllocationRow {
                division: row.division.clone(),
                display_name: row.name.clone(),
                cells: row.cells.iter().map(|cell| figure(*cell)).collect(),
                mandate: row.mandate,
            })
            .collect(),
        printed_totals: table.printed_totals.iter().map(|total| figure(*total)).collect(),
        note: table.note.clone(),
    }
}

fn claim(claim: &domain::Claim) -> proto::Claim {
    let kind = match claim.kind {
        domain::ClaimKind::Wording => proto::ClaimKind::Wording,
        domain::ClaimKind::Reading => proto::ClaimKind::Reading,
        domain::ClaimKind::TextOnly => proto::ClaimKind::TextOnly,
        domain::ClaimKind::Figure => proto::ClaimKind::Figure,
    };
    let statements = claim.statements.iter();
    proto::Claim {
        kind: kind.into(),
        about: claim.about.clone(),
        statements: statements
            .map(|statement| proto::ClaimStatement { place: statement.place.clone(), says: statement.says.clone() })
            .collect(),
    }
}

fn rules(rules: &domain::ReportingRules) -> proto::ReportingRules {
    use domain::CertificationFrequency as Frequency;
    let certified = match rules.certified {
        Frequency::Monthly => proto::CertificationFrequency::Monthly,
        Frequency::Quarterly => proto::CertificationFrequency::Quarterly,
        Frequency::HalfYearly => proto::CertificationFrequency::HalfYearly,
        Frequency::Yearly => proto::CertificationFrequency::Yearly,
    };
    proto::ReportingRules {
        due_day: i32::from(rules.due_day),
        cut_off_day: i32::from(rules.cut_off_day),
        deadline_move: proto::DeadlineMove::NextWorkingDay.into(),
        experience_articles: i32::try_from(rules.experience_articles).unwrap_or(i32::MAX),
        certification_frequency: certified.into(),
        first_month: i32::from(rules.first_month),
    }
}
