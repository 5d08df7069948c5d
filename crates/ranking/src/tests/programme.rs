//! The small programme: five lead units' worth of kinds, a township table with a blank, two bases of figures.

use minsheng_proto::catalogue::v1::{
    AllocationColumn, AllocationRow, AllocationTable, Basis, Calendar, CertificationFrequency, FormerName, Indicator,
    LeaderInCharge, Measure, Programme, ProgrammeVersion, Project, ProjectKind, ReportingRules, SourceDocument,
    TargetKind, Unit, UnitKind,
};
use minsheng_proto::reporting::v1::DivisionValue;

use super::{Filed, PROGRAMME, number};

fn measure(code: &str, title: &str, unit: &str, kind: TargetKind, target: &str) -> Measure {
    Measure {
        code: code.into(),
        title: title.into(),
        counted: "按台账计".into(),
        basis: if kind == TargetKind::Rate { Basis::Rate } else { Basis::Flow }.into(),
        unit: unit.into(),
        kind: kind.into(),
        target: target.into(),
        ..Measure::default()
    }
}

fn indicator(code: &str, title: &str, unit: (&str, &str), measures: Vec<Measure>) -> Indicator {
    Indicator {
        code: code.into(),
        title: title.into(),
        lead_unit: unit.0.into(),
        lead_unit_name: unit.1.into(),
        leaders_in_charge: vec![
            LeaderInCharge { display_name: "前任".into(), to: "2023-05-31".into(), ..LeaderInCharge::default() },
            LeaderInCharge { display_name: "现任".into(), from: "2023-06-01".into(), ..LeaderInCharge::default() },
        ],
        certifier: "tjj".into(),
        certifier_name: "县统计局".into(),
        measures,
        ..Indicator::default()
    }
}

fn project(kind: ProjectKind, number: i32, title: &str, indicators: Vec<Indicator>) -> Project {
    Project { kind: kind.into(), number, title: title.into(), indicators }
}

pub(super) fn document() -> Programme {
    let at_least = TargetKind::AtLeast;
    let stages = Measure {
        stages: ["开工", "完工"]
            .map(|title| minsheng_proto::catalogue::v1::Stage { title: title.into(), share: String::new() })
            .to_vec(),
        required_stage: "开工".into(),
        ..measure("4.1-1", "开工小区", "个", TargetKind::StageCount, "28")
    };
    let later = Measure { due: "2024-12-31".into(), ..measure("1.1-2", "跨年建设任务", "所", at_least, "1") };
    let cell = |cells: [&str; 1]| cells.map(str::to_owned).to_vec();
    let row = |division: &str, name: &str, target: &str| AllocationRow {
        division: division.into(),
        display_name: name.into(),
        cells: cell([target]),
        ..AllocationRow::default()
    };
    Programme {
        name: PROGRAMME.into(),
        division: "430923".into(),
        division_name: "安化县".into(),
        year: 2023,
        title: "安化县2023年重点民生实事项目".into(),
        source: Some(SourceDocument { title: "实施意见".into(), ..SourceDocument::default() }),
        projects: vec![
            project(
                ProjectKind::Key,
                1,
                "学位建设",
                vec![indicator(
                    "1.1",
                    "新增学位100个",
                    ("jyj", "县教育局"),
                    vec![measure("1.1-1", "新增学位", "个", at_least, "100"), later],
                )],
            ),
            project(
                ProjectKind::Key,
                2,
                "就业",
                vec![indicator(
                    "2.1",
                    "新增就业100人",
                    ("rsj", "县人社局"),
                    vec![measure("2.1-1", "新增就业", "人", at_least, "100")],
                )],
            ),
            project(
                ProjectKind::Key,
                3,
                "健康",
                vec![
                    indicator(
                        "3.1",
                        "免费检查200人",
                        ("wjj", "县卫健局"),
                        vec![measure("3.1-1", "免费检查", "人", at_least, "200")],
                    ),
                    indicator(
                        "3.2",
                        "空气优良率95%",
                        ("wjj", "县卫健局"),
                        vec![measure("3.2-1", "优良率", "%", TargetKind::Rate, "95")],
                    ),
                ],
            ),
            project(
                ProjectKind::Key,
                4,
                "小区改造",
                vec![indicator("4.1", "开工28个小区", ("zjj", "县住建局"), vec![stages])],
            ),
            project(
                ProjectKind::Monitored,
                1,
                "监测",
                vec![indicator(
                    "m1.1",
                    "港口环境",
                    ("jyj", "县教育局"),
                    vec![measure("m1.1-1", "港口", "个", at_least, "10")],
                )],
            ),
        ],
        allocation_table: Some(AllocationTable {
            columns: vec![AllocationColumn {
                measure: "2.1-1".into(),
                heading: "城镇新增就业".into(),
                unit: "人".into(),
            }],
            rows: vec![
                row("430923101", "清塘铺镇", "60"),
                row("430923100", "东坪镇", "40"),
                row("430923L01", "县城南区", ""),
            ],
            ..AllocationTable::default()
        }),
        reporting_rules: Some(ReportingRules {
            due_day: 20,
            experience_articles: 1,
            certification_frequency: CertificationFrequency::Monthly.into(),
            first_month: 6,
            ..ReportingRules::default()
        }),
        demo_mark: "演示数据".into(),
        ..Programme::default()
    }
}

pub(super) fn version() -> ProgrammeVersion {
    ProgrammeVersion {
        name: PROGRAMME.into(),
        version: 1,
        programme: Some(document()),
        in_force_from: "2023-01".into(),
        ..ProgrammeVersion::default()
    }
}

/// From July on 3.1 asks for 100 only.
pub(super) fn amended() -> ProgrammeVersion {
    let mut document = document();
    document.projects[2].indicators[0].measures[0].target = "100".into();
    ProgrammeVersion {
        version: 2,
        programme: Some(document),
        in_force_from: "2023-07".into(),
        reason: "上级调减任务".into(),
        ..version()
    }
}

pub(super) fn units() -> Vec<Unit> {
    let unit = |id: &str, name: &str| Unit {
        id: id.into(),
        display_name: name.into(),
        kind: UnitKind::Bureau.into(),
        division: "430923".into(),
        ..Unit::default()
    };
    let renamed = Unit {
        named_from: "2023-07-01".into(),
        former_names: vec![FormerName { display_name: "县卫生健康局".into(), named_to: "2023-06-30".into() }],
        ..unit("wjj", "县卫健委")
    };
    vec![unit("jyj", "县教育局"), unit("rsj", "县人社局"), renamed, unit("zjj", "县住建局")]
}

pub(super) fn calendar() -> Calendar {
    Calendar {
        name: "calendars/2023".into(),
        days_off: ["2023-06-22", "2023-06-23"].map(str::to_owned).to_vec(),
        working_days: vec!["2023-06-25".into()],
        ..Calendar::default()
    }
}

pub(super) fn june() -> Vec<Filed<'static>> {
    let mut jobs = Filed::new("2.1", "2023-06", &[("2.1-1", "50", "人")]);
    let part =
        |division: &str, digits: &str| DivisionValue { division: division.into(), value: Some(number(digits, "人")) };
    // One township as a whole, one by villages, the area without a target too.
    jobs.values[0].breakdown =
        vec![part("430923101", "24"), part("430923100001", "10"), part("430923100002", "11"), part("430923L01", "5")];
    vec![
        Filed::new("1.1", "2023-06", &[("1.1-1", "50", "个"), ("1.1-2", "0", "所")]),
        jobs,
        Filed { days_late: Some(2), ..Filed::new("3.1", "2023-06", &[("3.1-1", "20", "人")]) },
        Filed::new("3.2", "2023-06", &[("3.2-1", "96.5", "%")]),
        Filed::new("4.1", "2023-06", &[("4.1-1", "12", "个")]),
        Filed::new("m1.1", "2023-06", &[("m1.1-1", "1", "个")]),
    ]
}
