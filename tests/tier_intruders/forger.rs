//! A lower tier made by hand: enrolled like any other, with ledgers in memory that say whatever a test wants.

use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use minsheng_kit::authority::request_certificate;
use minsheng_kit::clock::SystemClock;
use minsheng_kit::ledger::{Frontier, LedgerSigner, leaf_hash};
use minsheng_kit::line::Line;
use minsheng_kit::tls::{ClientIdentity, Trust, client_config, private_key, read_certificates};
use minsheng_kit::witness::proven;
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::ledger::v1::{Actor, EntryBody};
use minsheng_proto::reporting::v1::{ReportContent, ReportSubmitted};
use minsheng_proto::tier::v1::enrolment_service_client::EnrolmentServiceClient;
use minsheng_proto::tier::v1::filing_service_client::FilingServiceClient;
use minsheng_proto::tier::v1::{
    EnrolRequest, FigureMark, FigureSet, FileSetsRequest, FileSetsResponse, LedgerKey, Proven,
};
use minsheng_proto::verification::v1::{ReportPassed, VersionReference};
use minsheng_tests::{chain, small};
use prost::{Message, Name};
use tonic::Status;

/// The line of whoever trusts a gateway by the certificate in its folder.
pub fn line(folder: &Path, address: &str, identity: Option<ClientIdentity>) -> Line {
    let authorities = read_certificates(&folder.join("gateway-certificate.pem")).unwrap();
    let trust = Trust { authorities, ..Trust::default() };
    let config = client_config(trust, identity, Arc::new(SystemClock)).unwrap();
    Line::secure(&format!("https://{address}"), config).unwrap()
}

/// What lies in two files.
pub fn of_files(certificate: &Path, key: &Path) -> ClientIdentity {
    ClientIdentity { chain: read_certificates(certificate).unwrap(), key: private_key(key).unwrap() }
}

/// A ledger in memory.
pub struct Ledger {
    signer: LedgerSigner,
    frontier: Frontier,
    bodies: Vec<Vec<u8>>,
}

impl Ledger {
    pub fn new(division: &str, service: &str, seed: u8) -> Self {
        let signer = LedgerSigner::new(&format!("minsheng/{division}/{service}"), &SigningKey::from_bytes(&[seed; 32]));
        Self { signer: signer.unwrap(), frontier: Frontier::default(), bodies: Vec::new() }
    }

    fn record<M: Message + Name>(&mut self, payload: &M) -> u64 {
        let sequence = self.frontier.size();
        let body = EntryBody {
            sequence,
            kind: M::full_name(),
            subject: "report".to_owned(),
            actor: Some(Actor { account: "head".into(), person: "P1".into(), unit: "jyj".into() }),
            time: Some(prost_types::Timestamp { seconds: 1_687_226_400, nanos: 0 }),
            payload: payload.encode_to_vec().into(),
        };
        self.bodies.push(body.encode_to_vec());
        self.frontier.append(self.leaf(sequence)).unwrap();
        sequence
    }

    fn leaf(&self, sequence: u64) -> minsheng_kit::ledger::Hash {
        leaf_hash(&self.bodies[usize::try_from(sequence).unwrap()])
    }

    fn proven(&self, sequence: u64) -> Proven {
        let receipt = Receipt {
            origin: self.signer.origin().to_owned(),
            sequence,
            leaf_hash: self.leaf(sequence).0.to_vec(),
            inclusion_proof: self.frontier.prove(sequence).unwrap().iter().map(|hash| hash.0.to_vec()).collect(),
            checkpoint: self.signer.sign(self.frontier.size(), self.frontier.root().unwrap()).unwrap(),
        };
        proven(self.bodies[usize::try_from(sequence).unwrap()].clone(), receipt)
    }

    fn key(&self) -> LedgerKey {
        LedgerKey { origin: self.signer.origin().to_owned(), verifier_key: self.signer.verifier_key().to_owned() }
    }
}

/// The two ledgers that a tier's figures are proven by.
pub struct Ledgers {
    division: String,
    pub reporting: Ledger,
    pub verification: Ledger,
}

impl Ledgers {
    pub fn new(division: &str) -> Self {
        Self {
            division: division.to_owned(),
            reporting: Ledger::new(division, "reporting", 1),
            verification: Ledger::new(division, "verification", 2),
        }
    }

    pub fn keys(&self) -> Vec<LedgerKey> {
        vec![self.reporting.key(), self.verification.key()]
    }

    /// The next version is submitted and passed; gives the set that goes up to the parent.
    pub fn fast(&mut self, parent: &str, month: &str, number: u64) -> FigureSet {
        let report = format!("programmes/{}-{}/indicators/1.1/reports/{month}", self.division, chain::year());
        let version = i32::try_from(self.verification.bodies.len()).unwrap() + 1;
        let values = small::content(1, number).values;
        let content = Some(ReportContent { values: values.clone(), ..ReportContent::default() });
        let submitted = ReportSubmitted { report: report.clone(), version, content, ..ReportSubmitted::default() };
        let submission = self.reporting.record(&submitted);
        let version = Some(VersionReference {
            report,
            version,
            submission_sequence: submission,
            submission_leaf_hash: self.reporting.leaf(submission).0.to_vec(),
        });
        let decision = ReportPassed { version, values: values.clone(), ..ReportPassed::default() };
        let decision = self.verification.record(&decision);
        FigureSet {
            id: format!("set-{decision}"),
            indicator: format!("programmes/{parent}-{}/indicators/1.1", chain::year()),
            period: month.to_owned(),
            programme_version: 1,
            mark: FigureMark::Fast.into(),
            values,
            decision: Some(self.verification.proven(decision)),
            submission: Some(self.reporting.proven(submission)),
            ..FigureSet::default()
        }
    }
}

/// A tier that the parent knows by its certificate.
pub struct Forger {
    pub line: Line,
}

impl Forger {
    /// Enrols with a code; its key and certificate lie in `own`.
    pub async fn enrol(parent: &Path, address: &str, code: &str, division: &str, own: &Path) -> Self {
        let (certificate, key_file) = (own.join(format!("{division}.pem")), own.join(format!("{division}.key")));
        let certificate_request = request_certificate(&key_file, division).unwrap();
        let request = EnrolRequest { code: code.to_owned(), certificate_request, ledgers: Vec::new() };
        let enrolled = EnrolmentServiceClient::new(line(parent, address, None)).enrol(request).await.unwrap();
        std::fs::write(&certificate, enrolled.into_inner().certificate_chain).unwrap();
        Self { line: line(parent, address, Some(of_files(&certificate, &key_file))) }
    }

    pub async fn file(&self, sets: Vec<FigureSet>, ledgers: Vec<LedgerKey>) -> Result<FileSetsResponse, Status> {
        let sets = sets.iter().map(|set| set.encode_to_vec().into()).collect();
        let request = FileSetsRequest { sets, ledgers };
        Ok(FilingServiceClient::new(self.line.clone()).file_sets(request).await?.into_inner())
    }

    /// Files a set that must be kept; gives the number of the entry above.
    pub async fn kept(&self, set: FigureSet, ledgers: Vec<LedgerKey>) -> u64 {
        let answer = self.file(vec![set], ledgers).await.unwrap();
        assert_eq!(answer.failures, []);
        answer.filed[0].receipt.as_ref().unwrap().sequence
    }

    /// Why a set is refused.
    pub async fn refused(&self, set: FigureSet, ledgers: Vec<LedgerKey>) -> String {
        let answer = self.file(vec![set], ledgers).await.unwrap();
        assert!(answer.filed.is_empty(), "{answer:?}");
        answer.failures[0].reason.clone()
    }
}
