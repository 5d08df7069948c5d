//! Backups of a running tier, restored elsewhere: whole, proven, and refused when they are not; and what the tiers above
//! and below say to a tier that comes back from an old one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod load;
mod tiers;

use std::path::Path;

use minsheng_testkit::Postgres;
use minsheng_tests::Program;
use minsheng_tests::clerk::Clerk;

const SERVICES: [&str; 5] = ["catalogue", "reporting", "verification", "ranking", "gateway"];

#[test]
fn a_damaged_backup_is_named_and_a_living_folder_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let living = folder.path().join("living");
    std::fs::create_dir(&living).unwrap();
    let program = Program::start(&living, &[]);
    let operator = Clerk::stranger(folder.path(), "operator");
    let from = living.to_str().unwrap();
    let backup = operator.path("backup");
    operator.ok(&["backup", "--folder", from, "--out", &backup]);

    let said = operator.fails(6, &["restore", &backup, "--folder", from]);
    assert!(said.contains("不是空的"), "{said}");
    assert!(operator.fails(2, &["backup", "--folder", from, "--out", &backup]).contains("不是空的"));
    Clerk::log_in(folder.path(), &program, "security-admin", &program.first_password());

    let place = operator.path("restored");
    let listed = std::fs::read_to_string(Path::new(&backup).join("SHA256SUMS")).unwrap();
    let names: Vec<&str> = listed.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    for wanted in ["data/reporting.db", "data/keys/reporting-ledger.key", "data/gateway-certificate.pem", "backup.json"]
    {
        assert!(names.contains(&wanted), "{wanted}: {names:?}");
    }
    for name in names {
        let path = Path::new(&backup).join(name);
        let whole = std::fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        std::fs::write(&path, damaged).unwrap();
        assert!(operator.fails(8, &["backup", "verify", &backup]).contains(name), "{name}");
        // What a restore does not copy it does not check.
        if name.starts_with("data/") || name == "backup.json" {
            assert!(operator.fails(8, &["restore", &backup, "--folder", &place]).contains(name), "{name}");
            assert!(!Path::new(&place).join("keys").exists());
        }
        std::fs::write(&path, whole).unwrap();
    }
    std::fs::write(Path::new(&backup).join("data/strange"), "x").unwrap();
    assert!(operator.fails(8, &["backup", "verify", &backup]).contains("data/strange"));
    std::fs::remove_file(Path::new(&backup).join("data/strange")).unwrap();
    std::fs::rename(Path::new(&backup).join("SHA256SUMS"), operator.path("sums")).unwrap();
    assert!(operator.fails(2, &["restore", &backup, "--folder", &place]).contains("没有做完"));
    std::fs::rename(operator.path("sums"), Path::new(&backup).join("SHA256SUMS")).unwrap();
    operator.ok(&["restore", &backup, "--folder", &place]);
}

#[test]
fn keys_kept_elsewhere_are_asked_for_and_must_be_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let programs = ["living", "other"].map(|name| {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        Program::start(&folder, &[])
    });
    let [living, other] = programs.each_ref().map(|program| program.folder().to_str().unwrap().to_owned());
    let operator = Clerk::stranger(folder.path(), "operator");
    let (backup, place) = (operator.path("backup"), operator.path("restored"));
    operator.ok(&["backup", "--folder", &living, "--out", &backup, "--without-keys"]);
    let listed = std::fs::read_to_string(Path::new(&backup).join("SHA256SUMS")).unwrap();
    assert!(!listed.contains(".key\n") && !listed.contains("first-password"), "{listed}");
    assert!(listed.contains("data/keys/trusted/reporting-ledger.pem"), "{listed}");
    assert!(operator.fails(2, &["restore", &backup, "--folder", &place]).contains("不含私钥"));
    let wrong = ["restore", &backup, "--folder", &place, "--keys", &other];
    assert!(operator.fails(8, &wrong).contains("不是备份时的那一个"));
    operator.ok(&["restore", &backup, "--folder", &place, "--keys", &living]);
    let program = Program::start(Path::new(&place), &[]);
    Clerk::log_in(folder.path(), &program, "security-admin", &program.first_password());
}

/// What PostgreSQL keeps is backed up by its own means; its heads are here, and prove what was restored there.
#[test]
fn of_postgres_the_heads_are_kept_and_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let living = folder.path().join("living");
    std::fs::create_dir(&living).unwrap();
    let operator = Clerk::stranger(folder.path(), "operator");
    let (server, settings) = (Postgres::start(), operator.path("settings"));
    std::fs::create_dir(&settings).unwrap();
    let urls = SERVICES.map(|service| (service, server.create(service)));
    for (service, url) in &urls {
        std::fs::write(format!("{settings}/{service}.toml"), format!("[database]\nurl = \"{url}\"\n")).unwrap();
    }
    let environment =
        urls.clone().map(|(service, url)| (format!("MINSHENG_{}__DATABASE__URL", service.to_uppercase()), url));
    let program = Program::start(&living, &environment);
    let (backup, place) = (operator.path("backup"), operator.path("restored"));
    let from = living.to_str().unwrap();
    let said = operator.ok(&["backup", "--folder", from, "--settings", &settings, "--out", &backup]);
    assert!(said.contains("数据库在PostgreSQL"), "{said}");
    // The ledger goes on; it still extends the head that was kept.
    Clerk::log_in(folder.path(), &program, "security-admin", &program.first_password());
    let said = operator.ok(&["restore", &backup, "--folder", &place]);
    for (service, url) in &urls {
        let (key, head) = (format!("{backup}/heads/{service}.vkey"), format!("{backup}/heads/{service}.txt"));
        assert!(said.contains(&format!("--key {key} --head {head}")), "{said}");
        operator.ok(&["verify", "ledger", "--database", url, "--key", &key, "--head", &head]);
    }
    assert!(Path::new(&place).join("keys/reporting-ledger.key").exists());
}
