//! What goes up in a bundle, and what its answer means: the same as over a line.

use std::sync::Arc;

use minsheng_kit::identity::Caller;
use minsheng_proto::tier::v1::bundle_sets_service_server::BundleSetsService;
use minsheng_proto::tier::v1::filing_service_server::FilingService;
use minsheng_proto::tier::v1::{PackSetsRequest, TakeSetsAnswerRequest, TakeSetsAnswerResponse};
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed};
use tokio::sync::Notify;

use super::up::{Decisions, Lines, all_answered, county, municipality, received, reference};
use super::world::*;
use crate::service::BundleSets;

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_carries_what_a_line_would_and_its_answer_means_the_same() {
    let (above, below) = (municipality().await, county(&[]).await);
    let mut decisions = Decisions::new(&below, Arc::new(Notify::new()));
    let roads = vec![roads("12.5", &[("430923100", "12.5"), ("430923101", "0"), ("430923L01", "0")])];
    let filed = below.file(&head("jtj"), "8.1", "2023-06", content(roads.clone())).await.unwrap();
    let receipt = filed.receipt.unwrap();
    let passed = ReportPassed { version: reference(1, &receipt), values: roads.clone(), ..ReportPassed::default() };
    decisions.decide(&passed).await;
    let certified = ReportCertified { version: reference(1, &receipt), values: roads, ..ReportCertified::default() };
    decisions.decide(&certified).await;

    let lines = Lines::new(&below, &above, &decisions).await;
    let bundles = BundleSets::over(below.parts.service.clone(), lines.verification.clone(), lines.gateway.clone());
    let gateway = Caller::service("gateway", "430923");
    let refused = bundles.pack_sets(by(&office(), PackSetsRequest::default())).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    let packed = bundles.pack_sets(by(&gateway, PackSetsRequest::default())).await.unwrap().into_inner();
    let request = packed.request.unwrap();
    assert_eq!((request.sets.len(), packed.next.as_str()), (2, ""));

    let tier = Caller::tier("430923");
    let mut receipts = Vec::new();
    for _ in 0..2 {
        let answer = above.parts.file_sets(by(&tier, request.clone())).await.unwrap().into_inner();
        assert!(answer.failures.is_empty(), "{answer:?}");
        let numbers = answer.filed.iter().map(|filed| filed.receipt.as_ref().unwrap().sequence);
        receipts.push(numbers.collect::<Vec<_>>());
        let asked = TakeSetsAnswerRequest { answer: Some(answer) };
        let taken = bundles.take_sets_answer(by(&gateway, asked)).await.unwrap().into_inner();
        assert_eq!(taken, TakeSetsAnswerResponse { filed: 2, refused: 0, waiting: 0 });
    }
    assert_eq!(receipts[0], receipts[1], "the same receipts");
    assert_eq!(received(&above).await.len(), 2);
    all_answered(&below).await;
    let packed = bundles.pack_sets(by(&gateway, PackSetsRequest::default())).await.unwrap().into_inner();
    assert_eq!(packed.request.unwrap_or_default().sets.len(), 0);
}
