//! Lower tiers, and others who pose as one, against a parent that runs as a program of its own: with certificates that are
//! not good, with figures that are not theirs or not what they were, and insiders with a hand in a database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod forger;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use forger::{Forger, Ledger, Ledgers, line, of_files};
use jiff::SignedDuration;
use minsheng_kit::authority::{Authority, request_certificate};
use minsheng_kit::clock::{Clock, SystemClock};
use minsheng_kit::error::{Reason, reason_of};
use minsheng_kit::ledger::entity::entry;
use minsheng_kit::line::Line;
use minsheng_kit::tls::{ClientIdentity, certificates, fingerprint, private_key};
use minsheng_proto::catalogue::v1::{Division, DivisionLevel};
use minsheng_proto::identity::v1::audit_service_client::AuditServiceClient;
use minsheng_proto::identity::v1::{AuditEvent, ListAuditEventsRequest, Role};
use minsheng_proto::ledger::v1::GetCheckpointRequest;
use minsheng_proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use minsheng_proto::tier::v1::ListMandateEntriesRequest;
use minsheng_proto::tier::v1::mandate_service_client::MandateServiceClient;
use minsheng_tests::chain::{self, Link, Place};
use minsheng_tests::clerk::Clerk;
use minsheng_tests::{Client, Program, small};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, Database, EntityTrait};
use tonic::{Code, Status};

const PARENT: &str = "430900";
const CHILD: &str = "430923";
const OTHER: &str = "430921";

fn divisions() -> Vec<Division> {
    let division = |code: &str, level: DivisionLevel, parent: &str| Division {
        code: code.into(),
        name: code.into(),
        level: level.into(),
        parent: parent.into(),
    };
    vec![
        division("430000", DivisionLevel::Province, ""),
        division(PARENT, DivisionLevel::Municipality, "430000"),
        division(CHILD, DivisionLevel::County, PARENT),
        division(OTHER, DivisionLevel::County, PARENT),
    ]
}

/// A parent with a mandate for the child, and its security administrator at the command line.
struct Parent {
    folder: PathBuf,
    link: Link,
    security: Clerk,
}

impl Parent {
    async fn start(folder: &Path) -> Self {
        let place = Place { code: PARENT, name: "益阳市" };
        let folder = folder.join(PARENT);
        let link = Link::start(&place, &divisions(), &folder).await;
        link.issue(chain::programme(&place, None, Some(&Place { code: CHILD, name: "安化县" }))).await;
        let security = Clerk::log_in(&folder, &link.program, "security-admin", &link.program.first_password());
        Self { folder, link, security }
    }

    fn address(&self) -> &str {
        self.link.program.address()
    }

    fn line(&self, identity: Option<ClientIdentity>) -> Line {
        line(&self.folder, self.address(), identity)
    }

    async fn enrol(&self, division: &str, own: &Path) -> Forger {
        let code = self.security.json(&["tier", "code", "--division", division]);
        Forger::enrol(&self.folder, self.address(), code["code"].as_str().unwrap(), division, own).await
    }

    /// The log has these words before long.
    fn logs(&self, words: &[&str]) {
        soon("the log", || {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap();
            log.lines().any(|line| words.iter().all(|word| line.contains(word)))
        });
    }

    /// The audit has such an event before long.
    async fn audited(&self, is: impl Fn(&AuditEvent) -> bool) {
        let made = small::account(&self.link.security, "audit", "P9", "", &[Role::AuditAdmin]).await;
        assert!(made.is_ok() || reason_of(&made.unwrap_err()) == Some(Reason::AccountExists));
        let certificate = self.link.program.certificate();
        let audit = Client::log_in(self.address(), &certificate, "audit", small::PASSWORD).await.unwrap();
        let mut events = AuditServiceClient::new(audit.door());
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let asked = ListAuditEventsRequest { page_size: 1000, page_token: String::new() };
            let answer = events.list_audit_events(asked).await.unwrap().into_inner();
            if answer.events.iter().any(&is) {
                return;
            }
            assert!(Instant::now() < end, "not audited: {:?}", answer.events);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a short pause between two looks")]
fn soon(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < end, "{what} does not come to it");
        std::thread::sleep(Duration::from_millis(50));
    }
}

async fn ask(line: &Line) -> Result<(), Status> {
    MandateServiceClient::new(line.clone()).list_mandate_entries(ListMandateEntriesRequest::default()).await.map(drop)
}

/// B6, B7, B10.
#[tokio::test(flavor = "multi_thread")]
async fn who_shows_no_good_certificate_is_refused_and_logged_by_its_fingerprint() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path();
    let parent = Parent::start(own).await;
    let (child, other) = (parent.enrol(CHILD, own).await, parent.enrol(OTHER, own).await);
    ask(&child.line).await.unwrap();
    ask(&other.line).await.unwrap();

    let authority = Authority::ensure(&parent.folder, PARENT).unwrap();
    let foreign = Authority::ensure(&own.join("foreign"), PARENT).unwrap();
    let made = |authority: &Authority, division: &str, name: &str, hours: (i64, i64)| {
        let key_file = own.join(format!("{name}.key"));
        let request = request_certificate(&key_file, division).unwrap();
        let at = |hours| SystemClock.now() + SignedDuration::from_hours(hours);
        let issued = authority.issue(&request, division, at(hours.0), at(hours.1)).unwrap();
        ClientIdentity { chain: certificates(issued.chain.as_bytes()).unwrap(), key: private_key(&key_file).unwrap() }
    };
    let server =
        of_files(&parent.folder.join("gateway-certificate.pem"), &parent.folder.join("gateway-certificate.key"));
    let (self_signed, self_signed_key) = Authority::files(&own.join("foreign"));
    for (what, identity) in [
        ("expired", made(&authority, CHILD, "expired", (-48, -24))),
        ("of the future", made(&authority, CHILD, "future", (24, 48))),
        ("of another authority", made(&foreign, CHILD, "foreign", (-1, 24))),
        ("self-signed", of_files(&self_signed, &self_signed_key)),
        ("a server's", server),
    ] {
        let shown = fingerprint(&identity.chain[0]);
        let refused = ask(&parent.line(Some(identity))).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::ServiceUnavailable), "{what}: no connection comes about");
        parent.logs(&[&shown, "a client certificate is refused"]);
    }
    // Of the right authority, and not what was enrolled under its name, or under any.
    for (name, division) in [("twin", CHILD), ("nobody", "430922")] {
        let identity = made(&authority, division, name, (-1, 24));
        let shown = fingerprint(&identity.chain[0]);
        let refused = ask(&parent.line(Some(identity))).await.unwrap_err();
        assert_eq!((refused.code(), reason_of(&refused)), (Code::Unauthenticated, Some(Reason::TierUnknown)), "{name}");
        parent.logs(&[&shown, "a lower tier is refused"]);
        let account = format!("minsheng://{division}");
        parent.audited(|event| event.event == "TIER_REFUSED" && event.account == account).await;
    }

    speaks_no_plain_text_and_no_older_tls(parent.address());

    let revoked = parent.security.ok(&["tier", "revoke", CHILD, "--reason", "设备失窃"]);
    assert!(revoked.contains(CHILD), "{revoked}");
    let refused = ask(&child.line).await.unwrap_err();
    assert_eq!((refused.code(), reason_of(&refused)), (Code::Unauthenticated, Some(Reason::TierRevoked)));
    parent.audited(|event| event.event == "TIER_REFUSED" && event.reason == "TIER_REVOKED").await;
    ask(&other.line).await.expect("others go on, on the connections that they have");
}

/// Whoever begins otherwise than with TLS 1.3 gets one fatal alert that says why, and nothing else: the connection ends.
fn speaks_no_plain_text_and_no_older_tls(address: &str) {
    let answer = |hello: &[u8]| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(hello).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    };
    // A record of TLS: an alert, two bytes long, fatal, and its description.
    let alert = |description| [21, 3, 3, 0, 2, 2, description];
    const DECODE_ERROR: u8 = 50;
    const PROTOCOL_VERSION: u8 = 70;
    let plain = answer(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    assert_eq!(plain, alert(DECODE_ERROR), "plain text");
    // A greeting of TLS 1.2: its version, and no extension that names a newer one.
    let suites = [0xc0, 0x2f, 0xc0, 0x2b];
    let extensions = [0, 10, 0, 4, 0, 2, 0, 29, 0, 13, 0, 6, 0, 4, 4, 3, 8, 4];
    let mut hello = vec![3, 3];
    hello.extend([7; 32]);
    hello.extend([0, 0, 4]);
    hello.extend(suites);
    hello.extend([1, 0, 0, u8::try_from(extensions.len()).unwrap()]);
    hello.extend(extensions);
    let length = u8::try_from(hello.len()).unwrap();
    let record = [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &hello].concat();
    assert_eq!(answer(&record), alert(PROTOCOL_VERSION), "TLS 1.2");
}

/// B3, B4, B5, and what people do about it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_tier_may_not_file_is_refused_audited_and_told_to_people() {
    let folder = tempfile::tempdir().unwrap();
    let parent = Parent::start(folder.path()).await;
    let forger = parent.enrol(CHILD, folder.path()).await;
    let month = chain::months().pop().unwrap();
    let mut ledgers = Ledgers::new(CHILD);
    let first = ledgers.fast(PARENT, &month, 10);
    let second = ledgers.fast(PARENT, &month, 20);
    let kept = forger.kept(first.clone(), ledgers.keys()).await;
    assert_eq!(forger.kept(first.clone(), ledgers.keys()).await, kept, "a duplicate, answered as one");
    for number in [0, 7] {
        let mut skipped = second.clone();
        skipped.decision.as_mut().unwrap().receipt.as_mut().unwrap().sequence = number;
        assert_eq!(forger.refused(skipped, ledgers.keys()).await, "SET_PROOF_INVALID");
    }
    let second_kept = forger.kept(second.clone(), ledgers.keys()).await;
    assert!(second_kept > kept);

    let mut others = Ledgers::new(OTHER);
    let strange = minsheng_proto::tier::v1::FigureSet { id: "strange".into(), ..others.fast(PARENT, &month, 30) };
    let third = ledgers.fast(PARENT, &month, 40);
    let refused = forger.file(vec![third.clone(), strange], ledgers.keys()).await.unwrap_err();
    assert_eq!((refused.code(), reason_of(&refused)), (Code::PermissionDenied, Some(Reason::NotAllowed)));
    parent.audited(|event| event.event == "CALL_REFUSED" && event.account == "tier:430923").await;

    let mut forked = Ledgers::new(CHILD);
    forked.fast(PARENT, &month, 10);
    let other = forked.fast(PARENT, &month, 99);
    assert_eq!(forger.refused(other.clone(), forked.keys()).await, "ENTRY_CONFLICT");
    let told = parent.security.ok(&["tier", "alarms"]);
    for words in ["FIGURES_OF_ANOTHER", "minsheng/430921/verification", "ENTRY_CONFLICT", "第1号"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let doctor = parent.security.run(&["doctor", "--output", "json"]);
    assert!(doctor.code == 8 && doctor.stdout.contains("LOWER_FILINGS_REFUSED"), "{doctor:?}");
    let dismiss = ["tier", "dismiss", "minsheng/430921/verification", "--division", CHILD];
    let why = ["--alarm", "FIGURES_OF_ANOTHER", "--reason", "下级测试误发"];
    parent.security.ok(&[&dismiss[..], &why].concat());

    let verification = format!("minsheng/{CHILD}/verification");
    let accept = ["tier", "accept", &verification, "--reason", "磁盘损坏，恢复上周备份，双方已核对"];
    parent.security.ok(&accept);
    assert!(parent.security.ok(&["tier", "alarms"]).contains("没有告警"));
    let again = forger.kept(other, forked.keys()).await;
    assert!(again > second_kept, "what was set aside is taken once the ledger is accepted");
    assert_eq!(forger.kept(second, ledgers.keys()).await, second_kept, "and what was filed before stays");

    let mut anew = Ledgers::new(CHILD);
    anew.verification = Ledger::new(CHILD, "verification", 9);
    let set = anew.fast(PARENT, &month, 50);
    assert_eq!(forger.refused(set.clone(), anew.keys()).await, "LEDGER_KEY_CHANGED");
    let told = parent.security.ok(&["tier", "alarms"]);
    let compared = told.rsplit("指纹：").next().unwrap().lines().next().unwrap();
    assert_eq!(parent.security.run(&accept).code, 2, "a new key is accepted by its fingerprint");
    assert_eq!(parent.security.run(&[&accept[..], &["--key", "0123456789"]].concat()).code, 6);
    parent.security.ok(&[&accept[..], &["--key", &compared[..16]]].concat());
    forger.kept(set, anew.keys()).await;
    let all = parent.security.ok(&["tier", "alarms", "--all"]);
    assert!(all.contains("LEDGER_KEY_CHANGED") && all.contains("双方已核对") && all.contains("下级测试误发"), "{all}");
    assert_eq!(parent.security.run(&["doctor"]).code, 0);
}

/// G12: what an insider does to a database, and who finds it out.
#[tokio::test(flavor = "multi_thread")]
async fn a_hand_in_the_database_is_found_by_the_verifier_or_by_the_other_party() {
    let folder = tempfile::tempdir().unwrap();
    let parent = Parent::start(folder.path()).await;
    let below = folder.path().join(CHILD);
    let child = Link::start(&Place { code: CHILD, name: "安化县" }, &divisions(), &below).await;
    child.join(&parent.link).await;
    let ask = GetCheckpointRequest { ledger: "catalogue".into() };
    let key =
        LedgerServiceClient::new(child.office.door()).get_checkpoint(ask).await.unwrap().into_inner().verifier_key;
    let address = child.program.address().to_owned();
    let Link { program, .. } = child;
    program.stop();
    let file = below.join("catalogue.db");
    let (old, good) = (folder.path().join("old.db"), folder.path().join("good.db"));
    std::fs::copy(&file, &old).unwrap();

    // It goes on, and the parent sees where to.
    let program = Program::start_at(&address, &below, &chain::environment(CHILD));
    let security = Clerk::log_in(&below, &program, "security-admin", &program.first_password());
    let office = Clerk::log_in(&below, &program, "office", small::PASSWORD);
    let units = office.write("units.csv", format!("id,display_name,kind,division\nnyj,农业农村局,BUREAU,{CHILD}\n"));
    office.ok(&["units", "import", &units]);
    security.ok(&["parent", "exchange"]);
    let kept = security.json(&["parent", "show"])["cosigned"].as_array().unwrap().iter().find_map(|kept| {
        let is_it = kept["origin"] == format!("minsheng/{CHILD}/catalogue");
        is_it.then(|| kept["checkpoint"].as_str().unwrap().to_owned())
    });
    let kept = kept.unwrap();
    // Something may still be written between the exchange and the stop: the head says how many entries it covers.
    let covered: u64 = kept.lines().nth(1).unwrap().parse().unwrap();
    let head = security.write("head.txt", kept);
    program.stop();
    std::fs::copy(&file, &good).unwrap();

    let url = format!("sqlite://{}", file.display());
    let verify = |more: &[&str]| {
        let line = ["verify", "ledger", "--database", &url, "--key", &key];
        security.run(&[&line[..], more].concat())
    };
    let told = verify(&["--head", &head]);
    assert_eq!(told.code, 0, "{told:?}");
    alter(&url, 1, |bytes| *bytes.last_mut().unwrap() ^= 1).await;
    let told = verify(&[]);
    assert!(told.code == 8 && told.stderr.contains("第1条"), "a changed byte: {told:?}");
    std::fs::copy(&good, &file).unwrap();
    let bodies = [body(&url, 0).await, body(&url, 1).await];
    alter(&url, 0, |bytes| bytes.clone_from(&bodies[1])).await;
    alter(&url, 1, |bytes| bytes.clone_from(&bodies[0])).await;
    let told = verify(&[]);
    assert!(told.code == 8 && told.stderr.contains("第0条"), "two rows swapped: {told:?}");
    std::fs::copy(&good, &file).unwrap();
    let connection = Database::connect(&url).await.unwrap();
    let entries = entry::Entity::find().all(&connection).await.unwrap().len();
    let last = i64::try_from(entries).unwrap() - 1;
    entry::Entity::delete_by_id(last).exec(&connection).await.unwrap();
    connection.close().await.unwrap();
    let told = verify(&[]);
    assert!(told.code == 8 && told.stderr.contains(&format!("账中只有{last}条")), "the tail is cut: {told:?}");

    // An old file is sound by itself; the head that the parent keeps tells.
    std::fs::copy(&old, &file).unwrap();
    assert_eq!(verify(&[]).code, 0);
    let told = verify(&["--head", &head]);
    assert!(told.code == 8 && told.stderr.contains(&format!("账头有{covered}条")), "{told:?}");
    let program = Program::start_at(&address, &below, &chain::environment(CHILD));
    let security = Clerk::log_in(&below, &program, "security-admin", &program.first_password());
    let exchanged = security.run(&["parent", "exchange"]);
    assert!(exchanged.code == 8 && exchanged.stdout.contains("LEDGER_SHORTER"), "{exchanged:?}");
    let told = parent.security.ok(&["tier", "alarms"]);
    assert!(told.contains(&format!("minsheng/{CHILD}/catalogue")) && told.contains("LEDGER_SHORTER"), "{told}");
}

async fn body(url: &str, sequence: i64) -> Vec<u8> {
    let connection = Database::connect(url).await.unwrap();
    let row = entry::Entity::find_by_id(sequence).one(&connection).await.unwrap().unwrap();
    connection.close().await.unwrap();
    row.body
}

async fn alter(url: &str, sequence: i64, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = body(url, sequence).await;
    change(&mut bytes);
    let connection = Database::connect(url).await.unwrap();
    let row = entry::ActiveModel { sequence: Set(sequence), body: Set(bytes), ..Default::default() };
    row.update(&connection).await.unwrap();
    connection.close().await.unwrap();
}
