//! The contract proved by a foreign client: Python with grpcio, generated from the proto files, runs a month of the real
//! programme through the gateway.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};

use minsheng_demo::{Documents, PASSWORD, World, WorldOptions, amend, load};
use minsheng_kit::clock::Clock;
use minsheng_kit::identity::{Caller, KeyRing};
use minsheng_kit::service::SERVICES;
use minsheng_testkit::moment;
use minsheng_tests::process::binary;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn python_runs_a_month() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = WorldOptions::new(folder.path());
    options.settings.push(("ranking", "worker.program", binary().display().to_string()));
    let world = World::start(options).await.unwrap();
    let documents = Documents::read().unwrap();
    let loaded = load(&world, &documents).await.unwrap();
    amend(&world, &loaded, &documents).await.unwrap();
    let heads: serde_json::Map<String, Value> =
        documents.lead_units().iter().map(|unit| (unit.id.clone(), json!(format!("{}.head", unit.id)))).collect();
    let settings = json!({
        "address": world.address("gateway").unwrap().to_string(),
        "certificate": world.ca_file(),
        "password": PASSWORD,
        "programme": loaded.programme,
        "period": "2023-06",
        "date": "2023-06-21",
        "office": "ssb.office1",
        "office2": "ssb.office2",
        "chief": "ssb.chief",
        "certifier": "tjj.certifier",
        "heads": heads,
        "own_indicator": "1.1",
        "other_indicator": "3.1",
    });

    describe(&world, &settings).await;

    world.at(moment("2023-06-15T09:00:00+08:00"));
    let filed = python("file", &settings).await;
    assert_eq!(filed["filed"], 26);
    assert_eq!(filed["receipts"][0]["origin"], "minsheng/430923/reporting");
    let refused = python("refusals", &settings).await;
    assert_eq!(refused["no token"], "UNAUTHENTICATED TOKEN_INVALID");
    assert_eq!(refused["another unit's indicator"], "PERMISSION_DENIED NOT_LEAD_UNIT");
    assert_eq!(refused["month 13"], "INVALID_ARGUMENT PERIOD_INVALID");
    assert_eq!(refused["no request id"], "INVALID_ARGUMENT REQUEST_ID_REQUIRED");
    assert_eq!(refused["a unit certifies"], "PERMISSION_DENIED NOT_ALLOWED");

    let decided = python("decide", &settings).await;
    assert_eq!((&decided["passed"], &decided["certified"]), (&json!(26), &json!(26)));

    world.at(moment("2023-06-21T09:00:00+08:00"));
    let published = python("publish", &settings).await;
    assert_eq!((&published["indicators"], &published["townships"]), (&json!(26), &json!(24)));
    assert_eq!(published["number"], "安实办通报〔2023〕1号");
    assert!(published["files"]["BULLETIN_FORMAT_HTML"].as_u64().unwrap() > 1_000);
    assert!(published["files"]["BULLETIN_FORMAT_XLSX"].as_u64().unwrap() > 1_000);
    assert!(published["files"]["BULLETIN_FORMAT_DOCX"].as_u64().unwrap() > 1_000);
    let rows = published["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 14);
    for row in rows.iter().filter(|row| row["rank"] != 0) {
        let lines = row["lines"].as_array().unwrap().iter().map(|points| tenths(points.as_str().unwrap()));
        assert_eq!(
            tenths(row["score"].as_str().unwrap()),
            lines.sum::<i64>(),
            "{row}: the score is the sum of its lines"
        );
    }
    world.stop().await;
}

/// Health and reflection at every door, as general tools use them.
async fn describe(world: &World, settings: &Value) {
    let keys = KeyRing::ensure(&world.folder().join("keys"), &SERVICES).unwrap();
    let signer = keys.signer("gateway").unwrap();
    let caller = Caller::service("gateway", "430923");
    let services = ["catalogue", "reporting", "verification", "ranking"];
    let doors = services.map(|service| {
        let address = world.address(service).unwrap().to_string();
        let token = signer.sign(&caller, service, world.clock().now()).unwrap();
        (service.to_owned(), json!({"address": address, "token": token}))
    });
    let mut settings = settings.clone();
    settings["doors"] = Value::Object(doors.into_iter().collect());
    let seen = python("describe", &settings).await;
    assert_eq!(seen["without a token"], "UNAUTHENTICATED TOKEN_INVALID");
    assert_eq!(seen["health of nobody"], "NOT_FOUND");
    for door in services.iter().chain(&["gateway"]) {
        assert_eq!(seen[door]["health"], "SERVING", "{door}");
        for service in ["minsheng.reporting.v1.ReportService", "minsheng.ledger.v1.LedgerService"] {
            assert!(seen[door]["services"][service].as_u64().is_some_and(|methods| methods >= 3), "{door}: {seen}");
        }
    }
    for service in services {
        let own = seen[service]["own"].as_object().unwrap();
        assert!(!own.is_empty() && own.values().all(|health| health == "SERVING"), "{service}: {own:?}");
    }
}

/// A decimal as an exact number of ten-thousandths.
fn tenths(text: &str) -> i64 {
    text.parse::<minsheng_domain::quantity::Quantity>().unwrap().scaled()
}

/// Runs one step of the client and gives what it printed.
async fn python(step: &str, settings: &Value) -> Value {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let program = root.join("../target/python/bin/python");
    assert!(program.exists(), "the Python packages are missing: tests/run installs them");
    let script: &Path = &root.join("python/month.py");
    let output = tokio::process::Command::new(program)
        .arg(script)
        .arg(step)
        .env("MINSHENG_CLIENT", settings.to_string())
        .output()
        .await
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{step}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{step} printed {:?}: {errors}", output.stdout))
}
