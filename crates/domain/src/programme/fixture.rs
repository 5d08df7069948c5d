//! For tests: Anhua's real programme and the territory, read from the project's own data files.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::division::DivisionCode;
use crate::programme::check::KnownDivision;
use crate::quantity::Quantity;
use crate::target::Basis;
use serde_json::Value;

const PROGRAMME: &str = include_str!("../../../../deploy/programmes/anhua-2023/programme.json");
const DIVISIONS: &str = include_str!("../../../../deploy/programmes/divisions-hunan.csv");

/// Anhua's programme of 2023.
pub(crate) fn anhua() -> Programme {
    let json: Value = serde_json::from_str(PROGRAMME).unwrap();
    let table = &json["allocationTable"];
    let rules = &json["reportingRules"];
    Programme {
        division: text(&json["division"]),
        division_name: text(&json["divisionName"]),
        year: i16::try_from(json["year"].as_i64().unwrap()).unwrap(),
        title: text(&json["title"]),
        source: Source {
            title: text(&json["source"]["title"]),
            published: json["source"]["published"].as_str().map(|day| day.parse().unwrap()),
            publisher: text(&json["source"]["publisher"]),
            based_on: text(&json["source"]["basedOn"]),
            document_number: String::new(),
        },
        stated_counts: list(&json["statedCounts"], |c| StatedCount {
            kind: project_kind(&c["kind"]),
            projects: number(&c["projects"]),
            indicators: number(&c["indicators"]),
        }),
        projects: list(&json["projects"], |p| Project {
            kind: project_kind(&p["kind"]),
            number: number(&p["number"]),
            title: text(&p["title"]),
            indicators: list(&p["indicators"], indicator),
        }),
        allocation_table: Allocation {
            columns: list(&table["columns"], |c| AllocationColumn {
                measure: text(&c["measure"]),
                heading: text(&c["heading"]),
                unit: text(&c["unit"]),
            }),
            rows: list(&table["rows"], |r| AllocationRow {
                name: text(&r["displayName"]),
                division: text(&r["division"]),
                cells: list(&r["cells"], quantity),
                mandate: r["mandate"].as_bool().unwrap_or(false),
            }),
            printed_totals: list(&table["printedTotals"], quantity),
            note: text(&table["note"]),
        },
        claims: list(&json["claims"], |c| Claim {
            kind: match c["kind"].as_str().unwrap() {
                "CLAIM_KIND_WORDING" => ClaimKind::Wording,
                "CLAIM_KIND_READING" => ClaimKind::Reading,
                "CLAIM_KIND_TEXT_ONLY" => ClaimKind::TextOnly,
                "CLAIM_KIND_FIGURE" => ClaimKind::Figure,
                other => panic!("{other}"),
            },
            about: text(&c["about"]),
            statements: list(&c["statements"], |s| ClaimStatement { place: text(&s["place"]), says: text(&s["says"]) }),
        }),
        reporting_rules: ReportingRules {
            due_day: u8::try_from(number(&rules["dueDay"])).unwrap(),
            experience_articles: number(&rules["experienceArticles"]),
            certified: CertificationFrequency::Monthly,
            ..ReportingRules::default()
        },
    }
}

/// Hunan's divisions, of which the county has 23 townships and 433 villages.
pub(crate) fn divisions() -> Vec<KnownDivision> {
    let mut reader = csv::Reader::from_reader(DIVISIONS.as_bytes());
    let rows = reader.records().map(|row| row.unwrap());
    let known = |row: csv::StringRecord| {
        row[0].parse::<DivisionCode>().map(|code| KnownDivision { code, name: row[1].to_owned() })
    };
    rows.filter(|row| row[0].starts_with("430923")).map(|row| known(row).unwrap()).collect()
}

fn indicator(json: &Value) -> Indicator {
    Indicator {
        code: text(&json["code"]),
        title: text(&json["title"]),
        lead_unit: text(&json["leadUnit"]),
        lead_unit_name: text(&json["leadUnitName"]),
        participating_units: list(&json["participatingUnits"], |u| ParticipatingUnit {
            id: text(&u["id"]),
            name: text(&u["displayName"]),
        }),
        leaders_in_charge: list(&json["leadersInCharge"], |l| Leader {
            name: text(&l["displayName"]),
            from: None,
            to: None,
        }),
        certifier: text(&json["certifier"]),
        certifier_name: text(&json["certifierName"]),
        certifier_inferred: json["certifierInferred"].as_bool().unwrap_or(false),
        measures: list(&json["measures"], measure),
        statements: Statements::default(),
        remark: text(&json["remark"]),
        mandates: Vec::new(),
        tier: String::new(),
    }
}

fn measure(json: &Value) -> Measure {
    Measure {
        code: text(&json["code"]),
        title: text(&json["title"]),
        counted: text(&json["counted"]),
        basis: match json["basis"].as_str().unwrap() {
            "BASIS_FLOW" => Basis::Flow,
            "BASIS_STOCK" => Basis::Stock,
            "BASIS_RATE" => Basis::Rate,
            "BASIS_ONE_OFF" => Basis::OneOff,
            other => panic!("{other}"),
        },
        unit: text(&json["unit"]),
        decimals: u8::try_from(number(&json["decimals"])).unwrap(),
        kind: match json["kind"].as_str().unwrap() {
            "TARGET_KIND_AT_LEAST" => TargetKind::AtLeast,
            "TARGET_KIND_MORE_THAN" => TargetKind::MoreThan,
            "TARGET_KIND_COVERAGE" => TargetKind::Coverage,
            "TARGET_KIND_RATE" => TargetKind::Rate,
            "TARGET_KIND_STANDARD_RAISED" => TargetKind::StandardRaised,
            "TARGET_KIND_MILESTONE" => TargetKind::Milestone,
            "TARGET_KIND_STAGE_COUNT" => TargetKind::StageCount,
            "TARGET_KIND_PARTS" => TargetKind::Parts,
            "TARGET_KIND_PERSON_MONTHS" => TargetKind::PersonMonths,
            "TARGET_KIND_MONEY" => TargetKind::Money,
            "TARGET_KIND_PENDING" => TargetKind::Pending,
            other => panic!("{other}"),
        },
        target: quantity(&json["target"]),
        strict: false,
        baseline: quantity(&json["baseline"]),
        start: None,
        due: json["due"].as_str().map(|day| day.parse().unwrap()),
        parts: list(&json["parts"], text),
        months_each: json["monthsEach"].as_u64().map_or(0, |months| u32::try_from(months).unwrap()),
        stages: list(&json["stages"], |s| Stage { title: text(&s["title"]), share: quantity(&s["share"]) }),
        required_stage: text(&json["requiredStage"]),
        weight: None,
        curve: Vec::new(),
        curve_stepped: false,
        item_list: json["itemList"].as_bool().unwrap_or(false),
        evidence_required: false,
        printed: text(&json["printed"]),
    }
}

fn project_kind(json: &Value) -> ProjectKind {
    match json.as_str().unwrap() {
        "PROJECT_KIND_KEY" => ProjectKind::Key,
        "PROJECT_KIND_MONITORED" => ProjectKind::Monitored,
        other => panic!("{other}"),
    }
}

fn text(json: &Value) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn number(json: &Value) -> u32 {
    u32::try_from(json.as_u64().unwrap()).unwrap()
}

fn quantity(json: &Value) -> Option<Quantity> {
    json.as_str().filter(|text| !text.is_empty()).map(|text| text.parse().unwrap())
}

fn list<T>(json: &Value, read: impl Fn(&Value) -> T) -> Vec<T> {
    json.as_array().map(|items| items.iter().map(read).collect()).unwrap_or_default()
}
