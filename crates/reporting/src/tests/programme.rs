//! A small programme: a flow, a whole of parts, a milestone, a count with its list, a flow divided among townships.

use minsheng_proto::catalogue::v1::{
    AllocationColumn, AllocationRow, AllocationTable, Basis, CertificationFrequency, Indicator, Measure, Programme,
    Project, ProjectKind, ReportingRules, SourceDocument, Stage, TargetKind,
};

/// Name of the programme.
pub(super) const PROGRAMME: &str = "programmes/430923-2023";

/// The report of an indicator and month.
pub(super) fn report_name(indicator: &str, period: &str) -> String {
    format!("{PROGRAMME}/indicators/{indicator}/reports/{period}")
}

pub(super) fn measure(code: &str, kind: TargetKind, unit: &str, target: &str) -> Measure {
    Measure {
        code: code.to_owned(),
        title: format!("计量项{code}"),
        counted: "按系统登记数计".to_owned(),
        basis: Basis::Flow.into(),
        unit: unit.to_owned(),
        kind: kind.into(),
        target: target.to_owned(),
        ..Measure::default()
    }
}

pub(super) fn indicator(code: &str, unit: &str, measures: Vec<Measure>) -> Indicator {
    Indicator {
        code: code.to_owned(),
        title: format!("指标{code}"),
        lead_unit: unit.to_owned(),
        lead_unit_name: format!("牵头单位{unit}"),
        certifier: "tjj".to_owned(),
        certifier_name: "县统计局".to_owned(),
        measures,
        ..Indicator::default()
    }
}

fn stages() -> Vec<Stage> {
    let stage = |title: &str, share: &str| Stage { title: title.to_owned(), share: share.to_owned() };
    vec![stage("开工", "0.5"), stage("完工", "1")]
}

fn allocation() -> AllocationTable {
    let row = |division: &str, cell: &str| AllocationRow {
        division: division.to_owned(),
        display_name: division.to_owned(),
        cells: vec![cell.to_owned()],
        ..AllocationRow::default()
    };
    AllocationTable {
        columns: vec![AllocationColumn {
            measure: "8.1-1".to_owned(),
            heading: "改造".to_owned(),
            unit: "公里".to_owned(),
        }],
        rows: vec![row("430923100", "30"), row("430923101", "20"), row("430923102", ""), row("430923L01", "10")],
        printed_totals: vec!["60".to_owned()],
        note: String::new(),
    }
}

/// The programme.
pub(super) fn programme() -> Programme {
    let whole = Measure {
        parts: vec!["3.2-2".to_owned(), "3.2-3".to_owned()],
        ..measure("3.2-1", TargetKind::Parts, "人", "2975")
    };
    let parts = [("3.2-2", "2300"), ("3.2-3", "675")];
    let parts = parts.map(|(code, target)| measure(code, TargetKind::AtLeast, "人", target));
    let milestone = Measure {
        basis: Basis::OneOff.into(),
        stages: stages(),
        required_stage: "完工".to_owned(),
        ..measure("5.1-1", TargetKind::Milestone, "个", "")
    };
    let estates = Measure {
        basis: Basis::Stock.into(),
        stages: stages(),
        required_stage: "开工".to_owned(),
        item_list: true,
        evidence_required: true,
        ..measure("6.1-1", TargetKind::StageCount, "个", "28")
    };
    let homes = Measure { item_list: true, ..measure("7.1-1", TargetKind::AtLeast, "户", "656") };
    let roads = Measure { decimals: 2, ..measure("8.1-1", TargetKind::AtLeast, "公里", "60") };
    let indicators = vec![
        indicator("3.1", "rsj", vec![measure("3.1-1", TargetKind::AtLeast, "人", "3650")]),
        indicator("3.2", "rsj", [vec![whole], parts.to_vec()].concat()),
        indicator("5.1", "jyj", vec![milestone]),
        indicator("6.1", "zjj", vec![estates]),
        indicator("7.1", "mzj", vec![homes]),
        indicator("8.1", "jtj", vec![roads]),
    ];
    Programme {
        name: PROGRAMME.to_owned(),
        division: "430923".to_owned(),
        division_name: "安化县".to_owned(),
        year: 2023,
        title: "2023年重点民生实事项目".to_owned(),
        source: Some(SourceDocument {
            title: "实施意见".to_owned(),
            published: "2023-04-01".to_owned(),
            publisher: "县政府".to_owned(),
            ..SourceDocument::default()
        }),
        projects: vec![Project { kind: ProjectKind::Key.into(), number: 1, title: "实事".to_owned(), indicators }],
        allocation_table: Some(allocation()),
        reporting_rules: Some(ReportingRules {
            due_day: 20,
            experience_articles: 1,
            certification_frequency: CertificationFrequency::Monthly.into(),
            first_month: 2,
            ..ReportingRules::default()
        }),
        ..Programme::default()
    }
}
