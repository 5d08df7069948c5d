//! A programme's document as the domain reads it. Everything that cannot be read is named by its field, all at once; what
//! can be read and makes no sense is what the domain's checks find.

mod indicator;

use minsheng_domain::light::Thresholds;
use minsheng_domain::programme as domain;
use minsheng_proto::catalogue::v1 as proto;

use super::{Faults, calendar};
use crate::error::{Reason, Refusal};

/// Longest name or title.
pub(super) const TITLE: usize = 300;
/// Longest sentence or statement.
pub(super) const SENTENCE: usize = 2_000;
/// Most entries of a list inside a project.
pub(super) const FEW: usize = 200;
/// Most rows of the allocation table: a province has some 30,000 villages.
pub const ROWS: usize = 50_000;

/// The document as the domain reads it.
///
/// # Errors
/// PROGRAMME_INVALID with every field that cannot be read.
pub fn to_domain(programme: &proto::Programme) -> Result<domain::Programme, Refusal> {
    let mut faults = Faults::default();
    let read = read(programme, &mut faults);
    faults.check(Reason::ProgrammeInvalid)?;
    Ok(read)
}

/// Where the programme's lights change.
///
/// # Errors
/// PROGRAMME_INVALID, which an issued programme never is.
pub fn thresholds(programme: &proto::Programme) -> Result<Thresholds, Refusal> {
    let mut faults = Faults::default();
    let thresholds = read_thresholds(programme, &mut faults);
    faults.check(Reason::ProgrammeInvalid)?;
    Ok(thresholds)
}

fn read(programme: &proto::Programme, faults: &mut Faults) -> domain::Programme {
    faults.required_text("title", &programme.title, TITLE);
    faults.required_text("division_name", &programme.division_name, TITLE);
    faults.text("demo_mark", &programme.demo_mark, TITLE);
    faults.count("projects", programme.projects.len(), FEW);
    faults.count("claims", programme.claims.len(), FEW);
    read_thresholds(programme, faults);
    calendar::read_rule(programme, faults);
    domain::Programme {
        division: programme.division.clone(),
        division_name: programme.division_name.clone(),
        year: faults.number("year", programme.year, 2000, 2099),
        title: programme.title.clone(),
        source: source(programme.source.as_ref(), faults),
        stated_counts: stated_counts(&programme.stated_counts, faults),
        projects: indicator::projects(&programme.projects, faults),
        allocation_table: allocation(programme.allocation_table.as_ref(), faults),
        claims: claims(&programme.claims, faults),
        reporting_rules: rules(programme.reporting_rules.as_ref(), faults),
    }
}

fn source(source: Option<&proto::SourceDocument>, faults: &mut Faults) -> domain::Source {
    let Some(source) = source else {
        faults.add("source", "必填：项目出自哪份文件", "is required: the document that it is taken from");
        return domain::Source::default();
    };
    faults.required_text("source.title", &source.title, TITLE);
    faults.text("source.publisher", &source.publisher, TITLE);
    faults.text("source.based_on", &source.based_on, TITLE);
    faults.text("source.document_number", &source.document_number, TITLE);
    domain::Source {
        title: source.title.clone(),
        published: faults.date("source.published", &source.published),
        publisher: source.publisher.clone(),
        based_on: source.based_on.clone(),
        document_number: source.document_number.clone(),
    }
}

fn stated_counts(counts: &[proto::StatedCount], faults: &mut Faults) -> Vec<domain::StatedCount> {
    faults.count("stated_counts", counts.len(), 2);
    let mut read = Vec::new();
    for (place, count) in counts.iter().enumerate() {
        let field = |name: &str| format!("stated_counts[{place}].{name}");
        let kind = faults.choice(&field("kind"), count.kind, project_kind);
        let projects = faults.number(&field("projects"), count.projects, 0, i32::MAX);
        let indicators = faults.number(&field("indicators"), count.indicators, 0, i32::MAX);
        read.extend(kind.map(|kind| domain::StatedCount { kind, projects, indicators }));
    }
    read
}

pub(super) fn project_kind(kind: proto::ProjectKind) -> Option<domain::ProjectKind> {
    match kind {
        proto::ProjectKind::Unspecified => None,
        proto::ProjectKind::Key => Some(domain::ProjectKind::Key),
        proto::ProjectKind::Monitored => Some(domain::ProjectKind::Monitored),
    }
}

fn allocation(table: Option<&proto::AllocationTable>, faults: &mut Faults) -> domain::Allocation {
    let Some(table) = table else {
        return domain::Allocation::default();
    };
    faults.count("allocation_table.rows", table.rows.len(), ROWS);
    faults.count("allocation_table.columns", table.columns.len(), FEW);
    faults.text("allocation_table.note", &table.note, SENTENCE);
    let columns = table.columns.iter().enumerate().map(|(place, column)| {
        let field = |name: &str| format!("allocation_table.columns[{place}].{name}");
        faults.required_text(&field("heading"), &column.heading, TITLE);
        faults.text(&field("unit"), &column.unit, TITLE);
        domain::AllocationColumn {
            measure: column.measure.clone(),
            heading: column.heading.clone(),
            unit: column.unit.clone(),
        }
    });
    let columns = columns.collect();
    let rows = table.rows.iter().enumerate().map(|(place, row)| {
        let field = |name: &str| format!("allocation_table.rows[{place}].{name}");
        faults.required_text(&field("display_name"), &row.display_name, TITLE);
        faults.count(&field("cells"), row.cells.len(), FEW);
        let cells = row.cells.iter().enumerate().map(|(cell, text)| {
            // A table may have a million cells: the field is named where something is wrong with it.
            let read = text.parse().ok().filter(|_| !text.is_empty());
            read.or_else(|| faults.decimal(&format!("{}[{cell}]", field("cells")), text))
        });
        domain::AllocationRow {
            name: row.display_name.clone(),
            division: row.division.clone(),
            cells: cells.collect(),
            mandate: row.mandate,
        }
    });
    let rows = rows.take(ROWS).collect();
    let totals = table.printed_totals.iter().enumerate();
    let totals = totals.map(|(place, text)| faults.decimal(&format!("allocation_table.printed_totals[{place}]"), text));
    domain::Allocation { columns, rows, printed_totals: totals.collect(), note: table.note.clone() }
}

fn claims(claims: &[proto::Claim], faults: &mut Faults) -> Vec<domain::Claim> {
    let mut read = Vec::new();
    for (place, claim) in claims.iter().enumerate() {
        let field = |name: &str| format!("claims[{place}].{name}");
        let kind = faults.choice(&field("kind"), claim.kind, |kind| match kind {
            proto::ClaimKind::Unspecified => None,
            proto::ClaimKind::Wording => Some(domain::ClaimKind::Wording),
            proto::ClaimKind::Reading => Some(domain::ClaimKind::Reading),
            proto::ClaimKind::TextOnly => Some(domain::ClaimKind::TextOnly),
            proto::ClaimKind::Figure => Some(domain::ClaimKind::Figure),
        });
        faults.required_text(&field("about"), &claim.about, TITLE);
        faults.count(&field("statements"), claim.statements.len(), FEW);
        let statements = claim.statements.iter().enumerate().map(|(number, statement)| {
            faults.required_text(&field(&format!("statements[{number}].place")), &statement.place, TITLE);
            faults.text(&field(&format!("statements[{number}].says")), &statement.says, SENTENCE);
            domain::ClaimStatement { place: statement.place.clone(), says: statement.says.clone() }
        });
        let statements = statements.collect();
        read.extend(kind.map(|kind| domain::Claim { kind, about: claim.about.clone(), statements }));
    }
    read
}

/// The days of the rules are read with [`calendar::read_rule`], which names what is wrong with them.
fn rules(rules: Option<&proto::ReportingRules>, faults: &mut Faults) -> domain::ReportingRules {
    let Some(rules) = rules else {
        return domain::ReportingRules::default();
    };
    let field = |name: &str| format!("reporting_rules.{name}");
    let certified =
        faults.choice(&field("certification_frequency"), rules.certification_frequency, |chosen| match chosen {
            proto::CertificationFrequency::Unspecified => None,
            proto::CertificationFrequency::Monthly => Some(domain::CertificationFrequency::Monthly),
            proto::CertificationFrequency::Quarterly => Some(domain::CertificationFrequency::Quarterly),
            proto::CertificationFrequency::HalfYearly => Some(domain::CertificationFrequency::HalfYearly),
            proto::CertificationFrequency::Yearly => Some(domain::CertificationFrequency::Yearly),
        });
    domain::ReportingRules {
        due_day: u8::try_from(rules.due_day).unwrap_or_default(),
        cut_off_day: u8::try_from(rules.cut_off_day).unwrap_or_default(),
        experience_articles: faults.number(&field("experience_articles"), rules.experience_articles, 0, 100),
        certified: certified.unwrap_or_default(),
        first_month: faults.number(&field("first_month"), rules.first_month, 0, 12),
    }
}

fn read_thresholds(programme: &proto::Programme, faults: &mut Faults) -> Thresholds {
    let mut thresholds = Thresholds::default();
    let Some(given) = &programme.light_thresholds else {
        return thresholds;
    };
    let yellow = faults.keep(super::value::decimal("light_thresholds.yellow", &given.yellow));
    let red = faults.keep(super::value::decimal("light_thresholds.red", &given.red));
    if let (Some(yellow), Some(red)) = (yellow, red) {
        if red >= yellow {
            faults.add("light_thresholds.red", "红灯界限应低于黄灯界限", "red must begin below yellow");
        }
        thresholds = Thresholds { yellow, red };
    }
    thresholds
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use minsheng_domain::programme::{TargetKind, measure_spec};

    use super::*;

    fn anhua() -> proto::Programme {
        let text = include_str!("../../../../../deploy/programmes/anhua-2023/programme.json");
        crate::convert::json::from_json(text).unwrap()
    }

    #[test]
    fn every_measure_of_the_real_programme_has_its_rule() {
        let read = to_domain(&anhua()).unwrap();
        let specs = read.measures().map(|(indicator, measure)| measure_spec(2023, indicator, measure));
        assert_eq!(specs.filter(Result::is_ok).count(), 39);
        assert_eq!(read.measure("8.1-2").unwrap().kind, TargetKind::PersonMonths);
        assert_eq!(read.measure("8.1-2").unwrap().months_each, 8);
        assert!(read.reporting_rules.certified.covers(6));
        let table = &read.allocation_table;
        assert_eq!((table.rows.len(), table.filled(2).count()), (24, 7), "blanks stay blank");
    }

    #[test]
    fn everything_that_cannot_be_read_is_named_at_once() {
        let mut programme = anhua();
        programme.source = None;
        programme.claims[0].kind = 42;
        let measure = &mut programme.projects[2].indicators[0].measures[0];
        measure.target = "5,000".into();
        measure.due = "2023-13-01".into();
        programme.light_thresholds = Some(proto::LightThresholds { yellow: "-30".into(), red: "-10".into() });
        let refusal = to_domain(&programme).unwrap_err();
        assert_eq!(refusal.reason, Reason::ProgrammeInvalid);
        let fields: Vec<&str> = refusal.violations.iter().map(|violation| violation.field.as_str()).collect();
        let at = "projects[2].indicators[0].measures[0]";
        let (target, due) = (format!("{at}.target"), format!("{at}.due"));
        assert_eq!(fields, ["light_thresholds.red", "source", &target, &due, "claims[0].kind"]);
    }

    #[test]
    fn thresholds_are_data() {
        let mut programme = anhua();
        assert_eq!(thresholds(&programme).unwrap(), Thresholds::default());
        programme.light_thresholds = Some(proto::LightThresholds { yellow: "-5".into(), red: "-20.5".into() });
        assert_eq!(thresholds(&programme).unwrap().red.to_string(), "-20.5");
    }
}
