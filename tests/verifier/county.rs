//! A county's ledgers on real SQLite, and the chain of a certified figure out of them.

use std::path::Path;

use minsheng_kit::convert::json::to_json;
use minsheng_kit::error::Refusal;
use minsheng_kit::ledger::{LedgerReader, LedgerVerifier};
use minsheng_kit::service::Service;
use minsheng_kit::store::Wants;
use minsheng_kit::witness::{LedgerKeys, check_decision, offer, proof_span, proven};
use minsheng_kit::writer::{Call, Command, Context};
use minsheng_proto::common::v1::{Quantity, Value, value::State};
use minsheng_proto::ledger::v1::Actor;
use minsheng_proto::reporting::v1::{EvidenceReference, MeasureValue, ReportContent, ReportSubmitted};
use minsheng_proto::tier::v1::{OfferedHead, Proven};
use minsheng_proto::verification::v1::{AdjustedValue, ReportCertified, ReportPassed, VersionReference};
use minsheng_testkit::{Backend, TestDatabase, caller, open};
use prost::{Message, Name};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use serde_json::{Value as Json, json};

pub const REPORT: &str = "programmes/430923-2023/indicators/1.1/reports/2023-06";

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(minsheng_kit::ledger::entity::Migration), Box::new(minsheng_kit::writer::idempotency::Migration)]
    }
}

/// Writes one entry.
struct Say<M>(M);

impl<M: Message + Name + 'static> Command for Say<M> {
    type Answer = Actor;

    fn wants(&self, _wants: &mut Wants) {}

    fn decide(&self, context: &mut Context<'_>) -> Result<Actor, Refusal> {
        context.record(REPORT, &self.0);
        Ok(Actor::default())
    }
}

pub async fn say<M: Message + Name + 'static>(service: &Service, event: M) -> VersionReference {
    let call = Call::internal(caller("jyj.head", "P1", "jyj", &[]), "Test/Say");
    let receipt = service.writer.run(Say(event), call).await.unwrap().receipt().unwrap();
    VersionReference {
        report: REPORT.into(),
        version: 1,
        submission_sequence: receipt.sequence,
        submission_leaf_hash: receipt.leaf_hash,
    }
}

pub fn figure(measure: &str, number: &str) -> MeasureValue {
    let quantity = Quantity { value: number.into(), unit: "个".into() };
    let value = Some(Value { state: Some(State::Quantity(quantity)) });
    MeasureValue { measure: measure.into(), value, ..MeasureValue::default() }
}

/// A county's ledgers with two versions of a report, the first passed and certified with an adjustment.
pub struct County {
    reporting: Service,
    pub verification: Service,
    _databases: [TestDatabase; 2],
}

impl County {
    pub async fn new() -> Self {
        let databases = [TestDatabase::new(Backend::Sqlite), TestDatabase::new(Backend::Sqlite)];
        let (reporting, _) = open::<Migrator>("reporting", &databases[0]).await;
        let (verification, _) = open::<Migrator>("verification", &databases[1]).await;
        let county = Self { reporting, verification, _databases: databases };
        let first = county.submit(1).await;
        county.submit(2).await;
        let reported = county.values();
        let mut values = reported.clone();
        values[0] = figure("1.1-1", "440");
        let adjusted = AdjustedValue {
            measure: "1.1-1".into(),
            reported: reported[0].value.clone(),
            certified: values[0].value.clone(),
            reason: "重复登记10个".into(),
        };
        let passed = ReportPassed { version: Some(first.clone()), values: reported, person: "P2".into() };
        say(&county.verification, passed).await;
        let certified = ReportCertified { version: Some(first), values, adjusted: vec![adjusted], person: "P3".into() };
        say(&county.verification, certified).await;
        for version in 3..12 {
            county.submit(version).await;
        }
        county
    }

    pub fn values(&self) -> Vec<MeasureValue> {
        vec![figure("1.1-1", "450"), figure("1.1-2", "0")]
    }

    async fn submit(&self, version: i32) -> VersionReference {
        let evidence = EvidenceReference { sha256: vec![9; 32], label: "验收表".into(), measure: "1.1-1".into() };
        let content = ReportContent { values: self.values(), evidence: vec![evidence], ..ReportContent::default() };
        let report =
            ReportSubmitted { report: REPORT.into(), version, content: Some(content), ..ReportSubmitted::default() };
        say(&self.reporting, report).await
    }

    pub fn ledger(&self, name: &str) -> &LedgerReader {
        match name {
            "reporting" => self.reporting.writer.ledger(),
            _ => self.verification.writer.ledger(),
        }
    }

    pub async fn proven(&self, ledger: &str, sequence: u64) -> Proven {
        let reader = self.ledger(ledger);
        let entry = reader.entry(sequence).await.unwrap().unwrap();
        proven(entry.body, reader.receipt(sequence).await.unwrap().unwrap())
    }

    pub async fn offer(&self, kept: u64, size: u64) -> OfferedHead {
        let reader = self.ledger("reporting");
        let proof = match proof_span(kept, size) {
            Some((from, to)) => reader.consistency_proof(from, to).await.unwrap(),
            None => Vec::new(),
        };
        offer(reader.checkpoint(size).await.unwrap(), reader.verifier_key(), kept, &proof)
    }

    /// The chain of the certified figure in the form that `minsheng trace --save` writes.
    pub async fn chain(&self) -> Chain {
        let mut entries = Vec::new();
        for (ledger, sequence) in [("verification", 1), ("verification", 0), ("reporting", 0)] {
            entries.push((ledger.to_owned(), sequence, self.proven(ledger, sequence).await));
        }
        let keys = ["reporting", "verification"].map(|name| self.ledger(name).verifier_key().to_owned());
        Chain { keys: keys.to_vec(), entries }
    }
}

fn place(ledger: &str, sequence: u64) -> Json {
    json!({"origin": format!("minsheng/430923/{ledger}"), "sequence": sequence})
}

#[derive(Clone)]
pub struct Chain {
    pub keys: Vec<String>,
    /// Ledger, number, entry: decisions, then their submission.
    pub entries: Vec<(String, u64, Proven)>,
}

impl Chain {
    pub fn save(&self, folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
        let places: Vec<Json> = self.entries.iter().map(|(ledger, sequence, _)| place(ledger, *sequence)).collect();
        let index = json!({"of": REPORT, "indicator": "1.1", "keys": self.keys, "entries": places, "heads": []});
        std::fs::write(folder.join("chain.json"), index.to_string()).unwrap();
        for (ledger, sequence, proven) in &self.entries {
            let name = format!("430923-{ledger}-{sequence}");
            std::fs::write(folder.join(format!("{name}.entry")), &proven.body).unwrap();
            let receipt = to_json(proven.receipt.as_ref().unwrap()).unwrap();
            std::fs::write(folder.join(format!("{name}.receipt.json")), receipt).unwrap();
        }
    }

    /// Our own judgement of the same chain.
    pub fn holds(&self) -> bool {
        let keys = self.keys.iter().map(|key| LedgerVerifier::new(key));
        let Ok(keys) = keys.collect::<Result<LedgerKeys, _>>() else { return false };
        let mut entries = Vec::new();
        for (ledger, sequence, proven) in &self.entries {
            match keys.verify(proven) {
                Ok(entry) if entry.sequence == *sequence && entry.origin().ends_with(ledger) => entries.push(entry),
                _ => return false,
            }
        }
        let Some((submission, decisions)) = entries.split_last() else { return false };
        decisions.iter().all(|decision| check_decision(decision, submission).is_ok())
    }
}
