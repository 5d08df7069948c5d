//! Attackers and careless people against a whole tier: what they try must leave figures, duties and traces as they are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::time::Duration;

use minsheng_demo::{PASSWORD as FIRST_PASSWORD, World, WorldOptions};
use minsheng_kit::error::{Reason, reason_of};
use minsheng_proto::identity::v1::account_service_client::AccountServiceClient;
use minsheng_proto::identity::v1::audit_service_client::AuditServiceClient;
use minsheng_proto::identity::v1::{Account, GetAccountRequest, ListAuditEventsRequest, Role, UpdateAccountRequest};
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::reporting::v1::{FileReportRequest, GetReportRequest, Report, ReportState};
use minsheng_proto::verification::v1::certification_service_client::CertificationServiceClient;
use minsheng_proto::verification::v1::{Case, CertifyReportRequest, GetCaseRequest, PassReportRequest};
use minsheng_testkit::moment;
use minsheng_tests::Client;
use minsheng_tests::small::{self, PASSWORD, account, load};
use tempfile::TempDir;
use tonic::{Code, Request, Status};

/// A tier with a small programme of 2023, in June.
struct House {
    world: World,
    certificate: String,
    _folder: TempDir,
}

impl House {
    async fn new(indicators: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = World::start(WorldOptions::new(folder.path())).await.unwrap();
        let certificate = std::fs::read_to_string(world.ca_file()).unwrap();
        let house = Self { world, certificate, _folder: folder };
        let security = house.security().await;
        account(&security, "office", "P1", "ssb", &[Role::Office]).await.unwrap();
        account(&security, "head", "P2", "jyj", &[Role::Head]).await.unwrap();
        account(&security, "reviewer", "P3", "jyj", &[Role::Reviewer]).await.unwrap();
        account(&security, "certifier", "P4", "tjj", &[Role::Certifier]).await.unwrap();
        account(&security, "audit", "P5", "", &[Role::AuditAdmin]).await.unwrap();
        load(&house.log_in("office").await, small::programme(2023, indicators)).await.unwrap();
        house.world.at(moment("2023-06-15T09:00:00+08:00"));
        house
    }

    async fn with_password(&self, account: &str, password: &str) -> Client {
        let address = self.world.address("gateway").unwrap().to_string();
        Client::log_in(&address, &self.certificate, account, password).await.unwrap()
    }

    async fn log_in(&self, account: &str) -> Client {
        self.with_password(account, PASSWORD).await
    }

    async fn security(&self) -> Client {
        self.with_password("security-admin", FIRST_PASSWORD).await
    }

    /// Files a report; waits for the programme to have reached reporting.
    async fn file(&self, head: &Client, request: FileReportRequest) -> Result<Report, Status> {
        let mut reports = ReportServiceClient::new(head.door());
        eventually(async || match reports.file_report(request.clone()).await {
            Err(status) if status.code() == Code::NotFound => None,
            other => Some(other.map(|answer| answer.into_inner().report.unwrap())),
        })
        .await
    }

    /// The case of a submitted version, once verification knows it.
    async fn case(&self, client: &Client, report: &str) -> Case {
        let mut cases = CertificationServiceClient::new(client.door());
        let asked = GetCaseRequest { name: format!("{report}/versions/1") };
        eventually(async || cases.get_case(asked.clone()).await.ok().and_then(|answer| answer.into_inner().case)).await
    }

    async fn report(&self, client: &Client, name: &str) -> Report {
        let asked = GetReportRequest { name: name.to_owned() };
        ReportServiceClient::new(client.door()).get_report(asked).await.unwrap().into_inner().report.unwrap()
    }

    /// Whether the audit has an event of an account with a reason, before long.
    async fn audited(&self, account: &str, reason: Reason) {
        let audit = self.log_in("audit").await;
        let mut events = AuditServiceClient::new(audit.door());
        eventually(async || {
            let asked = ListAuditEventsRequest { page_size: 1000, page_token: String::new() };
            let answer = events.list_audit_events(asked).await.unwrap().into_inner();
            answer.events.iter().any(|event| event.account == account && event.reason == reason.as_str()).then_some(())
        })
        .await;
    }
}

/// Looks until there is something; fails after half a minute.
async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "what was waited for did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn name(indicator: usize) -> String {
    format!("programmes/430923-2023/indicators/1.{indicator}/reports/2023-06")
}

fn filing(indicator: usize, number: u64, request_id: &str) -> FileReportRequest {
    FileReportRequest {
        name: name(indicator),
        content: Some(small::content(indicator, number)),
        request_id: request_id.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reported_certifies_under_no_account() {
    let house = House::new(1).await;
    let security = house.security().await;
    // The head's person gets a second account at the statistics bureau.
    account(&security, "second", "P2", "tjj", &[Role::Certifier]).await.unwrap();
    let head = house.log_in("head").await;
    house.file(&head, filing(1, 450, "file")).await.unwrap();
    let office = house.log_in("office").await;
    let case = house.case(&office, &name(1)).await;
    let asked = PassReportRequest { name: case.name.clone(), etag: case.etag, request_id: "pass".into() };
    let passed = CertificationServiceClient::new(office.door()).pass_report(asked).await.unwrap().into_inner();

    let certify = |etag: String| CertifyReportRequest {
        name: case.name.clone(),
        etag,
        adjustments: Vec::new(),
        request_id: "certify".into(),
    };
    let etag = passed.case.unwrap().etag;
    let second = house.log_in("second").await;
    let refused =
        CertificationServiceClient::new(second.door()).certify_report(certify(etag.clone())).await.unwrap_err();
    assert_eq!((refused.code(), reason_of(&refused)), (Code::PermissionDenied, Some(Reason::SamePerson)));
    house.audited("second", Reason::SamePerson).await;

    let certifier = house.log_in("certifier").await;
    CertificationServiceClient::new(certifier.door()).certify_report(certify(etag)).await.unwrap();
    // What is certified does not change by filing again.
    eventually(async || (house.report(&head, &name(1)).await.state() == ReportState::Certified).then_some(())).await;
    let again = house.file(&head, filing(1, 999, "again")).await.unwrap_err();
    assert_eq!((again.code(), reason_of(&again)), (Code::FailedPrecondition, Some(Reason::ReportState)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_is_one_report_and_another_body_is_audited() {
    let house = House::new(1).await;
    let head = house.log_in("head").await;
    house.file(&head, filing(1, 450, "same")).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let mut reports = ReportServiceClient::new(head.door());
        tasks.spawn(async move { reports.file_report(filing(1, 450, "same")).await.unwrap().into_inner() });
    }
    let mut receipts = Vec::new();
    while let Some(answer) = tasks.join_next().await {
        let answer = answer.unwrap();
        assert_eq!(answer.report.unwrap().version, 1);
        receipts.push(answer.receipt.unwrap());
    }
    assert!(receipts.iter().all(|receipt| receipt.leaf_hash == receipts[0].leaf_hash));
    let refused = house.file(&head, filing(1, 451, "same")).await.unwrap_err();
    assert_eq!((refused.code(), reason_of(&refused)), (Code::InvalidArgument, Some(Reason::RequestIdReused)));
    house.audited("head", Reason::RequestIdReused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_call_changes_all_or_nothing() {
    const REPORTS: usize = 60;
    let house = House::new(REPORTS + 1).await;
    let head = house.log_in("head").await;
    house.file(&head, filing(REPORTS + 1, 1, "first")).await.unwrap();
    for indicator in 1..=REPORTS {
        let mut reports = ReportServiceClient::new(head.door());
        let call = reports.file_report(filing(indicator, 450, &format!("f{indicator}")));
        // The caller goes away at some moment between sending and answer.
        let patience = Duration::from_micros(200 * indicator as u64);
        let _gone = tokio::time::timeout(patience, call).await;
    }
    // Repeating each under its id brings every report to exactly one version, whatever had become of the first attempt.
    for indicator in 1..=REPORTS {
        let report = house.file(&head, filing(indicator, 450, &format!("f{indicator}"))).await.unwrap();
        assert_eq!(report.version, 1, "{}", report.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_is_refused_though_its_session_is_open() {
    let house = House::new(1).await;
    let head = house.log_in("head").await;
    house.file(&head, filing(1, 450, "file")).await.unwrap();
    let security = house.security().await;
    let mut accounts = AccountServiceClient::new(security.door());
    let asked = GetAccountRequest { name: "accounts/head".into() };
    let held = accounts.get_account(asked).await.unwrap().into_inner().account.unwrap();
    let change = UpdateAccountRequest {
        account: Some(Account { disabled: true, create_time: None, ..held }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["disabled".into()] }),
        new_password: String::new(),
        request_id: "disable".into(),
    };
    accounts.update_account(change).await.unwrap();
    let mut reports = ReportServiceClient::new(head.door());
    let refused = eventually(async || reports.get_report(GetReportRequest { name: name(1) }).await.err()).await;
    assert_eq!((refused.code(), reason_of(&refused)), (Code::Unauthenticated, Some(Reason::TokenInvalid)));
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_in_headers_are_ignored_by_gateway_and_services() {
    let house = House::new(1).await;
    let reviewer = house.log_in("reviewer").await;
    let mut reports = ReportServiceClient::new(reviewer.door());
    let mut request = Request::new(filing(1, 450, "claims"));
    for (header, value) in [("x-user-id", "head"), ("x-forwarded-user", "head"), ("x-forwarded-client-cert", "By=head")]
    {
        request.metadata_mut().insert(header, value.parse().unwrap());
    }
    let refused = reports.file_report(request).await.unwrap_err();
    assert!(matches!(refused.code(), Code::PermissionDenied | Code::NotFound), "{refused:?}");
    // Straight to the service, without a signed identity.
    let address = house.world.address("reporting").unwrap();
    let channel = tonic::transport::Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
    let mut request = Request::new(GetReportRequest { name: name(1) });
    request.metadata_mut().insert("x-user-id", "office".parse().unwrap());
    let refused = ReportServiceClient::new(channel).get_report(request).await.unwrap_err();
    assert_eq!((refused.code(), reason_of(&refused)), (Code::Unauthenticated, Some(Reason::TokenInvalid)));
}
