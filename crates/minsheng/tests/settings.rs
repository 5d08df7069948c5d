//! Settings that nobody would read stop `serve` before anything is made; `config check` says everything that is wrong at once,
//! `config show` what counts and where it comes from, and neither tells a secret.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

const GUIDE: &str = include_str!("../../../deploy/guide/operations.md");

/// Runs the program with these variables; gives the exit code and what was said on both outputs.
fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minsheng"));
    command.args(arguments).env_clear().envs(variables.iter().copied()).stdin(Stdio::null());
    let done = command.output().unwrap();
    (done.status.code(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
}

/// Tries to serve all services; gives the exit code and what was said.
fn serve(folder: &Path, settings: Option<&Path>, variable: Option<(&str, &str)>) -> (Option<i32>, String) {
    let mut arguments = vec!["serve", "all", "--folder", folder.to_str().unwrap()];
    if let Some(settings) = settings {
        arguments.extend(["--settings", settings.to_str().unwrap()]);
    }
    let variables: Vec<_> = [("MINSHENG_GATEWAY__SERVER__LISTEN", "127.0.0.1:0")].into_iter().chain(variable).collect();
    let (code, _, said) = run(&arguments, &variables);
    (code, said)
}

/// What `config check` finds, by its code.
fn check(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, Vec<Value>) {
    let (code, found, said) = run(&[&["config", "check", "--output", "json"], arguments].concat(), variables);
    let found: Value = serde_json::from_str(&found).unwrap_or_else(|error| panic!("{error}: {found} {said}"));
    let findings = found["findings"].as_array().unwrap().clone();
    for finding in &findings {
        let code = finding["code"].as_str().unwrap();
        assert!(GUIDE.contains(&format!("`{code}`")), "{code} is not explained in the guide");
    }
    (code, findings)
}

fn codes(findings: &[Value]) -> BTreeSet<&str> {
    findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

#[test]
fn what_nobody_reads_is_refused_by_its_name() {
    let home = tempfile::tempdir().unwrap();
    let (folder, settings) = (home.path().join("data"), home.path().join("settings"));

    let (code, said) = serve(&folder, Some(&settings), None);
    assert!(code == Some(2) && said.contains(&format!("没有{}", settings.display())), "{said}");

    fs::create_dir(&settings).unwrap();
    fs::write(settings.join("gatway.toml"), "").unwrap();
    let (code, said) = serve(&folder, Some(&settings), None);
    assert!(code == Some(2) && said.contains("gatway.toml") && said.contains("改为gateway.toml"), "{said}");

    for variable in ["MINSHENG__DIVISION", "MINSHENG_GATWAY__DIVISION"] {
        let (code, said) = serve(&folder, None, Some((variable, "430923")));
        assert!(code == Some(2) && said.contains(variable), "{said}");
    }
    let (code, said) = serve(&folder, None, Some(("MINSHENG_GATEWAY__SERVER__LISEN", "127.0.0.1:0")));
    assert!(code == Some(2) && said.contains("没有设置项server.lisen") && said.contains("改为server.listen"), "{said}");
    assert!(said.contains("MINSHENG_GATEWAY__SERVER__LISEN"), "{said}");

    let secret = ("MINSHENG_GATEWAY__BOOTSTRAP__PASSWORD_FILE", "/nonexistent");
    let (code, said) = serve(&folder, None, Some(secret));
    assert!(code == Some(2) && said.contains(secret.0) && said.contains(secret.1), "{said}");
    assert!(!folder.join("gateway.db").exists(), "nothing was started");
}

#[test]
fn a_taken_port_is_said_in_chinese_with_the_service() {
    let home = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().map(|address| address.to_string());
    let held = TcpListener::bind(taken.unwrap()).unwrap();
    let address = held.local_addr().unwrap().to_string();
    let (code, said) = serve(home.path(), None, Some(("MINSHENG_RANKING__SERVER__ADMIN_LISTEN", &address)));
    assert!(code == Some(2) && said.contains(&format!("不能启动：{address}已被占用")), "{said}");
    assert!(said.contains("ranking") && !said.contains("in use"), "{said}");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = home.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let settings = home.path().join("settings");
    fs::create_dir(&settings).unwrap();
    file("settings/catalogue.toml", "[server]\nlisen = \"x\"\n[lease]\nseconds = \"ten\"\n");
    file("settings/verification.toml", "[server\n");
    file("settings/gatway.toml", "");
    file("settings/telemetry.toml", "format = \"xml\"\n");
    let exposed = file("exposed.key", "x");
    fs::set_permissions(&exposed, fs::Permissions::from_mode(0o644)).unwrap();
    let no_folder = file("file", "");
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = held.local_addr().unwrap().to_string();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let variables = [
        ("MINSHENG_GATEWAY__SERVER__LISTEN", taken.as_str()),
        ("MINSHENG_GATEWAY__LEDGER__KEY_FILE", &exposed),
        ("MINSHENG_GATEWAY__AUTHORITY__CERTIFICATE_FILE", "/not/there.pem"),
        ("MINSHENG_REPORTING__SERVER__ADMIN_LISTEN", &free),
        ("MINSHENG_RANKING__SERVER__ADMIN_LISTEN", &free),
        ("MINSHENG_REPORTING__EVIDENCE__DIR", &format!("{no_folder}/below")),
        ("MINSHENG_RANKING__DATABASE__URL", "postgres://u:hush-hush@127.0.0.1:1/d"),
        ("MINSHENG_RANKNG__DIVISION", "430923"),
    ];
    let data = home.path().join("data").to_str().unwrap().to_owned();
    let arguments = ["all", "--folder", &data, "--settings", settings.to_str().unwrap()];
    let (code, findings) = check(&arguments, &variables);
    assert_eq!(code, Some(7), "a database that is not reached weighs most");
    let wanted = [
        "SETTING_UNKNOWN",
        "SETTING_KIND",
        "FILE_SYNTAX",
        "FILE_UNREAD",
        "VARIABLE_UNREAD",
        "LOG_FORMAT",
        "PORT_DOUBLED",
        "PORT_TAKEN",
        "FILE_EXPOSED",
        "FILE_MISSING",
        "FILE_UNUSABLE",
        "DATABASE_UNUSABLE",
    ];
    for wanted in wanted {
        assert!(codes(&findings).contains(wanted), "{wanted}: {findings:#?}");
    }
    let told = serde_json::to_string(&findings).unwrap();
    assert!(!told.contains("hush-hush") && told.contains("拒绝连接"), "{told}");
    assert!(!Path::new(&data).exists(), "nothing was made");

    // The same with the service running: its ports are its own.
    let (_, findings) = check(&[&arguments[..], &["--running"]].concat(), &variables);
    assert!(!codes(&findings).contains("PORT_TAKEN") && codes(&findings).contains("PORT_DOUBLED"));
}

#[test]
fn good_settings_are_called_good() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    let variables = [("MINSHENG_GATEWAY__SERVER__LISTEN", "127.0.0.1:0")];
    let (code, findings) = check(&["all", "--folder", folder.to_str().unwrap()], &variables);
    // A disk of which little is free is a note, and no fault.
    assert_eq!(code, Some(0), "{findings:#?}");
    assert!(codes(&findings).is_subset(&BTreeSet::from(["SETTINGS_WELL", "DISK_TIGHT"])), "{findings:#?}");
}

#[test]
fn what_counts_is_shown_with_where_it_comes_from_and_without_secrets() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("gateway.toml"), "[session]\nlife_hours = 8\n").unwrap();
    fs::write(home.path().join("url"), "postgres://u:hush-hush@h/d\n").unwrap();
    let url = home.path().join("url").to_str().unwrap().to_owned();
    let variables = [
        ("MINSHENG_GATEWAY__BOOTSTRAP__PASSWORD", "hush-hush"),
        ("MINSHENG_GATEWAY__DATABASE__URL_FILE", url.as_str()),
        ("MINSHENG_CATALOGUE__DATABASE__URL", "postgres://u:hush-hush@h/d"),
        ("MINSHENG_TELEMETRY__OTLP__SAMPLE_PERCENT", "5"),
    ];
    let arguments = ["config", "show", "gateway", "catalogue", "--settings", home.path().to_str().unwrap()];
    let (code, shown, said) = run(&[&arguments[..], &["--redacted", "--output", "json"]].concat(), &variables);
    assert!(code == Some(0) && !shown.contains("hush"), "{shown} {said}");
    let shown: Vec<Value> = serde_json::from_str(&shown).unwrap();
    let of = |whose: &str, key: &str| {
        let found = shown.iter().find(|shown| shown["of"] == whose && shown["key"] == key).unwrap();
        (found["value"].as_str().unwrap().to_owned(), found["source"].as_str().unwrap().to_owned())
    };
    let pair = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    assert_eq!(of("gateway", "session.life_hours"), pair("8", "FILE"));
    assert_eq!(of("gateway", "session.idle_minutes"), pair("120", "DEFAULT"));
    assert_eq!(of("gateway", "bootstrap.password"), pair("\"******\"", "ENVIRONMENT"));
    assert_eq!(of("gateway", "database.url"), pair("\"******\"", "SECRET_FILE"));
    assert_eq!(of("catalogue", "database.url"), pair("\"postgres://u:******@h/d\"", "ENVIRONMENT"));
    assert_eq!(of("catalogue", "server.listen"), pair("\"127.0.0.1:0\"", "PROGRAM"));
    assert_eq!(of("telemetry", "otlp.sample_percent"), pair("5", "ENVIRONMENT"));
    let (_, table, _) = run(&arguments, &variables);
    assert!(
        table.contains("环境变量 MINSHENG_GATEWAY__DATABASE__URL_FILE 所指的文件") && !table.contains("hush"),
        "{table}"
    );
}
