//! Duties are kept apart by person, not by account (abuse cases C1, C2 and B1).

use minsheng_proto::catalogue::v1::CertificationFrequency::Monthly;

use super::*;

#[tokio::test]
async fn who_took_part_decides_nothing_under_any_account() {
    let mut house = House::new(Monthly).await;
    let name = house.submit("3.1", "2023-06", jobs()).await;
    // A second account of the reporter, with the office's post, and later with the certifier's after moving there.
    let second = caller("sbb.second", "P-reporter", "sbb", &[Role::Office]);
    assert_eq!(refused(house.pass(&second, &name).await), Reason::SamePerson);
    assert_eq!(refused(house.give_back(&second, &name, "").await), Reason::SamePerson);
    house.pass(&office(), &name).await.unwrap();
    for person in ["P-reporter", "P-head"] {
        let moved = caller("tjj.moved", person, "tjj", &[Role::Certifier]);
        assert_eq!(refused(house.certify(&moved, &name, Vec::new()).await), Reason::SamePerson);
        assert_eq!(refused(house.give_back(&moved, &name, "3.1-1").await), Reason::SamePerson);
    }
    // Nor does who passed it certify it.
    let passed_it = caller("tjj.also", "P-office", "tjj", &[Role::Certifier]);
    assert_eq!(refused(house.certify(&passed_it, &name, Vec::new()).await), Reason::SamePerson);
    house.certify(&certifier(), &name, Vec::new()).await.unwrap();
}

#[tokio::test]
async fn others_decide_nothing() {
    let mut house = House::new(Monthly).await;
    let name = house.submit("3.1", "2023-06", jobs()).await;
    let posts =
        [Role::Reporter, Role::Head, Role::Township, Role::Leader, Role::Viewer, Role::SystemAdmin, Role::AuditAdmin];
    for role in posts {
        let other = caller("other", "P-other", "rsj", &[role]);
        assert_eq!(refused(house.pass(&other, &name).await), Reason::NotAllowed, "{role:?}");
        assert_eq!(refused(house.certify(&other, &name, Vec::new()).await), Reason::NotAllowed, "{role:?}");
        assert_eq!(refused(house.give_back(&other, &name, "").await), Reason::NotAllowed, "{role:?}");
    }
    assert_eq!(refused(house.pass(&certifier(), &name).await), Reason::NotAllowed);
    house.pass(&office(), &name).await.unwrap();
    let officer = caller("sbb.y", "P-officer", "sbb", &[Role::Office]);
    assert_eq!(refused(house.certify(&officer, &name, Vec::new()).await), Reason::NotAllowed);
    let elsewhere = caller("slj.wang", "P-water", "slj", &[Role::Certifier]);
    assert_eq!(refused(house.certify(&elsewhere, &name, Vec::new()).await), Reason::NotCertifier);
    assert_eq!(refused(house.give_back(&elsewhere, &name, "3.1-1").await), Reason::NotAllowed);
    assert_eq!(house.entries().await, 1);
}

#[tokio::test]
async fn a_case_is_read_by_whose_it_is() {
    let mut house = House::new(Monthly).await;
    let name = house.submit("3.1", "2023-06", jobs()).await;
    let lead = caller("rsj.ma", "P-ma", "rsj", &[Role::Reporter]);
    let leader = caller("xf", "P-leader", "xf", &[Role::Leader]);
    for who in [office(), certifier(), lead, leader] {
        assert!(house.get(&who, &name).await.is_ok(), "{who:?}");
    }
    let other = caller("jyj.ma", "P-jyj", "jyj", &[Role::Reporter, Role::Head]);
    let elsewhere = caller("slj.wang", "P-water", "slj", &[Role::Certifier]);
    let viewer = caller("v", "P-v", "rsj", &[Role::Viewer]);
    for who in [other, elsewhere, viewer] {
        assert_eq!(refused(house.get(&who, &name).await), Reason::NotAllowed);
    }
    let nobody = house.api.get_case(Request::new(GetCaseRequest { name })).await;
    assert_eq!(refused(nobody), Reason::TokenInvalid);
}
