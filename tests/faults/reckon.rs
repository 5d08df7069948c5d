//! The reckoning after a fault: every fast and certified figure of the child is above exactly once with its value, the child
//! holds the parent's receipt for each, all ledgers of both tiers verify, and each tier keeps the other's heads.

use std::collections::BTreeMap;

use minsheng_kit::ledger::{LedgerCheck, LedgerVerifier};
use minsheng_kit::service::SERVICES;
use minsheng_proto::common::v1::value::State;
use minsheng_proto::identity::v1::ExchangeNowRequest;
use minsheng_proto::identity::v1::tier_admin_service_client::TierAdminServiceClient;
use minsheng_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use minsheng_proto::ledger::v1::{EntryBody, GetCheckpointRequest, WatchRequest};
use minsheng_proto::reporting::v1::MeasureValue;
use minsheng_proto::tier::v1::uplink_service_client::UplinkServiceClient;
use minsheng_proto::tier::v1::{FigureMark, FigureSet, FigureSetReceived, ListOutgoingSetsRequest, OutgoingSetState};
use prost::Message;

use crate::filer::Filed;
use crate::outbox::{Standing, Stored};
use crate::pair::{Pair, Tier};

/// A figure at both ends: indicator and month as the parent names them, and how it stands below.
type Key = (String, String, FigureMark);

/// Waits until the child has an answer to everything, and reckons; says how many sets are above.
pub async fn all_above_once(pair: &Pair, filed: &Filed) -> usize {
    let sets = filed.len() * 2;
    let stored = Stored::of(&pair.below).await;
    let done = Standing { pending: 0, filed: sets as u64, refused: 0 };
    stored.until("all that was filed is above", |standing| *standing == done).await;
    stored.close().await;

    let found = found(&pair.above).await;
    assert_eq!(found.len(), sets, "figures above");
    for (report, number) in filed {
        let name = report.replace("430923", "430900");
        let (indicator, month) = name.split_once("/reports/").unwrap();
        for mark in [FigureMark::Fast, FigureMark::Certified] {
            let above = found.get(&(indicator.to_owned(), month.to_owned(), mark));
            let above = above.unwrap_or_else(|| panic!("{report} is not above as {mark:?}"));
            assert_eq!(above.value, number.to_string(), "{report} as {mark:?}");
        }
    }
    receipts_fit(pair, &found).await;
    for tier in [&pair.above, &pair.below] {
        for ledger in SERVICES {
            verify(tier, ledger, |_, _| {}).await;
        }
    }
    let mut below = TierAdminServiceClient::new(pair.below.link.security.door());
    let exchanged = below.exchange_now(ExchangeNowRequest {}).await.unwrap().into_inner();
    assert!(exchanged.refused.is_empty(), "{:?}", exchanged.refused);
    assert_eq!(exchanged.kept.len(), 2 * SERVICES.len(), "heads that the other side keeps");
    found.len()
}

/// A figure above.
struct Above {
    value: String,
    entry: u64,
}

/// The sets in the parent's ledger; one that is there twice is a failure.
async fn found(parent: &Tier) -> BTreeMap<Key, Above> {
    let mut found = BTreeMap::new();
    let mut decisions = BTreeMap::new();
    verify(parent, "reporting", |entry, body| {
        if body.kind != "minsheng.tier.v1.FigureSetReceived" {
            return;
        }
        let set = FigureSet::decode(FigureSetReceived::decode(body.payload).unwrap().set).unwrap();
        let key = (set.indicator.clone(), set.period.clone(), set.mark());
        let decision = set.decision.unwrap().receipt.unwrap().sequence;
        let earlier = decisions.insert(decision, entry);
        assert_eq!(earlier, None, "the decision {decision} is above twice");
        let earlier = found.insert(key.clone(), Above { value: number(&set.values), entry });
        assert!(earlier.is_none(), "{key:?} is above twice");
    })
    .await;
    found
}

fn number(values: &[MeasureValue]) -> String {
    let [value] = values else { panic!("one measure: {values:?}") };
    match value.value.as_ref().unwrap().state.as_ref().unwrap() {
        State::Quantity(quantity) => quantity.value.clone(),
        other => panic!("a number: {other:?}"),
    }
}

/// What the child was told of each set is the entry that the parent has of it.
async fn receipts_fit(pair: &Pair, found: &BTreeMap<Key, Above>) {
    let door = pair.below.link.office.door();
    let mut uplink = UplinkServiceClient::new(door).max_decoding_message_size(usize::MAX);
    let (mut page_token, mut seen) = (String::new(), 0);
    loop {
        let asked = ListOutgoingSetsRequest { page_size: 1000, page_token, ..ListOutgoingSetsRequest::default() };
        let page = uplink.list_outgoing_sets(asked).await.unwrap().into_inner();
        for set in page.sets {
            assert_eq!(set.state(), OutgoingSetState::Filed);
            let above = &found[&(set.indicator.clone(), set.period.clone(), set.mark())];
            assert_eq!((number(&set.values), set.receipt.unwrap().sequence), (above.value.clone(), above.entry));
            seen += 1;
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, found.len(), "sets that the child sent");
}

/// Entries of a tier's ledger.
pub async fn size(tier: &Tier, ledger: &str) -> u64 {
    let mut service = LedgerServiceClient::new(tier.audit.door());
    let head = service.get_checkpoint(GetCheckpointRequest { ledger: ledger.into() }).await.unwrap().into_inner();
    let verifier = LedgerVerifier::new(&head.verifier_key).unwrap();
    verifier.verify(&head.checkpoint).unwrap().size
}

/// Reads a whole ledger and verifies it against its signed head; each entry is shown with its number.
async fn verify(tier: &Tier, ledger: &str, mut see: impl FnMut(u64, EntryBody)) {
    let mut service = LedgerServiceClient::new(tier.audit.door()).max_decoding_message_size(usize::MAX);
    let head = service.get_checkpoint(GetCheckpointRequest { ledger: ledger.into() }).await.unwrap().into_inner();
    let verifier = LedgerVerifier::new(&head.verifier_key).unwrap();
    let size = verifier.verify(&head.checkpoint).unwrap().size;
    let mut check = LedgerCheck::begin(&head.checkpoint, &verifier).unwrap();
    let mut stream = service.watch(WatchRequest { ledger: ledger.into(), after: 0 }).await.unwrap().into_inner();
    let mut read = 0;
    while read < size {
        for entry in stream.message().await.unwrap().expect("the ledger is long enough").entries {
            check.entry(&entry.body, None).unwrap();
            read += 1;
            see(entry.sequence, EntryBody::decode(entry.body).unwrap());
        }
    }
    let origin = check.finish().unwrap().origin;
    assert_eq!(origin, format!("minsheng/{}/{ledger}", tier.link.place.code));
}
