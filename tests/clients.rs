//! Other people's programs: the clients of deploy/clients as the guide tells to make and run them, word for word, and the
//! OpenAPI document held against the gateway that answers them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use minsheng_demo::{Documents, PASSWORD, World, WorldOptions, amend, load};
use minsheng_testkit::moment;
use minsheng_tests::process::binary;
use serde_json::{Value, json};
use tokio::process::Command;

const GUIDE: &str = "deploy/guide/clients.md";
/// The sections of the guide with a client each.
const CLIENTS: [&str; 3] = ["Python", "TypeScript", "Go"];
/// The commands of each such section, in their order.
const MAKE: usize = 0;
const DUTIES: usize = 1;
const FILE: usize = 2;
const FOLLOW: usize = 3;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The commands that the guide gives in a section.
fn commands(section: &str) -> Vec<String> {
    let guide = std::fs::read_to_string(root().join(GUIDE)).unwrap();
    let body = guide.split("\n## ").find(|part| part.lines().next() == Some(section));
    let body = body.unwrap_or_else(|| panic!("{GUIDE} has no section {section}"));
    let fences = body.split("\n```sh\n").skip(1);
    fences.map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

/// Who runs the guide's commands, and where the gateway is.
struct Reader {
    environment: Vec<(&'static str, String)>,
}

impl Reader {
    /// Commands of the guide in one shell in the project's folder, behind those that set it up.
    fn shell(&self, script: &str) -> Command {
        let python = root().join("target/python/bin");
        assert!(python.join("python3").exists(), "the Python packages are missing: tests/run installs them");
        let path = format!("{}:{}", python.display(), std::env::var("PATH").unwrap());
        let script = format!("{}\n{script}", commands("准备").join("\n"));
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", &script]).current_dir(root()).env("PATH", path);
        command.envs(self.environment.iter().map(|(name, value)| (*name, value.as_str())));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    async fn run(&self, script: &str) -> String {
        let output = self.shell(script).output().await.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}\n{errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command says that fails.
    async fn fails(&self, script: &str) -> String {
        let output = self.shell(script).output().await.unwrap();
        assert!(!output.status.success(), "{script}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// The same command of each client: all must say the same.
    async fn all(&self, place: usize) -> String {
        let mut said = Vec::new();
        for client in CLIENTS {
            said.push(self.run(&commands(client)[place]).await);
        }
        assert!(said.iter().all(|one| *one == said[0]), "{said:#?}");
        said.swap_remove(0)
    }
}

/// A step of the office's part, in JSON by the document.
async fn office(step: &str, settings: &Value) -> Value {
    let program = root().join("target/python/bin/python");
    let mut command = Command::new(program);
    command.arg(root().join("tests/python/openapi.py")).arg(step).env("MINSHENG_CLIENT", settings.to_string());
    let output = command.output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{step}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_made_by_the_guide_live_a_month() {
    for (program, package) in [
        ("curl", "curl"),
        ("node", "nodejs"),
        ("npm", "npm"),
        ("go", "golang-go"),
        ("protoc-gen-go-grpc", "protoc-gen-go-grpc"),
    ] {
        let found =
            std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|folder| folder.join(program).exists());
        assert!(found, "{program} is missing: tests/run installs the Debian package {package}");
    }
    let folder = tempfile::tempdir().unwrap();
    let world = World::start(WorldOptions::new(folder.path().join("tier"))).await.unwrap();
    let documents = Documents::read().unwrap();
    let loaded = load(&world, &documents).await.unwrap();
    amend(&world, &loaded, &documents).await.unwrap();
    world.at(moment("2023-06-15T09:00:00+08:00"));
    let password = folder.path().join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    let reader = Reader {
        environment: vec![
            ("MINSHENG_URL", world.url()),
            ("MINSHENG_CERTIFICATE", world.ca_file().display().to_string()),
            ("MINSHENG_ACCOUNT", "xzspj.head".to_owned()),
            ("MINSHENG_PASSWORD_FILE", password.display().to_string()),
        ],
    };
    let document = folder.path().join("openapi.json");
    let made = Command::new(binary()).arg("openapi").output().await.unwrap();
    assert!(made.status.success());
    std::fs::write(&document, made.stdout).unwrap();
    let settings = json!({
        "document": document,
        "address": world.address("gateway").unwrap().to_string(),
        "certificate": world.ca_file(),
        "password": PASSWORD,
        "programme": loaded.programme,
        "period": "2023-06",
        "office": "ssb.office1",
        "certifier": "tjj.certifier",
        "filed": 3,
    });
    let seen = office("paths", &settings).await;
    assert!(seen["paths"].as_u64().unwrap() > 80, "{seen}");
    assert!(
        seen["codes"]["ok"].as_u64().unwrap() > 5 && seen["codes"]["invalid_argument"].as_u64().unwrap() > 20,
        "{seen}"
    );

    for client in CLIENTS {
        reader.run(&commands(client)[MAKE]).await;
    }
    let owed = reader.all(DUTIES).await;
    let reports = owed.lines().filter(|line| line.starts_with("DUTY_KIND_REPORT ") && line.ends_with(" open"));
    assert_eq!((reports.count(), owed.lines().count()), (3, 4), "{owed}");
    for transport in ["connect", "grpc-web", "grpc"] {
        let script = format!("export MINSHENG_TRANSPORT={transport}\n{}", commands("TypeScript")[DUTIES]);
        assert_eq!(reader.run(&script).await, owed, "{transport}");
    }
    let by_curl = reader.run(&commands("curl").join("\n")).await;
    let answers: Vec<Value> = by_curl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [page, refused] = answers.as_slice() else { panic!("{by_curl}") };
    assert_eq!(page["duties"].as_array().unwrap().len(), 2);
    assert!(page["nextPageToken"].as_str().is_some_and(|token| !token.is_empty()));
    assert_eq!(refused["code"], "invalid_argument");

    let filed = reader.all(FILE).await;
    let receipts: Vec<&str> = filed.lines().collect();
    assert_eq!(receipts.len(), 3);
    assert!(receipts.iter().all(|line| line.contains(" minsheng/430923/reporting ")), "{filed}");
    assert_eq!(reader.all(DUTIES).await.matches(" done").count(), 3);
    let mut complaints = Vec::new();
    for client in CLIENTS {
        let wrong = commands(client)[FILE].replace("2023-06", "2023-13");
        complaints.push(reader.fails(&wrong).await);
    }
    assert!(complaints[0].starts_with("PERIOD_INVALID: "), "{}", complaints[0]);
    assert!(complaints.iter().all(|one| *one == complaints[0]), "{complaints:#?}");

    assert_eq!(office("decide", &settings).await, json!({ "DECISION_PASS": 3, "DECISION_CERTIFY": 3 }));
    let following: Vec<_> =
        CLIENTS.iter().map(|client| reader.shell(&commands(client)[FOLLOW]).spawn().unwrap()).collect();
    world.at(moment("2023-06-21T09:00:00+08:00"));
    let published = office("publish", &settings).await;
    assert_eq!((&published["indicators"], &published["certified"]), (&json!(26), &json!(3)), "{published}");
    let expected: Vec<&str> = published["rows"].as_array().unwrap().iter().map(|row| row.as_str().unwrap()).collect();
    assert!(expected.iter().any(|row| row.contains(" xzspj ")), "{published}");
    for (client, child) in CLIENTS.iter().zip(following) {
        let output = child.wait_with_output().await.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{client}: {}", String::from_utf8_lossy(&output.stderr));
        let mut lines = said.lines();
        let head = lines.next().unwrap();
        assert_eq!(head.split(' ').next(), published["name"].as_str(), "{client}: {said}");
        assert!(lines.map(str::trim_end).eq(expected.iter().map(|row| row.trim_end())), "{client}: {said}");
    }
    world.stop().await;
}
