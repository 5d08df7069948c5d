//! A programme from its document to its first version: taken in with its findings, decided on, issued, read.

use minsheng_kit::error::Reason;
use minsheng_kit::ledger::{LedgerVerifier, verify_receipt};
use minsheng_proto::catalogue::v1::get_programme_request::Which;
use minsheng_proto::catalogue::v1::{
    CheckProgrammeRequest, DecideFindingRequest, GetProgrammeRequest, ImportProgrammeRequest, IssueProgrammeRequest,
    ProgrammeVersion,
};
use minsheng_proto::common::v1::Severity;

use crate::house::{ANHUA, House, anhua, office, refused};

pub(crate) async fn read(house: &House, which: Option<Which>) -> ProgrammeVersion {
    let request = GetProgrammeRequest { name: ANHUA.into(), which };
    house.programmes(office()).get_programme(request).await.unwrap().into_inner().version.unwrap()
}

#[tokio::test]
async fn the_real_document_is_taken_in_with_what_it_contradicts() {
    let house = House::new().await;
    let before = house.entries().await;
    let answer = house.import(anhua(), "import").await.unwrap();
    let counts = answer.counts.as_ref().unwrap();
    assert_eq!(counts.key_indicators, [1, 3, 2, 2, 1, 1, 3, 2, 2, 5]);
    assert_eq!(counts.monitored_indicators, [3, 1]);
    assert_eq!((counts.key_measures, counts.monitored_measures), (35, 4));
    assert_eq!((counts.key_atomic, counts.monitored_atomic), (33, 4));
    assert_eq!((counts.filled, counts.cells), (115, 168));
    assert_eq!(counts.sums_by_column, ["5000", "20402", "656", "81", "300", "71", "50"]);
    assert!(answer.findings.iter().all(|finding| finding.severity() != Severity::Error));
    let sum = answer.findings.iter().find(|finding| finding.code == "SUM_DIFFERS_FROM_TOTAL").unwrap();
    assert_eq!((sum.facts["printed"].as_str(), sum.facts["computed"].as_str()), ("20400", "20402"));
    assert!(
        !answer.findings.iter().any(|finding| finding.code == "COVERAGE_BASE_DIFFERS"),
        "433 villages, 23 townships"
    );
    let ids: std::collections::BTreeSet<&str> = answer.findings.iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!(ids.len(), answer.findings.len());
    assert_eq!(house.entries().await, before + 1);
    let verifier = LedgerVerifier::new(house.service.writer.ledger().verifier_key()).unwrap();
    verify_receipt(answer.receipt.as_ref().unwrap(), &verifier).unwrap();

    let again = house.import(anhua(), "import").await.unwrap();
    assert_eq!((again.draft, again.findings), (answer.draft, answer.findings));
    assert_eq!(house.entries().await, before + 1, "a repeat changes nothing");
    let mut other = anhua();
    other.title = "另一份文件".into();
    assert_eq!(refused(house.import(other, "import").await).0, Reason::RequestIdReused);
}

#[tokio::test]
async fn validate_only_stores_nothing() {
    let house = House::new().await;
    let before = house.entries().await;
    let request = ImportProgrammeRequest { programme: Some(anhua()), request_id: String::new(), validate_only: true };
    let answer = house.programmes(office()).import_programme(request).await.unwrap().into_inner();
    assert!(!answer.findings.is_empty() && answer.receipt.is_none());
    assert_eq!(house.entries().await, before);
    let request = GetProgrammeRequest { name: ANHUA.into(), which: None };
    assert_eq!(refused(house.programmes(office()).get_programme(request).await).0, Reason::ProgrammeUnknown);
}

#[tokio::test]
async fn a_decision_on_a_finding_stays_with_it() {
    let house = House::new().await;
    let findings = house.import(anhua(), "import").await.unwrap().findings;
    let sum = findings.iter().find(|finding| finding.code == "SUM_DIFFERS_FROM_TOTAL").unwrap();
    let decide = |finding: &str, decision: &str, id: &str| DecideFindingRequest {
        name: ANHUA.into(),
        finding_id: finding.into(),
        decision: decision.into(),
        request_id: id.into(),
    };
    let decided = house.programmes(office()).decide_finding(decide(&sum.id, "以24行相加20402为准", "d1")).await;
    let decision = decided.unwrap().into_inner().decision.unwrap();
    assert_eq!(decision.decided_by, "ssb.office");
    assert!(decision.decide_time.is_some());
    for (finding, words, reason) in
        [("0000000000000000", "x", Reason::FindingUnknown), (sum.id.as_str(), " ", Reason::FieldInvalid)]
    {
        let answer = house.programmes(office()).decide_finding(decide(finding, words, "d2")).await;
        assert_eq!(refused(answer).0, reason);
    }
    let request = CheckProgrammeRequest { name: ANHUA.into(), version: 0 };
    let checked = house.programmes(office()).check_programme(request).await.unwrap().into_inner();
    assert_eq!((checked.findings, checked.decisions), (findings.clone(), vec![decision]));
}

#[tokio::test]
async fn a_draft_is_frozen_by_who_saw_it() {
    let house = House::new().await;
    let first = house.import(anhua(), "first").await.unwrap().draft.unwrap();
    let second = house.import(anhua(), "second").await.unwrap().draft.unwrap();
    let issue =
        |etag: &str, id: &str| IssueProgrammeRequest { name: ANHUA.into(), etag: etag.into(), request_id: id.into() };
    let mut programmes = house.programmes(office());
    assert_eq!(refused(programmes.issue_programme(issue(&first.etag, "a")).await).0, Reason::EtagMismatch);
    assert_eq!(refused(programmes.issue_programme(issue("", "b")).await).0, Reason::FieldRequired);
    let issued = programmes.issue_programme(issue(&second.etag, "c")).await.unwrap().into_inner().version.unwrap();
    assert_eq!((issued.version, issued.in_force_from.as_str()), (1, "2023-01"));
    assert_eq!(issued.sha256.len(), 32);
    assert!(issued.programme.is_none());
    assert_eq!(refused(programmes.issue_programme(issue(&issued.etag, "d")).await).0, Reason::ProgrammeNotDraft);
    assert_eq!(refused(house.import(anhua(), "third").await).0, Reason::ProgrammeNotDraft);
    let draft = GetProgrammeRequest { name: ANHUA.into(), which: Some(Which::Version(0)) };
    assert_eq!(refused(programmes.get_programme(draft).await).0, Reason::ProgrammeNotDraft);
    let read = read(&house, None).await;
    assert_eq!(read.sha256, issued.sha256);
    assert_eq!(read.programme.unwrap().name, ANHUA);
}
