//! A bulletin's life up to its issue; rendering needs the worker's program and is tested with it.

use minsheng_documents::bulletin::{BulletinHead, render_html, render_xlsx};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Caller, Role};
use minsheng_proto::ranking::v1::{
    ApproveBulletinRequest, Bulletin, BulletinFile, BulletinFormat, BulletinState, ComposeBulletinRequest, FigureBasis,
    HoldBulletinRequest, IssueBulletinRequest, Snapshot,
};
use minsheng_testkit::caller;

use super::{Filed, PROGRAMME, World, colleague, leader, office, reason};
use crate::command::{ApproveBulletin, ComposeBulletin, HoldBulletin, IssueBulletin, Numbering, ReserveNumber};
use crate::store;
use crate::stored::read;

const FAST: FigureBasis = FigureBasis::Fast;

async fn published() -> (World, String) {
    let mut world = World::with_june().await;
    world.close("2023-06").await;
    let standing = world.publish(&office(), "2023-06", FAST).await.unwrap();
    (world, standing.snapshot.unwrap().name)
}

async fn compose(world: &World, who: &Caller, snapshot: &str, date: &str, id: &str) -> Result<Bulletin, Refusal> {
    let request = ComposeBulletinRequest { snapshot: snapshot.into(), date: date.into(), request_id: id.into() };
    Ok(world.run(who, ComposeBulletin::parse(&request)?, id).await?.answer.bulletin.unwrap())
}

async fn approve(world: &World, who: &Caller, bulletin: &Bulletin) -> Result<Bulletin, Refusal> {
    let request = ApproveBulletinRequest {
        name: bulletin.name.clone(),
        etag: bulletin.etag.clone(),
        request_id: format!("a{}", bulletin.etag),
    };
    let command = ApproveBulletin::parse(&request)?;
    Ok(world.run(who, command, &request.request_id).await?.answer.bulletin.unwrap())
}

async fn hold(world: &World, who: &Caller, bulletin: &Bulletin, why: &str) -> Result<Bulletin, Refusal> {
    let request = HoldBulletinRequest {
        name: bulletin.name.clone(),
        etag: bulletin.etag.clone(),
        reason: why.into(),
        request_id: format!("h{}", bulletin.etag),
    };
    let command = HoldBulletin::parse(&request)?;
    Ok(world.run(who, command, &request.request_id).await?.answer.bulletin.unwrap())
}

async fn reserve(world: &World, bulletin: &Bulletin) -> Result<Bulletin, Refusal> {
    let request = IssueBulletinRequest {
        name: bulletin.name.clone(),
        etag: bulletin.etag.clone(),
        request_id: format!("i{}", bulletin.etag),
    };
    let numbering = Numbering { agency_word: "安实办通报".into() };
    let reserve = ReserveNumber::parse(&request, numbering)?;
    Ok(world.run(&office(), reserve, &request.request_id).await?.answer.bulletin.unwrap())
}

async fn finish(world: &World, reserved: &Bulletin, id: &str) -> Result<Bulletin, Refusal> {
    let file = BulletinFile { format: BulletinFormat::Html.into(), sha256: vec![7; 32], size: 1 };
    let issue = IssueBulletin::new(&reserved.name, &reserved.etag, vec![file]);
    Ok(world.run(&office(), issue, id).await?.answer.bulletin.unwrap())
}

async fn get(world: &World, name: &str) -> Bulletin {
    let row = store::bulletin(name, world.service.database.reader()).await.unwrap().unwrap();
    read(name, &row.bulletin).unwrap()
}

#[tokio::test]
async fn another_person_approves_and_a_leader_may_hold_with_a_trace() {
    let (world, snapshot) = published().await;
    let draft = compose(&world, &office(), &snapshot, "2023-07-02", "c1").await.unwrap();
    assert_eq!(draft.name, format!("{PROGRAMME}/bulletins/2023-06-1"));
    assert_eq!((draft.state(), draft.demo_mark.as_str()), (BulletinState::Draft, "演示数据"));
    let same_person = caller("ssb.second", "P1", "ssb", &[Role::Office]);
    assert_eq!(reason(approve(&world, &office(), &draft).await), Reason::SamePerson);
    assert_eq!(reason(approve(&world, &same_person, &draft).await), Reason::SamePerson);
    assert_eq!(reason(reserve(&world, &draft).await), Reason::BulletinState, "no step is skipped");
    let approved = approve(&world, &colleague(), &draft).await.unwrap();
    assert_eq!(reason(compose(&world, &colleague(), "x", "2023-07-02", "c9").await), Reason::FieldInvalid);
    assert_eq!(reason(hold(&world, &colleague(), &approved, "等一等").await), Reason::NotAllowed);
    assert_eq!(reason(hold(&world, &leader(), &approved, "  ").await), Reason::FieldRequired);
    assert_eq!(reason(hold(&world, &leader(), &draft, "等一等").await), Reason::EtagMismatch);
    let held = hold(&world, &leader(), &approved, "核实3.1").await.unwrap();
    assert_eq!(reason(reserve(&world, &held).await), Reason::BulletinState);
    let again = approve(&world, &colleague(), &held).await.unwrap();
    let acts: Vec<(&str, &str, &str)> =
        again.steps.iter().map(|step| (step.act.as_str(), step.person.as_str(), step.reason.as_str())).collect();
    assert_eq!(
        acts,
        [("DRAFTED", "P1", ""), ("APPROVED", "P2", ""), ("HELD", "P3", "核实3.1"), ("APPROVED", "P2", "")]
    );
}

#[tokio::test]
async fn numbers_have_no_gaps_when_an_issue_fails() {
    let (world, snapshot) = published().await;
    let first = compose(&world, &office(), &snapshot, "2023-07-02", "c1").await.unwrap();
    let second = compose(&world, &office(), &snapshot, "2023-07-03", "c2").await.unwrap();
    let first = approve(&world, &colleague(), &first).await.unwrap();
    let second = approve(&world, &colleague(), &second).await.unwrap();

    let reserved = reserve(&world, &first).await.unwrap();
    assert_eq!((reserved.issue_number, reserved.document_number.as_str()), (1, "安实办通报〔2023〕1号"));
    // The same request again, after its rendering failed, finds the number it has.
    let entries = world.entries();
    assert_eq!(reserve(&world, &first).await.unwrap(), reserved);
    assert_eq!(reserve(&world, &reserved).await.unwrap(), reserved);
    assert_eq!(world.entries(), entries);

    // It never comes about: the next issue takes the number, and the first can no longer be finished under it.
    let taken = reserve(&world, &second).await.unwrap();
    assert_eq!(taken.issue_number, 1);
    assert_eq!(reason(finish(&world, &reserved, "f1").await), Reason::EtagMismatch);
    let lost = get(&world, &first.name).await;
    assert_eq!((lost.issue_number, lost.document_number.as_str()), (0, ""));

    let issued = finish(&world, &taken, "f2").await.unwrap();
    assert_eq!((issued.state(), issued.issue_number, issued.files.len()), (BulletinState::Issued, 1, 1));
    assert_eq!(finish(&world, &taken, "f2").await.unwrap(), issued, "a repeat gets the same answer");
    assert_eq!(reason(finish(&world, &taken, "f3").await), Reason::BulletinState);
    assert_eq!(reason(reserve(&world, &issued).await), Reason::BulletinState);
    assert_eq!(reason(hold(&world, &leader(), &issued, "晚了").await), Reason::BulletinState);
    assert_eq!(reserve(&world, &lost).await.unwrap().issue_number, 2);
    assert_eq!(reason(compose(&world, &office(), &snapshot, "2023-07-04", "c3").await), Reason::BulletinState);
}

#[tokio::test]
async fn a_bulletin_rests_on_a_published_standing_that_still_stands() {
    let (mut world, snapshot) = published().await;
    let unknown = format!("{PROGRAMME}/snapshots/2023-06-9");
    assert_eq!(reason(compose(&world, &office(), &unknown, "2023-07-02", "c1").await), Reason::StandingUnknown);
    for date in ["", "2023-7-2", "2023-13-01", "2023-06-19"] {
        assert_eq!(reason(compose(&world, &office(), &snapshot, date, "c2").await), Reason::FieldInvalid, "{date}");
    }
    assert_eq!(reason(compose(&world, &leader(), &snapshot, "2023-07-02", "c3").await), Reason::NotAllowed);
    let corrected = Filed { version: 2, ..Filed::new("3.1", "2023-06", &[("3.1-1", "100", "人")]) };
    let version = world.file(&corrected).await;
    world.pass(&version, &corrected.values).await;
    let second = world.publish(&office(), "2023-06", FAST).await.unwrap().snapshot.unwrap();
    assert_eq!(reason(compose(&world, &office(), &snapshot, "2023-07-02", "c4").await), Reason::BulletinState);
    compose(&world, &office(), &second.name, "2023-07-02", "c5").await.unwrap();
}

#[tokio::test]
async fn what_was_sealed_renders_and_renders_the_same_again() {
    let (world, name) = published().await;
    let (_, stored) = store::standing(&name, world.service.database.reader()).await.unwrap().unwrap();
    let sealed: Snapshot = read(&name, &stored.bytes).unwrap();
    let head = BulletinHead {
        office: "安化县重点民生实事项目办公室".into(),
        document_number: "安实办通报〔2023〕1号".into(),
        issue_number: 1,
        date: "2023-07-02".into(),
        ..BulletinHead::default()
    };
    let html = render_html(&sealed, &head).unwrap();
    assert_eq!(html, render_html(&sealed, &head).unwrap());
    assert_eq!(render_xlsx(&sealed, &head).unwrap(), render_xlsx(&sealed, &head).unwrap());
    let text = String::from_utf8(html).unwrap();
    for words in ["安实办通报〔2023〕1号", "演示数据", "县卫生健康局", "快报数"] {
        assert!(text.contains(words), "{words}");
    }
}
