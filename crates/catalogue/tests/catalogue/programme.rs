//! A programme from its document to its versions: taken in with its findings, decided on, issued, amended, read by period.

use crate::house::{ANHUA, House, anhua, measure, office, refused, viewer};
use minsheng_kit::error::Reason;
use minsheng_kit::identity::Role;
use minsheng_kit::ledger::{LedgerVerifier, verify_receipt};
use minsheng_proto::catalogue::v1::get_programme_request::Which;
use minsheng_proto::catalogue::v1::{
    AmendProgrammeRequest, CheckProgrammeRequest, DecideFindingRequest, GetProgrammeRequest, ImportProgrammeRequest,
    IssueProgrammeRequest, ListProgrammesRequest, Programme, ProgrammeVersion, TargetKind,
};
use minsheng_proto::common::v1::Severity;
use minsheng_testkit::Backend;

fn first_of_kind(programme: &Programme, kind: TargetKind) -> String {
    let indicators = programme.projects.iter().flat_map(|project| &project.indicators);
    let mut measures = indicators.flat_map(|indicator| &indicator.measures);
    measures
        .find(|measure| measure.kind == i32::from(kind))
        .unwrap()
        .code
        .clone()
}

async fn read(house: &House, which: Option<Which>) -> ProgrammeVersion {
    let request = GetProgrammeRequest {
        name: ANHUA.into(),
        which,
    };
    house
        .programmes(office())
        .get_programme(request)
        .await
        .unwrap()
        .into_inner()
        .version
        .unwrap()
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
    assert!(
        answer
            .findings
            .iter()
            .all(|finding| finding.severity() != Severity::Error)
    );
    let sum = answer
        .findings
        .iter()
        .find(|finding| finding.code == "SUM_DIFFERS_FROM_TOTAL")
        .unwrap();
    assert_eq!(
        (sum.facts["printed"].as_str(), sum.facts["computed"].as_str()),
        ("20400", "20402")
    );
    assert!(
        !answer
            .findings
            .iter()
            .any(|finding| finding.code == "COVERAGE_BASE_DIFFERS"),
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
    let request = ImportProgrammeRequest {
        programme: Some(anhua()),
        request_id: String::new(),
        validate_only: true,
    };
    let answer = house
        .programmes(office())
        .import_programme(request)
        .await
        .unwrap()
        .into_inner();
    assert!(!answer.findings.is_empty() && answer.receipt.is_none());
    assert_eq!(house.entries().await, before);
    let request = GetProgrammeRequest {
        name: ANHUA.into(),
        which: None,
    };
    assert_eq!(
        refused(house.programmes(office()).get_programme(request).await).0,
        Reason::ProgrammeUnknown
    );
}

#[tokio::test]
async fn a_decision_on_a_finding_stays_with_it() {
    let house = House::new().await;
    let findings = house.import(anhua(), "import").await.unwrap().findings;
    let sum = findings
        .iter()
        .find(|finding| finding.code == "SUM_DIFFERS_FROM_TOTAL")
        .unwrap();
    let decide = |finding: &str, decision: &str, id: &str| DecideFindingRequest {
        name: ANHUA.into(),
        finding_id: finding.into(),
        decision: decision.into(),
        request_id: id.into(),
    };
    let decided = house
        .programmes(office())
        .decide_finding(decide(&sum.id, "以24行相加20402为准", "d1"))
        .await;
    let decision = decided.unwrap().into_inner().decision.unwrap();
    assert_eq!(decision.decided_by, "ssb.office");
    assert!(decision.decide_time.is_some());
    for (finding, words, reason) in [
        ("0000000000000000", "x", Reason::FindingUnknown),
        (sum.id.as_str(), " ", Reason::FieldInvalid),
    ] {
        let answer = house
            .programmes(office())
            .decide_finding(decide(finding, words, "d2"))
            .await;
        assert_eq!(refused(answer).0, reason);
    }
    let request = CheckProgrammeRequest {
        name: ANHUA.into(),
        version: 0,
    };
    let checked = house
        .programmes(office())
        .check_programme(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (checked.findings, checked.decisions),
        (findings.clone(), vec![decision])
    );
}

#[tokio::test]
async fn a_draft_is_frozen_by_who_saw_it() {
    let house = House::new().await;
    let first = house.import(anhua(), "first").await.unwrap().draft.unwrap();
    let second = house.import(anhua(), "second").await.unwrap().draft.unwrap();
    let issue = |etag: &str, id: &str| IssueProgrammeRequest {
        name: ANHUA.into(),
        etag: etag.into(),
        request_id: id.into(),
    };
    let mut programmes = house.programmes(office());
    assert_eq!(
        refused(programmes.issue_programme(issue(&first.etag, "a")).await).0,
        Reason::EtagMismatch
    );
    assert_eq!(
        refused(programmes.issue_programme(issue("", "b")).await).0,
        Reason::FieldRequired
    );
    let issued = programmes
        .issue_programme(issue(&second.etag, "c"))
        .await
        .unwrap()
        .into_inner()
        .version
        .unwrap();
    assert_eq!((issued.version, issued.in_force_from.as_str()), (1, "2023-01"));
    assert_eq!(issued.sha256.len(), 32);
    assert!(issued.programme.is_none());
    assert_eq!(
        refused(programmes.issue_programme(issue(&issued.etag, "d")).await).0,
        Reason::ProgrammeNotDraft
    );
    assert_eq!(
        refused(house.import(anhua(), "third").await).0,
        Reason::ProgrammeNotDraft
    );
    let draft = GetProgrammeRequest {
        name: ANHUA.into(),
        which: Some(Which::Version(0)),
    };
    assert_eq!(
        refused(programmes.get_programme(draft).await).0,
        Reason::ProgrammeNotDraft
    );
    let read = read(&house, None).await;
    assert_eq!(read.sha256, issued.sha256);
    assert_eq!(read.programme.unwrap().name, ANHUA);
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
    let second = programmes
        .amend_programme(amendment(filled.clone(), &first.etag, "2023-08", "a"))
        .await;
    let second = second.unwrap().into_inner().version.unwrap();
    assert_eq!((second.version, second.in_force_from.as_str()), (2, "2023-08"));
    assert!(second.reason.contains("40号"));
    for (month, version) in [("2023-01", 1), ("2023-07", 1), ("2023-08", 2), ("2023-12", 2)] {
        assert_eq!(
            read(&house, Some(Which::Period(month.into()))).await.version,
            version,
            "{month}"
        );
    }
    assert_eq!(read(&house, None).await.version, 2);
    let old = read(&house, Some(Which::Version(1))).await.programme.unwrap();
    assert_eq!(measure(&mut old.clone(), &code).kind(), TargetKind::Pending);

    let stale = amendment(anhua(), &first.etag, "2023-09", "b");
    assert_eq!(refused(programmes.amend_programme(stale).await).0, Reason::EtagMismatch);
    let same = amendment(filled.clone(), &second.etag, "2023-09", "c");
    assert_eq!(
        refused(programmes.amend_programme(same).await),
        (Reason::ProgrammeInvalid, vec!["programme".into()])
    );
    let back = amendment(anhua(), &second.etag, "2023-07", "d");
    assert_eq!(
        refused(programmes.amend_programme(back).await),
        (Reason::PeriodInvalid, vec!["in_force_from".into()])
    );
    let silent = AmendProgrammeRequest {
        reason: String::new(),
        ..amendment(anhua(), &second.etag, "2023-09", "e")
    };
    assert_eq!(
        refused(programmes.amend_programme(silent).await),
        (Reason::FieldInvalid, vec!["reason".into()])
    );
    let mut other = anhua();
    other.year = 2024;
    let other = amendment(other, &second.etag, "2023-09", "f");
    assert_eq!(
        refused(programmes.amend_programme(other).await),
        (Reason::ProgrammeInvalid, vec!["division".into()])
    );
    let mut coarser = filled.clone();
    measure(&mut coarser, "3.1-1").unit = "万人".into();
    let coarser = amendment(coarser, &second.etag, "2023-09", "g");
    let (reason, fields) = refused(programmes.amend_programme(coarser).await);
    assert_eq!(
        (reason, fields),
        (
            Reason::ProgrammeInvalid,
            vec!["projects[2].indicators[0].measures[0].unit".into()]
        )
    );
    let bare = GetProgrammeRequest {
        name: ANHUA.into(),
        which: Some(Which::Period("2023-Q2".into())),
    };
    assert_eq!(refused(programmes.get_programme(bare).await).0, Reason::PeriodInvalid);
    let none = GetProgrammeRequest {
        name: ANHUA.into(),
        which: Some(Which::Version(9)),
    };
    assert_eq!(
        refused(programmes.get_programme(none).await).0,
        Reason::ProgrammeUnknown
    );
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
    let second = programmes
        .amend_programme(amendment(without, &etag, "2023-07", "a"))
        .await
        .unwrap()
        .into_inner();
    let back = amendment(anhua(), &second.version.unwrap().etag, "2023-08", "b");
    let (reason, fields) = refused(programmes.amend_programme(back).await);
    assert_eq!(reason, Reason::ProgrammeInvalid);
    assert!(fields[0].ends_with(".code"), "{fields:?}");
}

#[tokio::test]
async fn the_policies_decide_who_imports_and_who_sees_a_draft() {
    let house = House::new().await;
    let draft = house.import(anhua(), "import").await.unwrap().draft.unwrap();
    let reporter = minsheng_testkit::caller("jyj.r", "P2", "jyj", &[Role::Reporter]);
    let request = ImportProgrammeRequest {
        programme: Some(anhua()),
        request_id: "x".into(),
        validate_only: false,
    };
    assert_eq!(
        refused(house.programmes(reporter.clone()).import_programme(request).await).0,
        Reason::NotAllowed
    );
    let issue = IssueProgrammeRequest {
        name: ANHUA.into(),
        etag: draft.etag.clone(),
        request_id: "x".into(),
    };
    assert_eq!(
        refused(house.programmes(reporter).issue_programme(issue.clone()).await).0,
        Reason::NotAllowed
    );

    let get = GetProgrammeRequest {
        name: ANHUA.into(),
        which: None,
    };
    let list = ListProgrammesRequest::default();
    let mut seen = house.programmes(viewer());
    assert_eq!(
        refused(seen.get_programme(get.clone()).await).0,
        Reason::ProgrammeUnknown
    );
    assert!(
        seen.list_programmes(list.clone())
            .await
            .unwrap()
            .into_inner()
            .programmes
            .is_empty()
    );
    assert_eq!(
        house
            .programmes(office())
            .list_programmes(list.clone())
            .await
            .unwrap()
            .into_inner()
            .programmes
            .len(),
        1
    );
    house.programmes(office()).issue_programme(issue).await.unwrap();
    assert_eq!(
        seen.get_programme(get)
            .await
            .unwrap()
            .into_inner()
            .version
            .unwrap()
            .version,
        1
    );
    let listed = seen.list_programmes(list).await.unwrap().into_inner().programmes;
    assert_eq!(
        (listed.len(), listed[0].version, listed[0].programme.is_none()),
        (1, 1, true)
    );
}

#[tokio::test]
async fn a_draft_is_imported_again_and_not_amended() {
    let house = House::new().await;
    let draft = house.import(anhua(), "import").await.unwrap().draft.unwrap();
    let amend = amendment(anhua(), &draft.etag, "2023-07", "a");
    assert_eq!(
        refused(house.programmes(office()).amend_programme(amend.clone()).await).0,
        Reason::ProgrammeNotIssued
    );
    let nowhere = AmendProgrammeRequest {
        name: "programmes/430923-2022".into(),
        request_id: "b".into(),
        ..amend
    };
    assert_eq!(
        refused(house.programmes(office()).amend_programme(nowhere).await).0,
        Reason::ProgrammeUnknown
    );
}

#[tokio::test]
async fn the_same_path_holds_on_postgresql() {
    let house = House::new_on(Backend::Postgres).await;
    let answer = house.import(anhua(), "import").await.unwrap();
    assert!(
        answer
            .findings
            .iter()
            .any(|finding| finding.code == "SUM_DIFFERS_FROM_TOTAL")
    );
    let etag = answer.draft.unwrap().etag;
    let issue = IssueProgrammeRequest {
        name: ANHUA.into(),
        etag,
        request_id: "issue".into(),
    };
    let first = house
        .programmes(office())
        .issue_programme(issue)
        .await
        .unwrap()
        .into_inner()
        .version
        .unwrap();
    let code = first_of_kind(&anhua(), TargetKind::Pending);
    let mut filled = anhua();
    let pending = measure(&mut filled, &code);
    pending.kind = TargetKind::AtLeast.into();
    pending.target = "120".into();
    let amend = amendment(filled, &first.etag, "2023-08", "a");
    house.programmes(office()).amend_programme(amend).await.unwrap();
    for (month, version) in [("2023-07", 1), ("2023-08", 2)] {
        assert_eq!(
            read(&house, Some(Which::Period(month.into()))).await.version,
            version,
            "{month}"
        );
    }
    let listed = house
        .programmes(viewer())
        .list_programmes(ListProgrammesRequest::default())
        .await;
    assert_eq!(listed.unwrap().into_inner().programmes[0].version, 2);
}
