//! Two tiers that have no line: they join by files, mandates come down and figures go up in bundles, with receipts for the
//! way back; what is taken in twice, out of order, altered, for another tier or of a revoked one; and a line in the end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;

use minsheng_proto::catalogue::v1::{Division, DivisionLevel};
use minsheng_proto::reporting::v1::ReportState;
use minsheng_tests::chain::{self, Link, Place, number};
use minsheng_tests::clerk::Clerk;
use minsheng_tests::small;
use serde_json::Value;
use sha2::{Digest, Sha256};

const ABOVE: Place = Place { code: "430900", name: "益阳市" };
const BELOW: Place = Place { code: "430923", name: "安化县" };

/// Two tiers with their people, not joined.
struct Pair {
    above: Link,
    below: Link,
    /// Who carries above, and below.
    up: Clerk,
    down: Clerk,
    office: Clerk,
}

impl Pair {
    async fn start(folder: &Path) -> Self {
        let province = Place { code: "430000", name: "湖南省" };
        let division = |place: &Place, level: DivisionLevel, parent: &str| Division {
            code: place.code.into(),
            name: place.name.into(),
            level: level.into(),
            parent: parent.into(),
        };
        let divisions = [
            division(&province, DivisionLevel::Province, ""),
            division(&ABOVE, DivisionLevel::Municipality, province.code),
            division(&BELOW, DivisionLevel::County, ABOVE.code),
        ];
        let folders = [folder.join(ABOVE.code), folder.join(BELOW.code)];
        let above = Link::start(&ABOVE, &divisions, &folders[0]).await;
        above.issue(chain::programme(&ABOVE, None, Some(&BELOW))).await;
        let below = Link::start(&BELOW, &divisions, &folders[1]).await;
        let security = |link: &Link, folder: &Path| {
            Clerk::log_in(folder, &link.program, "security-admin", &link.program.first_password())
        };
        let (up, down) = (security(&above, &folders[0]), security(&below, &folders[1]));
        let office = Clerk::log_in(&folders[1], &below.program, "office", small::PASSWORD);
        Self { above, below, up, down, office }
    }

    /// Joins by files; gives the code.
    fn join(&self) -> String {
        let made = self.up.json(&["tier", "code", "--division", BELOW.code]);
        let code = made["code"].as_str().unwrap().to_owned();
        let (request, answer) = (self.down.path("request"), self.down.path("answer"));
        self.down.ok(&["parent", "request", "--code", &code, "--out", &request]);
        self.up.ok(&["tier", "enrol", &request, "--out", &answer]);
        assert!(self.down.ok(&["parent", "accept", &answer]).contains(ABOVE.code));
        code
    }

    /// The lower tier's next bundle.
    fn export(&self, name: &str) -> String {
        let file = self.down.path(name);
        self.down.ok(&["bundle", "export", "--out", &file]);
        file
    }

    /// Takes one in above, with the answer beside it.
    fn import(&self, file: &str) -> (Value, String) {
        let reply = format!("{file}.back");
        let told = self.up.json(&["bundle", "import", file, "--reply", &reply]);
        (told["imported"].clone(), reply)
    }

    /// Takes an answer in below.
    fn take(&self, file: &str) -> Value {
        self.down.json(&["bundle", "import", file])["imported"].clone()
    }

    /// Waits until so many sets wait below.
    fn waits_for(&self, month: &str) {
        let pending = ["filings", "list", "--state", "pending"];
        self.office.soon(&pending, |shown| shown.lines().any(|line| line.contains(month) && line.contains("认定数")));
    }

    /// The version of the report above, once its number is as wanted.
    async fn version(&self, month: &str, wanted: &str) -> i32 {
        let indicator = format!("1.1@{}", BELOW.code);
        let there = |report: &_| number(report).as_deref() == Some(wanted);
        let report = self.above.report(&indicator, month, there).await;
        assert_ne!(report.state(), ReportState::Draft);
        report.version
    }
}

fn count(told: &Value, field: &str) -> i64 {
    told[field].as_i64().unwrap_or_default()
}

fn missing(told: &Value) -> Vec<&str> {
    told["missing"].as_array().map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// A file with one byte changed, and with the hash of its first line made to fit where `knowingly`.
fn altered(file: &str, place: usize, knowingly: bool) -> Vec<u8> {
    let mut bytes = std::fs::read(file).unwrap();
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let place = line + place % (bytes.len() - line);
    bytes[place] ^= 1;
    if knowingly {
        let hash: String = Sha256::digest(&bytes[line..]).iter().map(|byte| format!("{byte:02x}")).collect();
        bytes[line - 65..line - 1].copy_from_slice(hash.as_bytes());
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tiers_without_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::start(folder.path()).await;
    joins(&pair);
    mandates_come_down(&pair);
    pair.below.issue(chain::programme(&BELOW, Some(&ABOVE), None)).await;

    let months = chain::months();
    let month = months.first().unwrap();
    pair.below.file_and_certify(month, 12).await;
    pair.waits_for(month);
    let first = pair.export("first.bundle");
    let (told, reply) = pair.import(&first);
    assert_eq!((count(&told, "sets"), count(&told, "setsFiled"), count(&told, "setsRefused")), (2, 2, 0), "{told}");
    let version = pair.version(month, "12").await;
    assert_eq!(count(&pair.take(&reply), "setsFiled"), 2);
    let filed = pair.office.ok(&["filings", "list", "--state", "filed"]);
    assert!(filed.contains("minsheng/430900/reporting") && filed.contains("1.1-1=12"), "{filed}");
    assert!(pair.office.ok(&["doctor"]).contains("NOTHING_WAITS"));

    twice(&pair, &first, &reply, &filed);
    assert_eq!(pair.version(month, "12").await, version);
    wrong_files(&pair, &first, &reply);
    strangers(&pair);
    // What is due so far: in the first months of a year there is less to file.
    if let [_, second, third, ..] = months.as_slice() {
        out_of_order(&pair, second, third).await;
    }
    told_by_doctor(&pair);
    revoked(&pair, &first);
    a_line(&pair, months.get(3)).await;
    assert_eq!(pair.version(month, "12").await, version, "nothing was filed twice");
}

fn joins(pair: &Pair) {
    let Pair { up, down, .. } = pair;
    assert_eq!(down.reason(6, &["bundle", "export", "--out", &down.path("none")]), "PARENT_NOT_JOINED");
    let wrong = down.path("wrong");
    down.ok(&["parent", "request", "--code", "AAAAA-AAAAA", "--out", &wrong]);
    let answer = up.path("answer");
    assert_eq!(up.reason(4, &["tier", "enrol", &wrong, "--out", &answer]), "ENROLMENT_CODE_INVALID");

    let code = pair.join();
    let shown = down.ok(&["parent", "show"]);
    assert!(shown.contains("没有线路") && shown.contains(ABOVE.code), "{shown}");
    let request = down.path("request");
    let content = std::fs::read(&request).unwrap();
    assert!(!String::from_utf8_lossy(&content).contains(&code), "the code is not in the file");
    for (place, knowingly) in [(7, false), (7, true), (200, false), (200, true)] {
        let changed = up.write("changed", altered(&request, place, knowingly));
        let reason = up.reason(if knowingly { 4 } else { 3 }, &["tier", "enrol", &changed, "--out", &answer]);
        assert_eq!(reason, if knowingly { "ENROLMENT_CODE_INVALID" } else { "BUNDLE_ALTERED" });
    }
    // The same request is answered again, and an answer is accepted once.
    up.ok(&["tier", "enrol", &request, "--out", &answer]);
    assert_eq!(down.reason(3, &["parent", "accept", &answer]), "BUNDLE_MISADDRESSED");
    assert_eq!(down.reason(3, &["parent", "accept", &request]), "BUNDLE_MISADDRESSED");
    assert_eq!(down.reason(6, &["parent", "exchange"]), "PARENT_WITHOUT_LINE");
}

fn mandates_come_down(pair: &Pair) {
    let asked = format!("programmes/{}-{}/indicators/1.1/measures/1.1-1", ABOVE.code, chain::year());
    let list = ["mandates", "list", &format!("{}-{}", BELOW.code, chain::year())];
    assert!(pair.office.ok(&list).contains("没有收到上级任务"));
    // The parent may begin.
    let down = pair.up.path("down.bundle");
    let made = pair.up.json(&["bundle", "export", "--to", BELOW.code, "--out", &down]);
    assert_eq!(count(&made["bundles"][0], "mandates"), 1, "{made}");
    let told = pair.take(&down);
    assert_eq!((count(&told, "mandates"), told["repeated"].as_bool().unwrap_or_default()), (1, false), "{told}");
    assert!(pair.office.ok(&list).contains(&asked));
    let told = pair.take(&down);
    assert_eq!((count(&told, "mandates"), told["repeated"].as_bool()), (0, Some(true)), "{told}");
    // Asked for, there is nothing more.
    let (_, reply) = pair.import(&pair.export("ask.bundle"));
    assert_eq!(count(&pair.take(&reply), "mandates"), 0);
    let shown = pair.down.json(&["parent", "show"]);
    assert!(!shown["ledgers"].as_array().unwrap().is_empty() && !shown["cosigned"].as_array().unwrap().is_empty());
    assert!(pair.up.ok(&["tier", "alarms"]).contains("没有告警"));
}

fn twice(pair: &Pair, first: &str, reply: &str, filed: &str) {
    let (told, again) = pair.import(first);
    assert_eq!((told["repeated"].as_bool(), count(&told, "setsFiled")), (Some(true), 2), "{told}");
    assert!(told["refusedHeads"].as_array().is_none_or(Vec::is_empty), "{told}");
    for reply in [reply, &again] {
        assert_eq!(count(&pair.take(reply), "setsFiled"), 2);
    }
    assert_eq!(pair.office.ok(&["filings", "list", "--state", "filed"]), filed, "the same receipts");
}

fn wrong_files(pair: &Pair, first: &str, reply: &str) {
    let Pair { up, down, .. } = pair;
    let size = std::fs::metadata(first).unwrap().len() as usize;
    for place in (0..size).step_by(size / 20) {
        let changed = up.write("changed", altered(first, place, false));
        assert_eq!(up.reason(3, &["bundle", "import", &changed]), "BUNDLE_ALTERED");
        let changed = up.write("changed", altered(first, place, true));
        let reason = up.reason(3, &["bundle", "import", &changed]);
        assert_eq!(reason, "BUNDLE_ALTERED", "{place}");
        let changed = down.write("changed", altered(reply, place, true));
        assert_eq!(down.reason(3, &["bundle", "import", &changed]), "BUNDLE_ALTERED");
    }
    let whole = std::fs::read(first).unwrap();
    for (length, reason) in [(0, "BUNDLE_UNREADABLE"), (30, "BUNDLE_UNREADABLE"), (size - 1, "BUNDLE_ALTERED")] {
        let cut = up.write("cut", &whole[..length]);
        assert_eq!(up.reason(3, &["bundle", "import", &cut]), reason);
    }
    assert_eq!(up.reason(3, &["bundle", "import", &down.path("request")]), "BUNDLE_UNREADABLE");
    assert!(up.fails(3, &["bundle", "import", &up.write("large", vec![b'x'; (64 << 20) + 1])]).contains("64 MiB"));
    assert_eq!(down.reason(3, &["bundle", "import", first]), "BUNDLE_MISADDRESSED");
    assert_eq!(up.reason(3, &["bundle", "import", reply]), "BUNDLE_MISADDRESSED");
    assert_eq!(up.reason(5, &["bundle", "export", "--to", "430922", "--out", "x"]), "TIER_NOT_ENROLLED");
}

fn strangers(pair: &Pair) {
    let out = pair.office.path("out");
    assert_eq!(pair.office.reason(4, &["bundle", "export", "--out", &out]), "NOT_ALLOWED");
    assert_eq!(pair.office.reason(4, &["bundle", "import", &pair.down.path("first.bundle")]), "NOT_ALLOWED");
    let password = pair.down.write("machines", "correct horse 430923");
    let post = ["account", "create", "machines", "--display-name", "系统管理员", "--person", "P9"];
    pair.down.ok(&[&post[..], &["--role", "system-admin", "--password-file", &password]].concat());
    let folder = tempfile::tempdir().unwrap();
    let machines = Clerk::log_in(folder.path(), &pair.below.program, "machines", "correct horse 430923");
    machines.ok(&["bundle", "export", "--out", &machines.path("out")]);
    assert_eq!(machines.reason(4, &["parent", "show"]), "NOT_ALLOWED");
}

async fn out_of_order(pair: &Pair, second: &str, third: &str) {
    pair.below.file_and_certify(second, 20).await;
    pair.waits_for(second);
    let early = pair.export("early.bundle");
    pair.below.file_and_certify(third, 30).await;
    pair.waits_for(third);
    let late = pair.export("late.bundle");
    let (told, late_reply) = pair.import(&late);
    let gap = missing(&told);
    assert!(gap.len() >= 2, "the one of the machines and the early one have not come: {told}");
    assert_eq!(count(&told, "setsFiled"), 4, "what was not answered is in it again: {told}");
    let versions = (pair.version(second, "20").await, pair.version(third, "30").await);
    let (told, early_reply) = pair.import(&early);
    assert_eq!((missing(&told).len(), count(&told, "setsFiled")), (gap.len() - 1, 2), "{told}");
    for reply in [late_reply, early_reply] {
        let told = pair.take(&reply);
        assert!(told["mandatesRefused"].as_str().unwrap_or_default().is_empty(), "{told}");
    }
    assert_eq!((pair.version(second, "20").await, pair.version(third, "30").await), versions);
    assert!(pair.office.ok(&["doctor"]).contains("NOTHING_WAITS"));
    assert!(pair.up.ok(&["tier", "alarms"]).contains("没有告警"));
}

fn told_by_doctor(pair: &Pair) {
    let below = pair.down.ok(&["doctor"]);
    assert!(below.contains("PARENT_BY_BUNDLE") && below.contains("发出第"), "{below}");
    let above = pair.up.ok(&["doctor"]);
    assert!(above.contains("LOWER_TIER_BY_BUNDLE") && above.contains("尚未收到"), "{above}");
    assert!(pair.down.ok(&["parent", "show"]).contains("收到第"));
    assert!(pair.up.ok(&["tier", "list"]).contains("收到第"));
}

fn revoked(pair: &Pair, first: &str) {
    pair.up.ok(&["tier", "revoke", BELOW.code, "--reason", "设备失窃"]);
    let file = pair.export("revoked.bundle");
    for file in [file.as_str(), first] {
        assert_eq!(pair.up.reason(4, &["bundle", "import", file]), "TIER_REVOKED");
    }
    assert_eq!(pair.up.reason(4, &["bundle", "export", "--to", BELOW.code, "--out", "x"]), "TIER_REVOKED");
}

async fn a_line(pair: &Pair, month: Option<&String>) {
    pair.below.join(&pair.above).await;
    if let Some(month) = month {
        pair.below.file_and_certify(month, 40).await;
        pair.version(month, "40").await;
    }
    pair.down.ok(&["parent", "exchange"]);
    pair.office.soon(&["doctor"], |shown| shown.contains("NOTHING_WAITS"));
    // With a line a bundle is as good.
    let (told, reply) = pair.import(&pair.export("after.bundle"));
    assert_eq!((count(&told, "sets"), count(&told, "mandates")), (0, 0), "{told}");
    pair.take(&reply);
    assert!(pair.up.ok(&["tier", "alarms"]).contains("没有告警"));
    assert!(pair.down.ok(&["doctor"]).contains("EXCHANGE_WELL"));
}
