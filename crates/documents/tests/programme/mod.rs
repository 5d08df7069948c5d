//! A small programme with something in every field that the catalogue's template carries.
#![allow(dead_code, unreachable_pub, missing_docs)]

use minsheng_proto::catalogue::v1::{
    AllocationColumn, AllocationRow, AllocationTable, Basis, CertificationFrequency, Claim, ClaimKind, ClaimStatement,
    CurvePoint, CutOff, DeadlineMove, Indicator, IndicatorStatements, LeaderInCharge, LightThresholds,
    MandateReference, Measure, ParticipatingUnit, PlannedCurve, Programme, Project, ProjectKind, ReportingRules,
    SourceDocument, Stage, StatedCount, TargetKind,
};
use minsheng_proto::common::v1::Quantity;

fn text(text: &str) -> String {
    text.to_owned()
}

fn measure(code: &str, title: &str, unit: &str, kind: TargetKind, target: &str) -> Measure {
    Measure {
        code: text(code),
        title: text(title),
        basis: Basis::Flow.into(),
        unit: text(unit),
        kind: kind.into(),
        target: text(target),
        ..Default::default()
    }
}

fn indicator(code: &str, title: &str, measures: Vec<Measure>) -> Indicator {
    Indicator {
        code: text(code),
        title: text(title),
        lead_unit: text("rsj"),
        lead_unit_name: text("县人社局"),
        certifier: text("tjj"),
        certifier_name: text("县统计局"),
        certifier_inferred: code != "3.1",
        measures,
        ..Default::default()
    }
}

fn employment() -> Indicator {
    let counted = Measure {
        counted: text("1月1日以来实名登记的新增就业，以就业信息系统为准"),
        due: text("2023-12-31"),
        start: text("2023-01-01"),
        weight: text("1.5"),
        evidence_required: true,
        printed: text("5000人"),
        cut_off: CutOff::LastMonthEnd.into(),
        curve: Some(PlannedCurve {
            points: vec![
                CurvePoint { date: text("2023-06-30"), share: text("0.45") },
                CurvePoint { date: text("2023-12-31"), share: text("1") },
            ],
            stepped: true,
            approved_by: text("安实办〔2023〕1号"),
        }),
        ..measure("3.1-1", "城镇新增就业", "人", TargetKind::AtLeast, "5000")
    };
    Indicator {
        participating_units: vec![ParticipatingUnit { id: String::new(), display_name: text("各乡镇") }],
        leaders_in_charge: vec![LeaderInCharge {
            display_name: text("甲"),
            from: text("2023-01-01"),
            to: String::new(),
        }],
        statements: Some(IndicatorStatements {
            verification: text("抽查劳动合同"),
            source: text("就业信息系统"),
            accuracy: text("实名"),
            limits: text("不含灵活就业"),
            remedy: text("年末专项调查"),
        }),
        remark: text("=1+1 不是公式"),
        mandates: vec![MandateReference {
            measure: text("programmes/430900-2023/indicators/3.1/measures/3.1-1"),
            target: Some(Quantity { value: text("5000"), unit: text("人") }),
            document_number: text("益办发电〔2023〕22号"),
            own_measure: text("3.1-1"),
        }],
        ..indicator("3.1", "城镇新增就业", vec![counted])
    }
}

pub fn programme() -> Programme {
    let training = Measure {
        parts: vec![text("3.2-2"), text("3.2-3")],
        ..measure("3.2-1", "补贴性职业培训", "人次", TargetKind::Parts, "2975")
    };
    let skills = measure("3.2-2", "职业技能培训", "人次", TargetKind::AtLeast, "2300");
    let founders = measure("3.2-3", "创业培训", "人次", TargetKind::AtLeast, "675");
    let rate = Measure {
        strict: true,
        decimals: 2,
        basis: Basis::Rate.into(),
        ..measure("m1.1-1", "登记失业率", "%", TargetKind::AtMost, "4.3")
    };
    let stages = Measure {
        stages: vec![
            Stage { title: text("开工"), share: text("0.3") },
            Stage { title: text("验收"), share: text("1") },
        ],
        required_stage: text("验收"),
        item_list: true,
        baseline: text("12"),
        months_each: 8,
        ..measure("m1.1-2", "村级服务点", "个", TargetKind::StageCount, "28")
    };
    let project = |kind: ProjectKind, number, title: &str, indicators| Project {
        kind: kind.into(),
        number,
        title: text(title),
        indicators,
    };
    let statement = |place: &str, says: &str| ClaimStatement { place: text(place), says: text(says) };
    Programme {
        name: text("programmes/430923-2023"),
        division: text("430923"),
        division_name: text("安化县"),
        year: 2023,
        title: text("安化县2023年重点民生实事项目"),
        source: Some(SourceDocument {
            title: text("实施意见"),
            published: text("2023-06-02"),
            publisher: text("县政府督查室"),
            based_on: text("益办发电〔2023〕22号"),
            document_number: text("安政办发〔2023〕5号"),
        }),
        stated_counts: vec![StatedCount { kind: ProjectKind::Key.into(), projects: 10, indicators: 22 }],
        projects: vec![
            project(
                ProjectKind::Key,
                3,
                "促进高质量充分就业",
                vec![employment(), indicator("3.2", "补贴性职业培训", vec![training, skills, founders])],
            ),
            project(
                ProjectKind::Monitored,
                1,
                "稳定就业",
                vec![Indicator { lead_unit: text("fgj"), ..indicator("m1.1", "失业率", vec![rate, stages]) }],
            ),
        ],
        allocation_table: Some(AllocationTable {
            columns: vec![AllocationColumn {
                measure: text("3.1-1"), heading: text("城镇新增就业"), unit: text("人")
            }],
            rows: vec![
                AllocationRow {
                    division: text("430923100000"),
                    display_name: text("东坪镇"),
                    cells: vec![text("1750.5")],
                    mandate: true,
                },
                AllocationRow {
                    division: text("430923-cnq"),
                    display_name: text("县城南区"),
                    cells: vec![text("")],
                    ..Default::default()
                },
            ],
            printed_totals: vec![text("1751")],
            note: text("乡镇的职责主要是配合"),
        }),
        claims: vec![Claim {
            kind: ClaimKind::Wording.into(),
            about: text("9.1"),
            statements: vec![statement("正文", "新增蓄水能力"), statement("附件3表头", "新增改善蓄水能力")],
        }],
        reporting_rules: Some(ReportingRules {
            due_day: 20,
            cut_off_day: 20,
            deadline_move: DeadlineMove::NextWorkingDay.into(),
            experience_articles: 1,
            certification_frequency: CertificationFrequency::Monthly.into(),
            first_month: 6,
        }),
        light_thresholds: Some(LightThresholds { yellow: text("-10"), red: text("-30") }),
        demo_mark: text("演示数据"),
    }
}
