//! Traces and logs by real processes: one trace from the command line over the services to the parent and the province, with
//! nothing in it that is nobody's business; and collectors that are away, silent or hostile, which hold nobody up.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use minsheng_proto::identity::v1::GetSessionRequest;
use minsheng_proto::identity::v1::session_service_client::SessionServiceClient;
use minsheng_tests::chain::{self, Link};
use minsheng_tests::clerk::Clerk;
use minsheng_tests::process::binary;
use minsheng_tests::small::PASSWORD;
use minsheng_tests::{Client, Program};

use crate::collector::{Collector, Span};
use crate::{TIERS, divisions, free, get, soon, value, variable};

/// The figure that is filed; no port and no count is like it.
const FIGURE: &str = "9876";
const SIGNED: [&str; 8] =
    ["--progress", "按计划推进。", "--filled-by", "甲某某", "--reviewed-by", "乙", "--head", "丙"];

/// The span that calls the commands.
const CALLER: &str = "00f067aa0ba902b7";

fn telemetry(endpoint: &str) -> Vec<(String, String)> {
    vec![
        variable("MINSHENG_TELEMETRY__OTLP__ENDPOINT", endpoint),
        variable("MINSHENG_TELEMETRY__OTLP__DELAY_MILLISECONDS", "100"),
    ]
}

/// Runs a command that is traced, called by a span of that trace; gives the exit code with what was said.
fn command(clerk: &Clerk, endpoint: &str, trace: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let done = Command::new(binary())
        .args(arguments)
        .env_clear()
        .env("HOME", clerk.path(""))
        .envs(telemetry(endpoint))
        .env("TRACEPARENT", format!("00-{trace}-{CALLER}-01"))
        .output()
        .unwrap();
    (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
}

async fn start(folder: &Path, endpoint: &str) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for (number, (place, _)) in TIERS.iter().enumerate() {
        let mut environment = chain::environment(place.code);
        environment.extend(telemetry(endpoint));
        environment.push(variable("MINSHENG_TELEMETRY__LOG", "info"));
        let folder = folder.join(place.code);
        std::fs::create_dir_all(&folder).unwrap();
        let program = Program::start(&folder, &environment);
        let link = Link::with(place, &divisions(), program).await;
        if let Some(above) = links.last() {
            link.join(above).await;
        }
        let above = number.checked_sub(1).map(|number| &TIERS[number].0);
        link.issue(chain::programme(place, above, TIERS.get(number + 1).map(|(place, _)| place))).await;
        links.push(link);
    }
    links
}

/// Waits until a trace has all of these spans: division (empty for the command line) and name.
async fn has(collector: &Collector, trace: &str, wanted: &[(&str, &str)]) -> Vec<Span> {
    let found = soon("the spans of a trace", async || {
        let spans = collector.trace(trace);
        let there =
            |(division, name): &(&str, &str)| spans.iter().any(|span| span.division == *division && span.name == *name);
        wanted.iter().all(there).then_some(spans)
    });
    match tokio::time::timeout(crate::PATIENCE / 2, found).await {
        Ok(found) => found,
        Err(_) => {
            let spans = collector.trace(trace);
            let shown: Vec<String> = spans.iter().map(|span| format!("{} {}", span.division, span.name)).collect();
            panic!("wanted {wanted:#?}, there is {shown:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_runs_from_the_command_line_to_the_province() {
    let folder = tempfile::tempdir().unwrap();
    let (collector, endpoint) = Collector::start().await;
    let links = start(folder.path(), &endpoint).await;
    let county = &links[2];
    let month = chain::months().pop().unwrap();
    county.report("1.1", &month, |_| true).await;
    let clerk = |account: &str| Clerk::log_in(folder.path(), &county.program, account, PASSWORD);
    let (head, office) = (clerk("head"), clerk("office"));

    let filing = "4bf92f3577b34da6a3ce929d0e0e4736";
    let value = format!("1.1-1={FIGURE}");
    let report = format!("1.1/{month}");
    let arguments = [&["report", "file", report.as_str(), "--values", &value], &SIGNED[..]].concat();
    let (code, said) = command(&head, &endpoint, filing, &arguments);
    assert_eq!(code, Some(0), "{said}");
    let own = TIERS[2].0.code;
    has(
        &collector,
        filing,
        &[
            ("", "minsheng report file"),
            (own, "minsheng.reporting.v1.ReportService/FileReport"),
            (own, "command ReportService/FileReport"),
            (own, "verification follows reporting"),
            (own, "ranking follows reporting"),
        ],
    )
    .await;
    // Each has its cause in the trace, up to the span that called the command; a cause may be sent after what it caused.
    let spans = soon("the cause of every span", async || {
        let spans = collector.trace(filing);
        let is_known = |span: &Span| span.parent == CALLER || spans.iter().any(|other| other.id == span.parent);
        let doors = spans.iter().filter(|span| span.name.ends_with("/FileReport") && !span.name.starts_with("command"));
        (spans.iter().all(is_known) && doors.count() == 2).then_some(spans)
    })
    .await;
    let door = "minsheng.reporting.v1.ReportService/FileReport";
    let answered = spans.iter().find(|span| span.name == door && span.division == own).unwrap();
    assert!(answered.attributes.contains(&("rpc.grpc.status_code".to_owned(), "0".to_owned())), "{answered:?}");
    let called = spans.iter().find(|span| span.division.is_empty()).unwrap();
    assert_eq!((called.program.as_str(), answered.program.as_str()), ("minsheng-command", "minsheng"));

    // The office passes it: the fast figure goes up to the municipality, and in its sum on to the province.
    let passing = "0af7651916cd43dd8448eb211c80319c";
    soon("a case that can be passed", async || {
        let (code, said) = command(&office, &endpoint, passing, &["cases", "pass", &report]);
        assert!(matches!(code, Some(0 | 5 | 6)), "{said}");
        (code == Some(0)).then_some(())
    })
    .await;
    let filed = "minsheng.tier.v1.FilingService/FileSets";
    let (above, top) = (TIERS[1].0.code, TIERS[0].0.code);
    has(
        &collector,
        passing,
        &[
            ("", "minsheng cases pass"),
            (own, "reporting follows verification"),
            (own, "figures go up"),
            (above, filed),
            (above, "command FilingService/FileSets"),
            (above, "verification follows reporting"),
            (above, "figures go up"),
            (top, filed),
            (top, "verification follows reporting"),
        ],
    )
    .await;
    soon("a log record in the trace", async || {
        let mut logs = collector.logs().into_iter();
        logs.find(|log| log.trace == passing && log.division == own && log.body == "figures went up")
    })
    .await;

    // Calls that machines repeat for ever are no traces.
    assert!(!collector.spans().iter().any(|span| span.name.contains("LedgerService/Watch")));
    for link in links.into_iter().rev() {
        link.program.stop();
    }
    assert!(collector.spans().iter().all(|span| span.links <= 32));
    let token = std::fs::read_to_string(head.path(".config/minsheng/profile.toml")).unwrap();
    let token = token.lines().find_map(|line| line.strip_prefix("token = ")).unwrap().trim_matches('"').to_owned();
    assert!(!collector.tells_number(FIGURE), "the figure was sent");
    for secret in [PASSWORD, token.as_str(), "甲某某", "按计划推进"] {
        assert!(!collector.holds(secret), "{secret} was sent");
    }
}

/// Takes connections and does this with each, as long as the test runs; gives its address.
fn listener(act: impl Fn(&mut std::net::TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let act = Arc::new(act);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, act) = (stream.unwrap(), act.clone());
            std::thread::spawn(move || act(&mut stream));
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_silent_or_hostile_holds_nobody_up() {
    // One takes what is sent and never answers; one answers with what is no HTTP/2, without end.
    let silent = listener(|stream| while stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {});
    let hostile = listener(|stream| while stream.write_all(&[0x41; 65536]).is_ok() {});
    for endpoint in [format!("http://{}", free()), silent, hostile] {
        let folder = tempfile::tempdir().unwrap();
        let admin = free();
        let mut environment = chain::environment(TIERS[2].0.code);
        environment.extend(telemetry(&endpoint));
        environment.extend([
            variable("MINSHENG_TELEMETRY__OTLP__QUEUE", "16"),
            variable("MINSHENG_TELEMETRY__OTLP__TIMEOUT_SECONDS", "1"),
            variable("MINSHENG_GATEWAY__SERVER__ADMIN_LISTEN", &admin),
        ]);
        let program = Program::start(folder.path(), &environment);
        let first = program.first_password();
        let client = Client::log_in(program.address(), &program.certificate(), "security-admin", &first).await.unwrap();
        // Far more spans than the queue holds.
        let mut sessions = SessionServiceClient::new(client.door());
        for _ in 0..300 {
            sessions.get_session(GetSessionRequest {}).await.unwrap();
        }
        soon("the count of what was not taken", async || {
            let now = get(&admin, "/metrics").await;
            assert_eq!(value(&now, "minsheng_otlp_sent_total{signal=\"traces\"}"), Some(0.0));
            (value(&now, "minsheng_otlp_failed_total{signal=\"traces\"}")? > 0.0).then_some(())
        })
        .await;
        sessions.get_session(GetSessionRequest {}).await.unwrap();
        assert!(get(&admin, "/ready").await.contains("ok"));
        program.stop();
    }
}
