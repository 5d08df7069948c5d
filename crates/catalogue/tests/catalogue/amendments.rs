//! Later versions: a pending target arrives, and each period keeps the version that was in force.

use minsheng_kit::error::Reason;
use minsheng_proto::catalogue::v1::get_programme_request::Which;
use minsheng_proto::catalogue::v1::{
    AmendProgrammeRequest, GetProgrammeRequest, IssueProgrammeRequest, ListProgrammesRequest, Programme, TargetKind,
};
use minsheng_testkit::Backend;

use crate::house::{ANHUA, House, anhua, measure, office, refused, viewer};
use crate::programme::read;

fn first_of_kind(programme: &Programme, kind: TargetKind) -> String {
    let indicators = programme.projects.iter().flat_map(|project| &project.indicators);
    let mut measures = indicators.flat_map(|indicator| &indicator.measures);
    measures.find(|measure| measure.kind == i32::from(kind)).unwrap().code.clone()
}

fn amendment(programme: Programme, etag: &str, from: &str, id: &str) -> AmendProgrammeRequest {
    AmendProgrammeRequest {
        name: ANHUA.into(),
        programme: Some(programme),
        reason: "县政府办函〔2023〕40号：下达目标".into(),
        in_force_from: from.into(),
        etag: etag.into(),
        request_id: id.into(),
    }
}

#[tokio::test]
async fn a_pending_target_arrives_and_each_period_keeps_its_version() {
    let (house, issued) = House::issued().await;
    let first = issued.version.unwrap();
    let code = first_of_kind(&anhua(), TargetKind::Pending);
    let mut filled = anhua();
    let pending = measure(&mut filled, &code);
    pending.kind = TargetKind::AtLeast.into();
    pending.target = "120".into();
    let mut programmes = house.programmes(office());
    let second = programmes.amend_programme(amendment(filled.clone(), &first.etag, "2023-08", "a")).await;
    let second = second.unwrap().into_inner().version.unwrap();
    assert_eq!((second.version, second.in_force_from.as_str()), (2, "2023-08"));
    assert!(second.reason.contains("40号"));
    for (month, version) in [("2023-01", 1), ("2023-07", 1), ("2023-08", 2), ("2023-12", 2)] {
        assert_eq!(read(&house, Some(Which::Period(month.into()))).await.version, version, "{month}");
    }
    assert_eq!(read(&house, None).await.version, 2);
    let old = read(&house, Some(Which::Version(1))).await.programme.unwrap();
    assert_eq!(measure(&mut old.clone(), &code).kind(), TargetKind::Pending);

    let stale = amendment(anhua(), &first.etag, "2023-09", "b");
    assert_eq!(refused(programmes.amend_programme(stale).await).0, Reason::EtagMismatch);
    let same = amendment(filled.clone(), &second.etag, "2023-09", "c");
    assert_eq!(refused(programmes.amend_programme(same).await), (Reason::ProgrammeInvalid, vec!["programme".into()]));
    let back = amendment(anhua(), &second.etag, "2023-07", "d");
    assert_eq!(refused(programmes.amend_programme(back).await), (Reason::PeriodInvalid, vec!["in_force_from".into()]));
    let silent = AmendProgrammeRequest { reason: String::new(), ..amendment(anhua(), &second.etag, "2023-09", "e") };
    assert_eq!(refused(programmes.amend_programme(silent).await), (Reason::FieldInvalid, vec!["reason".into()]));
    let mut other = anhua();
    other.year = 2024;
    let other = amendment(other, &second.etag, "2023-09", "f");
    assert_eq!(refused(programmes.amend_programme(other).await), (Reason::ProgrammeInvalid, vec!["division".into()]));
    let mut coarser = filled.clone();
    measure(&mut coarser, "3.1-1").unit = "万人".into();
    let coarser = amendment(coarser, &second.etag, "2023-09", "g");
    let (reason, fields) = refused(programmes.amend_programme(coarser).await);
    assert_eq!((reason, fields), (Reason::ProgrammeInvalid, vec!["projects[2].indicators[0].measures[0].unit".into()]));
    let bare = GetProgrammeRequest { name: ANHUA.into(), which: Some(Which::Period("2023-Q2".into())) };
    assert_eq!(refused(programmes.get_programme(bare).await).0, Reason::PeriodInvalid);
    let none = GetProgrammeRequest { name: ANHUA.into(), which: Some(Which::Version(9)) };
    assert_eq!(refused(programmes.get_programme(none).await).0, Reason::ProgrammeUnknown);
}

#[tokio::test]
async fn a_dropped_code_is_never_used_again() {
    let (house, issued) = House::issued().await;
    let dropped = |programme: &mut Programme| programme.projects[1].indicators.last_mut().unwrap().measures.pop();
    let mut without = anhua();
    let spare = dropped(&mut without).unwrap();
    let mut extra = spare.clone();
    let indicator = without.projects[1].indicators.last_mut().unwrap();
    extra.code = format!("{}-9", indicator.code);
    indicator.measures.push(extra);
    let mut programmes = house.programmes(office());
    let etag = issued.version.unwrap().etag;
    let second = programmes.amend_programme(amendment(without, &etag, "2023-07", "a")).await.unwrap().into_inner();
    let back = amendment(anhua(), &second.version.unwrap().etag, "2023-08", "b");
    let (reason, fields) = refused(programmes.amend_programme(back).await);
    assert_eq!(reason, Reason::ProgrammeInvalid);
    assert!(fields[0].ends_with(".code"), "{fields:?}");
}

#[tokio::test]
async fn a_draft_is_imported_again_and_not_amended() {
    let house = House::new().await;
    let draft = house.import(anhua(), "import").await.unwrap().draft.unwrap();
    let amend = amendment(anhua(), &draft.etag, "2023-07", "a");
    assert_eq!(refused(house.programmes(office()).amend_programme(amend.clone()).await).0, Reason::ProgrammeNotIssued);
    let nowhere = AmendProgrammeRequest { name: "programmes/430923-2022".into(), request_id: "b".into(), ..amend };
    assert_eq!(refused(house.programmes(office()).amend_programme(nowhere).await).0, Reason::ProgrammeUnknown);
}

#[tokio::test]
async fn the_same_path_holds_on_postgresql() {
    let house = House::new_on(Backend::Postgres).await;
    let answer = house.import(anhua(), "import").await.unwrap();
    assert!(answer.findings.iter().any(|finding| finding.code == "SUM_DIFFERS_FROM_TOTAL"));
    let etag = answer.draft.unwrap().etag;
    let issue = IssueProgrammeRequest { name: ANHUA.into(), etag, request_id: "issue".into() };
    let first = house.programmes(office()).issue_programme(issue).await.unwrap().into_inner().version.unwrap();
    let code = first_of_kind(&anhua(), TargetKind::Pending);
    let mut filled = anhua();
    let pending = measure(&mut filled, &code);
    pending.kind = TargetKind::AtLeast.into();
    pending.target = "120".into();
    let amend = amendment(filled, &first.etag, "2023-08", "a");
    house.programmes(office()).amend_programme(amend).await.unwrap();
    for (month, version) in [("2023-07", 1), ("2023-08", 2)] {
        assert_eq!(read(&house, Some(Which::Period(month.into()))).await.version, version, "{month}");
    }
    let listed = house.programmes(viewer()).list_programmes(ListProgrammesRequest::default()).await;
    assert_eq!(listed.unwrap().into_inner().programmes[0].version, 2);
}
