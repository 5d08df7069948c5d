//! Schemes: made at the first start, versions never changed.

use minsheng_kit::error::Reason;
use minsheng_kit::page::{LIST, Page};
use minsheng_proto::ranking::v1::{CreateSchemeRequest, FigureBasis, Scheme};

use super::{World, certifier, office, reason};
use crate::command::{CreateScheme, EmbedSchemes};
use crate::store;
use crate::stored::read;

async fn newest(world: &World, name: &str) -> Scheme {
    let row = store::scheme(name, 0, world.service.database.reader()).await.unwrap().unwrap();
    read(name, &row.definition).unwrap()
}

#[tokio::test]
async fn the_schemes_of_the_software_are_made_once() {
    let world = World::new().await;
    let before = world.entries();
    world.internal(EmbedSchemes::new().unwrap()).await.unwrap();
    assert_eq!(world.entries(), before);
    let page = Page::parse(LIST, &["ListSchemes"], 2, "").unwrap();
    let mut rows = store::schemes(&page, world.service.database.reader()).await.unwrap();
    let token = page.cut(&mut rows, |row| row.scheme.clone());
    let page = Page::parse(LIST, &["ListSchemes"], 100, &token).unwrap();
    rows.extend(store::schemes(&page, world.service.database.reader()).await.unwrap());
    let names: Vec<&str> = rows.iter().map(|row| row.scheme.trim_start_matches("schemes/")).collect();
    assert_eq!(names, ["default-month", "district-2018-month", "district-2018-year", "pass-or-fail", "province-table"]);
    assert!(rows.iter().all(|row| row.version == 1));
}

#[tokio::test]
async fn the_next_version_is_used_and_the_one_before_stays() {
    let world = World::with_june().await;
    let mut scheme = Scheme { version: 0, ..newest(&world, "schemes/default-month").await };
    scheme.components[0].weight = "50".into();
    let request = CreateSchemeRequest { scheme: Some(scheme), request_id: "s1".into() };
    let create = || CreateScheme::parse(&request).unwrap();
    assert_eq!(reason(world.run(&certifier(), create(), "s1").await), Reason::NotAllowed);
    let made = world.run(&office(), create(), "s1").await.unwrap().answer.scheme.unwrap();
    assert_eq!(made.version, 2);
    let first = store::scheme("schemes/default-month", 1, world.service.database.reader()).await.unwrap().unwrap();
    assert_eq!(read::<Scheme>("1", &first.definition).unwrap().components[0].weight, "60");
    let snapshot = world.preview("2023-06", FigureBasis::Fast, "").await.unwrap();
    assert_eq!((snapshot.scheme.unwrap().version, snapshot.lead_units[0].score.as_str()), (2, "90"));
}

#[tokio::test]
async fn a_version_is_not_given_by_the_caller() {
    let world = World::new().await;
    let scheme = newest(&world, "schemes/default-month").await;
    let request = CreateSchemeRequest { scheme: Some(scheme), request_id: "s1".into() };
    assert_eq!(reason(CreateScheme::parse(&request)), Reason::FieldOutputOnly);
}
