//! A bulletin's life up to its issue; rendering needs the worker's program and is tested with it.

use std::path::Path;

use minsheng_documents::bulletin::{BulletinHead, Material, render_html, render_xlsx};
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Caller, Role};
use minsheng_proto::ranking::v1::{
    ApproveBulletinRequest, Bulletin, BulletinFile, BulletinFormat, BulletinState, CirculateBulletinRequest,
    ComposeBulletinRequest, CountersignBulletinRequest, FigureBasis, HoldBulletinRequest, IssueBulletinRequest,
    Snapshot, WithdrawBulletinRequest,
};
use minsheng_testkit::caller;

use super::{Filed, PROGRAMME, World, certifier, chief, colleague, leader, office, reason};
use crate::command::{
    ApproveBulletin, BriefRules, CirculateBulletin, ComposeBulletin, CountersignBulletin, HoldBulletin, IssueBulletin,
    ReserveNumber, WithdrawBulletin,
};
use crate::store;
use crate::stored::read;
use crate::templates::TemplateFolder;

pub(super) const FAST: FigureBasis = FigureBasis::Fast;

pub(super) async fn published() -> (World, String) {
    let mut world = World::with_june().await;
    world.close("2023-06").await;
    let standing = world.publish(&office(), "2023-06", FAST).await.unwrap();
    (world, standing.snapshot.unwrap().name)
}

pub(super) async fn compose(
    world: &World,
    who: &Caller,
    snapshot: &str,
    date: &str,
    id: &str,
) -> Result<Bulletin, Refusal> {
    compose_as(world, who, "monthly", snapshot, date, id).await
}

pub(super) async fn compose_as(
    world: &World,
    who: &Caller,
    kind: &str,
    snapshot: &str,
    date: &str,
    id: &str,
) -> Result<Bulletin, Refusal> {
    let words = [
        ("monthly", "安实办通报"),
        ("quarterly", "安实办通报"),
        ("ten_day", "旬简报"),
        ("tasks", "安实办任务"),
        ("annual", "安实办年报"),
    ];
    let words = words.map(|(kind, word)| (kind.to_owned(), word.to_owned())).into();
    let template = TemplateFolder::new(Path::new(""), words).template(kind).await?;
    let rules = BriefRules { third_by_monthly: true, only_when_moved: true };
    let request = ComposeBulletinRequest {
        snapshot: snapshot.into(),
        date: date.into(),
        request_id: id.into(),
        kind: kind.into(),
    };
    Ok(world.run(who, ComposeBulletin::parse(&request, template, rules)?, id).await?.answer.bulletin.unwrap())
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

async fn countersign(world: &World, who: &Caller, bulletin: &Bulletin) -> Result<Bulletin, Refusal> {
    let request = CountersignBulletinRequest {
        name: bulletin.name.clone(),
        etag: bulletin.etag.clone(),
        request_id: format!("s{}", bulletin.etag),
    };
    let command = CountersignBulletin::parse(&request)?;
    Ok(world.run(who, command, &request.request_id).await?.answer.bulletin.unwrap())
}

async fn circulate(world: &World, who: &Caller, bulletin: &Bulletin, to: &[&str]) -> Result<Bulletin, Refusal> {
    let request = CirculateBulletinRequest {
        name: bulletin.name.clone(),
        etag: bulletin.etag.clone(),
        leaders: to.iter().map(|leader| (*leader).to_owned()).collect(),
        request_id: format!("l{}", bulletin.etag),
    };
    let command = CirculateBulletin::parse(&request)?;
    Ok(world.run(who, command, &request.request_id).await?.answer.bulletin.unwrap())
}

async fn withdraw(world: &World, who: &Caller, bulletin: &Bulletin, why: &str) -> Result<Bulletin, Refusal> {
    let request = WithdrawBulletinRequest {
        name: bulletin.name.clone(),
        etag: bulletin.etag.clone(),
        reason: why.into(),
        request_id: format!("w{}", bulletin.etag),
    };
    let command = WithdrawBulletin::parse(&request)?;
    Ok(world.run(who, command, &request.request_id).await?.answer.bulletin.unwrap())
}

/// All steps between draft and issue, each by another person.
async fn ready(world: &World, draft: &Bulletin) -> Bulletin {
    let approved = approve(world, &colleague(), draft).await.unwrap();
    let agreed = countersign(world, &certifier(), &approved).await.unwrap();
    circulate(world, &office(), &agreed, &["周某某"]).await.unwrap()
}

/// Issued by the whole way.
pub(super) async fn issue(world: &World, draft: &Bulletin) -> Bulletin {
    let reserved = reserve(world, &ready(world, draft).await).await.unwrap();
    finish(world, &reserved, &format!("f{}", reserved.etag)).await.unwrap()
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
    reserve_as(world, &chief(), bulletin).await
}

async fn reserve_as(world: &World, who: &Caller, bulletin: &Bulletin) -> Result<Bulletin, Refusal> {
    let request = IssueBulletinRequest {
        name: bulletin.name.clone(),
        etag: bulletin.etag.clone(),
        request_id: format!("i{}", bulletin.etag),
    };
    let reserve = ReserveNumber::parse(&request)?;
    Ok(world.run(who, reserve, &request.request_id).await?.answer.bulletin.unwrap())
}

async fn finish(world: &World, reserved: &Bulletin, id: &str) -> Result<Bulletin, Refusal> {
    let file = BulletinFile { format: BulletinFormat::Html.into(), sha256: vec![7; 32], size: 1 };
    let issue = IssueBulletin::new(&reserved.name, &reserved.etag, vec![file], Vec::new());
    Ok(world.run(&chief(), issue, id).await?.answer.bulletin.unwrap())
}

async fn get(world: &World, name: &str) -> Bulletin {
    let row = store::bulletin(name, world.service.database.reader()).await.unwrap().unwrap();
    read(name, &row.bulletin).unwrap()
}

#[tokio::test]
async fn no_step_is_skipped_and_no_person_takes_two() {
    let (world, snapshot) = published().await;
    let draft = compose(&world, &office(), &snapshot, "2023-07-02", "c1").await.unwrap();
    assert_eq!(draft.name, format!("{PROGRAMME}/bulletins/2023-06-1"));
    assert_eq!((draft.state(), draft.demo_mark.as_str()), (BulletinState::Draft, "演示数据"));
    let drafter_again = caller("ssb.second", "P1", "ssb", &[Role::Office]);
    assert_eq!(reason(approve(&world, &office(), &draft).await), Reason::SamePerson);
    assert_eq!(reason(approve(&world, &drafter_again, &draft).await), Reason::SamePerson);
    assert_eq!(reason(countersign(&world, &certifier(), &draft).await), Reason::BulletinState);
    assert_eq!(reason(circulate(&world, &office(), &draft, &["周某某"]).await), Reason::BulletinState);
    assert_eq!(reason(reserve(&world, &draft).await), Reason::BulletinState);

    let approved = approve(&world, &colleague(), &draft).await.unwrap();
    assert_eq!(reason(reserve(&world, &approved).await), Reason::BulletinState);
    assert_eq!(reason(countersign(&world, &chief(), &approved).await), Reason::NotAllowed);
    let approver_as_certifier = caller("tjj.li", "P2", "tjj", &[Role::Certifier]);
    assert_eq!(reason(countersign(&world, &approver_as_certifier, &approved).await), Reason::SamePerson);

    let agreed = countersign(&world, &certifier(), &approved).await.unwrap();
    for (leaders, refused) in
        [(vec![], Reason::FieldRequired), (vec![" "], Reason::FieldRequired), (vec!["周"; 21], Reason::FieldInvalid)]
    {
        assert_eq!(reason(circulate(&world, &office(), &agreed, &leaders).await), refused);
    }
    let circulated = circulate(&world, &office(), &agreed, &["周某某", "吴某某"]).await.unwrap();
    assert_eq!(circulated.steps.last().unwrap().leaders, ["周某某", "吴某某"]);
    let certifier_as_officer = caller("ssb.chen", "P4", "ssb", &[Role::Office]);
    for who in [office(), drafter_again, colleague(), certifier_as_officer] {
        assert_eq!(reason(reserve_as(&world, &who, &circulated).await), Reason::SamePerson, "{}", who.account);
    }
    let reserved = reserve(&world, &circulated).await.unwrap();
    let issued = finish(&world, &reserved, "f1").await.unwrap();
    let steps: Vec<(&str, &str)> = issued.steps.iter().map(|step| (step.act.as_str(), step.person.as_str())).collect();
    assert_eq!(
        steps,
        [
            ("DRAFTED", "P1"),
            ("APPROVED", "P2"),
            ("COUNTERSIGNED", "P4"),
            ("CIRCULATED", "P1"),
            ("NUMBER_RESERVED", "P5"),
            ("ISSUED", "P5")
        ]
    );
    assert_eq!(issued.steps.last().unwrap().sequence.to_string(), issued.etag);
}

#[tokio::test]
async fn a_leader_may_hold_at_any_time_before_the_issue_and_all_agree_again() {
    let (world, snapshot) = published().await;
    let draft = compose(&world, &office(), &snapshot, "2023-07-02", "c1").await.unwrap();
    let ready = ready(&world, &draft).await;
    assert_eq!(reason(hold(&world, &colleague(), &ready, "等一等").await), Reason::NotAllowed);
    assert_eq!(reason(hold(&world, &leader(), &ready, "  ").await), Reason::FieldRequired);
    assert_eq!(reason(hold(&world, &leader(), &draft, "等一等").await), Reason::EtagMismatch);
    let held = hold(&world, &leader(), &ready, "核实3.1").await.unwrap();
    let step = held.steps.last().unwrap();
    assert_eq!((step.act.as_str(), step.person.as_str(), step.reason.as_str()), ("HELD", "P3", "核实3.1"));
    assert_eq!(reason(reserve(&world, &held).await), Reason::BulletinState);
    assert_eq!(reason(countersign(&world, &certifier(), &held).await), Reason::BulletinState);
    // The drafter stays the drafter; who agreed before may agree again, with another part.
    assert_eq!(reason(approve(&world, &office(), &held).await), Reason::SamePerson);
    let again = approve(&world, &chief(), &held).await.unwrap();
    let again = countersign(&world, &certifier(), &again).await.unwrap();
    let again = circulate(&world, &colleague(), &again, &["周某某"]).await.unwrap();
    assert_eq!(reason(reserve(&world, &again).await), Reason::SamePerson);
    assert_eq!(reserve_as(&world, &colleague(), &again).await.unwrap().issue_number, 1);
}

#[tokio::test]
async fn a_withdrawn_number_stays_void_and_the_next_one_follows() {
    let (world, snapshot) = published().await;
    let draft = compose(&world, &office(), &snapshot, "2023-07-02", "c1").await.unwrap();
    let issued = issue(&world, &draft).await;
    assert_eq!(reason(withdraw(&world, &chief(), &issued, "印错").await), Reason::SamePerson);
    assert_eq!(reason(withdraw(&world, &leader(), &issued, "印错").await), Reason::NotAllowed);
    assert_eq!(reason(withdraw(&world, &office(), &issued, "").await), Reason::FieldRequired);
    let void = withdraw(&world, &office(), &issued, "附件有误").await.unwrap();
    assert_eq!((void.state(), void.document_number.as_str()), (BulletinState::Withdrawn, "安实办通报〔2023〕1号"));
    assert_eq!((&void.files, void.steps.last().unwrap().reason.as_str()), (&issued.files, "附件有误"));
    assert_eq!(reason(withdraw(&world, &office(), &void, "再废").await), Reason::BulletinState);
    assert_eq!(reason(hold(&world, &leader(), &void, "晚了").await), Reason::BulletinState);

    // A number reserved for one that is given up is void too, a draft without one just ends.
    let second = compose(&world, &office(), &snapshot, "2023-07-03", "c2").await.unwrap();
    let reserved = reserve(&world, &ready(&world, &second).await).await.unwrap();
    let given_up = withdraw(&world, &office(), &reserved, "重拟").await.unwrap();
    assert_eq!((given_up.issue_number, given_up.files.len()), (2, 0));
    assert_eq!(reason(finish(&world, &reserved, "f2").await), Reason::EtagMismatch);
    let third = compose(&world, &office(), &snapshot, "2023-07-04", "c3").await.unwrap();
    let third = withdraw(&world, &colleague(), &third, "重拟").await.unwrap();
    assert_eq!((third.state(), third.issue_number), (BulletinState::Withdrawn, 0));

    let fourth = compose(&world, &office(), &snapshot, "2023-07-05", "c4").await.unwrap();
    assert_eq!(fourth.corrects, "", "what is void is not corrected but replaced");
    assert_eq!(issue(&world, &fourth).await.document_number, "安实办通报〔2023〕3号");
}

#[tokio::test]
async fn numbers_have_no_gaps_when_an_issue_fails() {
    let (world, snapshot) = published().await;
    let first = compose(&world, &office(), &snapshot, "2023-07-02", "c1").await.unwrap();
    let second = compose(&world, &office(), &snapshot, "2023-07-03", "c2").await.unwrap();
    let (first, second) = (ready(&world, &first).await, ready(&world, &second).await);

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
    assert_eq!(reason(finish(&world, &taken, "f3").await), Reason::EtagMismatch);
    assert_eq!(reason(finish(&world, &issued, "f4").await), Reason::BulletinState);
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
    let draft = compose(&world, &office(), &second.name, "2023-07-02", "c5").await.unwrap();
    assert_eq!((draft.corrects.as_str(), draft.previous.as_str()), ("", ""));
}

#[tokio::test]
async fn what_is_issued_is_corrected_by_a_further_bulletin_that_names_it() {
    let (mut world, snapshot) = published().await;
    let draft = compose(&world, &office(), &snapshot, "2023-07-02", "c1").await.unwrap();
    let first = issue(&world, &draft).await;
    let corrected = Filed { version: 2, ..Filed::new("3.1", "2023-06", &[("3.1-1", "100", "人")]) };
    let version = world.file(&corrected).await;
    world.pass(&version, &corrected.values).await;
    let second = world.publish(&office(), "2023-06", FAST).await.unwrap().snapshot.unwrap();
    let draft = compose(&world, &office(), &second.name, "2023-07-05", "c2").await.unwrap();
    assert_eq!(
        (draft.name.as_str(), draft.corrects.as_str()),
        (&*format!("{PROGRAMME}/bulletins/2023-06-2"), &*first.name)
    );
    let second = issue(&world, &draft).await;
    assert_eq!((second.issue_number, second.document_number.as_str()), (2, "安实办通报〔2023〕2号"));
    assert_eq!(get(&world, &first.name).await, first, "what is issued never changes");
}

#[tokio::test]
async fn what_was_sealed_renders_and_renders_the_same_again() {
    let (world, name) = published().await;
    let (_, stored) = store::standing(&name, world.service.database.reader()).await.unwrap().unwrap();
    let sealed: Snapshot = read(&name, &stored.bytes).unwrap();
    let head = BulletinHead {
        office: "安化县重点民生实事项目办公室".into(),
        document_number: "安实办通报〔2023〕1号".into(),
        date: "2023-07-02".into(),
        ..BulletinHead::default()
    };
    let material = Material { kind: "monthly".into(), snapshot: Some(sealed), head: Some(head), ..Material::default() };
    let html = render_html(&material).unwrap();
    assert_eq!(html, render_html(&material).unwrap());
    assert_eq!(render_xlsx(&material).unwrap(), render_xlsx(&material).unwrap());
    let text = String::from_utf8(html).unwrap();
    for words in ["安实办通报〔2023〕1号", "演示数据", "县卫生健康局", "快报数"] {
        assert!(text.contains(words), "{words}");
    }
}
