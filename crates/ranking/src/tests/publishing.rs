//! Publishing: what it asks for, that it freezes, and that corrections are told apart from repeats.

use minsheng_kit::error::Reason;
use minsheng_kit::identity::Role;
use minsheng_proto::ranking::v1::{FigureBasis, PublishStandingRequest, Snapshot};
use minsheng_testkit::{Backend, caller};
use prost::Message;
use sea_orm::EntityTrait;

use super::{Filed, PROGRAMME, World, body, certifier, colleague, leader, office, programme, reason, value};
use crate::command::PublishStanding;
use crate::entity::snapshot;
use crate::store;
use crate::stored::sha256;

const FAST: FigureBasis = FigureBasis::Fast;
const CERTIFIED: FigureBasis = FigureBasis::Certified;

#[tokio::test]
async fn only_a_closed_month_is_published_and_its_bytes_are_what_was_hashed() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        publishes_what_it_hashed(World::with_june_on(backend).await).await;
    }
}

async fn publishes_what_it_hashed(mut world: World) {
    let before = world.entries();
    assert_eq!(reason(world.publish(&office(), "2023-06", FAST).await), Reason::PeriodNotClosed);
    assert_eq!(world.entries(), before);
    world.close("2023-06").await;
    let preview = world.preview("2023-06", FAST, "").await.unwrap();
    let standing = world.publish(&office(), "2023-06", FAST).await.unwrap();
    let sealed = standing.snapshot.unwrap();
    assert_eq!(sealed, preview, "a preview says what a publication at the same cut would");
    assert_eq!(sealed.name, format!("{PROGRAMME}/snapshots/2023-06-1"));
    let stored =
        snapshot::Entity::find_by_id(&sealed.name).one(world.service.database.reader()).await.unwrap().unwrap();
    assert_eq!(standing.sha256, sha256(&stored.bytes));
    assert_eq!(Snapshot::decode(stored.bytes.as_slice()).unwrap(), sealed);
    let (row, _) = store::standing(&sealed.name, world.service.database.reader()).await.unwrap().unwrap();
    assert_eq!((row.published_by.as_str(), row.sequence), ("ssb.wang", i64::try_from(standing.sequence).unwrap()));
}

#[tokio::test]
async fn a_month_is_published_again_only_where_something_changed() {
    let mut world = World::with_june().await;
    world.close("2023-06").await;
    let first = world.publish(&office(), "2023-06", FAST).await.unwrap().snapshot.unwrap();
    let before = world.entries();
    assert_eq!(reason(world.publish(&colleague(), "2023-06", FAST).await), Reason::StandingPublished);
    assert_eq!(world.entries(), before);
    // A corrected version, certified or not, changes what is said.
    let corrected = Filed { version: 2, ..Filed::new("3.1", "2023-06", &[("3.1-1", "100", "人")]) };
    let version = world.file(&corrected).await;
    world.pass(&version, &corrected.values).await;
    let second = world.publish(&office(), "2023-06", FAST).await.unwrap().snapshot.unwrap();
    assert_eq!(second.name, format!("{PROGRAMME}/snapshots/2023-06-2"));
    assert_ne!(body(&first), body(&second));
    let (_, kept) = store::standing(&first.name, world.service.database.reader()).await.unwrap().unwrap();
    assert_eq!(kept.bytes, first.encode_to_vec(), "what was published stays as it was");
}

#[tokio::test]
async fn a_repeat_of_the_same_request_is_one_publication() {
    let mut world = World::with_june().await;
    world.close("2023-06").await;
    let request = PublishStandingRequest {
        programme: PROGRAMME.into(),
        period: "2023-06".into(),
        basis: FAST.into(),
        ..PublishStandingRequest::default()
    };
    let command = || PublishStanding::parse(&request, world.documents.clone()).unwrap();
    let (one, other) = (office(), office());
    let (one, other) = tokio::join!(world.run(&one, command(), "r1"), world.run(&other, command(), "r1"));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!((one.answer, one.receipts.len()), (other.answer, other.receipts.len()));
    assert_eq!(reason(world.run(&office(), command(), "r2").await), Reason::StandingPublished);
}

#[tokio::test]
async fn who_certified_does_not_publish_under_any_account() {
    let mut world = World::with_june().await;
    let filed = Filed::new("1.1", "2023-06", &[("1.1-1", "50", "个"), ("1.1-2", "0", "所")]);
    let version = world.file(&filed).await;
    world.certify(&version, &filed.values, &[value("1.1-1", "48", "个")], "P4").await;
    world.close("2023-06").await;
    let before = world.entries();
    assert_eq!(reason(world.publish(&certifier(), "2023-06", CERTIFIED).await), Reason::NotAllowed);
    let moved = caller("ssb.chen", "P4", "ssb", &[Role::Office]);
    assert_eq!(reason(world.publish(&moved, "2023-06", CERTIFIED).await), Reason::SamePerson);
    let viewer = caller("viewer", "P9", "", &[Role::Viewer]);
    for other in [leader(), viewer, caller("jyj.head", "P5", "jyj", &[Role::Head])] {
        assert_eq!(reason(world.publish(&other, "2023-06", CERTIFIED).await), Reason::NotAllowed);
    }
    assert_eq!(world.entries(), before);
    world.publish(&office(), "2023-06", CERTIFIED).await.unwrap();
}

#[tokio::test]
async fn the_next_month_knows_the_last_published_one() {
    let mut world = World::with_june().await;
    world.close("2023-06").await;
    world.publish(&office(), "2023-06", FAST).await.unwrap();
    for filed in programme::june() {
        let july = Filed { period: "2023-07", ..filed };
        let version = world.file(&july).await;
        world.pass(&version, &july.values).await;
    }
    let july = world.preview("2023-07", FAST, "").await.unwrap();
    assert_eq!(july.previous_period, "2023-06");
    let rsj = july.lead_units.iter().find(|row| row.unit == "rsj").unwrap();
    assert_eq!(rsj.previous_rank, 1);
    let row = july.indicators.iter().find(|row| row.indicator == "3.1").unwrap();
    assert_eq!((row.previous_completion.as_str(), row.completion.as_str()), ("10.0", "10.0"));
    // On another basis nothing was published, so nothing is compared.
    let certified = world.preview("2023-07", CERTIFIED, "").await.unwrap();
    assert_eq!(certified.previous_period, "");
}

#[tokio::test]
async fn an_unknown_programme_is_refused() {
    let world = World::new().await;
    let request = PublishStandingRequest {
        programme: "programmes/430923-2022".into(),
        period: "2022-06".into(),
        basis: FAST.into(),
        ..PublishStandingRequest::default()
    };
    let command = PublishStanding::parse(&request, world.documents.clone()).unwrap();
    assert_eq!(reason(world.run(&office(), command, "r").await), Reason::ProgrammeUnknown);
}

#[tokio::test]
async fn a_month_of_which_no_decision_was_read_is_not_published() {
    let mut world = World::new().await;
    world.close("2023-06").await;
    assert!(world.preview("2023-06", FAST, "").await.is_ok());
    assert_eq!(reason(world.publish(&office(), "2023-06", FAST).await), Reason::FiguresBehind);
}
