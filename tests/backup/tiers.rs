//! Tiers that come back from an old backup: the other side refuses what is shorter, and the procedure that is printed and
//! stands in the guide brings both together again.

use std::path::{Path, PathBuf};

use minsheng_tests::clerk::Clerk;
use minsheng_tests::small::PASSWORD;
use minsheng_tests::{Program, chain};
use serde_json::Value;

use super::SERVICES;

const PARENT: &str = "430900";
const CHILD: &str = "430923";
const GUIDE: &str = include_str!("../../deploy/guide/backup.md");

/// A tier with its security administrator.
struct Tier {
    folder: PathBuf,
    program: Program,
    security: Clerk,
}

impl Tier {
    fn start(folder: &Path, division: &str, listen: &str) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let program = Program::start_at(listen, folder, &chain::environment(division));
        let security = Clerk::log_in(folder, &program, "security-admin", &program.first_password());
        Self { folder: folder.to_owned(), program, security }
    }

    /// Takes a backup, with the settings that the environment gives.
    fn back_up(&self, operator: &Clerk, division: &str) -> String {
        let (settings, backup) = (operator.path("settings"), operator.path("backup"));
        std::fs::create_dir(&settings).unwrap();
        for service in SERVICES {
            std::fs::write(format!("{settings}/{service}.toml"), format!("division = \"{division}\"\n")).unwrap();
        }
        let folder = self.folder.to_str().unwrap();
        operator.ok(&["backup", "--folder", folder, "--settings", &settings, "--out", &backup]);
        backup
    }

    /// Enters something into the catalogue.
    fn enter(&self) {
        let password = self.security.write("office-password", PASSWORD);
        let post = ["--display-name", "实事办", "--person", "P1", "--unit", "ssb", "--role", "office"];
        self.security.ok(&[&["account", "create", "office"], &post[..], &["--password-file", &password]].concat());
        let office = Clerk::log_in(&self.folder, &self.program, "office", PASSWORD);
        let divisions = "code,name,level,parent\n430000,湖南省,province,\n430900,益阳市,municipality,430000\n";
        let divisions = office.write("divisions.csv", format!("{divisions}430923,安化县,county,430900\n"));
        office.ok(&["divisions", "import", &divisions]);
    }
}

/// Two tiers that know each other.
fn joined(folder: &Path) -> (Tier, Tier) {
    let free = "127.0.0.1:0";
    let parent = Tier::start(&folder.join("parent"), PARENT, free);
    let child = Tier::start(&folder.join("child"), CHILD, free);
    let made = parent.security.json(&["tier", "code", "--division", CHILD]);
    let line = made["joinCommand"].as_str().unwrap().strip_prefix("minsheng ").unwrap().to_owned();
    child.security.ok(&line.split(' ').collect::<Vec<_>>());
    (parent, child)
}

/// What the doctor says: exit code, and all of it.
fn doctor(clerk: &Clerk) -> (i32, Value) {
    let ran = clerk.run(&["doctor", "--output", "json"]);
    (ran.code, serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}")))
}

/// Resolves every alarm as the guide says: the root that the other side told is compared and accepted. Gives the origins.
fn resolve(alarmed: &Clerk, finding: &str, told: &Value) -> Vec<(String, String)> {
    assert!(GUIDE.contains("minsheng tier alarms") && GUIDE.contains("--accept offered") && GUIDE.contains(finding));
    let listed = alarmed.json(&["tier", "alarms"]);
    let origins: Vec<&str> =
        listed["alarms"].as_array().unwrap().iter().map(|alarm| alarm["origin"].as_str().unwrap()).collect();
    let resolved = origins.into_iter().map(|origin| {
        let of_ledger = |found: &&Value| found["code"] == finding && found["facts"]["origin"] == origin;
        let found =
            told["findings"].as_array().unwrap().iter().find(of_ledger).unwrap_or_else(|| panic!("{origin}: {told}"));
        let root = found["facts"]["offered"].as_str().unwrap().rsplit('根').next().unwrap();
        let accept =
            ["tier", "resolve", origin, "--accept", "offered", "--root", root, "--reason", "磁盘损坏，恢复备份"];
        alarmed.ok(&accept);
        (origin.to_owned(), root.to_owned())
    });
    resolved.collect()
}

/// The root that a backup says of a ledger.
fn root_of(operator: &Clerk, backup: &str, origin: &str) -> String {
    let heads = operator.json(&["backup", "verify", backup]);
    let ledger = heads["ledgers"].as_array().unwrap().iter().find(|ledger| ledger["origin"] == origin).cloned();
    ledger.unwrap()["root"].as_str().unwrap().to_owned()
}

#[test]
fn a_lower_tier_from_an_old_backup_is_refused_above_and_brought_back_by_the_procedure() {
    const ORIGIN: &str = "minsheng/430923/catalogue";
    let folder = tempfile::tempdir().unwrap();
    let (parent, child) = joined(folder.path());
    let operator = Clerk::stranger(folder.path(), "operator");
    let backup = child.back_up(&operator, CHILD);
    // After the backup something is entered, and the parent sees the ledger with it.
    child.enter();
    child.security.ok(&["parent", "exchange"]);
    child.program.stop();

    let place = folder.path().join("restored");
    let said = operator.ok(&["restore", &backup, "--folder", place.to_str().unwrap()]);
    for words in ["上级430900", "OWN_LEDGER_REFUSED", "backup.md", "settings"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let child = Tier::start(&place, CHILD, "127.0.0.1:0");
    assert_eq!(child.security.run(&["parent", "exchange"]).code, 8);
    let (code, told) = doctor(&child.security);
    assert_eq!(code, 8, "{told}");
    assert!(told.to_string().contains("LEDGER_SHORTER"), "{told}");
    // A ledger that nobody has written since stands at the very head that the backup says.
    let resolved = resolve(&parent.security, "OWN_LEDGER_REFUSED", &told);
    assert!(resolved.contains(&(ORIGIN.to_owned(), root_of(&operator, &backup, ORIGIN))), "{resolved:?}");
    let (code, told) = doctor(&child.security);
    assert_eq!(code, 0, "{told}");
    assert_eq!(doctor(&parent.security).0, 0);
}

#[test]
fn a_parent_from_an_old_backup_is_refused_below_and_brought_back_by_the_procedure() {
    const ORIGIN: &str = "minsheng/430900/catalogue";
    let folder = tempfile::tempdir().unwrap();
    let (parent, child) = joined(folder.path());
    let operator = Clerk::stranger(folder.path(), "operator");
    let backup = parent.back_up(&operator, PARENT);
    parent.enter();
    child.security.ok(&["parent", "exchange"]);
    let address = parent.program.address().to_owned();
    parent.program.stop();

    let place = folder.path().join("restored");
    let said = operator.ok(&["restore", &backup, "--folder", place.to_str().unwrap()]);
    assert!(said.contains("通知下级430923") && said.contains("PARENT_LEDGER_REFUSED"), "{said}");
    let parent = Tier::start(&place, PARENT, &address);
    assert_eq!(child.security.run(&["parent", "exchange"]).code, 8);
    let (code, told) = doctor(&child.security);
    assert_eq!(code, 8, "{told}");
    let resolved = resolve(&child.security, "PARENT_LEDGER_REFUSED", &told);
    assert!(resolved.contains(&(ORIGIN.to_owned(), root_of(&operator, &backup, ORIGIN))), "{resolved:?}");
    let (code, told) = doctor(&child.security);
    assert_eq!(code, 0, "{told}");
    assert_eq!(doctor(&parent.security).0, 0);
}
