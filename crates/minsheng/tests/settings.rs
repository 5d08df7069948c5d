//! Settings that nobody would read stop `serve` before anything is made, and the error names what was given.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Tries to serve all services; gives the exit code and what was said.
fn serve(folder: &Path, settings: Option<&Path>, variable: Option<(&str, &str)>) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minsheng"));
    command.args(["serve", "all", "--folder"]).arg(folder).env("MINSHENG_GATEWAY__SERVER__LISTEN", "127.0.0.1:0");
    if let Some(settings) = settings {
        command.arg("--settings").arg(settings);
    }
    command.envs(variable);
    let done = command.stdin(Stdio::null()).output().unwrap();
    (done.status.code(), String::from_utf8(done.stderr).unwrap())
}

#[test]
fn what_nobody_reads_is_refused_by_its_name() {
    let home = tempfile::tempdir().unwrap();
    let (folder, settings) = (home.path().join("data"), home.path().join("settings"));

    let (code, said) = serve(&folder, Some(&settings), None);
    assert!(code == Some(2) && said.contains("settings cannot be read"), "{said}");

    fs::create_dir(&settings).unwrap();
    fs::write(settings.join("gatway.toml"), "").unwrap();
    let (code, said) = serve(&folder, Some(&settings), None);
    assert!(code == Some(2) && said.contains("gatway.toml is the file of no service"), "{said}");

    for variable in ["MINSHENG__DIVISION", "MINSHENG_GATWAY__DIVISION"] {
        let (code, said) = serve(&folder, None, Some((variable, "430923")));
        assert!(code == Some(2) && said.contains(variable), "{said}");
    }
    let (code, said) = serve(&folder, None, Some(("MINSHENG_GATEWAY__SERVER__LISEN", "127.0.0.1:0")));
    assert!(code == Some(2) && said.contains("no key server.lisen"), "{said}");
    assert!(said.contains("MINSHENG_GATEWAY__SERVER__LISEN"), "{said}");

    let secret = ("MINSHENG_GATEWAY__BOOTSTRAP__PASSWORD_FILE", "/nonexistent");
    let (code, said) = serve(&folder, None, Some(secret));
    assert!(code == Some(2) && said.contains(secret.0) && said.contains(secret.1), "{said}");
    assert!(!folder.join("gateway.db").exists(), "nothing was started");
}
