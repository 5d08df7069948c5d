//! Documents that no system could hold, each refused by the field at fault.

use minsheng_kit::error::Reason;
use minsheng_proto::catalogue::v1::Programme;

use crate::house::{House, anhua, measure, refused};

type Spoil = fn(&mut Programme);

#[tokio::test]
async fn what_no_system_could_hold_is_refused_by_its_field() {
    let house = House::new().await;
    let before = house.entries().await;
    let cases: &[(&str, Spoil, &str)] = &[
        ("duplicate code", |p| measure(p, "3.2-2").code = "3.2-1".into(), "projects[2].indicators[1].measures[1].code"),
        ("missing target", |p| measure(p, "3.1-1").target.clear(), "projects[2].indicators[0].measures[0].target"),
        ("40 digits", |p| measure(p, "3.1-1").target = "9".repeat(40), "projects[2].indicators[0].measures[0].target"),
        (
            "full-width",
            |p| measure(p, "3.1-1").target = "５０００".into(),
            "projects[2].indicators[0].measures[0].target",
        ),
        ("cycle", |p| measure(p, "3.2-2").parts = vec!["3.2-1".into()], "projects[2].indicators[1].measures[0].parts"),
        (
            "unknown part",
            |p| measure(p, "3.2-1").parts[0] = "9.9-9".into(),
            "projects[2].indicators[1].measures[0].parts[0]",
        ),
        (
            "unknown unit",
            |p| p.projects[2].indicators[0].lead_unit = "nobody".into(),
            "projects[2].indicators[0].lead_unit",
        ),
        ("no certifier", |p| p.projects[2].indicators[0].certifier.clear(), "projects[2].indicators[0].certifier"),
        ("enum", |p| measure(p, "3.1-1").kind = 99, "projects[2].indicators[0].measures[0].kind"),
        ("no enum", |p| measure(p, "3.1-1").basis = 0, "projects[2].indicators[0].measures[0].basis"),
        ("decimals", |p| measure(p, "3.1-1").decimals = 5, "projects[2].indicators[0].measures[0].decimals"),
        ("date", |p| measure(p, "3.1-1").due = "2023-02-30".into(), "projects[2].indicators[0].measures[0].due"),
        ("cut-off", |p| measure(p, "3.1-1").cut_off = 7, "projects[2].indicators[0].measures[0].cut_off"),
        (
            "unknown division",
            |p| p.allocation_table.as_mut().unwrap().rows[0].division = "430922100".into(),
            "allocation_table.rows[0]",
        ),
        (
            "wide row",
            |p| p.allocation_table.as_mut().unwrap().rows[3].cells.push("1".into()),
            "allocation_table.rows[3].cells",
        ),
        (
            "cell",
            |p| p.allocation_table.as_mut().unwrap().rows[3].cells[0] = "1,000".into(),
            "allocation_table.rows[3].cells[0]",
        ),
        (
            "unknown column",
            |p| p.allocation_table.as_mut().unwrap().columns[0].measure = "9.9-9".into(),
            "allocation_table.columns[0].measure",
        ),
        ("due day", |p| p.reporting_rules.as_mut().unwrap().due_day = 31, "reporting_rules.due_day"),
        ("no rules", |p| p.reporting_rules = None, "reporting_rules"),
        ("name", |p| p.name = "programmes/430923-2022".into(), "name"),
        ("year", |p| p.year = 1999, "year"),
        ("not ours", |p| p.division = "430922".into(), "division"),
        ("control", |p| p.title = "安化\u{0}县".into(), "title"),
        ("long", |p| p.title = "长".repeat(1000), "title"),
        (
            "curve",
            |p| {
                let curve = minsheng_proto::catalogue::v1::PlannedCurve::default();
                measure(p, "3.1-1").curve = Some(curve);
            },
            "projects[2].indicators[0].measures[0].curve.approved_by",
        ),
    ];
    for (number, (case, spoil, field)) in cases.iter().enumerate() {
        let mut programme = anhua();
        spoil(&mut programme);
        let (reason, fields) = refused(house.import(programme, &format!("bad-{number}")).await);
        assert_eq!(reason, Reason::ProgrammeInvalid, "{case}");
        assert!(fields.iter().any(|named| named == field), "{case}: {fields:?}");
    }
    assert_eq!(house.entries().await, before);
}

#[tokio::test]
async fn all_faults_are_named_at_once() {
    let house = House::new().await;
    let mut programme = anhua();
    measure(&mut programme, "3.1-1").target = "1e400".into();
    measure(&mut programme, "3.2-1").kind = 0;
    programme.projects[0].title.clear();
    let (_, fields) = refused(house.import(programme, "bad").await);
    assert_eq!(
        fields,
        [
            "projects[0].title",
            "projects[2].indicators[0].measures[0].target",
            "projects[2].indicators[1].measures[0].kind"
        ]
    );
}
