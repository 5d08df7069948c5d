//! What comes from other ledgers, in any order that they can give.

use minsheng_proto::catalogue::v1::CertificationFrequency::{Monthly, Yearly};
use minsheng_proto::reporting::v1::{Item, ItemsUpdated, ReportConfirmed, ReportSubmitted};
use minsheng_proto::verification::v1::CaseState;

use super::*;

#[tokio::test]
async fn a_version_waits_until_its_programme_is_known() {
    let mut house = House::empty(Backend::Sqlite).await;
    let event = submitted("3.1", "2023-06", 1, jobs());
    assert!(house.reporting.try_entry(&event.report, morning(), &event).await.is_err());
    house.issue(1, Monthly).await;
    // The follower connects again and reads the same entry.
    let learn = Arc::new(Learn::new(programmes()));
    house.reporting = Feed::new("reporting", learn, &house.service);
    let name = house.submit_event(&event).await;
    assert_eq!(house.case(&name).await.state(), CaseState::ToCheck);
}

#[tokio::test]
async fn each_version_is_judged_by_the_programme_version_it_names() {
    let mut house = House::new(Monthly).await;
    house.issue(2, Yearly).await;
    let june = house.submit("3.1", "2023-06", jobs()).await;
    let july = ReportSubmitted { programme_version: 2, ..submitted("3.1", "2023-07", 1, jobs()) };
    let july = house.submit_event(&july).await;
    assert!(house.case(&june).await.to_be_certified);
    assert!(!house.case(&july).await.to_be_certified);
}

#[tokio::test]
async fn the_certifier_sees_the_items_that_the_count_was_checked_against() {
    let mut house = House::new(Monthly).await;
    let list = |titles: &[&str]| ItemsUpdated {
        programme: PROGRAMME.to_owned(),
        measure: "3.1-1".to_owned(),
        items: titles
            .iter()
            .map(|title| Item { serial: (*title).to_owned(), title: (*title).to_owned(), ..Item::default() })
            .collect(),
    };
    house.reporting.entry(PROGRAMME, morning(), &list(&["甲", "乙"])).await;
    let name = house.submit("3.1", "2023-06", jobs()).await;
    house.reporting.entry(PROGRAMME, morning(), &list(&["甲", "乙", "丙"])).await;
    let shown = house.get(&certifier(), &name).await.unwrap().items;
    assert_eq!((shown.len(), shown[0].measure.as_str(), shown[0].items.len()), (1, "3.1-1", 2));
    let later = house.submit("3.1", "2023-07", jobs()).await;
    assert_eq!(house.get(&certifier(), &later).await.unwrap().items[0].items.len(), 3);
    let other = house.submit("3.2", "2023-07", vec![heads("3.2-1", "1")]).await;
    assert!(house.get(&certifier(), &other).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_confirmation_after_a_return_revives_nothing() {
    let mut house = House::new(Monthly).await;
    let entered = ReportSubmitted {
        entered_for_unit: true,
        to_confirm: true,
        persons: vec!["P-clerk".to_owned()],
        ..submitted("3.1", "2023-06", 1, jobs())
    };
    let name = house.submit_event(&entered).await;
    house.give_back(&office(), &name, "").await.unwrap();
    let confirmed = ReportConfirmed { report: entered.report, version: 1, person: "P-head".to_owned() };
    house.reporting.entry(&confirmed.report, morning(), &confirmed).await;
    assert_eq!(house.case(&name).await.state(), CaseState::Returned);
    assert_eq!(refused(house.pass(&office(), &name).await), Reason::CaseState);
}

#[tokio::test]
async fn following_writes_no_entries_of_its_own() {
    let mut house = House::new(Monthly).await;
    house.submit("3.1", "2023-06", jobs()).await;
    assert_eq!(house.entries().await, 0);
}
