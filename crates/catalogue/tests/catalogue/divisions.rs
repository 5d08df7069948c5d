//! The territory tree.

use minsheng_kit::error::Reason;
use minsheng_proto::catalogue::v1::{
    Division, GetDivisionRequest, ImportDivisionsRequest, ImportDivisionsResponse, ListDivisionsRequest,
};
use tonic::Status;

use crate::house::{House, divisions, office, refused, viewer};

async fn import(house: &House, divisions: Vec<Division>, id: &str) -> Result<ImportDivisionsResponse, Status> {
    let request = ImportDivisionsRequest { divisions, request_id: id.into(), validate_only: false };
    house.divisions(office()).import_divisions(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn the_provinces_file_is_taken_in_whole() {
    let house = House::empty().await;
    let all = divisions(|_| true);
    assert_eq!(all.len(), 31_692);
    let mut changed = 0;
    for (number, chunk) in all.chunks(10_000).enumerate() {
        changed += import(&house, chunk.to_vec(), &format!("part-{number}")).await.unwrap().changed;
    }
    assert_eq!(changed, 31_692);
    assert_eq!(house.entries().await, 4);
    let list =
        |parent: &str, page_token: String| ListDivisionsRequest { parent: parent.into(), page_size: 10, page_token };
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let answer = house.divisions(viewer()).list_divisions(list("divisions/430923", token)).await.unwrap();
        let answer = answer.into_inner();
        seen.extend(answer.divisions.into_iter().map(|division| division.code));
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 24, "23 townships and the local area");
    assert!(seen.is_sorted() && seen.contains(&"430923L01".to_owned()));
    let roots = house.divisions(viewer()).list_divisions(list("", String::new())).await.unwrap().into_inner();
    assert_eq!(roots.divisions[0].name, "湖南省");
    let other = house.divisions(viewer()).list_divisions(list("divisions/430900", roots.next_page_token)).await;
    assert_eq!(other.unwrap().into_inner().divisions.len(), 8);
}

#[tokio::test]
async fn a_known_code_takes_the_new_name_and_a_repeat_changes_nothing() {
    let house = House::new().await;
    let before = house.entries().await;
    let mut rows = divisions(|code| code == "430923" || code == "430923200");
    let answer = import(&house, rows.clone(), "same").await.unwrap();
    assert_eq!((answer.changed, answer.unchanged), (0, 2));
    assert_eq!(house.entries().await, before);
    rows[1].name = "高明镇".into();
    let answer = import(&house, rows, "renamed").await.unwrap();
    assert_eq!((answer.changed, answer.unchanged), (1, 1));
    let request = GetDivisionRequest { name: "divisions/430923200".into() };
    let found = house.divisions(viewer()).get_division(request).await.unwrap().into_inner().division.unwrap();
    assert_eq!(found.name, "高明镇");
}

#[tokio::test]
async fn rows_that_are_no_tree_are_refused_together() {
    let house = House::new().await;
    let before = house.entries().await;
    let row = |code: &str, name: &str, level: i32, parent: &str| Division {
        code: code.into(),
        name: name.into(),
        level,
        parent: parent.into(),
    };
    let rows = vec![
        row("430923999", "新乡", 4, "430923"),
        row("430923998", "甲乡", 5, "430923"),
        row("430923997", "乙乡", 4, "430922"),
        row("430922100", "丙乡", 4, "430922"),
        row("430923000", "丁", 4, "430923"),
        row("430923996", "", 4, "430923"),
        row("430923999", "新乡", 4, "430923"),
        row("430923995", "戊乡", 99, "430923"),
        row("'; DROP TABLE division", "己", 4, ""),
    ];
    let (reason, fields) = refused(import(&house, rows, "bad").await);
    assert_eq!(reason, Reason::DivisionInvalid);
    assert_eq!(
        fields,
        [
            "divisions[1].level",
            "divisions[2].parent",
            "divisions[3].parent",
            "divisions[4].code",
            "divisions[5].name",
            "divisions[6].code",
            "divisions[7].level",
            "divisions[8].code"
        ]
    );
    assert_eq!(house.entries().await, before);
    let request = GetDivisionRequest { name: "divisions/430923999".into() };
    assert_eq!(refused(house.divisions(viewer()).get_division(request).await).0, Reason::DivisionUnknown);
    let many = vec![row("430923999", "新乡", 4, "430923"); 10_001];
    assert_eq!(refused(import(&house, many, "many").await), (Reason::DivisionInvalid, vec!["divisions".into()]));
    let request = ImportDivisionsRequest { divisions: divisions(|code| code == "430923"), ..Default::default() };
    assert_eq!(refused(house.divisions(office()).import_divisions(request.clone()).await).0, Reason::RequestIdRequired);
    let request = ImportDivisionsRequest { request_id: "x".into(), ..request };
    assert_eq!(refused(house.divisions(viewer()).import_divisions(request).await).0, Reason::NotAllowed);
}
