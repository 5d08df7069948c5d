//! Five services as five processes, each alone with its own settings and database; one of them killed and started again
//! while the others go on, and found up to date afterwards; stopped in order, each leaves its database whole in one file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;

use jiff::tz::TimeZone;
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_kit::service::SERVICES;
use minsheng_proto::identity::v1::Role;
use minsheng_proto::reporting::v1::FileReportRequest;
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::verification::v1::certification_service_client::CertificationServiceClient;
use minsheng_proto::verification::v1::{CaseState, ListCasesRequest};
use minsheng_tests::small::{self, PASSWORD, account, load};
use minsheng_tests::{Client, Program};
use tonic::Code;

#[tokio::test(flavor = "multi_thread")]
async fn each_service_runs_alone_and_catches_up() {
    let folder = tempfile::tempdir().unwrap();
    let ports: BTreeMap<&str, u16> = SERVICES.into_iter().map(|service| (service, free_port())).collect();
    let start = |service: &str| Program::alone(service, folder.path(), &settings(service, &ports));
    let catalogue = start("catalogue");
    let reporting = start("reporting");
    let verification = start("verification");
    let ranking = start("ranking");
    let gateway = start("gateway");

    let now = SystemClock.now().to_zoned(TimeZone::fixed(jiff::tz::offset(8)));
    let (year, month) = (i32::from(now.year()), now.month());
    let (address, certificate) = (gateway.address(), gateway.certificate());
    let security = Client::log_in(address, &certificate, "security-admin", &gateway.first_password()).await.unwrap();
    account(&security, "office", "P1", "ssb", &[Role::Office]).await.unwrap();
    account(&security, "head", "P2", "jyj", &[Role::Head]).await.unwrap();
    let office = Client::log_in(address, &certificate, "office", PASSWORD).await.unwrap();
    load(&office, small::programme(year, 3)).await.unwrap();

    let head = Client::log_in(address, &certificate, "head", PASSWORD).await.unwrap();
    let file = async |indicator: usize| {
        let request = FileReportRequest {
            name: format!("programmes/430923-{year}/indicators/1.{indicator}/reports/{year}-{month:02}"),
            content: Some(small::content(indicator, 450)),
            request_id: format!("file-{indicator}"),
        };
        let mut reports = ReportServiceClient::new(head.door());
        wait_for(async || match reports.file_report(request.clone()).await {
            Ok(answer) => Some(answer.into_inner()),
            Err(status) => {
                assert!(matches!(status.code(), Code::NotFound | Code::Unavailable), "{status:?}");
                None
            }
        })
        .await;
    };
    file(1).await;

    // Verification dies; reporting goes on without it, and verification learns what it missed.
    verification.kill();
    file(2).await;
    file(3).await;
    let verification = start("verification");
    let mut cases = CertificationServiceClient::new(office.door());
    wait_for(async || {
        let asked = ListCasesRequest {
            programme: format!("programmes/430923-{year}"),
            states: vec![CaseState::ToCheck.into()],
            ..ListCasesRequest::default()
        };
        let answer = cases.list_cases(asked).await.ok()?.into_inner();
        (answer.cases.len() == 3).then_some(())
    })
    .await;
    for program in [gateway, ranking, verification, reporting, catalogue] {
        program.stop();
    }
    let databases = SERVICES.into_iter().filter(|service| folder.path().join(format!("{service}.db")).exists());
    assert_eq!(databases.count(), 5);
    let files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let journals: Vec<String> = files.filter(|name| name.ends_with("-wal") || name.ends_with("-shm")).collect();
    assert!(journals.is_empty(), "a clean stop leaves whole databases: {journals:?}");
}

/// Each service's port, and where it finds the others.
fn settings(service: &str, ports: &BTreeMap<&str, u16>) -> Vec<(String, String)> {
    let followed: &[&str] = match service {
        "reporting" => &["catalogue", "verification"],
        "verification" => &["catalogue", "reporting"],
        "ranking" => &["catalogue", "reporting", "verification"],
        "gateway" => &["catalogue", "reporting", "verification", "ranking"],
        _ => &[],
    };
    let mut settings = vec![("MINSHENG__SERVER__LISTEN".to_owned(), format!("127.0.0.1:{}", ports[service]))];
    settings.extend(followed.iter().map(|peer| {
        (format!("MINSHENG__PEERS__{}__URL", peer.to_uppercase()), format!("http://127.0.0.1:{}", ports[peer]))
    }));
    settings
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn wait_for<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "what was waited for did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
