//! Three real tiers: the province's total is traced at the command line over its own and the municipality's certification to
//! the county's report and the SHA-256 of its evidence. What was saved is verified by our program and by one in Python after
//! all tiers have stopped; copies with one byte changed are refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};
use std::process::Command;

use minsheng_proto::catalogue::v1::{Division, DivisionLevel};
use minsheng_proto::common::v1::{Quantity, Value as Figure, value::State};
use minsheng_proto::identity::v1::tier_admin_service_client::TierAdminServiceClient;
use minsheng_proto::identity::v1::{ExchangeNowRequest, Role};
use minsheng_proto::reporting::v1::report_service_client::ReportServiceClient;
use minsheng_proto::reporting::v1::{DivisionValue, FileReportRequest, Report, ReportState};
use minsheng_tests::chain::{self, Link, Place, number};
use minsheng_tests::clerk::Clerk;
use minsheng_tests::small;

const TIERS: [(Place, DivisionLevel); 3] = [
    (Place { code: "430000", name: "湖南省" }, DivisionLevel::Province),
    (Place { code: "430900", name: "益阳市" }, DivisionLevel::Municipality),
    (Place { code: "430923", name: "安化县" }, DivisionLevel::County),
];
const SIGNED: [&str; 8] = ["--progress", "按计划推进。", "--filled-by", "甲", "--reviewed-by", "乙", "--head", "丙"];

/// The three tiers, known to each other, each with its programme in force.
async fn start(folder: &Path) -> [Link; 3] {
    let parents = ["", TIERS[0].0.code, TIERS[1].0.code];
    let division = |((place, level), parent): (&(Place, DivisionLevel), &str)| Division {
        code: place.code.into(),
        name: place.name.into(),
        level: (*level).into(),
        parent: parent.into(),
    };
    let divisions: Vec<Division> = TIERS.iter().zip(parents).map(division).collect();
    let mut links: Vec<Link> = Vec::new();
    for (number, (place, _)) in TIERS.iter().enumerate() {
        let link = Link::start(place, &divisions, &folder.join(place.code)).await;
        if let Some(above) = links.last() {
            link.join(above).await;
        }
        let above = number.checked_sub(1).map(|number| &TIERS[number].0);
        link.issue(chain::programme(place, above, TIERS.get(number + 1).map(|(place, _)| place))).await;
        links.push(link);
    }
    links.try_into().unwrap()
}

/// The lead unit of a tier reports on the whole what the tier below reported; it is certified.
async fn report_on_the_whole(link: &Link, month: &str, below: &str, number: &str) {
    let name = format!("programmes/{}-{}/indicators/1.1/reports/{month}", link.place.code, chain::year());
    let mut content = small::content(1, number.parse().unwrap());
    let quantity = Quantity { value: number.into(), unit: "个".into() };
    content.values[0].breakdown =
        vec![DivisionValue { division: below.into(), value: Some(Figure { state: Some(State::Quantity(quantity)) }) }];
    let asked = FileReportRequest { name: name.clone(), content: Some(content), request_id: "whole".into() };
    let filed = ReportServiceClient::new(link.head.door()).file_report(asked).await.unwrap().into_inner();
    link.decide(&format!("{name}/versions/{}", filed.report.unwrap().version)).await;
}

/// Heads are exchanged with the tier above, and what each has seen of the other.
async fn exchange(link: &Link) {
    for _ in 0..2 {
        let told = TierAdminServiceClient::new(link.security.door()).exchange_now(ExchangeNowRequest {}).await;
        assert_eq!(told.unwrap().into_inner().refused, []);
    }
}

fn python(folder: &str) -> (bool, String) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let program = root.join("../target/python/bin/python");
    assert!(program.exists(), "the Python packages are missing: tests/run installs them");
    let ran = Command::new(program).arg(root.join("python/verify.py")).args(["folder", folder]).output().unwrap();
    let said = [ran.stdout, ran.stderr].concat();
    (ran.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_provinces_total_to_the_countys_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let [province, city, county] = start(folder.path()).await;
    // A month that is over may be closed; in January there is none yet, and the report alone is traced.
    let months = chain::months();
    let month = months[months.len().saturating_sub(2)].as_str();

    let head = Clerk::log_in(&folder.path().join("430923"), &county.program, "head", small::PASSWORD);
    let evidence = head.write("acceptance.pdf", b"%PDF-1.4\n% accepted\n%%EOF\n");
    let uploaded = head.ok(&["evidence", "upload", &evidence, "--label", "验收表"]);
    let hash = uploaded.split_whitespace().next().unwrap().to_owned();
    let (report, named) = (format!("1.1/{month}"), format!("{hash}=验收表@1.1-1"));
    let filed = [&["report", "file", &report, "--values", "1.1-1=12", "--evidence", &named][..], &SIGNED[..]].concat();
    head.soon(&filed, |_| true);
    county.decide(&format!("programmes/430923-{}/indicators/1.1/reports/{month}/versions/1", chain::year())).await;

    // What the counties make goes on up before anybody has reported on the whole.
    let composed = |report: &Report| number(report).as_deref() == Some("12") && report.state() == ReportState::Fast;
    city.report("1.1@430923", month, composed).await;
    province.report("1.1@430900", month, composed).await;
    let office = Clerk::log_in(&folder.path().join("430000"), &province.program, "office", small::PASSWORD);
    let traced = office.json(&["trace", &format!("1.1@430900/{month}")]);
    assert_eq!(traced["filed"]["composed"], true, "{traced}");
    let below = &traced["filed"]["parts"][0]["filed"];
    assert_eq!((&below["division"], &below["decided"]["evidence"][0]), (&"430923".into(), &hash.clone().into()));

    // Then both certify the whole, with the shares as its breakdown.
    report_on_the_whole(&city, month, "430923", "12").await;
    let passed = |report: &Report| report.version >= 2 && report.state() == ReportState::Fast;
    let certified = province.report("1.1@430900", month, passed).await;
    province.decide(&format!("{}/versions/{}", certified.name, certified.version)).await;
    province.report("1.1@430900", month, |report| report.state() == ReportState::Certified).await;
    report_on_the_whole(&province, month, "430900", "12").await;
    province.report("1.1", month, |report| report.state() == ReportState::Certified).await;
    exchange(&county).await;
    exchange(&city).await;

    let shown = office.ok(&["trace", &report]);
    let steps = [
        "认定数：12",
        "430900 12，与该地上报的数相符",
        "下级",
        "430900上报（认定数",
        "minsheng/430900/verification第",
        "430923上报（认定数",
        "minsheng/430923/verification第",
        "minsheng/430923/reporting第",
        &hash,
        "minsheng/430900/witness于",
    ];
    let mut place = 0;
    for step in steps {
        place += shown[place..].find(step).unwrap_or_else(|| panic!("{step} is not where it should be: {shown}"));
    }
    let mut saved = vec![save(&office, &["trace", &report], "report")];
    if months.len() > 1 {
        issue(&folder.path().join("430000"), &province, &office, month).await;
        let bulletin = format!("{month}-1");
        assert!(office.ok(&["rank", "show", &bulletin]).contains("下级地区排名"));
        let shown = office.ok(&["trace", &bulletin, "--indicator", "1.1"]);
        assert!(shown.contains(&hash) && shown.contains("下级 益阳市 430900"), "{shown}");
        saved.push(save(&office, &["trace", &bulletin, "--indicator", "1.1"], "bulletin"));
    }

    for link in [county, city, province] {
        link.program.stop();
    }
    let offline = Clerk::stranger(folder.path(), "offline");
    for saved in saved {
        verify_without_anybody(&offline, &saved, &hash);
    }
}

fn save(office: &Clerk, trace: &[&str], name: &str) -> String {
    let folder = office.path(name);
    office.ok(&[trace, &["--save", &folder]].concat());
    folder
}

/// The month's bulletin is issued.
async fn issue(folder: &Path, province: &Link, office: &Clerk, month: &str) {
    for (account, person) in [("office2", "P8"), ("chief", "P9")] {
        small::account(&province.security, account, person, "ssb", &[Role::Office]).await.unwrap();
    }
    let clerk = |account: &str| Clerk::log_in(folder, &province.program, account, small::PASSWORD);
    let (other, chief, certifier) = (clerk("office2"), clerk("chief"), clerk("certifier"));
    office.ok(&["period", "close", month]);
    office.soon(&["rank", "publish", "--period", month], |shown| shown.contains("下级地区排名"));
    let (snapshot, date) = (format!("{month}-1"), format!("{}-12-31", chain::year()));
    office.ok(&["bulletin", "compose", &snapshot, "--date", &date]);
    other.ok(&["bulletin", "approve", &snapshot]);
    certifier.ok(&["bulletin", "countersign", &snapshot]);
    office.ok(&["bulletin", "circulate", &snapshot, "--to", "分管领导"]);
    chief.ok(&["bulletin", "issue", &snapshot]);
}

fn verify_without_anybody(offline: &Clerk, folder: &str, hash: &str) {
    let verified = offline.ok(&["verify", "folder", folder]);
    assert!(verified.contains(hash) && verified.contains("以上各条都在本机验证"), "{verified}");
    let told = offline.json(&["verify", "folder", folder]);
    let county = &told["shares"][0]["filed"]["parts"][0]["filed"];
    assert_eq!(county["decided"]["evidence"][0], hash, "{told}");
    let (well, said) = python(folder);
    assert!(well && said.contains("entries of lower tiers"), "{said}");

    let mut forged = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "entry") {
            continue;
        }
        let good = std::fs::read(&path).unwrap();
        let evidence = good.windows(32).position(|bytes| hex(bytes) == hash);
        for place in [Some(good.len() / 2), Some(good.len() - 1), evidence].into_iter().flatten() {
            let mut bytes = good.clone();
            bytes[place] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            let refused = offline.run(&["verify", "folder", folder]);
            assert_eq!(refused.code, 8, "{}, byte {place}: {refused:?}", path.display());
            let (well, said) = python(folder);
            assert!(!well, "{}, byte {place}: {said}", path.display());
            forged += 1;
        }
        std::fs::write(&path, good).unwrap();
    }
    assert!(forged > 10, "{forged}");
    assert_eq!(offline.run(&["verify", "folder", folder]).code, 0);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
