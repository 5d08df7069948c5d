//! A lower tier as its parent sees it: the ledgers of its reporting and verification, and the sets that it makes of them.

use ed25519_dalek::SigningKey;
use minsheng_kit::identity::Caller;
use minsheng_kit::ledger::{Frontier, LedgerSigner, leaf_hash};
use minsheng_kit::witness::proven;
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::ledger::v1::{Actor, Entry, EntryBody, WatchResponse};
use minsheng_proto::reporting::v1::{MeasureValue, ReportContent, ReportSubmitted};
use minsheng_proto::tier::v1::filing_service_server::FilingService;
use minsheng_proto::tier::v1::{
    FigureMark, FigureSet, FileSetsRequest, FileSetsResponse, Filing, FurtherDecision, LedgerKey, ListFilingsRequest,
    MeasureAnswer, Proven,
};
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed, VersionReference};
use prost::{Message, Name};
use tonic::Status;

use super::programme::PROGRAMME;
use super::world::{World, by, value};

/// Sets as a call carries them.
pub(super) fn encoded(sets: &[FigureSet]) -> Vec<bytes::Bytes> {
    sets.iter().map(|set| set.encode_to_vec().into()).collect()
}

/// A set as an entry holds it.
pub(super) fn read(bytes: &bytes::Bytes) -> FigureSet {
    FigureSet::decode(bytes.clone()).unwrap()
}

/// A ledger in memory.
pub(super) struct Ledger {
    signer: LedgerSigner,
    frontier: Frontier,
    bodies: Vec<Vec<u8>>,
}

impl Ledger {
    pub(super) fn new(division: &str, service: &str, seed: u8) -> Self {
        let signer = LedgerSigner::new(&format!("minsheng/{division}/{service}"), &SigningKey::from_bytes(&[seed; 32]));
        Self { signer: signer.unwrap(), frontier: Frontier::default(), bodies: Vec::new() }
    }

    pub(super) fn record<M: Message + Name>(&mut self, payload: &M) -> u64 {
        self.record_as(&M::full_name(), payload.encode_to_vec())
    }

    pub(super) fn record_as(&mut self, kind: &str, payload: Vec<u8>) -> u64 {
        let sequence = self.frontier.size();
        let body = EntryBody {
            sequence,
            kind: kind.to_owned(),
            subject: "report".to_owned(),
            actor: Some(Actor { account: "jtj.head".into(), person: "B1".into(), unit: "jtj".into() }),
            time: Some(prost_types::Timestamp { seconds: 1_687_226_400, nanos: 0 }),
            payload: payload.into(),
        };
        self.bodies.push(body.encode_to_vec());
        self.frontier.append(self.leaf(sequence)).unwrap();
        sequence
    }

    pub(super) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(super) fn bodies(&self) -> &[Vec<u8>] {
        &self.bodies
    }

    /// The entries from a number on with the head over them, as who follows gets them; none where there are none.
    pub(super) fn since(&self, from: u64) -> Option<WatchResponse> {
        let new = self.bodies.iter().enumerate().skip(usize::try_from(from).unwrap());
        let entries =
            new.map(|(place, body)| Entry { sequence: place as u64, body: body.clone().into(), ..Entry::default() });
        let entries: Vec<Entry> = entries.collect();
        let checkpoint = self.signer.sign(self.size(), self.frontier.root().unwrap()).unwrap();
        (!entries.is_empty()).then(|| WatchResponse { entries, checkpoint, ledger_size: self.size() })
    }

    fn leaf(&self, sequence: u64) -> minsheng_kit::ledger::Hash {
        leaf_hash(&self.bodies[usize::try_from(sequence).unwrap()])
    }

    pub(super) fn proven(&self, sequence: u64) -> Proven {
        let receipt = Receipt {
            origin: self.signer.origin().to_owned(),
            sequence,
            leaf_hash: self.leaf(sequence).0.to_vec(),
            inclusion_proof: self.frontier.prove(sequence).unwrap().iter().map(|hash| hash.0.to_vec()).collect(),
            checkpoint: self.signer.sign(self.frontier.size(), self.frontier.root().unwrap()).unwrap(),
        };
        proven(self.bodies[usize::try_from(sequence).unwrap()].clone(), receipt)
    }

    pub(super) fn key(&self) -> LedgerKey {
        LedgerKey { origin: self.signer.origin().to_owned(), verifier_key: self.signer.verifier_key().to_owned() }
    }
}

/// Numbers of the entries of what was decided on.
pub(super) struct Decision {
    decision: u64,
    submission: u64,
}

/// The tier of a division.
pub(super) struct Child {
    pub(super) division: String,
    pub(super) reporting: Ledger,
    pub(super) verification: Ledger,
    versions: i32,
}

impl Child {
    pub(super) fn new(division: &str) -> Self {
        Self {
            division: division.to_owned(),
            reporting: Ledger::new(division, "reporting", 1),
            verification: Ledger::new(division, "verification", 2),
            versions: 0,
        }
    }

    pub(super) fn caller(&self) -> Caller {
        Caller::tier(&self.division)
    }

    /// Name of its report above.
    pub(super) fn report(&self, period: &str) -> String {
        format!("{PROGRAMME}/indicators/8.1@{}/reports/{period}", self.division)
    }

    /// A version of an indicator is submitted and decided on.
    pub(super) fn decided_on(&mut self, code: &str, mark: FigureMark, period: &str, number: &str) -> Decision {
        self.versions += 1;
        let report = format!("programmes/{}-2023/indicators/{code}/reports/{period}", self.division);
        let own: MeasureValue = value(&format!("{code}-1"), number, "公里");
        let submitted = ReportSubmitted {
            report: report.clone(),
            version: self.versions,
            unit: "jtj".to_owned(),
            content: Some(ReportContent { values: vec![own.clone()], ..ReportContent::default() }),
            ..ReportSubmitted::default()
        };
        let submission = self.reporting.record(&submitted);
        let version = Some(VersionReference {
            report,
            version: self.versions,
            submission_sequence: submission,
            submission_leaf_hash: self.reporting.leaf(submission).0.to_vec(),
        });
        let values = vec![own];
        let decision = match mark {
            FigureMark::Certified => {
                self.verification.record(&ReportCertified { version, values, ..ReportCertified::default() })
            }
            _ => self.verification.record(&ReportPassed { version, values, ..ReportPassed::default() }),
        };
        Decision { decision, submission }
    }

    /// A decision as a set names it besides the one that orders it.
    pub(super) fn further(&self, Decision { decision, submission }: &Decision) -> FurtherDecision {
        let (decision, submission) = (self.verification.proven(*decision), self.reporting.proven(*submission));
        let receipt = decision.receipt.clone().unwrap();
        FurtherDecision {
            sequence: receipt.sequence,
            leaf_hash: receipt.leaf_hash,
            decision: Some(decision),
            submission: Some(submission),
        }
    }

    /// A version of what it reports of roads is submitted and decided on; gives the set that goes up.
    pub(super) fn decided(&mut self, mark: FigureMark, period: &str, kilometres: &str) -> FigureSet {
        let Decision { decision, submission } = self.decided_on("2.1", mark, period, kilometres);
        FigureSet {
            answers: vec![MeasureAnswer { measure: "8.1-1".to_owned(), own_measure: "2.1-1".to_owned() }],
            id: format!("set-{decision}"),
            indicator: format!("{PROGRAMME}/indicators/8.1"),
            period: period.to_owned(),
            programme_version: 2,
            mark: mark.into(),
            values: vec![value("8.1-1", kilometres, "公里")],
            decision: Some(self.verification.proven(decision)),
            submission: Some(self.reporting.proven(submission)),
            ..FigureSet::default()
        }
    }

    pub(super) fn fast(&mut self, kilometres: &str) -> FigureSet {
        self.decided(FigureMark::Fast, "2023-06", kilometres)
    }

    pub(super) fn certified(&mut self, kilometres: &str) -> FigureSet {
        self.decided(FigureMark::Certified, "2023-06", kilometres)
    }

    pub(super) fn keys(&self) -> Vec<LedgerKey> {
        vec![self.reporting.key(), self.verification.key()]
    }

    pub(super) async fn file(&self, world: &World, sets: Vec<FigureSet>) -> Result<FileSetsResponse, Status> {
        let request = FileSetsRequest { sets: encoded(&sets), ledgers: self.keys() };
        Ok(world.parts.file_sets(by(&self.caller(), request)).await?.into_inner())
    }

    /// Files bytes in place of a set.
    pub(super) async fn file_bytes(&self, world: &World, set: Vec<u8>) -> Result<FileSetsResponse, Status> {
        let request = FileSetsRequest { sets: vec![set.into()], ledgers: self.keys() };
        Ok(world.parts.file_sets(by(&self.caller(), request)).await?.into_inner())
    }

    /// Files a set that must be kept; gives the number of the entry that holds it.
    pub(super) async fn kept(&self, world: &World, set: FigureSet) -> u64 {
        let answer = self.file(world, vec![set]).await.unwrap();
        assert_eq!(answer.failures, []);
        answer.filed[0].receipt.as_ref().unwrap().sequence
    }

    /// Why a set is refused.
    pub(super) async fn refused(&self, world: &World, set: FigureSet) -> String {
        let answer = self.file(world, vec![set]).await.unwrap();
        assert!(answer.filed.is_empty(), "{answer:?}");
        answer.failures[0].reason.clone()
    }

    pub(super) async fn filings(&self, world: &World) -> Vec<Filing> {
        let request = ListFilingsRequest { programme: PROGRAMME.to_owned(), ..ListFilingsRequest::default() };
        world.parts.list_filings(by(&self.caller(), request)).await.unwrap().into_inner().filings
    }
}
