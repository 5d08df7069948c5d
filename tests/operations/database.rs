//! A database that comes up after its service: it is waited for, for as long as the settings say, and no longer.

use std::process::{Command, Stdio};

use minsheng_testkit::Postgres;
use minsheng_tests::Program;
use minsheng_tests::process::binary;

use crate::{free, get, soon, variable};

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_comes_up_late_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let server = Postgres::start();
    let url = server.create("catalogue");
    server.halt();
    let admin = free();
    let environment = [
        variable("MINSHENG__DATABASE__URL", &url),
        variable("MINSHENG__SERVER__LISTEN", "127.0.0.1:0"),
        variable("MINSHENG__SERVER__ADMIN_LISTEN", &admin),
    ];
    let data = folder.path().to_owned();
    let starting = tokio::task::spawn_blocking(move || Program::alone("catalogue", &data, &environment));
    let log = folder.path().join("log");
    soon("the word that the database is waited for", async || {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        said.contains("the database does not answer yet and is waited for").then_some(())
    })
    .await;
    assert!(!starting.is_finished());
    server.resume();
    let program = starting.await.unwrap();
    soon("a service that is ready", async || get(&admin, "/ready").await.contains("storage: ok").then_some(())).await;
    program.stop();
}

#[test]
fn a_database_that_does_not_come_ends_the_start_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("postgres://minsheng:hush-hush@{}/catalogue", free());
    let done = Command::new(binary())
        .args(["serve", "catalogue", "--folder"])
        .arg(folder.path())
        .env("MINSHENG__DATABASE__URL", &url)
        .env("MINSHENG__DATABASE__WAIT_SECONDS", "1")
        .env("MINSHENG__SERVER__LISTEN", "127.0.0.1:0")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(7), "{said}");
    let sentence = "错误：不能启动：等了1秒（database.wait_seconds），数据库没有应答";
    assert!(said.contains(sentence) && said.contains("拒绝连接") && said.contains("catalogue"), "{said}");
    assert!(!said.contains("hush-hush"), "{said}");
}
