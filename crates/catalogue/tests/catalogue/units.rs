//! Units: names with dates, two editors, batches.

use minsheng_kit::error::Reason;
use minsheng_proto::catalogue::v1::{
    BatchUpdateUnitsRequest, BatchUpdateUnitsResponse, FormerName, GetUnitRequest, ListUnitsRequest, Unit,
    UnitsUpdated, UpdateUnitRow,
};
use minsheng_proto::common::v1::BulkMode;
use minsheng_proto::ledger::v1::EntryBody;
use prost::Message;

use crate::house::{House, office, refused, units, viewer};

async fn update(house: &House, rows: Vec<Unit>, mode: BulkMode, id: &str) -> BatchUpdateUnitsResponse {
    let rows = rows.into_iter().enumerate();
    let rows = rows.map(|(place, unit)| UpdateUnitRow { id: format!("r{place}"), unit: Some(unit) }).collect();
    let request = BatchUpdateUnitsRequest { rows, mode: mode.into(), request_id: id.into(), validate_only: false };
    house.units(office()).batch_update_units(request).await.unwrap().into_inner()
}

async fn unit(house: &House, id: &str) -> Unit {
    let request = GetUnitRequest { name: format!("units/{id}") };
    house.units(viewer()).get_unit(request).await.unwrap().into_inner().unit.unwrap()
}

#[tokio::test]
async fn of_two_editors_the_second_sees_what_the_first_saved() {
    let house = House::new().await;
    let seen = unit(&house, "jyj").await;
    let renamed = |name: &str| Unit {
        display_name: name.into(),
        named_from: "2023-07-01".into(),
        former_names: vec![FormerName { display_name: "县教育局".into(), named_to: "2023-06-30".into() }],
        ..seen.clone()
    };
    let first = update(&house, vec![renamed("县教育和体育局")], BulkMode::Unspecified, "a").await;
    let saved = first.successes[0].unit.clone().unwrap();
    assert_ne!(saved.etag, seen.etag);
    let second = update(&house, vec![renamed("县教体局")], BulkMode::Unspecified, "b").await;
    let failure = &second.failures[0];
    assert_eq!((failure.id.as_str(), failure.reason.as_str()), ("r0", "ETAG_MISMATCH"));
    assert!(failure.message.contains("县教育和体育局") && failure.message.contains(&saved.etag));
    let blind = Unit { etag: String::new(), ..renamed("县教体局") };
    let third = update(&house, vec![blind], BulkMode::Unspecified, "c").await;
    assert_eq!(third.failures[0].reason, "ETAG_MISMATCH", "a change needs the revision it rests on");
    assert_eq!(unit(&house, "jyj").await, saved);
    let ledger = house.service.writer.ledger();
    let entry = ledger.entry(saved.etag.parse().unwrap()).await.unwrap().unwrap();
    let body = EntryBody::decode(entry.body.as_slice()).unwrap();
    assert_eq!(body.kind, "minsheng.catalogue.v1.UnitsUpdated");
    assert_eq!(UnitsUpdated::decode(body.payload).unwrap().units, [saved]);
}

#[tokio::test]
async fn a_name_once_borne_is_not_lost() {
    let house = House::new().await;
    let seen = unit(&house, "jyj").await;
    let nameless = Unit { display_name: "县教体局".into(), ..seen };
    let answer = update(&house, vec![nameless], BulkMode::AllOrNothing, "a").await;
    assert_eq!(answer.failures[0].violations[0].field, "unit.former_names");
}

#[tokio::test]
async fn one_bad_row_refuses_all_or_only_itself() {
    let house = House::new().await;
    let before = house.entries().await;
    let fresh = |id: &str, kind: i32, division: &str| Unit {
        id: id.into(),
        display_name: "新单位".into(),
        kind,
        division: division.into(),
        ..Unit::default()
    };
    let rows = vec![
        fresh("new-1", 1, "430923"),
        fresh("新", 1, "430923"),
        fresh("tier-430923", 1, "430923"),
        fresh("new-2", 99, "430923"),
        fresh("new-3", 1, "430923999"),
        Unit { named_from: "2023-7-1".into(), ..fresh("new-4", 1, "430923") },
    ];
    let whole = update(&house, rows.clone(), BulkMode::AllOrNothing, "a").await;
    assert!(whole.successes.is_empty());
    let fields: Vec<&str> = whole.failures.iter().map(|failure| failure.violations[0].field.as_str()).collect();
    assert_eq!(fields, ["unit.id", "unit.id", "unit.kind", "unit.division", "unit.named_from"]);
    assert_eq!(house.entries().await, before);
    let each = update(&house, rows.clone(), BulkMode::RowByRow, "b").await;
    assert_eq!((each.successes.len(), each.failures.len()), (1, 5));
    assert_eq!(house.entries().await, before + 1);
    assert_eq!(update(&house, rows, BulkMode::RowByRow, "b").await, each, "a repeat gets the same answer");
    assert_eq!(house.entries().await, before + 1);

    let row = |id: &str, unit: &str| UpdateUnitRow { id: id.into(), unit: Some(fresh(unit, 1, "430923")) };
    for (rows, mode, field) in [
        (vec![row("1", "aa"), row("1", "bb")], 0, "rows[1].id"),
        (vec![row("1", "aa"), row("2", "aa")], 0, "rows[1].unit.id"),
        (vec![row("", "aa")], 0, "rows[0].id"),
        (vec![row("1", "aa")], 9, "mode"),
    ] {
        let request = BatchUpdateUnitsRequest { rows, mode, request_id: "c".into(), validate_only: false };
        let (reason, fields) = refused(house.units(office()).batch_update_units(request).await);
        assert_eq!((reason, fields), (Reason::FieldInvalid, vec![field.to_owned()]));
    }
}

#[tokio::test]
async fn units_come_in_pages() {
    let house = House::new().await;
    let list = |page_size: i32, page_token: &str| ListUnitsRequest { page_size, page_token: page_token.into() };
    let first = house.units(viewer()).list_units(list(40, "")).await.unwrap().into_inner();
    assert_eq!(first.units.len(), 40);
    let last = house.units(viewer()).list_units(list(40, &first.next_page_token)).await.unwrap().into_inner();
    assert_eq!((last.units.len(), last.next_page_token.as_str()), (units().len() - 40, ""));
    assert_eq!(refused(house.units(viewer()).list_units(list(-1, "")).await).0, Reason::PageSizeInvalid);
    assert_eq!(refused(house.units(viewer()).list_units(list(0, "x")).await).0, Reason::PageTokenInvalid);
}
