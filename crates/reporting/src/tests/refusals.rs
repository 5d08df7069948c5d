//! What is refused, by reason and field; and nothing is changed by it.

use minsheng_kit::error::Reason;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::common::v1::{NoneHere, Value};
use minsheng_proto::reporting::v1::report_service_server::ReportService;
use minsheng_proto::reporting::v1::{
    EvidenceReference, GetReportRequest, ListReportsRequest, MeasureValue, Narrative, ReportContent, ReportState,
};

use super::programme::{PROGRAMME, programme, report_name};
use super::world::*;

async fn refused(world: &World, indicator: &str, period: &str, content: ReportContent) -> (Reason, Vec<String>) {
    let unit = match indicator {
        "5.1" => "jyj",
        "8.1" => "jtj",
        _ => "rsj",
    };
    let before = *world.parts.service.writer.size().borrow();
    let status = world.file(&head(unit), indicator, period, content).await.unwrap_err();
    assert_eq!(*world.parts.service.writer.size().borrow(), before);
    (reason(&status), fields(&status))
}

fn one(value: MeasureValue) -> ReportContent {
    content(vec![value])
}

#[tokio::test]
async fn quantities_that_are_none() {
    let world = World::new().await;
    let long = format!("1{}", "0".repeat(40));
    for wrong in [
        long.as_str(),
        "1e400",
        "0.12345678901234567890",
        "NaN",
        "Infinity",
        "-0",
        "１２",
        "1,000",
        "١٢",
        "",
        " 1",
        "+1",
        "01",
    ] {
        let (reason, fields) = refused(&world, "3.1", "2023-06", one(value("3.1-1", wrong, "人"))).await;
        assert_eq!(reason, Reason::QuantityInvalid, "{wrong}");
        assert_eq!(fields, ["content.values[0].value.quantity.value"]);
    }
    let (reason, fields) = refused(&world, "3.1", "2023-06", one(flow("3.1-1", "12", "1e1", "人"))).await;
    assert_eq!((reason, fields[0].as_str()), (Reason::QuantityInvalid, "content.values[0].this_period.value"));
}

#[tokio::test]
async fn wrong_units_signs_decimals_and_arithmetic() {
    let world = World::new().await;
    let (reason, fields) = refused(&world, "3.1", "2023-06", one(value("3.1-1", "12", "户"))).await;
    assert_eq!((reason, fields[0].as_str()), (Reason::UnitMismatch, "content.values[0].value.quantity.unit"));
    for (value, field) in [
        (value("3.1-1", "-5", "人"), "content.values[0].value"),
        (value("3.1-1", "12.5", "人"), "content.values[0].value"),
        (flow("3.1-1", "12", "11", "人"), "content.values[0].value"),
    ] {
        let (reason, fields) = refused(&world, "3.1", "2023-06", one(value)).await;
        assert_eq!((reason, fields[0].as_str()), (Reason::ReportInvalid, field));
    }
}

#[tokio::test]
async fn measures_that_are_unknown_twice_or_missing() {
    let world = World::new().await;
    let known = || value("3.1-1", "12", "人");
    for (values, field) in [
        (vec![known(), value("3.1-9", "1", "人")], "content.values[1].measure"),
        (vec![known(), known()], "content.values[1].measure"),
        (vec![], "content.values"),
        (vec![MeasureValue { value: None, ..known() }], "content.values[0].value"),
        (vec![MeasureValue { value: Some(Value { state: None }), ..known() }], "content.values[0].value"),
        (vec![MeasureValue { stage: "开工".into(), ..known() }], "content.values[0].stage"),
        (vec![MeasureValue { paid: true, ..known() }], "content.values[0].paid"),
    ] {
        let (reason, fields) = refused(&world, "3.1", "2023-06", content(values)).await;
        assert_eq!(reason, Reason::ReportInvalid, "{field}");
        assert!(fields.contains(&field.to_owned()), "{field}: {fields:?}");
    }
    let (reason, fields) =
        refused(&world, "3.1", "2023-06", one(MeasureValue { value: Some(not_reported()), ..known() })).await;
    assert_eq!((reason, fields[0].as_str()), (Reason::ReportInvalid, "content.values"));
    let unsigned = ReportContent { head: String::new(), ..one(known()) };
    let (_, fields) = refused(&world, "3.1", "2023-06", unsigned).await;
    assert_eq!(fields, ["content.head"]);
    let none_here = Value { state: Some(State::NoneHere(NoneHere { reason: String::new() })) };
    let (_, fields) = refused(&world, "3.1", "2023-06", one(MeasureValue { value: Some(none_here), ..known() })).await;
    assert_eq!(fields, ["content.values[0].value.none_here.reason"]);
}

#[tokio::test]
async fn parts_and_townships_that_do_not_add_up() {
    let world = World::new().await;
    let parts = vec![value("3.2-1", "31", "人"), value("3.2-2", "20", "人"), value("3.2-3", "10", "人")];
    let (reason, fields) = refused(&world, "3.2", "2023-06", content(parts)).await;
    assert_eq!((reason, fields[0].as_str()), (Reason::ReportInvalid, "content.values[0].value"));
    let all = [("430923100", "10.5"), ("430923101", "5"), ("430923L01", "4.5")];
    for (whole, shares, field) in [
        ("21", &all[..], "content.values[0].breakdown"),
        ("15.5", &all[..2], "content.values[0].breakdown[430923L01]"),
        ("20", &[("430923999", "20")][..], "content.values[0].breakdown[0].division"),
        ("20", &[("430923100", "10"), ("430923100", "10")][..], "content.values[0].breakdown[1].division"),
    ] {
        let (reason, fields) = refused(&world, "8.1", "2023-06", one(roads(whole, shares))).await;
        assert_eq!(reason, Reason::ReportInvalid);
        assert_eq!(fields[0], field);
    }
    assert!(world.file(&head("jtj"), "8.1", "2023-06", one(roads("20", &all))).await.is_ok());
}

#[tokio::test]
async fn a_breakdown_has_the_rows_of_its_table_whatever_their_depth() {
    let mut world = World::new().await;
    let mut amended = programme();
    let table = amended.allocation_table.as_mut().unwrap();
    let village = |number: usize| format!("430923100{number:03}");
    let mut row = table.rows.remove(0);
    for number in 1..=900 {
        row.division = village(number);
        row.cells = vec!["1".to_owned()];
        table.rows.push(row.clone());
    }
    world.issue(amended, 2, "2023-06").await;
    let villages: Vec<String> = (1..=900).map(village).collect();
    let mut shares: Vec<(&str, &str)> = villages.iter().map(|code| (code.as_str(), "0")).collect();
    shares.extend([("430923101", "15.5"), ("430923L01", "4.5")]);
    let mut above = shares.clone();
    above[0].0 = "430923100";
    let (_, fields) = refused(&world, "8.1", "2023-06", one(roads("20", &above))).await;
    assert_eq!(fields, ["content.values[0].breakdown[0].division"]);
    let (_, fields) = refused(&world, "8.1", "2023-06", one(roads("20", &shares[1..]))).await;
    assert_eq!(fields, ["content.values[0].breakdown[430923100001]"]);
    let many: Vec<(&str, &str)> = shares.iter().copied().cycle().take(300_000).collect();
    assert_eq!(refused(&world, "8.1", "2023-06", one(roads("1", &many))).await.0, Reason::TooLarge);
    assert!(world.file(&head("jtj"), "8.1", "2023-06", one(roads("20", &shares))).await.is_ok());
}

#[tokio::test]
async fn periods_that_are_none_not_open_or_not_reported() {
    let world = World::new().await;
    for wrong in ["2023-13", "2023-00", "25-1", "9999-01", "2023", "2023-Q2", "2023-6", "2024-06", "2023-06-X1"] {
        let (reason, _) = refused(&world, "3.1", wrong, one(value("3.1-1", "12", "人"))).await;
        assert_eq!(reason, Reason::PeriodInvalid, "{wrong}");
    }
    // A month opens on its first day; the programme's reports begin in February.
    for early in ["2023-07", "2023-12", "2023-01"] {
        let (reason, _) = refused(&world, "3.1", early, one(value("3.1-1", "12", "人"))).await;
        assert_eq!(reason, Reason::PeriodNotOpen, "{early}");
    }
    world.at("2023-07-01T00:00:00+08:00");
    assert!(world.file(&head("rsj"), "3.1", "2023-07", one(value("3.1-1", "12", "人"))).await.is_ok());
}

#[tokio::test]
async fn whose_report_it_is_not() {
    let world = World::new().await;
    let status = world.file(&head("jyj"), "3.1", "2023-06", one(value("3.1-1", "12", "人"))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotLeadUnit);
    let status = world.file(&office(), "3.1", "2023-06", one(value("3.1-1", "12", "人"))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotAllowed);
    let status = world.file(&head("rsj"), "3.9", "2023-06", one(value("3.1-1", "12", "人"))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ReportUnknown);
    let name = "programmes/430922-2023/indicators/3.1/reports/2023-06".to_owned();
    let status = world.parts.get_report(by(&head("rsj"), GetReportRequest { name })).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ProgrammeUnknown);
    for wrong in
        ["", "programmes/430923-2023/indicators/3.1", "programmes/'; DROP TABLE/indicators/3.1/reports/2023-06"]
    {
        let status =
            world.parts.get_report(by(&head("rsj"), GetReportRequest { name: wrong.into() })).await.unwrap_err();
        assert_eq!((reason(&status), fields(&status)), (Reason::FieldInvalid, vec!["name".to_owned()]));
    }
}

#[tokio::test]
async fn personal_data_long_texts_and_unknown_evidence() {
    let world = World::new().await;
    let base = || one(value("3.1-1", "12", "人"));
    let narrative =
        |progress: String| ReportContent { narrative: Some(Narrative { progress, ..Narrative::default() }), ..base() };
    let (reason, fields) = refused(&world, "3.1", "2023-06", narrative("联系人13812345678".into())).await;
    assert_eq!((reason, fields), (Reason::PersonalData, vec!["content.narrative.progress".to_owned()]));
    let (reason, fields) = refused(&world, "3.1", "2023-06", narrative("长".repeat(4_001))).await;
    assert_eq!((reason, fields), (Reason::ReportInvalid, vec!["content.narrative.progress".to_owned()]));
    let phone = ReportContent { telephone: "拨打7222222".into(), ..base() };
    assert_eq!(refused(&world, "3.1", "2023-06", phone).await.1, ["content.telephone"]);
    for (sha256, _why) in [(vec![7; 32], "never uploaded"), (vec![7; 5], "no hash")] {
        let evidence = vec![EvidenceReference { sha256, ..EvidenceReference::default() }];
        let (reason, fields) = refused(&world, "3.1", "2023-06", ReportContent { evidence, ..base() }).await;
        assert_eq!((reason, fields), (Reason::ReportInvalid, vec!["content.evidence[0].sha256".to_owned()]));
    }
}

#[tokio::test]
async fn pages_are_bounded_and_belong_to_their_query() {
    let world = World::new().await;
    let list = |size: i32, token: &str| ListReportsRequest {
        programme: PROGRAMME.into(),
        period: "2023-06".into(),
        page_size: size,
        page_token: token.into(),
        unit: String::new(),
    };
    let status = world.parts.list_reports(by(&office(), list(-1, ""))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::PageSizeInvalid);
    assert!(world.parts.list_reports(by(&office(), list(i32::MAX, ""))).await.is_ok());
    let mut codes = Vec::new();
    let mut token = String::new();
    loop {
        let page = world.parts.list_reports(by(&office(), list(4, &token))).await.unwrap().into_inner();
        codes.extend(page.reports.into_iter().map(|report| report.name));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(codes, ["3.1", "3.2", "5.1", "6.1", "7.1", "8.1"].map(|code| report_name(code, "2023-06")));
    let page = world.parts.list_reports(by(&office(), list(4, ""))).await.unwrap().into_inner();
    let status = world.parts.list_reports(by(&head("rsj"), list(4, &page.next_page_token))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::PageTokenInvalid);
    let own = world.parts.list_reports(by(&head("rsj"), list(0, ""))).await.unwrap().into_inner();
    assert_eq!(own.reports.len(), 2);
    assert!(own.reports.iter().all(|report| report.state() == ReportState::NotStarted));
}
