//! Backups taken while clients file and certify: everything that was acknowledged before is there, every ledger verifies, no
//! service is ahead of what it follows, and the restored tier goes on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::tz::{TimeZone, offset};
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_proto::identity::v1::Role;
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::reporting::v1::{FileReportRequest, GetReportRequest};
use minsheng_proto::verification::v1::certification_service_client::CertificationServiceClient;
use minsheng_proto::verification::v1::{CertifyReportRequest, GetCaseRequest, PassReportRequest};
use minsheng_tests::clerk::Clerk;
use minsheng_tests::small::{self, PASSWORD, account, load};
use minsheng_tests::{Client, Program};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tonic::Code;

use super::SERVICES;

const CLIENTS: usize = 8;
const INDICATORS: usize = 600;
const BACKUPS: usize = 3;

/// Reports in the order in which they are filed.
fn reports() -> Vec<(String, usize)> {
    let now = SystemClock.now().to_zoned(TimeZone::fixed(offset(8)));
    let (year, month) = (now.year(), now.month());
    let of_month = |month: i8| {
        (1..=INDICATORS).map(move |number| {
            let code = small::code(number);
            let name = format!("programmes/430923-{year}/indicators/{code}/reports/{year}-{month:02}");
            (name, number)
        })
    };
    (1..=month).rev().flat_map(of_month).collect()
}

/// What was acknowledged: reports with the number of their entry, cases that were certified.
#[derive(Default)]
struct Known {
    next: AtomicUsize,
    filed: Mutex<BTreeMap<String, u64>>,
    certified: Mutex<Vec<String>>,
    over: AtomicBool,
}

impl Known {
    fn over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
}

async fn prepare(program: &Program) {
    let year = SystemClock.now().to_zoned(TimeZone::fixed(offset(8))).year();
    let (address, certificate) = (program.address(), program.certificate());
    let security = Client::log_in(address, &certificate, "security-admin", &program.first_password()).await.unwrap();
    let people = [("office", "ssb", Role::Office), ("head", "jyj", Role::Head), ("certifier", "tjj", Role::Certifier)];
    for (id, unit, role) in people {
        account(&security, id, id, unit, &[role]).await.unwrap();
    }
    load(&log_in(program, "office").await, small::programme(year.into(), INDICATORS)).await.unwrap();
}

async fn log_in(program: &Program, account: &str) -> Client {
    Client::log_in(program.address(), &program.certificate(), account, PASSWORD).await.unwrap()
}

fn asked(name: &str, number: usize, place: usize) -> FileReportRequest {
    let figure = 10 * (1 + place / INDICATORS) + place % 7;
    FileReportRequest {
        name: name.to_owned(),
        content: Some(small::content(number, u64::try_from(figure).unwrap())),
        request_id: format!("file-{place}"),
    }
}

/// Files the next report; gives what was acknowledged.
async fn file(client: &Client, (name, number): &(String, usize), place: usize) -> (String, u64) {
    let mut service = ReportServiceClient::new(client.door());
    loop {
        match service.file_report(asked(name, *number, place)).await {
            Ok(answer) => return (name.clone(), answer.into_inner().receipt.unwrap().sequence),
            // The programme may not have reached reporting yet.
            Err(status) if status.code() == Code::NotFound => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(status) => panic!("a backup made a service refuse: {status:?}"),
        }
    }
}

async fn keep_filing(client: Client, reports: Arc<Vec<(String, usize)>>, known: Arc<Known>) {
    while !known.over() {
        let place = known.next.fetch_add(1, Ordering::SeqCst);
        assert!(place + 1 < reports.len(), "the last one is for the restored tier");
        let (name, sequence) = file(&client, &reports[place], place).await;
        known.filed.lock().await.insert(name, sequence);
    }
}

/// Certifies report after report, so that reporting follows verification while it follows reporting.
async fn keep_certifying(office: Client, certifier: Client, reports: Arc<Vec<(String, usize)>>, known: Arc<Known>) {
    let (mut office, mut certifier) =
        (CertificationServiceClient::new(office.door()), CertificationServiceClient::new(certifier.door()));
    while !known.over() {
        let place = known.certified.lock().await.len();
        let name = format!("{}/versions/1", reports[place].0);
        let etag = match office.get_case(GetCaseRequest { name: name.clone() }).await {
            Ok(answer) => answer.into_inner().case.unwrap().etag,
            Err(status) => {
                assert_eq!(status.code(), Code::NotFound, "{status:?}");
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        let asked = PassReportRequest { name: name.clone(), etag, request_id: format!("pass-{place}") };
        let passed = office.pass_report(asked).await.unwrap().into_inner().case.unwrap();
        let asked = CertifyReportRequest {
            name: name.clone(),
            etag: passed.etag,
            request_id: format!("certify-{place}"),
            ..CertifyReportRequest::default()
        };
        certifier.certify_report(asked).await.unwrap();
        known.certified.lock().await.push(name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_a_backup_under_load_is_in_it_and_the_tier_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let living = folder.path().join("living");
    std::fs::create_dir(&living).unwrap();
    let program = Program::start(&living, &[]);
    prepare(&program).await;
    let operator = Clerk::stranger(folder.path(), "operator");
    let evidence = tokio::task::block_in_place(|| evidence(folder.path(), &program));

    let (reports, known) = (Arc::new(reports()), Arc::new(Known::default()));
    for number in 0..BACKUPS {
        let (filed, certified, backup) = under_load(&program, &operator, number, &reports, &known).await;
        let restored = folder.path().join(format!("restored-{number}"));
        tokio::task::block_in_place(|| {
            assert!(operator.ok(&["backup", "verify", &backup]).contains("备份完好"));
            let said = operator.ok(&["restore", &backup, "--folder", restored.to_str().unwrap()]);
            assert!(
                said.contains("minsheng/430923/reporting") && said.contains("minsheng serve all --folder"),
                "{said}"
            );
            verifies(&operator, &restored);
        });
        let kept = |folder: &Path| std::fs::read(folder.join("evidence").join(&evidence[..2]).join(&evidence));
        assert_eq!(kept(&restored).unwrap(), kept(&living).unwrap());
        goes_on(&restored, &filed, &certified, &reports).await;
        tokio::task::block_in_place(|| verifies(&operator, &restored));
    }
    ahead(&operator);
}

/// Databases of two moments, as copying one after the other may give: the follower has seen what the followed has not.
fn ahead(operator: &Clerk) {
    let backup = operator.path("backup-0");
    let of = |backup: &str| -> serde_json::Value {
        let text = std::fs::read(Path::new(&operator.path(backup)).join("backup.json")).unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    let mut manifest = of("backup-0");
    manifest["services"]["verification"] = of("backup-1")["services"]["verification"].take();
    let manifest = serde_json::to_vec(&manifest).unwrap();
    let later = std::fs::read(operator.path("backup-1/data/verification.db")).unwrap();
    let sums = std::fs::read_to_string(operator.path("backup-0/SHA256SUMS")).unwrap();
    let sums = sums.lines().map(|line| match line.split_once("  ").unwrap().1 {
        name @ "backup.json" => format!("{}  {name}\n", hex(&manifest)),
        name @ "data/verification.db" => format!("{}  {name}\n", hex(&later)),
        _ => format!("{line}\n"),
    });
    operator.write("backup-0/SHA256SUMS", sums.collect::<String>());
    operator.write("backup-0/backup.json", &manifest);
    operator.write("backup-0/data/verification.db", &later);
    let said = operator.fails(8, &["backup", "verify", &backup]);
    assert!(said.contains("备份前后不一：verification已跟到reporting的第"), "{said}");
    let place = operator.path("ahead");
    assert!(operator.fails(8, &["restore", &backup, "--folder", &place]).contains("备份前后不一"));
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Takes a backup while everybody works; gives what was acknowledged before it began, and where it lies.
async fn under_load(
    program: &Program,
    operator: &Clerk,
    number: usize,
    reports: &Arc<Vec<(String, usize)>>,
    known: &Arc<Known>,
) -> (BTreeMap<String, u64>, Vec<String>, String) {
    known.over.store(false, Ordering::SeqCst);
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let head = log_in(program, "head").await;
        clients.push(tokio::spawn(keep_filing(head, reports.clone(), known.clone())));
    }
    let (office, certifier) = (log_in(program, "office").await, log_in(program, "certifier").await);
    clients.push(tokio::spawn(keep_certifying(office, certifier, reports.clone(), known.clone())));
    let (some, decided) = (known.filed.lock().await.len() + 40, known.certified.lock().await.len() + 3);
    let end = Instant::now() + Duration::from_secs(60);
    while known.filed.lock().await.len() < some || known.certified.lock().await.len() < decided {
        assert!(Instant::now() < end, "nothing is filed or certified");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (filed, certified) = (known.filed.lock().await.clone(), known.certified.lock().await.clone());
    let backup = operator.path(&format!("backup-{number}"));
    let began = Instant::now();
    let said = tokio::task::block_in_place(|| {
        operator.ok(&["backup", "--folder", program.folder().to_str().unwrap(), "--out", &backup])
    });
    let (took, meanwhile) = (began.elapsed(), known.filed.lock().await.len() - filed.len());
    println!("backup {number}: {took:?}, {} filed before, {meanwhile} meanwhile: {said}", filed.len());
    assert!(meanwhile > 0, "nobody filed while the backup was taken");
    assert!(SERVICES.iter().all(|service| said.contains(&format!("minsheng/430923/{service}"))), "{said}");
    known.over.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    (filed, certified, backup)
}

/// A file that reporting keeps; gives its SHA-256.
fn evidence(folder: &Path, program: &Program) -> String {
    let head = Clerk::log_in(folder, program, "head", PASSWORD);
    let said = head.ok(&["evidence", "upload", &head.write("evidence.pdf", "%PDF-1.4\n% 佐证\n%%EOF\n")]);
    said.split(' ').next().unwrap().to_owned()
}

/// Every ledger of a folder, by the command that an operator has.
fn verifies(operator: &Clerk, folder: &Path) {
    for service in SERVICES {
        let database = format!("sqlite://{}", folder.join(format!("{service}.db")).display());
        let backup = operator.path("backup-0");
        let key = format!("{backup}/heads/{service}.vkey");
        let head = format!("{backup}/heads/{service}.txt");
        let said = operator.ok(&["verify", "ledger", "--database", &database, "--key", &key, "--head", &head]);
        assert!(said.contains("是另存账头的延续"), "{said}");
    }
}

/// The restored tier starts, knows what was acknowledged, follows itself and takes more.
async fn goes_on(folder: &Path, filed: &BTreeMap<String, u64>, certified: &[String], reports: &[(String, usize)]) {
    let program = Program::start(folder, &[]);
    let (head, office) = (log_in(&program, "head").await, log_in(&program, "office").await);
    let mut service = ReportServiceClient::new(head.door());
    for (place, (name, number)) in reports.iter().enumerate() {
        let Some(sequence) = filed.get(name) else { continue };
        let answer = service.get_report(GetReportRequest { name: name.clone() }).await.unwrap().into_inner();
        assert_eq!(answer.report.unwrap().version, 1, "{name}");
        // The same request again is answered as it was: by the entry that was acknowledged.
        let again = service.file_report(asked(name, *number, place)).await.unwrap().into_inner();
        assert_eq!(again.receipt.unwrap().sequence, *sequence, "{name}");
    }
    let mut cases = CertificationServiceClient::new(office.door());
    for case in certified {
        let state = cases.get_case(GetCaseRequest { name: case.clone() }).await.unwrap().into_inner();
        assert_eq!(state.case.unwrap().state(), minsheng_proto::verification::v1::CaseState::Certified, "{case}");
    }
    let (place, report) = reports.iter().enumerate().next_back().unwrap();
    assert!(!filed.contains_key(&report.0));
    file(&head, report, place).await;
    let case = format!("{}/versions/1", report.0);
    let end = Instant::now() + Duration::from_secs(60);
    while cases.get_case(GetCaseRequest { name: case.clone() }).await.is_err() {
        assert!(Instant::now() < end, "verification does not follow reporting");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    program.stop();
}
