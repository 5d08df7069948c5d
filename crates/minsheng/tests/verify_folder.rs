//! `verify folder`: a chain from bulletin to evidence, kept in a folder, holds without any server; a chain in which any step
//! was altered does not.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::{Ran, minsheng};
use minsheng_kit::ledger::{Frontier, LedgerSigner, leaf_hash};
use minsheng_proto::common::v1::{Quantity, Receipt, Value, value::State};
use minsheng_proto::ledger::v1::{Actor, EntryBody};
use minsheng_proto::ranking::v1::{
    Bulletin, BulletinChanged, Cut, FigureBasis, FigureSource, IndicatorRow, Light, MeasureRow, Snapshot,
    StandingPublished,
};
use minsheng_proto::reporting::v1::{EvidenceReference, MeasureValue, ReportContent, ReportSubmitted};
use minsheng_proto::verification::v1::{AdjustedValue, ReportCertified, ReportPassed, VersionReference};
use minsheng_testkit::signer;
use prost::{Message, Name};
use prost_reflect::DynamicMessage;
use sha2::{Digest, Sha256};

const REPORT: &str = "programmes/430923-2023/indicators/3.2/reports/2023-06";
const SNAPSHOT: &str = "programmes/430923-2023/snapshots/2023-06-1";
const BULLETIN: &str = "programmes/430923-2023/bulletins/2023-06-1";

/// A ledger written by hand.
struct Ledger {
    name: &'static str,
    signer: LedgerSigner,
    frontier: Frontier,
    bodies: Vec<Vec<u8>>,
}

impl Ledger {
    fn new(name: &'static str) -> Self {
        Self { name, signer: signer(name), frontier: Frontier::default(), bodies: Vec::new() }
    }

    fn write<M: Message + Name>(&mut self, subject: &str, payload: &M) -> (u64, Vec<u8>) {
        let sequence = self.frontier.size();
        let body = EntryBody {
            sequence,
            kind: M::full_name(),
            subject: subject.to_owned(),
            actor: Some(Actor { account: "x".into(), person: "P".into(), unit: "u".into() }),
            time: Some(prost_types::Timestamp { seconds: 1_687_000_000, nanos: 0 }),
            payload: payload.encode_to_vec().into(),
        };
        let body = body.encode_to_vec();
        let leaf = leaf_hash(&body);
        self.frontier.append(leaf).unwrap();
        self.bodies.push(body);
        (sequence, leaf.0.to_vec())
    }

    fn checkpoint(&self) -> String {
        self.signer.sign(self.frontier.size(), self.frontier.root().unwrap()).unwrap()
    }

    /// Keeps every entry with its receipt as `trace --save` does.
    fn keep(&self, folder: &Path, index: &mut Vec<serde_json::Value>) {
        for (sequence, body) in (0..).zip(&self.bodies) {
            let receipt = Receipt {
                origin: self.signer.origin().to_owned(),
                sequence,
                leaf_hash: leaf_hash(body).0.to_vec(),
                inclusion_proof: self.frontier.prove(sequence).unwrap().iter().map(|hash| hash.0.to_vec()).collect(),
                checkpoint: self.checkpoint(),
            };
            let name = format!("430923-{}-{sequence}", self.name);
            std::fs::write(folder.join(format!("{name}.entry")), body).unwrap();
            std::fs::write(folder.join(format!("{name}.receipt.json")), json(&receipt)).unwrap();
            index.push(serde_json::json!({"origin": self.signer.origin(), "sequence": sequence}));
        }
    }
}

fn json<M: Message + Name>(message: &M) -> String {
    let mut dynamic = DynamicMessage::new(minsheng_proto::DESCRIPTORS.get_message_by_name(&M::full_name()).unwrap());
    dynamic.transcode_from(message).unwrap();
    serde_json::to_string(&dynamic).unwrap()
}

fn value(number: &str) -> Option<Value> {
    Some(Value { state: Some(State::Quantity(Quantity { value: number.into(), unit: "人".into() })) })
}

fn measure(number: &str) -> MeasureValue {
    MeasureValue { measure: "3.2-1".into(), value: value(number), ..MeasureValue::default() }
}

/// What a test may alter before the chain is written down.
struct Story {
    reported: &'static str,
    shown: &'static str,
    certified: &'static str,
    act: &'static str,
    cut_before_report: bool,
}

impl Default for Story {
    fn default() -> Self {
        Self { reported: "1475", shown: "1475", certified: "1470", act: "ISSUED", cut_before_report: false }
    }
}

/// A chain of three ledgers in a folder.
fn tell(folder: &Path, story: &Story) {
    let [mut reporting, mut verification, mut ranking] = ["reporting", "verification", "ranking"].map(Ledger::new);
    let evidence = Sha256::digest(b"list").to_vec();
    let before = reporting.checkpoint();
    let (reporting_sequence, leaf) = reporting.write(
        REPORT,
        &ReportSubmitted {
            report: REPORT.into(),
            version: 1,
            unit: "rsj".into(),
            content: Some(ReportContent {
                values: vec![measure(story.reported)],
                evidence: vec![EvidenceReference {
                    sha256: evidence.clone(),
                    label: "名册".into(),
                    measure: String::new(),
                }],
                ..ReportContent::default()
            }),
            ..ReportSubmitted::default()
        },
    );
    let version = VersionReference {
        report: REPORT.into(),
        version: 1,
        submission_sequence: reporting_sequence,
        submission_leaf_hash: leaf.clone(),
    };
    let passed =
        ReportPassed { version: Some(version.clone()), values: vec![measure(story.reported)], person: "P2".into() };
    let (pass_sequence, _) = verification.write(REPORT, &passed);
    let adjusted = AdjustedValue {
        measure: "3.2-1".into(),
        reported: value(story.reported),
        certified: value(story.certified),
        reason: "重复登记5人".into(),
    };
    let certified = ReportCertified {
        version: Some(version),
        values: vec![measure(story.certified)],
        adjusted: vec![adjusted],
        person: "P3".into(),
    };
    let (certification_sequence, _) = verification.write(REPORT, &certified);
    let source = FigureSource {
        version: format!("{REPORT}/versions/1"),
        reporting_sequence,
        reporting_leaf_hash: leaf,
        pass_sequence: Some(pass_sequence),
        certification_sequence: Some(certification_sequence),
        evidence: vec![evidence],
    };
    let row = MeasureRow {
        measure: "3.2-1".into(),
        title: "职业技能培训".into(),
        unit: "人".into(),
        reported: value(story.shown),
        fast: value(story.shown),
        certified: value("1470"),
        source: Some(source),
        ..MeasureRow::default()
    };
    let indicator = IndicatorRow {
        indicator: "3.2".into(),
        title: "培训".into(),
        completion: "63.9".into(),
        light: Light::Green.into(),
        measures: vec![row],
        ..IndicatorRow::default()
    };
    let snapshot = Snapshot {
        name: SNAPSHOT.into(),
        period: "2023-06".into(),
        basis: FigureBasis::Certified.into(),
        cut: Some(Cut {
            catalogue: String::new(),
            reporting: if story.cut_before_report { before } else { reporting.checkpoint() },
            verification: verification.checkpoint(),
        }),
        indicators: vec![indicator],
        demo_mark: "演示数据".into(),
        ..Snapshot::default()
    };
    let snapshot = snapshot.encode_to_vec();
    let sha256 = Sha256::digest(&snapshot).to_vec();
    ranking.write(SNAPSHOT, &StandingPublished { name: SNAPSHOT.into(), snapshot, sha256 });
    let bulletin = Bulletin { name: BULLETIN.into(), snapshot: SNAPSHOT.into(), ..Bulletin::default() };
    ranking.write(BULLETIN, &BulletinChanged { bulletin: Some(bulletin), act: story.act.into() });

    let mut entries = Vec::new();
    let mut keys = Vec::new();
    for ledger in [&reporting, &verification, &ranking] {
        ledger.keep(folder, &mut entries);
        keys.push(ledger.signer.verifier_key().to_owned());
    }
    let (of, heads) = (BULLETIN, [(); 0]);
    let index = serde_json::json!({"of": of, "indicator": "3.2", "keys": keys, "entries": entries, "heads": heads});
    std::fs::write(folder.join("chain.json"), index.to_string()).unwrap();
}

fn verify(folder: &Path, more: &[&str]) -> Ran {
    let mut arguments = vec!["verify", "folder", folder.to_str().unwrap()];
    arguments.extend(more);
    minsheng(&arguments)
}

fn after(story: &Story) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    tell(folder.path(), story);
    verify(folder.path(), &[])
}

#[test]
fn a_figure_is_followed_from_bulletin_to_evidence() {
    let folder = tempfile::tempdir().unwrap();
    tell(folder.path(), &Story::default());
    let ran = verify(folder.path(), &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for words in ["演示数据", "认定数：1470", "调整：1475→1470，重复登记5人", "报送数：1475", "名册"]
    {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    let json = verify(folder.path(), &["--output", "json"]).json();
    assert_eq!(json["measures"][0]["certification"]["sequence"], 1);
    assert_eq!(json["measures"][0]["evidence"][0], hex::encode(Sha256::digest(b"list")));
}

#[test]
fn a_figure_that_differs_from_its_report_is_found() {
    let ran = after(&Story { shown: "1480", ..Story::default() });
    assert_eq!(ran.code, 8, "{ran:?}");
    assert!(ran.stderr.contains("计量项3.2-1：报送数与快照不符"), "{}", ran.stderr);
    let ran = after(&Story { certified: "1471", ..Story::default() });
    assert!(ran.stderr.contains("认定数与快照不符"), "{}", ran.stderr);
}

#[test]
fn a_bulletin_that_was_never_issued_and_a_report_after_the_cut_are_found() {
    let ran = after(&Story { act: "APPROVED", ..Story::default() });
    assert_eq!(ran.code, 8);
    assert!(ran.stderr.contains("签发"), "{}", ran.stderr);
    let ran = after(&Story { cut_before_report: true, ..Story::default() });
    assert_eq!(ran.code, 8);
    assert!(ran.stderr.contains("晚于快照的截点"), "{}", ran.stderr);
}

#[test]
fn altered_bytes_a_missing_entry_and_a_foreign_key_are_found() {
    let folder = tempfile::tempdir().unwrap();
    tell(folder.path(), &Story::default());
    let ran = verify(folder.path(), &["--key", signer("gateway").verifier_key()]);
    assert_eq!(ran.code, 0, "a key that is not needed changes nothing: {ran:?}");

    let entry = folder.path().join("430923-verification-1.entry");
    let bytes = std::fs::read(&entry).unwrap();
    std::fs::write(&entry, std::fs::read(folder.path().join("430923-verification-0.entry")).unwrap()).unwrap();
    assert_eq!(verify(folder.path(), &[]).code, 8);
    std::fs::write(&entry, bytes).unwrap();

    let index = folder.path().join("chain.json");
    let text = std::fs::read_to_string(&index).unwrap();
    let mut without: serde_json::Value = serde_json::from_str(&text).unwrap();
    without["entries"].as_array_mut().unwrap().retain(|entry| entry["origin"] != "minsheng/430923/reporting");
    std::fs::write(&index, without.to_string()).unwrap();
    let ran = verify(folder.path(), &[]);
    assert_eq!(ran.code, 8);
    assert!(ran.stderr.contains("缺少reporting存证账第0条"), "{}", ran.stderr);

    let mut foreign: serde_json::Value = serde_json::from_str(&text).unwrap();
    foreign["keys"][0] = signer("verification").verifier_key().into();
    std::fs::write(&index, foreign.to_string()).unwrap();
    let ran = verify(folder.path(), &[]);
    assert_eq!(ran.code, 8, "signed by another ledger's key: {ran:?}");
}
