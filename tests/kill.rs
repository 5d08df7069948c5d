//! A tier killed with -9 in the middle of filing, again and again, on both databases: nothing acknowledged is lost, nothing
//! is there twice, and every ledger verifies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use minsheng_proto::catalogue::v1::division_service_client::DivisionServiceClient;
use minsheng_proto::catalogue::v1::{Division, DivisionLevel, ImportDivisionsRequest, ListDivisionsRequest};
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::identity::v1::Role;
use minsheng_proto::reporting::v1::FileReportRequest;
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_testkit::Postgres;
use minsheng_tests::filing::{self, Gateway};
use minsheng_tests::small::{self, PASSWORD, account};
use minsheng_tests::{Client, Program};
use tokio::sync::Mutex;
use tonic::Code;

const CLIENTS: usize = 16;
const INDICATORS: usize = 200;
const KILLS: usize = 50;

/// What the clients know: which reports are acknowledged, with their receipts.
#[derive(Default)]
struct Known {
    acknowledged: Mutex<BTreeMap<String, Receipt>>,
    open: AtomicUsize,
    next: AtomicU64,
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_loses_and_doubles_nothing() {
    run(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_loses_and_doubles_nothing() {
    let server = Postgres::start();
    let names = ["catalogue", "reporting", "verification", "ranking", "gateway"];
    let environment =
        names.map(|name| (format!("MINSHENG_{}__DATABASE__URL", name.to_uppercase()), server.create(name)));
    run(&environment).await;
}

async fn run(environment: &[(String, String)]) {
    let folder = tempfile::tempdir().unwrap();
    let (year, month) = filing::today();
    let mut program = Program::start(folder.path(), environment);
    filing::prepare(&gateway(&program), &program.first_password(), INDICATORS).await;

    let reports: Vec<(String, usize)> = (1..=month)
        .flat_map(|month| (1..=INDICATORS).map(move |indicator| (month, indicator)))
        .map(|(month, indicator)| {
            let name = format!("programmes/430923-{year}/indicators/1.{indicator}/reports/{year}-{month:02}");
            (name, indicator)
        })
        .collect();
    let reports = Arc::new(reports);
    let known = Arc::new(Known::default());
    let rounds = std::env::var("MINSHENG_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    let (mut kills, mut in_flight, mut kills_that_hit) = (0, 0, 0);
    while kills < KILLS * rounds && known.next.load(Ordering::SeqCst) < reports.len() as u64 {
        let before = known.acknowledged.lock().await.len();
        let head = head(&program).await;
        let clients: Vec<_> =
            (0..CLIENTS).map(|_| tokio::spawn(file(head.clone(), reports.clone(), known.clone()))).collect();
        // Some are acknowledged, then it dies at a moment nobody chose.
        let some = before + rand::random_range(1..20);
        while known.acknowledged.lock().await.len() < some && known.next.load(Ordering::SeqCst) < reports.len() as u64 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_micros(rand::random_range(0..3_000))).await;
        let open = known.open.load(Ordering::SeqCst);
        program.kill();
        kills += 1;
        in_flight += open;
        kills_that_hit += usize::from(open > 0);
        for client in clients {
            client.await.unwrap();
        }
        program = Program::start(folder.path(), environment);
    }

    let found = filing::submitted(&gateway(&program)).await;
    let acknowledged = known.acknowledged.lock().await;
    println!(
        "kills {kills}, of which {kills_that_hit} with calls in flight; in flight {in_flight}; acknowledged {}; found {}",
        acknowledged.len(),
        found.len()
    );
    assert!(kills_that_hit >= kills / 2, "too few kills hit a call in flight to show anything");
    for (report, receipt) in acknowledged.iter() {
        assert_eq!(found.get(report), Some(&receipt.sequence), "{report} was acknowledged");
    }
    assert!(found.len() <= acknowledged.len() + in_flight, "more was found than was ever sent");
    let committed_unanswered = found.len() - acknowledged.len();
    assert!(committed_unanswered > 0, "no kill fell between a commit and its answer");
    assert!(in_flight > committed_unanswered, "no kill fell before a commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_whole_or_absent_and_the_same_id_resumes() {
    const TRIES: usize = 10;
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(folder.path(), &[]);
    let (address, certificate) = (program.address(), program.certificate());
    let security = Client::log_in(address, &certificate, "security-admin", &program.first_password()).await.unwrap();
    account(&security, "office", "P1", "ssb", &[Role::Office]).await.unwrap();
    let office = |program: &Program| {
        let (address, certificate) = (program.address().to_owned(), program.certificate());
        async move { Client::log_in(&address, &certificate, "office", PASSWORD).await.unwrap() }
    };
    let (mut whole, mut absent) = (0, 0);
    for attempt in 0..TRIES {
        // Each attempt brings the villages of another township.
        let township = format!("430923{:03}", 100 + attempt);
        let village = |number: usize| Division {
            code: format!("{township}{number:03}"),
            name: format!("村{number}"),
            level: DivisionLevel::Village.into(),
            parent: township.clone(),
        };
        let above = [
            ("430000", "湖南省", DivisionLevel::Province, ""),
            ("430900", "益阳市", DivisionLevel::Municipality, "430000"),
            ("430923", "安化县", DivisionLevel::County, "430900"),
            (township.as_str(), "乡", DivisionLevel::Township, "430923"),
        ];
        let above = above.map(|(code, name, level, parent)| Division {
            code: code.into(),
            name: name.into(),
            level: level.into(),
            parent: parent.into(),
        });
        let divisions: Vec<Division> = above.into_iter().chain((1..=999).map(village)).collect();
        let asked = ImportDivisionsRequest { divisions, request_id: format!("import-{attempt}"), validate_only: false };
        let client = office(&program).await;
        let sent = asked.clone();
        let call = tokio::spawn(async move { DivisionServiceClient::new(client.door()).import_divisions(sent).await });
        tokio::time::sleep(Duration::from_millis(rand::random_range(5..120))).await;
        program.kill();
        let acknowledged = call.await.unwrap().is_ok();
        program = Program::start(folder.path(), &[]);
        let client = office(&program).await;
        let mut divisions = DivisionServiceClient::new(client.door());
        let children = ListDivisionsRequest {
            parent: format!("divisions/{township}"),
            page_size: 1000,
            page_token: String::new(),
        };
        let found =
            divisions.list_divisions(children.clone()).await.map_or(0, |answer| answer.into_inner().divisions.len());
        assert!(found == 0 || found == 999, "half an import: {found} rows");
        assert!(!acknowledged || found == 999, "an acknowledged import is gone");
        whole += usize::from(found > 0);
        absent += usize::from(found == 0);
        // The same request again brings it to its end, whatever had become of it.
        divisions.import_divisions(asked).await.unwrap();
        let found = divisions.list_divisions(children).await.unwrap().into_inner().divisions.len();
        assert_eq!(found, 999);
    }
    println!("imports killed {TRIES}: whole {whole}, absent {absent}");
}

/// Where clients call it.
fn gateway(program: &Program) -> Gateway {
    Gateway { address: program.address().to_owned(), certificate: program.certificate() }
}

async fn head(program: &Program) -> Client {
    Client::log_in(program.address(), &program.certificate(), "head", PASSWORD).await.unwrap()
}

/// One client: files report after report until the server is gone. What got no answer is left to the next round, under the
/// same request id.
async fn file(client: Client, reports: Arc<Vec<(String, usize)>>, known: Arc<Known>) {
    let mut service = ReportServiceClient::new(client.door());
    loop {
        let next = known.next.fetch_add(1, Ordering::SeqCst);
        let Some((name, indicator)) = usize::try_from(next).ok().and_then(|next| reports.get(next)) else { return };
        let asked = FileReportRequest {
            name: name.clone(),
            // Another figure each month: the same again would ask for an explanation.
            content: Some(small::content(*indicator, 10 * (1 + next / INDICATORS as u64) + next % 7)),
            request_id: format!("file-{next}"),
        };
        let answer = loop {
            known.open.fetch_add(1, Ordering::SeqCst);
            let answer = service.file_report(asked.clone()).await;
            known.open.fetch_sub(1, Ordering::SeqCst);
            match answer {
                // The programme may not have reached reporting yet.
                Err(status) if status.code() == Code::NotFound => tokio::time::sleep(Duration::from_millis(20)).await,
                other => break other,
            }
        };
        match answer {
            Ok(answer) => {
                let receipt = answer.into_inner().receipt.expect("a reply carries its receipt");
                known.acknowledged.lock().await.insert(name.clone(), receipt);
            }
            Err(status) => {
                assert!(
                    matches!(
                        status.code(),
                        Code::Unavailable
                            | Code::Unknown
                            | Code::Cancelled
                            | Code::Internal
                            | Code::DeadlineExceeded
                            | Code::Unauthenticated
                    ),
                    "{status:?}"
                );
                return;
            }
        }
    }
}
