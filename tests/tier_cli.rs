//! Two tiers at the command line alone: joining, witnessing, revoking, an old backup and its procedure, being cut off,
//! leaving; and what the doctor says at each step.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};

use minsheng_proto::catalogue::v1::{Division, DivisionLevel};
use minsheng_tests::chain::{Link, Place};
use minsheng_tests::clerk::{Clerk, Ran};
use minsheng_tests::{Program, chain, small};
use serde_json::Value;

const PARENT: &str = "430900";
const CHILD: &str = "430923";
const PASSWORD: &str = "correct horse 430923";
const GUIDE: &str = include_str!("../deploy/guide/tiers.md");
const ORIGIN: &str = "minsheng/430923/catalogue";

/// A tier with its security administrator.
struct Tier {
    folder: PathBuf,
    division: &'static str,
    program: Program,
    security: Clerk,
}

impl Tier {
    fn start(folder: &Path, division: &'static str) -> Self {
        let folder = folder.join(division);
        std::fs::create_dir_all(&folder).unwrap();
        let program = Program::start(&folder, &chain::environment(division));
        let security = Clerk::log_in(&folder, &program, "security-admin", &program.first_password());
        Self { folder, division, program, security }
    }

    /// Stops it, does something to its folder, starts it again.
    fn again(self, between: impl FnOnce(&Path)) -> Self {
        let Self { folder, division, program, .. } = self;
        program.stop();
        between(&folder);
        Self::start(folder.parent().unwrap(), division)
    }

    /// Somebody of the office, who is there already or is made.
    fn office(&self) -> Clerk {
        let password = self.security.write("office-password", PASSWORD);
        let post = ["--display-name", "实事办", "--person", "P1", "--unit", "ssb", "--role", "office"];
        let make = [&["account", "create", "office"], &post[..], &["--password-file", &password]].concat();
        let made = self.security.run(&make);
        assert!(made.code == 0 || made.stderr.contains("ACCOUNT_EXISTS"), "{made:?}");
        Clerk::log_in(&self.folder, &self.program, "office", PASSWORD)
    }

    /// A new code for the child, and the line that it is to run.
    fn code(&self) -> Vec<String> {
        let made = self.security.json(&["tier", "code", "--division", CHILD]);
        let line = made["joinCommand"].as_str().unwrap();
        assert!(line.contains(made["code"].as_str().unwrap()), "{made}");
        assert!(line.contains(made["fingerprint"].as_str().unwrap()), "{made}");
        line.strip_prefix("minsheng ").unwrap().split(' ').map(str::to_owned).collect()
    }
}

/// What the doctor says: exit code, codes with their levels, all of it.
fn doctor(clerk: &Clerk) -> (i32, Vec<String>, Value) {
    let Ran { code, stdout, stderr } = clerk.run(&["doctor", "--output", "json"]);
    let told: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    assert_eq!(told["well"], code == 0, "{told}");
    let findings = told["findings"].as_array().unwrap();
    let codes = findings.iter().map(|found| {
        assert!(!found["message"].as_str().unwrap().is_empty(), "{found}");
        assert!(found["level"] == "GOOD" || !found["advice"].as_str().unwrap().is_empty(), "{found}");
        let code = found["code"].as_str().unwrap().to_owned();
        assert!(GUIDE.contains(&format!("`{code}`")), "{code} is not explained in the guide");
        code
    });
    (code, codes.collect(), told.clone())
}

fn finding<'a>(told: &'a Value, code: &str) -> &'a Value {
    let found = told["findings"].as_array().unwrap().iter().find(|found| found["code"] == code);
    found.unwrap_or_else(|| panic!("no {code}: {told}"))
}

fn join(child: &Tier, line: &[String]) -> String {
    child.security.ok(&line.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn two_tiers_join_and_part_at_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let (parent, child) = (Tier::start(folder.path(), PARENT), Tier::start(folder.path(), CHILD));
    let (code, said, told) = doctor(&child.security);
    assert_eq!((code, &said[..2]), (0, &["SERVICES_WELL".into(), "NO_PARENT".into()][..]), "{told}");
    assert_eq!(child.security.reason(6, &["parent", "show"]), "PARENT_NOT_JOINED");

    joins(&parent, &child);
    shows(&parent, &child);
    child.security.ok(&["parent", "exchange"]);
    office_sees_figures_and_no_trust(&child);

    let revoked = parent.security.ok(&["tier", "revoke", CHILD, "--reason", "设备失窃"]);
    assert!(revoked.contains(CHILD), "{revoked}");
    let listed = parent.security.ok(&["tier", "list"]);
    assert!(listed.contains("已撤销") && listed.contains("设备失窃"), "{listed}");
    let (code, _, told) = doctor(&child.security);
    assert_eq!(code, 4, "{told}");
    let said = finding(&told, "TIER_REVOKED");
    assert!(said["advice"].as_str().unwrap().contains("minsheng parent join"), "{said}");
    assert_eq!(child.security.reason(4, &["parent", "exchange"]), "TIER_REVOKED");

    join(&child, &parent.code());
    let (code, said, told) = doctor(&child.security);
    assert_eq!(code, 0, "{told}");
    assert!(said.contains(&"EXCHANGE_WELL".to_owned()), "{told}");

    parent.program.kill();
    let (code, said, told) = doctor(&child.security);
    assert_eq!(code, 7, "{told}");
    assert!(said.contains(&"CONNECTION_REFUSED".to_owned()), "{told}");
    assert!(said.contains(&"SERVICES_WELL".to_owned()), "the tier works on: {told}");

    assert!(child.security.ok(&["parent", "leave", "--reason", "改由省级统一接入"]).contains("已脱离"));
    assert_eq!(doctor(&child.security).0, 0);
}

fn joins(parent: &Tier, child: &Tier) {
    let line = parent.code();
    let of = |name: &str| line[line.iter().position(|word| word == name).unwrap() + 1].as_str();
    let (url, code, fingerprint) = (of("--url"), of("--code"), of("--fingerprint"));
    let other = "ab".repeat(32);
    let wrong = ["parent", "join", "--url", url, "--code", code, "--fingerprint", &other];
    assert_eq!(child.security.reason(6, &wrong), "PARENT_UNTRUSTED");
    let wrong = ["parent", "join", "--url", url, "--code", "AAAAA-AAAAA", "--fingerprint", fingerprint];
    assert_eq!(child.security.reason(4, &wrong), "ENROLMENT_CODE_INVALID");

    // Before anybody joins, the way can be looked at without a login.
    let stranger = Clerk::stranger(&child.folder, "stranger");
    assert!(stranger.ok(&["doctor", "--url", url, "--fingerprint", fingerprint]).contains("[正常]"));
    assert!(stranger.run(&["doctor", "--url", url, "--fingerprint", &other]).stdout.contains("FINGERPRINT_CHANGED"));

    let joined = join(child, &line);
    assert!(joined.contains("已接入上级") && joined.contains(PARENT), "{joined}");
    let again = child.security.run(&line);
    assert_eq!(again.code, 4, "a code is good once: {again:?}");
}

fn shows(parent: &Tier, child: &Tier) {
    let (code, said, told) = doctor(&child.security);
    assert_eq!(code, 0, "{told}");
    for well in ["SERVICES_WELL", "OWN_CERTIFICATE_WELL", "EXCHANGE_WELL"] {
        assert!(said.contains(&well.to_owned()), "{told}");
    }
    let shown = child.security.json(&["parent", "show"]);
    assert_eq!(shown["division"], PARENT);
    assert!(!shown["ledgers"].as_array().unwrap().is_empty() && !shown["cosigned"].as_array().unwrap().is_empty());
    let shown = child.security.ok(&["parent", "show"]);
    assert!(shown.contains("minsheng/430900/gateway") && shown.contains("minsheng/430923/gateway"), "{shown}");
    let listed = parent.security.ok(&["tier", "list"]);
    assert!(listed.contains(CHILD) && listed.contains("已接入") && !listed.contains("从未"), "{listed}");
    assert!(parent.security.ok(&["tier", "alarms"]).contains("没有告警"));
    let (code, said, told) = doctor(&parent.security);
    assert_eq!(code, 0, "{told}");
    assert!(said.contains(&"LOWER_TIERS_WELL".to_owned()), "{told}");
}

fn office_sees_figures_and_no_trust(child: &Tier) {
    let office = child.office();
    let (code, said, told) = doctor(&office);
    assert_eq!(code, 0, "{told}");
    for line in ["TRUST_UNSEEN", "NOTHING_WAITS"] {
        assert!(said.contains(&line.to_owned()), "{told}");
    }
    assert!(office.ok(&["filings", "list"]).contains("没有上报上级的数据"));
    assert!(office.ok(&["mandates", "list", "430923-2026"]).contains("没有收到上级任务"));
    assert_eq!(office.reason(4, &["tier", "list"]), "NOT_ALLOWED");
}

#[test]
fn an_old_backup_is_refused_shown_with_both_heads_and_resolved() {
    let folder = tempfile::tempdir().unwrap();
    let (parent, child) = (Tier::start(folder.path(), PARENT), Tier::start(folder.path(), CHILD));
    join(&child, &parent.code());
    let units = |child: &Tier, id: &str| {
        let office = child.office();
        let file = office.write("units.csv", format!("id,display_name,kind,division\n{id},{id},BUREAU,{CHILD}\n"));
        let divisions = "code,name,level,parent\n430000,湖南省,province,\n430900,益阳市,municipality,430000\n430923,安化县,county,430900\n";
        let divisions = office.write("divisions.csv", divisions);
        office.ok(&["divisions", "import", &divisions]);
        office.ok(&["units", "import", &file]);
    };
    units(&child, "jyj");
    let backup = folder.path().join("catalogue.db");
    let child = child.again(|folder| {
        std::fs::copy(folder.join("catalogue.db"), &backup).unwrap();
    });
    units(&child, "tjj");
    child.security.ok(&["parent", "exchange"]);
    assert_eq!(doctor(&child.security).0, 0);

    let child = child.again(|folder| {
        for beside in ["catalogue.db-wal", "catalogue.db-shm"] {
            // They are there only after a crash.
            let _ = std::fs::remove_file(folder.join(beside));
        }
        std::fs::copy(&backup, folder.join("catalogue.db")).unwrap();
    });
    let (code, _, told) = doctor(&child.security);
    assert_eq!(code, 8, "{told}");
    let refused = finding(&told, "OWN_LEDGER_REFUSED");
    assert_eq!((&refused["facts"]["origin"], &refused["facts"]["reason"]), (&ORIGIN.into(), &"LEDGER_SHORTER".into()));
    let heads = ["kept", "offered"].map(|head| refused["facts"][head].as_str().unwrap().to_owned());
    assert!(heads[0] != heads[1] && heads.iter().all(|head| head.contains('根')), "{heads:?}");
    let exchanged = child.security.run(&["parent", "exchange"]);
    assert_eq!(exchanged.code, 8, "{exchanged:?}");
    assert!(heads.iter().all(|head| exchanged.stdout.contains(head)), "{exchanged:?}");

    let shown = parent.security.ok(&["tier", "alarms"]);
    assert!(shown.contains(ORIGIN) && heads.iter().all(|head| shown.contains(head)), "{shown}");
    let (code, _, told) = doctor(&parent.security);
    assert_eq!(code, 8, "{told}");
    assert_eq!(finding(&told, "LOWER_LEDGER_REFUSED")["facts"]["kept"], heads[0]);

    // The heads are compared; another root than the one that is shown resolves nothing.
    let root = |head: &str| head.rsplit('根').next().unwrap().to_owned();
    let (kept, offered) = (root(&heads[0]), root(&heads[1]));
    let resolve = |root: &str| {
        ["tier", "resolve", ORIGIN, "--accept", "offered", "--root", root, "--reason", "磁盘损坏，恢复上周备份"]
            .map(str::to_owned)
    };
    let refused = parent.security.run(&resolve(&kept));
    assert_eq!(refused.code, 6, "{refused:?}");
    let resolved = parent.security.run(&resolve(&offered));
    assert_eq!(resolved.code, 0, "{resolved:?}");
    assert!(resolved.stdout.contains(&offered), "{resolved:?}");
    assert!(parent.security.ok(&["tier", "alarms"]).contains("没有告警"));
    assert!(parent.security.ok(&["tier", "alarms", "--all"]).contains("恢复上周备份"));
    let (code, _, told) = doctor(&child.security);
    assert_eq!(code, 0, "{told}");
    assert_eq!(doctor(&parent.security).0, 0);
}

/// Two tiers with a mandate between them, joined, and the lower one's office at the command line once it has the mandate.
async fn with_a_mandate(folder: &Path) -> (Link, Link, Clerk) {
    let above = Place { code: PARENT, name: "益阳市" };
    let below = Place { code: CHILD, name: "安化县" };
    let division = |place: &Place, level: DivisionLevel, parent: &str| Division {
        code: place.code.into(),
        name: place.name.into(),
        level: level.into(),
        parent: parent.into(),
    };
    let province = Place { code: "430000", name: "湖南省" };
    let divisions = [
        division(&province, DivisionLevel::Province, ""),
        division(&above, DivisionLevel::Municipality, province.code),
        division(&below, DivisionLevel::County, above.code),
    ];
    let parent = Link::start(&above, &divisions, &folder.join(PARENT)).await;
    parent.issue(chain::programme(&above, None, Some(&below))).await;
    let child = Link::start(&below, &divisions, &folder.join(CHILD)).await;
    child.join(&parent).await;
    child.issue(chain::programme(&below, Some(&above), None)).await;
    let office = Clerk::log_in(folder, &child.program, "office", small::PASSWORD);
    let year = chain::year();
    let asked = format!("programmes/{PARENT}-{year}/indicators/1.1/measures/1.1-1");
    let shown = office.soon(&["mandates", "list"], |shown| shown.contains(&asked));
    assert!(shown.contains("1000个") && shown.contains("1.1-1"), "{shown}");
    (parent, child, office)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_while_the_parent_is_away_goes_up_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let (parent, child, office) = with_a_mandate(folder.path()).await;
    let address = parent.program.address().to_owned();
    parent.program.kill();
    child.file_and_certify(&chain::months().pop().unwrap(), 12).await;
    office.soon(&["filings", "list", "--state", "pending"], |shown| shown.contains("认定数"));
    let (code, _, told) = doctor(&office);
    assert_eq!(code, 0, "what waits for minutes is no fault: {told}");
    let waiting = finding(&told, "FIGURES_WAIT");
    assert!(waiting["facts"]["count"].as_str().unwrap().parse::<u32>().unwrap() >= 1, "{waiting}");
    let since = waiting["facts"]["since"].as_str().unwrap();
    assert!(waiting["message"].as_str().unwrap().contains(since), "{waiting}");

    let _back = Program::start_at(&address, &folder.path().join(PARENT), &chain::environment(PARENT));
    let filed = ["filings", "list", "--state", "filed"];
    let shown = office.soon(&filed, |shown| shown.contains("认定数"));
    assert!(shown.contains("1.1-1=12") && shown.contains("minsheng/430900/reporting"), "{shown}");
    office.soon(&["doctor"], |shown| shown.contains("NOTHING_WAITS"));
}
