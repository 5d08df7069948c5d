//! A decided figure leads to the very submission and its evidence, or it is refused.

use minsheng_proto::common::v1::{Quantity, Value, value::State};
use minsheng_proto::reporting::v1::{EvidenceReference, MeasureValue, ReportContent, ReportSubmitted};
use minsheng_proto::tier::v1::FigureMark;
use minsheng_proto::verification::v1::{AdjustedValue, ReportCertified, ReportPassed, VersionReference};
use prost::{Message, Name};

use super::super::{ProofFault, ProvenEntry, check_decision, verify_proven};
use super::Ledger;

const REPORT: &str = "programmes/430923-2023/indicators/1.1/reports/2023-06";

fn figure(measure: &str, number: &str) -> MeasureValue {
    let quantity = Quantity { value: number.into(), unit: "个".into() };
    let value = Some(Value { state: Some(State::Quantity(quantity)) });
    MeasureValue { measure: measure.into(), value, ..MeasureValue::default() }
}

struct County {
    reporting: Ledger,
    verification: Ledger,
}

impl County {
    fn new(division: &str) -> Self {
        let mut county = Self {
            reporting: Ledger::of(&format!("minsheng/{division}/reporting")),
            verification: Ledger::of(&format!("minsheng/{division}/verification")),
        };
        for version in 1..=2 {
            let content = ReportContent {
                values: vec![figure("1.1-1", "450"), figure("1.1-2", "12")],
                evidence: vec![EvidenceReference {
                    sha256: vec![9; 32],
                    label: "验收表".into(),
                    measure: String::new(),
                }],
                ..ReportContent::default()
            };
            let submitted = ReportSubmitted {
                report: REPORT.into(),
                version,
                content: Some(content),
                ..ReportSubmitted::default()
            };
            county.reporting.record(REPORT, &submitted);
        }
        county
    }

    fn submission(&self, sequence: u64) -> ProvenEntry {
        verify_proven(&self.reporting.proven(sequence, self.reporting.size()), &self.reporting.verifier()).unwrap()
    }

    fn version(&self) -> VersionReference {
        let submission = self.submission(0);
        VersionReference {
            report: REPORT.into(),
            version: 1,
            submission_sequence: 0,
            submission_leaf_hash: submission.leaf_hash.0.to_vec(),
        }
    }

    fn certified(&self) -> ReportCertified {
        ReportCertified {
            version: Some(self.version()),
            values: vec![figure("1.1-1", "450"), figure("1.1-2", "12")],
            ..ReportCertified::default()
        }
    }

    fn decide<M: Message + Name>(&mut self, decision: &M) -> ProvenEntry {
        let sequence = self.verification.record(REPORT, decision);
        let proven = self.verification.proven(sequence, self.verification.size());
        verify_proven(&proven, &self.verification.verifier()).unwrap()
    }
}

#[test]
fn a_decision_leads_to_its_submission_and_evidence() {
    let mut county = County::new("430923");
    let decision = county.decide(&county.certified());
    let decided = check_decision(&decision, &county.submission(0)).unwrap();
    assert_eq!((decided.mark, decided.version.version), (FigureMark::Certified, 1));
    assert_eq!(decided.evidence()[0].label, "验收表");
    assert!(decided.rests_on(&[9; 32]) && !decided.rests_on(&[8; 32]));

    let passed =
        ReportPassed { version: Some(county.version()), values: county.certified().values, ..ReportPassed::default() };
    let passed = county.decide(&passed);
    assert_eq!(check_decision(&passed, &county.submission(0)).unwrap().mark, FigureMark::Fast);
}

#[test]
fn an_adjusted_value_stands_where_it_is_named() {
    let mut county = County::new("430923");
    let mut certified = county.certified();
    certified.values[0] = figure("1.1-1", "440");
    let silent = county.decide(&certified);
    let fault = check_decision(&silent, &county.submission(0)).unwrap_err();
    assert_eq!(fault, ProofFault::OtherValue("1.1-1".into()));

    certified.adjusted = vec![AdjustedValue {
        measure: "1.1-1".into(),
        reported: figure("1.1-1", "450").value,
        certified: figure("1.1-1", "440").value,
        reason: "重复登记10个".into(),
    }];
    let named = county.decide(&certified);
    assert_eq!(check_decision(&named, &county.submission(0)).unwrap().adjusted.len(), 1);

    certified.adjusted[0].reported = figure("1.1-1", "460").value;
    let wrong = county.decide(&certified);
    let fault = check_decision(&wrong, &county.submission(0)).unwrap_err();
    assert_eq!(fault, ProofFault::OtherValue("1.1-1".into()));
}

#[test]
fn every_value_is_decided_once() {
    let mut county = County::new("430923");
    let mut fewer = county.certified();
    fewer.values.pop();
    let mut doubled = county.certified();
    doubled.values.push(figure("1.1-2", "12"));
    let mut invented = county.certified();
    invented.values.push(figure("1.1-3", "1"));
    for (decision, measure) in [(fewer, "1.1-2"), (doubled, "1.1-2"), (invented, "1.1-3")] {
        let decision = county.decide(&decision);
        let fault = check_decision(&decision, &county.submission(0)).unwrap_err();
        assert_eq!(fault, ProofFault::OtherValue(measure.into()));
    }
}

#[test]
fn another_submission_with_the_same_figures_is_refused() {
    let mut county = County::new("430923");
    let decision = county.decide(&county.certified());
    let fault = check_decision(&decision, &county.submission(1)).unwrap_err();
    assert_eq!(fault, ProofFault::OtherSubmission(format!("{REPORT}/versions/1")));

    let mut wrong_hash = county.certified();
    wrong_hash.version.as_mut().unwrap().submission_leaf_hash[0] ^= 1;
    let decision = county.decide(&wrong_hash);
    let fault = check_decision(&decision, &county.submission(0)).unwrap_err();
    assert!(matches!(fault, ProofFault::OtherSubmission(_)), "{fault:?}");
}

#[test]
fn tiers_and_ledgers_are_not_mixed() {
    let mut county = County::new("430923");
    let decision = county.decide(&county.certified());
    let neighbour = County::new("430922");
    let fault = check_decision(&decision, &neighbour.submission(0)).unwrap_err();
    assert!(matches!(fault, ProofFault::OtherLedger { .. }), "{fault:?}");
    let fault = check_decision(&county.submission(0), &county.submission(0)).unwrap_err();
    assert!(matches!(fault, ProofFault::NotADecision { .. }), "{fault:?}");
    let fault = check_decision(&decision, &decision).unwrap_err();
    assert!(matches!(fault, ProofFault::NotASubmission { .. }), "{fault:?}");
}
