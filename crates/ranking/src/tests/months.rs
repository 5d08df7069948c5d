//! What a month's snapshot says.

use minsheng_kit::convert::json::to_json;
use minsheng_kit::error::Reason;
use minsheng_proto::catalogue::v1::{Division, DivisionLevel, DivisionsImported};
use minsheng_proto::common::v1::Value;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::ranking::v1::{
    DisciplineRow, FigureBasis, IndicatorRow, Light, Snapshot, StandingRow, TownshipRow,
};
use prost::Message;

use super::{Filed, World, programme, reason, value};
use crate::stored::sha256;

const FAST: FigureBasis = FigureBasis::Fast;
const CERTIFIED: FigureBasis = FigureBasis::Certified;

fn unit<'a>(snapshot: &'a Snapshot, id: &str) -> &'a StandingRow {
    snapshot.lead_units.iter().find(|row| row.unit == id).unwrap()
}

fn indicator<'a>(snapshot: &'a Snapshot, code: &str) -> &'a IndicatorRow {
    snapshot.indicators.iter().find(|row| row.indicator == code).unwrap()
}

fn digits(value: Option<&Value>) -> String {
    match value.and_then(|value| value.state.as_ref()) {
        Some(State::Quantity(quantity)) => quantity.value.clone(),
        other => format!("{other:?}"),
    }
}

fn listed(rows: &[DisciplineRow]) -> Vec<(&str, &str, &str)> {
    rows.iter().map(|row| (row.unit.as_str(), row.indicator.as_str(), row.detail.as_str())).collect()
}

#[tokio::test]
async fn june_as_it_is_sealed() {
    let world = World::with_june().await;
    let snapshot = world.preview("2023-06", FAST, "").await.unwrap();
    let hash = hex::encode(sha256(&snapshot.encode_to_vec()));
    // A map's order in JSON is not fixed; the scheme is data of its own, and the hash is over it too.
    let shown = Snapshot { scheme: None, ..snapshot };
    insta::assert_snapshot!("june_fast", format!("{}\n{hash}", to_json(&shown).unwrap()));
}

#[tokio::test]
async fn equal_scores_share_a_rank_and_every_line_adds_up() {
    let world = World::with_june().await;
    let snapshot = world.preview("2023-06", FAST, "").await.unwrap();
    let ranks: Vec<(&str, i32, bool, &str)> =
        snapshot.lead_units.iter().map(|row| (row.unit.as_str(), row.rank, row.tied, row.score.as_str())).collect();
    // 60 × (20/200) ÷ (171/365) is 12.81; red; reports 5 and 10; nothing corrected.
    assert_eq!(
        ranks,
        [("jyj", 1, true, "100"), ("rsj", 1, true, "100"), ("wjj", 3, false, "30.31"), ("zjj", 0, false, "")]
    );
    let lines: Vec<&str> = unit(&snapshot, "wjj").lines.iter().map(|line| line.points.as_str()).collect();
    assert_eq!(lines, ["12.81", "0", "7.5", "10"]);
    assert!(!unit(&snapshot, "zjj").unranked_reason.is_empty());
    assert!(unit(&snapshot, "wjj").among_last && !unit(&snapshot, "rsj").among_last);
    assert_eq!(unit(&snapshot, "wjj").unit_name, "县卫生健康局", "the name in force in June");
    assert_eq!(indicator(&snapshot, "1.1").leaders, ["现任"]);
}

#[tokio::test]
async fn a_month_without_a_figure_of_the_basis_has_none() {
    let mut world = World::with_june().await;
    let snapshot = world.preview("2023-06", CERTIFIED, "").await.unwrap();
    assert!(snapshot.indicators.iter().all(|row| row.light() == Light::NoFigure && row.completion.is_empty()));
    assert!(snapshot.lead_units.iter().all(|row| row.rank == 0 && row.unranked_reason == "本期没有认定数"));
    let shown = &indicator(&snapshot, "1.1").measures[0];
    assert!(shown.reported.is_some() && shown.fast.is_some() && shown.certified.is_none());

    let filed = Filed::new("1.1", "2023-06", &[("1.1-1", "50", "个"), ("1.1-2", "0", "所")]);
    let version = world.file(&filed).await;
    world.certify(&version, &filed.values, &[value("1.1-1", "40", "个")], "P4").await;
    let snapshot = world.preview("2023-06", CERTIFIED, "").await.unwrap();
    let row = indicator(&snapshot, "1.1");
    assert_eq!((row.completion.as_str(), row.light()), ("40.0", Light::Green));
    assert_eq!(unit(&snapshot, "jyj").rank, 1);
    assert_eq!(listed(&snapshot.discipline.unwrap().adjusted), [("jyj", "1.1", "新增学位由50个调整为40个：台账核减")]);
}

#[tokio::test]
async fn discipline_keeps_each_kind_in_a_list_of_its_own() {
    let mut world = World::new().await;
    let mut entered = None;
    let mut june = programme::june();
    june.retain(|filed| filed.indicator != "4.1");
    for filed in &mut june {
        filed.to_confirm = filed.indicator == "m1.1";
        let version = world.file(filed).await;
        match filed.indicator {
            "2.1" => world.give_back(&version, "2.1-1").await,
            "m1.1" => entered = Some(version),
            _ => world.pass(&version, &filed.values).await,
        }
    }
    world.article("jyj", "2023-06", true).await;
    world.article("jyj", "2023-06", false).await;
    let snapshot = world.preview("2023-06", FAST, "").await.unwrap();
    let lists = snapshot.discipline.clone().unwrap();
    assert_eq!(listed(&lists.missing), [("zjj", "4.1", "未报送")]);
    assert_eq!(listed(&lists.late), [("wjj", "3.1", "迟报2个工作日"), ("jyj", "", "典型经验逾期报送")]);
    assert_eq!(listed(&lists.returned), [("rsj", "2.1", "退回，尚未重报：口径不符")]);
    assert_eq!(listed(&lists.to_confirm), [("jyj", "m1.1", "由实事办代录，待单位确认")]);
    let articles: Vec<&str> = lists.articles_missing.iter().map(|row| row.unit.as_str()).collect();
    assert_eq!(articles, ["rsj", "wjj", "zjj"]);
    assert_eq!((lists.owed, lists.on_time), (6, 4));
    assert_eq!(indicator(&snapshot, "2.1").light(), Light::NoFigure);

    // Submitted again it leaves the list, and the correction still costs quality.
    let again = Filed { version: 2, ..Filed::new("2.1", "2023-06", &[("2.1-1", "50", "人")]) };
    let version = world.file(&again).await;
    world.pass(&version, &again.values).await;
    let snapshot = world.preview("2023-06", FAST, "").await.unwrap();
    assert!(snapshot.discipline.as_ref().unwrap().returned.is_empty());
    world.confirm(&entered.unwrap()).await;
    let confirmed = world.preview("2023-06", FAST, "").await.unwrap();
    assert!(confirmed.discipline.unwrap().to_confirm.is_empty());
    assert_eq!(unit(&snapshot, "rsj").score, "98");
    assert_eq!(indicator(&snapshot, "2.1").measures[0].source.as_ref().unwrap().version.rsplit('/').next(), Some("2"));
}

#[tokio::test]
async fn townships_are_shown_as_broken_down_and_not_scored() {
    let world = World::with_june().await;
    let snapshot = world.preview("2023-06", FAST, "").await.unwrap();
    let rows: Vec<(&str, &str, &str, String)> = snapshot
        .townships
        .iter()
        .map(|row| {
            let cell = &row.cells[0];
            let value = digits(cell.value.as_ref());
            (row.title.as_str(), cell.target.as_str(), cell.completion.as_str(), value)
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("东坪镇", "40", "52.5", "21".to_owned()),
            ("清塘铺镇", "60", "40.0", "24".to_owned()),
            ("县城南区", "", "", "5".to_owned()),
        ]
    );
    assert_eq!(snapshot.township_columns[0].title, "城镇新增就业");
}

#[tokio::test]
async fn villages_of_the_table_are_shown_by_their_township() {
    let mut world = World::with_june().await;
    let mut version = programme::version();
    version.version = 2;
    let table = version.programme.as_mut().and_then(|it| it.allocation_table.as_mut()).unwrap();
    let mut village = table.rows.remove(1);
    for (code, target) in [("430923100001", "30"), ("430923100002", "10")] {
        village.division = code.into();
        village.cells = vec![target.into()];
        table.rows.insert(0, village.clone());
    }
    world.amend(version).await;
    let shown = async |world: &World| -> Vec<(String, String, String)> {
        let snapshot = world.preview("2023-06", FAST, "").await.unwrap();
        let cells = |row: &TownshipRow| (row.cells[0].target.clone(), digits(row.cells[0].value.as_ref()));
        let rows = snapshot.townships.iter().map(|row| (row.title.clone(), cells(row)));
        rows.map(|(title, (target, value))| (title, target, value)).collect()
    };
    let expected = |first: &str| {
        let rows = [[first, "40", "21"], ["清塘铺镇", "60", "24"], ["县城南区", "", "5"]];
        rows.map(|[title, target, value]| (title.to_owned(), target.to_owned(), value.to_owned()))
    };
    assert_eq!(shown(&world).await, expected("430923100"), "a township of an unknown name goes by its code");
    let township = Division {
        code: "430923100".into(),
        name: "东坪镇".into(),
        level: DivisionLevel::Township.into(),
        parent: "430923".into(),
    };
    world.learn("divisions", &DivisionsImported { divisions: vec![township] }).await;
    assert_eq!(shown(&world).await, expected("东坪镇"));
}

#[tokio::test]
async fn a_figure_says_where_it_comes_from() {
    let world = World::with_june().await;
    let snapshot = world.preview("2023-06", FAST, "").await.unwrap();
    let source = indicator(&snapshot, "3.1").measures[0].source.clone().unwrap();
    assert_eq!(source.version, "programmes/430923-2023/indicators/3.1/reports/2023-06/versions/1");
    assert_eq!((source.reporting_sequence, source.pass_sequence, source.certification_sequence), (2, Some(2), None));
    assert_eq!((source.reporting_leaf_hash.len(), source.evidence), (32, vec![vec![9; 32]]));
    let cut = snapshot.cut.unwrap();
    for (head, ledger) in
        [(cut.catalogue, "catalogue"), (cut.reporting, "reporting"), (cut.verification, "verification")]
    {
        assert!(head.starts_with(&format!("minsheng/430923/{ledger}\n")), "{head}");
    }
}

#[tokio::test]
async fn a_decision_known_before_its_submission_waits() {
    let mut world = World::with_june().await;
    let reference = minsheng_proto::verification::v1::VersionReference {
        report: format!("{}/indicators/1.1/reports/2023-06", super::PROGRAMME),
        version: 2,
        ..Default::default()
    };
    let filed = Filed { version: 2, ..Filed::new("1.1", "2023-06", &[("1.1-1", "60", "个"), ("1.1-2", "0", "所")]) };
    world.pass(&reference, &filed.values).await;
    assert_eq!(reason(world.preview("2023-06", FAST, "").await), Reason::FiguresBehind);
    world.file(&filed).await;
    let snapshot = world.preview("2023-06", FAST, "").await.unwrap();
    assert_eq!(indicator(&snapshot, "1.1").completion, "60.0");
}

#[tokio::test]
async fn a_month_is_judged_by_the_version_then_in_force() {
    let mut world = World::with_june().await;
    let before = world.preview("2023-06", FAST, "").await.unwrap();
    world.amend(programme::amended()).await;
    let june = world.preview("2023-06", FAST, "").await.unwrap();
    assert_eq!(super::body(&before), super::body(&june));
    let july = world.preview("2023-07", FAST, "").await.unwrap();
    assert_eq!((july.programme_version, july.amendment_reason.as_str()), (2, "上级调减任务"));
    assert_eq!(indicator(&july, "3.1").measures[0].target, "100");
    // Nothing came in July: June's figure is shown with its month and judges nothing.
    let shown = &indicator(&july, "3.1").measures[0];
    assert_eq!(
        (shown.figure_period.as_str(), shown.light(), shown.completion.as_str()),
        ("2023-06", Light::NoFigure, "")
    );
    assert_eq!(july.discipline.unwrap().missing.len(), 6);
}

#[tokio::test]
async fn one_who_keeps_a_figure_back_does_not_rise() {
    let mut world = World::new().await;
    for filed in programme::june().into_iter().filter(|filed| filed.indicator != "3.1") {
        let version = world.file(&filed).await;
        world.pass(&version, &filed.values).await;
    }
    let kept_back = world.preview("2023-06", FAST, "").await.unwrap();
    let reported = World::with_june().await.preview("2023-06", FAST, "").await.unwrap();
    let score = |snapshot: &Snapshot| {
        let text = unit(snapshot, "wjj").score.clone();
        if text.is_empty() { None } else { Some(text.parse::<minsheng_domain::quantity::Quantity>().unwrap()) }
    };
    assert!(score(&kept_back) < score(&reported));
    assert_eq!(indicator(&kept_back, "3.1").light(), Light::NoFigure);
}

#[tokio::test]
async fn what_is_asked_wrongly_is_named() {
    let world = World::with_june().await;
    assert_eq!(reason(world.preview("2023-Q2", FAST, "").await), Reason::PeriodInvalid);
    assert_eq!(reason(world.preview("2024-06", FAST, "").await), Reason::PeriodInvalid);
    assert_eq!(reason(world.preview("2023-06", FigureBasis::Unspecified, "").await), Reason::FieldRequired);
    assert_eq!(reason(world.preview("2023-06", FAST, "schemes/none").await), Reason::SchemeUnknown);
    assert_eq!(reason(world.preview("2023-06", FAST, "default").await), Reason::FieldInvalid);
}

#[tokio::test]
async fn every_embedded_scheme_can_be_previewed() {
    let world = World::with_june().await;
    let pass = world.preview("2023-06", FAST, "schemes/pass-or-fail").await.unwrap();
    assert!(pass.lead_units.iter().all(|row| row.score == "0"), "nobody has met a year's target in June");
    let district = world.preview("2023-06", FAST, "schemes/district-2018-month").await.unwrap();
    let last = unit(&district, "wjj");
    assert_eq!((last.rank, last.score.as_str(), last.component_ranks["completion"]), (4, "-0.2", 4));
    let province = world.preview("2023-06", FAST, "schemes/province-table").await.unwrap();
    assert!(province.lead_units.iter().all(|row| row.score.is_empty()));
}
