//! Item lists: what an item may say, and that a count follows from its list as at the cut-off.

use minsheng_kit::error::Reason;
use minsheng_kit::identity::Caller;
use minsheng_proto::common::v1::BulkMode;
use minsheng_proto::reporting::v1::item_service_server::ItemService;
use minsheng_proto::reporting::v1::{
    BatchUpdateItemsRequest, BatchUpdateItemsResponse, EvidenceReference, Item, ItemStage, ListItemsRequest,
    UpdateItemRow,
};
use tonic::Status;

use super::programme::{PROGRAMME, programme};
use super::world::*;

fn item(serial: &str, title: &str, stages: &[(&str, &str)]) -> Item {
    let stage = |(stage, date): &(&str, &str)| ItemStage { stage: (*stage).into(), date: (*date).into() };
    Item {
        serial: serial.into(),
        title: title.into(),
        division: "430923100".into(),
        stages: stages.iter().map(stage).collect(),
        ..Item::default()
    }
}

async fn update_in(
    world: &World,
    programme: &str,
    who: &Caller,
    measure: &str,
    items: Vec<Item>,
    mode: BulkMode,
) -> Result<BatchUpdateItemsResponse, Status> {
    let rows =
        items.into_iter().enumerate().map(|(place, item)| UpdateItemRow { id: place.to_string(), item: Some(item) });
    let request = BatchUpdateItemsRequest {
        programme: programme.into(),
        measure: measure.into(),
        rows: rows.collect(),
        mode: mode.into(),
        request_id: id(),
    };
    Ok(world.parts.batch_update_items(by(who, request)).await?.into_inner())
}

async fn update(world: &World, unit: &str, measure: &str, items: Vec<Item>) -> BatchUpdateItemsResponse {
    update_in(world, PROGRAMME, &reporter(unit), measure, items, BulkMode::RowByRow).await.unwrap()
}

#[tokio::test]
async fn a_count_follows_from_its_list_as_at_the_cut_off() {
    let world = World::new().await;
    world.at("2023-06-22T09:00:00+08:00");
    let listed = vec![
        item("01", "一小区", &[("开工", "2023-05-10"), ("完工", "2023-06-01")]),
        item("02", "二小区", &[("开工", "2023-06-20")]),
        item("03", "三小区", &[("开工", "2023-06-21")]),
        item("04", "四小区", &[]),
        Item { struck_reason: "并入一小区".into(), ..item("05", "五小区", &[("开工", "2023-05-10")]) },
    ];
    let answer = update(&world, "zjj", "6.1-1", listed).await;
    assert!(answer.failures.is_empty() && answer.receipt.is_some());
    let proof = world.upload(&reporter("zjj"), b"%PDF-1.7", 8).await.unwrap();
    let report = |count: &str| {
        let mut content = content(vec![value("6.1-1", count, "个")]);
        content.evidence = vec![EvidenceReference {
            sha256: proof.sha256.clone(),
            measure: "6.1-1".into(),
            ..EvidenceReference::default()
        }];
        content
    };
    for wrong in ["3", "1", "5"] {
        let status = world.file(&head("zjj"), "6.1", "2023-06", report(wrong)).await.unwrap_err();
        assert_eq!(
            (reason(&status), fields(&status)),
            (Reason::ReportInvalid, vec!["content.values[0].items".to_owned()])
        );
    }
    assert!(world.file(&head("zjj"), "6.1", "2023-06", report("2")).await.is_ok());
}

#[tokio::test]
async fn evidence_that_is_asked_for_and_left_out_must_be_explained() {
    let world = World::new().await;
    let status =
        world.file(&head("zjj"), "6.1", "2023-06", content(vec![value("6.1-1", "0", "个")])).await.unwrap_err();
    assert_eq!(
        (reason(&status), fields(&status)),
        (Reason::WarningsUnexplained, vec!["content.values[0].evidence".to_owned()])
    );
}

#[tokio::test]
async fn what_an_item_may_not_say() {
    let world = World::new().await;
    let good = || item("01", "一小区", &[]);
    for (wrong, reason, field) in [
        (Item { serial: "0 1".into(), ..good() }, "ITEM_INVALID", "item.serial"),
        (Item { serial: String::new(), ..good() }, "ITEM_INVALID", "item.serial"),
        (Item { title: String::new(), ..good() }, "ITEM_INVALID", "item.title"),
        (Item { title: "户主电话13812345678".into(), ..good() }, "PERSONAL_DATA", "item.title"),
        (Item { serial: "11010519491231002X".into(), ..good() }, "PERSONAL_DATA", "item.serial"),
        (Item { division: "430922100".into(), ..good() }, "ITEM_INVALID", "item.division"),
        (Item { division: "430923555".into(), ..good() }, "ITEM_INVALID", "item.division"),
        (Item { amount: "1,0".into(), ..good() }, "QUANTITY_INVALID", "item.amount"),
        (Item { amount: "-1".into(), ..good() }, "ITEM_INVALID", "item.amount"),
        (Item { evidence: vec![vec![9; 32]], ..good() }, "ITEM_INVALID", "item.evidence[0]"),
        (item("01", "一小区", &[("验收", "2023-06-01")]), "ITEM_INVALID", "item.stages[0]"),
        (item("01", "一小区", &[("开工", "2023-06-31")]), "ITEM_INVALID", "item.stages[0]"),
        (item("01", "一小区", &[("开工", "2023-06-11")]), "ITEM_INVALID", "item.stages[0].date"),
        (item("01", "一小区", &[("完工", "2023-05-01"), ("开工", "2023-06-01")]), "ITEM_INVALID", "item.stages[1]"),
    ] {
        let answer = update(&world, "zjj", "6.1-1", vec![wrong.clone()]).await;
        assert!(answer.successes.is_empty() && answer.receipt.is_none(), "{wrong:?}");
        assert_eq!(
            (answer.failures[0].reason.as_str(), answer.failures[0].violations[0].field.as_str()),
            (reason, field),
            "{wrong:?}"
        );
    }
    for known in ["430923100", "430923L01", "430923103", ""] {
        let serial = format!("s{known}");
        let answer =
            update(&world, "zjj", "6.1-1", vec![Item { division: known.into(), ..item(&serial, &serial, &[]) }]).await;
        assert!(answer.failures.is_empty(), "{known}");
    }
}

#[tokio::test]
async fn items_of_persons_and_households_are_serials_without_names() {
    let world = World::new().await;
    let serial = |serial: &str| Item { title: String::new(), ..item(serial, "", &[("", "2023-05-01")]) };
    assert!(update(&world, "mzj", "7.1-1", vec![serial("H-0001"), serial("H-0002")]).await.failures.is_empty());
    for wrong in [item("H-0003", "张三", &[]), serial("张三")] {
        let answer = update(&world, "mzj", "7.1-1", vec![wrong]).await;
        assert_eq!(answer.failures[0].reason, "PERSONAL_DATA");
    }
    assert!(world.file(&head("mzj"), "7.1", "2023-06", content(vec![value("7.1-1", "2", "户")])).await.is_ok());
}

#[tokio::test]
async fn items_are_edited_by_revision_and_listed_by_page() {
    let world = World::new().await;
    let first = update(&world, "zjj", "6.1-1", vec![item("01", "一小区", &[]), item("02", "二小区", &[])]).await;
    let kept = first.successes[0].item.clone().unwrap();
    let again = update(&world, "zjj", "6.1-1", vec![item("01", "一小区", &[])]).await;
    assert_eq!(again.failures[0].reason, "ETAG_MISMATCH");
    let started =
        Item { stages: vec![ItemStage { stage: "开工".into(), date: "2023-06-01".into() }], ..kept.clone() };
    let second = update(&world, "zjj", "6.1-1", vec![started.clone()]).await;
    assert_ne!(second.successes[0].item.as_ref().unwrap().etag, kept.etag);
    assert_eq!(update(&world, "zjj", "6.1-1", vec![started]).await.failures[0].reason, "ETAG_MISMATCH");
    let page = |token: &str| ListItemsRequest {
        programme: PROGRAMME.into(),
        measure: "6.1-1".into(),
        page_size: 1,
        page_token: token.into(),
    };
    let one = world.parts.list_items(by(&reporter("zjj"), page(""))).await.unwrap().into_inner();
    let two = world.parts.list_items(by(&reporter("zjj"), page(&one.next_page_token))).await.unwrap().into_inner();
    assert_eq!(
        (one.items[0].serial.as_str(), two.items[0].serial.as_str(), two.next_page_token.as_str()),
        ("01", "02", "")
    );
    assert!(world.parts.list_items(by(&reporter("rsj"), page(""))).await.is_err());
}

#[tokio::test]
async fn all_or_nothing_and_only_by_the_lead_unit() {
    let world = World::new().await;
    let rows = || vec![item("01", "一小区", &[]), item("0 2", "二小区", &[])];
    let zjj = reporter("zjj");
    let answer = update_in(&world, PROGRAMME, &zjj, "6.1-1", rows(), BulkMode::AllOrNothing).await.unwrap();
    assert_eq!((answer.successes.len(), answer.failures.len()), (0, 1));
    let status = update_in(&world, PROGRAMME, &reporter("rsj"), "6.1-1", rows(), BulkMode::RowByRow).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotLeadUnit);
    let status = update_in(&world, PROGRAMME, &zjj, "6.1-9", rows(), BulkMode::RowByRow).await.unwrap_err();
    assert_eq!(reason(&status), Reason::MeasureUnknown);
}

#[tokio::test]
async fn the_same_object_twice_or_in_two_programmes_is_a_finding() {
    let mut world = World::new().await;
    let mut before = programme();
    before.year = 2022;
    before.name = "programmes/430923-2022".into();
    world.issue(before, 1, "2022-02").await;
    let started = |serial: &str| item(serial, "一小区", &[("开工", "2023-06-01")]);
    let zjj = reporter("zjj");
    update_in(&world, "programmes/430923-2022", &zjj, "6.1-1", vec![started("A")], BulkMode::RowByRow).await.unwrap();
    update(&world, "zjj", "6.1-1", vec![started("01")]).await;
    let status =
        world.file(&head("zjj"), "6.1", "2023-06", content(vec![value("6.1-1", "1", "个")])).await.unwrap_err();
    assert_eq!(fields(&status), ["content.values[0].items[1]", "content.values[0].evidence"]);
    update(&world, "zjj", "6.1-1", vec![started("02")]).await;
    let status =
        world.file(&head("zjj"), "6.1", "2023-06", content(vec![value("6.1-1", "2", "个")])).await.unwrap_err();
    assert_eq!(
        (reason(&status), fields(&status)),
        (Reason::ReportInvalid, vec!["content.values[0].items[2]".to_owned()])
    );
}
