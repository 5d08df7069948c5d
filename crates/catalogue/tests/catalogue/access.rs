//! Who is not proven is let into nothing; the policies decide the rest.

use minsheng_kit::error::Reason;
use minsheng_kit::identity::Role;
use minsheng_proto::catalogue::v1::division_service_client::DivisionServiceClient;
use minsheng_proto::catalogue::v1::{
    GetDivisionRequest, GetProgrammeRequest, ImportDivisionsRequest, ImportProgrammeRequest, IssueProgrammeRequest,
    ListProgrammesRequest,
};

use crate::house::{ANHUA, House, anhua, divisions, office, refused, viewer};

#[tokio::test]
async fn it_serves_signed_callers_and_nobody_else() {
    let house = House::new().await;
    let get = GetDivisionRequest { name: "divisions/430923".into() };
    let mut stranger = DivisionServiceClient::new(house.channel.clone());
    assert_eq!(refused(stranger.get_division(get.clone()).await).0, Reason::TokenInvalid);
    let found = house.divisions(viewer()).get_division(get).await.unwrap().into_inner().division.unwrap();
    assert_eq!(found.name, "安化县");
}

#[tokio::test]
async fn a_second_post_opens_nothing_to_administrators() {
    let house = House::empty().await;
    let both = minsheng_testkit::caller("sys", "P7", "ssb", &[Role::Office, Role::SystemAdmin]);
    let request = ImportDivisionsRequest {
        divisions: divisions(|code| code == "430923"),
        request_id: "a".into(),
        validate_only: false,
    };
    assert_eq!(refused(house.divisions(both).import_divisions(request.clone()).await).0, Reason::NotAllowed);
    house.divisions(office()).import_divisions(request).await.unwrap();
}

#[tokio::test]
async fn the_policies_decide_who_imports_and_who_sees_a_draft() {
    let house = House::new().await;
    let draft = house.import(anhua(), "import").await.unwrap().draft.unwrap();
    let reporter = minsheng_testkit::caller("jyj.r", "P2", "jyj", &[Role::Reporter]);
    let request = ImportProgrammeRequest { programme: Some(anhua()), request_id: "x".into(), validate_only: false };
    assert_eq!(refused(house.programmes(reporter.clone()).import_programme(request).await).0, Reason::NotAllowed);
    let issue = IssueProgrammeRequest { name: ANHUA.into(), etag: draft.etag.clone(), request_id: "x".into() };
    assert_eq!(refused(house.programmes(reporter).issue_programme(issue.clone()).await).0, Reason::NotAllowed);

    let get = GetProgrammeRequest { name: ANHUA.into(), which: None };
    let list = ListProgrammesRequest::default();
    let mut seen = house.programmes(viewer());
    assert_eq!(refused(seen.get_programme(get.clone()).await).0, Reason::ProgrammeUnknown);
    assert!(seen.list_programmes(list.clone()).await.unwrap().into_inner().programmes.is_empty());
    assert_eq!(
        house.programmes(office()).list_programmes(list.clone()).await.unwrap().into_inner().programmes.len(),
        1
    );
    house.programmes(office()).issue_programme(issue).await.unwrap();
    assert_eq!(seen.get_programme(get).await.unwrap().into_inner().version.unwrap().version, 1);
    let listed = seen.list_programmes(list).await.unwrap().into_inner().programmes;
    assert_eq!((listed.len(), listed[0].version, listed[0].programme.is_none()), (1, 1, true));
}
