//! Mandates that come in bundles: twice, too early, in pages, beside a line, and for whom they are not.

use minsheng_kit::error::Reason;
use minsheng_kit::identity::{Caller, GATEWAY};
use minsheng_proto::tier::v1::bundle_mandates_service_client::BundleMandatesServiceClient;
use minsheng_proto::tier::v1::{
    ListMandateEntriesRequest, MandatesAnswer, MandatesReceived, PackMandatesRequest, TakeMandatesRequest,
    TakeMandatesResponse,
};

use crate::house::{Door, House, office, refused};
use crate::line::{amend, child, list, parent, recorded, until, yiyang};

fn gateway() -> Caller {
    Caller::service(GATEWAY, "430923")
}

fn bundles(house: &House, caller: Caller) -> BundleMandatesServiceClient<Door> {
    BundleMandatesServiceClient::new(house.door(caller))
}

/// What the parent answers to a question.
async fn answer(parent: &House, asked: ListMandateEntriesRequest) -> MandatesAnswer {
    let answer = parent.mandates(Caller::tier("430923")).list_mandate_entries(asked).await.unwrap().into_inner();
    MandatesAnswer { asked: Some(asked), answer: Some(answer) }
}

async fn ask(child: &House) -> ListMandateEntriesRequest {
    let asked = PackMandatesRequest { parent: "430900".into() };
    bundles(child, gateway()).pack_mandates(asked).await.unwrap().into_inner().request.unwrap()
}

async fn take(child: &House, answer: &MandatesAnswer) -> TakeMandatesResponse {
    let asked = TakeMandatesRequest { parent: "430900".into(), answer: Some(answer.clone()) };
    bundles(child, gateway()).take_mandates(asked).await.unwrap().into_inner()
}

#[tokio::test]
async fn mandates_come_once_in_whatever_order_bundles_do() {
    let (parent, etag) = parent(yiyang("5200", "3800")).await;
    let (child, line, _guard) = child().await;
    let first = answer(&parent, ask(&child).await).await;
    let etag = amend(&parent, yiyang("5300", "3800"), &etag).await;
    let after = first.answer.as_ref().unwrap().entries[0].receipt.as_ref().unwrap().sequence;
    let late = answer(&parent, ListMandateEntriesRequest { after: Some(after), page_size: 0 }).await;

    let early = take(&child, &late).await;
    assert_eq!((early.refused.as_str(), early.taken), ("BUNDLE_MISSING", 0), "{}", early.message);
    assert!(list(&child).await.mandates.is_empty() && list(&child).await.alarm.is_none());
    assert_eq!(take(&child, &first).await.taken, 1);
    assert_eq!(take(&child, &first).await, TakeMandatesResponse::default(), "again");
    assert_eq!(take(&child, &late).await.taken, 1);
    for old in [&first, &late] {
        assert_eq!(take(&child, old).await, TakeMandatesResponse::default());
    }
    // One that reaches back further than what is known brings what is new in it.
    amend(&parent, yiyang("5400", "3800"), &etag).await;
    let all = answer(&parent, ListMandateEntriesRequest::default()).await;
    assert_eq!(all.answer.as_ref().unwrap().entries.len(), 3);
    assert_eq!(take(&child, &all).await.taken, 1);
    assert_eq!(recorded::<MandatesReceived>(&child).await.len(), 3);
    let asks = |target: &'static str| {
        move |seen: &minsheng_proto::catalogue::v1::ListMandatesResponse| {
            seen.mandates.first().is_some_and(|it| it.definition.as_ref().unwrap().target == target)
        }
    };
    assert!(asks("5400")(&list(&child).await));

    // A line takes over where the bundles ended.
    line.lead_to(&parent);
    let etag = parent_etag(&parent).await;
    amend(&parent, yiyang("5500", "3800"), &etag).await;
    until(&child, "what came over the line", asks("5500")).await;
    assert_eq!(recorded::<MandatesReceived>(&child).await.len(), 4);
    assert_eq!(take(&child, &all).await, TakeMandatesResponse::default());
}

async fn parent_etag(parent: &House) -> String {
    use minsheng_proto::catalogue::v1::{GetProgrammeRequest, get_programme_request::Which};
    let office = Caller { division: "430900".into(), ..office() };
    let asked =
        GetProgrammeRequest { name: "programmes/430900-2023".into(), which: Some(Which::Period("2023-12".into())) };
    let found = parent.programmes(office).get_programme(asked).await.unwrap().into_inner();
    found.version.unwrap().etag
}

#[tokio::test]
async fn what_is_altered_raises_the_alarm_that_a_line_raises() {
    let (parent, _) = parent(yiyang("5200", "3800")).await;
    let (child, _line, _guard) = child().await;
    let good = answer(&parent, ask(&child).await).await;
    let mut bad = good.clone();
    bad.answer.as_mut().unwrap().entries[0].body[10] ^= 1;
    let told = take(&child, &bad).await;
    assert_eq!((told.refused.as_str(), told.taken), ("MANDATE_UNPROVEN", 0));
    assert_eq!(list(&child).await.alarm.unwrap().code, "MANDATE_UNPROVEN");
    assert_eq!(take(&child, &good).await.taken, 1);
    assert!(list(&child).await.alarm.is_none(), "all is well again");
}

#[tokio::test]
async fn only_the_gateway_brings_bundles() {
    let (child, _line, _guard) = child().await;
    for caller in [office(), Caller::tier("430923100"), Caller::service("reporting", "430923")] {
        let asked = PackMandatesRequest { parent: "430900".into() };
        assert_eq!(refused(bundles(&child, caller.clone()).pack_mandates(asked).await).0, Reason::NotAllowed);
        let asked = TakeMandatesRequest::default();
        assert_eq!(refused(bundles(&child, caller).take_mandates(asked).await).0, Reason::NotAllowed);
    }
}
