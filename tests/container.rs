//! The image as an operator runs it: built by deploy/image, one tier under podman on a read-only root without any
//! privilege, and the same by deploy/compose. It gets well by its own health check, takes a report through the published port,
//! has the report when it was started again, and stops in order. podman must be there: without it the tests fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_proto::identity::v1::Role;
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::reporting::v1::{FileReportRequest, GetReportRequest};
use minsheng_tests::clerk::Clerk;
use minsheng_tests::podman::{Podman, deploy, image};
use minsheng_tests::small::{self, PASSWORD, account, load};
use minsheng_tests::{Client, Program};
use tonic::Code;

const ADDRESS_INSIDE: &str = "https://127.0.0.1:50050";

#[tokio::test(flavor = "multi_thread")]
async fn a_tier_in_a_container_is_well_keeps_what_it_took_and_stops_in_order() {
    let podman = Podman::new();
    let image = image(&podman);
    let name = podman.name("tier");
    podman.remove_at_end(&["volume", "rm", "--force", &name]);
    podman.remove_at_end(&["rm", "--force", "--time", "0", &name]);
    let volume = format!("{name}:/data");
    let run = ["run", "--detach", "--name", &name, "--read-only", "--cap-drop", "all"];
    let run = [&run[..], &["--security-opt", "no-new-privileges", "--volume", &volume]].concat();
    let run = [&run[..], &["--publish", "127.0.0.1::50050"]].concat();
    podman.run(&[&run[..], &["--env", "MINSHENG_GATEWAY__SERVER__LISTEN=0.0.0.0:50050", &image]].concat());
    well(&podman, &name).await;

    assert_eq!(podman.run(&["inspect", "--format", "{{.Config.User}}", &name]), "65532:65532");
    let shell = podman.output(&["exec", &name, "/bin/sh", "-c", "true"]);
    assert!(!shell.status.success(), "the image has a shell");
    let elsewhere = podman.output(&["exec", &name, "/usr/bin/minsheng", "migrate", "all", "--folder", "/elsewhere"]);
    assert!(!elsewhere.status.success(), "the root can be written");

    let filed = file(&podman, &name).await;
    podman.run(&["restart", "--time", "30", &name]);
    well(&podman, &name).await;
    find(&podman, &name, &filed).await;

    podman.run(&["stop", "--time", "30", &name]);
    assert_eq!(podman.run(&["inspect", "--format", "{{.State.ExitCode}}", &name]), "0");
    let kept = podman.run(&["run", "--rm", "--volume", &volume, "--read-only", &image, "migrate", "all"]);
    assert!(kept.is_empty(), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tier_under_compose_is_well_and_keeps_what_it_took() {
    let podman = Podman::new();
    let image = image(&podman);
    let project = podman.name("compose");
    let compose = |arguments: &[&str]| {
        let program = deploy().join("../target/python/bin/podman-compose");
        let mut command = podman.command(program);
        command.current_dir(deploy().join("compose/sqlite")).env("MINSHENG_IMAGE", &image);
        command.env("MINSHENG_DOOR", format!("127.0.0.1:{}", free_port()));
        let done = command.args(["--project-name", &project]).args(arguments).output();
        let done = done.expect("podman-compose is missing: tests/run installs it");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let name = format!("{project}_tier_1");
    podman.remove_at_end(&["network", "rm", "--force", &format!("{project}_default")]);
    podman.remove_at_end(&["volume", "rm", "--force", &format!("{project}_data")]);
    podman.remove_at_end(&["pod", "rm", "--force", &format!("pod_{project}")]);
    podman.remove_at_end(&["rm", "--force", "--time", "0", &name]);
    compose(&["up", "--detach"]);
    well(&podman, &name).await;
    podman.run(&["healthcheck", "run", &name]);
    let filed = file(&podman, &name).await;
    restored_elsewhere(&podman, &name, &filed).await;
    compose(&["down"]);
    compose(&["up", "--detach"]);
    well(&podman, &name).await;
    find(&podman, &name, &filed).await;
}

/// Logs in with the first password through the published port, and files a report; gives its name.
async fn file(podman: &Podman, container: &str) -> String {
    let address = podman.run(&["port", container, "50050/tcp"]);
    let certificate = podman.read(container, "/data/gateway-certificate.pem");
    let password = podman.read(container, "/data/first-password");
    let now = SystemClock.now().to_zoned(TimeZone::fixed(jiff::tz::offset(8)));
    let (year, month) = (i32::from(now.year()), now.month());
    let security = Client::log_in(&address, &certificate, "security-admin", password.trim()).await.unwrap();
    account(&security, "office", "P1", "ssb", &[Role::Office]).await.unwrap();
    account(&security, "head", "P2", "jyj", &[Role::Head]).await.unwrap();
    let office = Client::log_in(&address, &certificate, "office", PASSWORD).await.unwrap();
    load(&office, small::programme(year, 1)).await.unwrap();
    let head = Client::log_in(&address, &certificate, "head", PASSWORD).await.unwrap();
    let name = format!("programmes/430923-{year}/indicators/1.1/reports/{year}-{month:02}");
    let content = Some(small::content(1, 450));
    let request = FileReportRequest { name: name.clone(), content, request_id: "file-1".into() };
    let mut reports = ReportServiceClient::new(head.door());
    wait_for(async || match reports.file_report(request.clone()).await {
        Ok(_) => Some(()),
        Err(status) => {
            // Reporting has yet to learn of the programme.
            assert!(matches!(status.code(), Code::NotFound | Code::Unavailable), "{status:?}");
            None
        }
    })
    .await;
    name
}

/// Takes a backup of the running tier out of its container, has it proven, and finds the report in what is restored of it.
async fn restored_elsewhere(podman: &Podman, container: &str, name: &str) {
    podman.run(&["exec", container, "/usr/bin/minsheng", "backup", "--folder", "/data", "--out", "/data/backup-1"]);
    let operator = Clerk::stranger(podman.folder(), "operator");
    let (backup, place) = (operator.path("backup-1"), operator.path("restored"));
    podman.run(&["cp", &format!("{container}:/data/backup-1"), &backup]);
    operator.ok(&["backup", "verify", &backup]);
    operator.ok(&["restore", &backup, "--folder", &place]);
    let program = Program::start(Path::new(&place), &[]);
    find_at(program.address(), &program.certificate(), name).await;
    program.stop();
}

/// Finds the report again.
async fn find(podman: &Podman, container: &str, name: &str) {
    let address = podman.run(&["port", container, "50050/tcp"]);
    let certificate = podman.read(container, "/data/gateway-certificate.pem");
    find_at(&address, &certificate, name).await;
}

async fn find_at(address: &str, certificate: &str, name: &str) {
    let head = Client::log_in(address, certificate, "head", PASSWORD).await.unwrap();
    let asked = GetReportRequest { name: name.to_owned() };
    let found = ReportServiceClient::new(head.door()).get_report(asked).await.unwrap().into_inner();
    assert!(format!("{found:?}").contains("450"), "{found:?}");
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until the health check of the image says so.
async fn well(podman: &Podman, name: &str) {
    wait_for(async || {
        let asked = podman.output(&["exec", name, "/usr/bin/minsheng", "healthcheck", ADDRESS_INSIDE]);
        let running = podman.run(&["inspect", "--format", "{{.State.Running}}", name]);
        assert_eq!(running, "true", "the tier ended: {}", podman.log(name));
        asked.status.success().then_some(())
    })
    .await;
}

async fn wait_for<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "what was waited for did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
