//! Ledgers of a province, a municipality and two counties written by hand, so that each of them may lie and sign it: the
//! chain from the province's total to the counties' evidence.

use std::path::Path;

use ed25519_dalek::SigningKey;
use minsheng_kit::convert::json::to_json;
use minsheng_kit::ledger::{Frontier, LedgerSigner, leaf_hash};
use minsheng_kit::witness::{Kept, WitnessSigner, proven, without_proofs};
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::ledger::v1::{Actor, EntryBody};
use minsheng_proto::reporting::v1::{DivisionValue, EvidenceReference, MeasureValue, ReportContent, ReportSubmitted};
use minsheng_proto::tier::v1::{
    FigureMark, FigureSet, FigureSetReceived, FurtherDecision, MeasureAnswer, PartReference, Proven, ReceivedSet,
};
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed, VersionReference};
use prost::{Message, Name};
use serde_json::json;

use super::county::figure;

pub const PROVINCE: &str = "430000";
pub const CITY: &str = "430900";
pub const COUNTIES: [(&str, &str); 2] = [("430921", "30"), ("430923", "12")];
const MONTH: &str = "2023-06";

/// A ledger.
pub struct Book {
    signer: LedgerSigner,
    frontier: Frontier,
    bodies: Vec<Vec<u8>>,
}

impl Book {
    fn new(division: &str, service: &str) -> Self {
        let mut seed = [0; 32];
        let name = format!("minsheng/{division}/{service}");
        seed[..name.len().min(32)].copy_from_slice(&name.as_bytes()[..name.len().min(32)]);
        let signer = LedgerSigner::new(&name, &SigningKey::from_bytes(&seed)).unwrap();
        Self { signer, frontier: Frontier::default(), bodies: Vec::new() }
    }

    fn write<M: Message + Name>(&mut self, payload: &M) -> (u64, Vec<u8>) {
        let sequence = self.frontier.size();
        let body = EntryBody {
            sequence,
            kind: M::full_name(),
            subject: "figures".into(),
            actor: Some(Actor { account: "x".into(), ..Actor::default() }),
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

    fn proven(&self, sequence: u64) -> Proven {
        let body = self.bodies[usize::try_from(sequence).unwrap()].clone();
        let receipt = Receipt {
            origin: self.signer.origin().to_owned(),
            sequence,
            leaf_hash: leaf_hash(&body).0.to_vec(),
            inclusion_proof: self.frontier.prove(sequence).unwrap().iter().map(|hash| hash.0.to_vec()).collect(),
            checkpoint: self.checkpoint(),
        };
        proven(body, receipt)
    }
}

/// A tier's two ledgers.
pub struct Tier {
    division: &'static str,
    reporting: Book,
    verification: Book,
}

/// What a tier decided on, by the numbers of its entries.
#[derive(Clone)]
struct Figure {
    submission: u64,
    decision: u64,
    leaf: Vec<u8>,
}

impl Tier {
    fn new(division: &'static str) -> Self {
        let [reporting, verification] = ["reporting", "verification"].map(|service| Book::new(division, service));
        Self { division, reporting, verification }
    }

    fn report(&self, code: &str) -> String {
        format!("programmes/{}-2023/indicators/{code}/reports/{MONTH}", self.division)
    }

    /// Submits and decides.
    fn report_on(
        &mut self,
        code: &str,
        values: Vec<MeasureValue>,
        evidence: &[u8],
        received: Option<ReceivedSet>,
        mark: FigureMark,
    ) -> Figure {
        let report = self.report(code);
        let files = if evidence.is_empty() { Vec::new() } else { vec![evidence.to_vec()] };
        let evidence = files.into_iter().map(|sha256| EvidenceReference { sha256, ..EvidenceReference::default() });
        let content = ReportContent { values: values.clone(), evidence: evidence.collect(), ..Default::default() };
        let submitted = ReportSubmitted {
            report: report.clone(),
            version: 1,
            content: Some(content),
            received: received.map(|set| set.encode_to_vec()).unwrap_or_default(),
            ..ReportSubmitted::default()
        };
        let (submission, leaf) = self.reporting.write(&submitted);
        let version =
            Some(VersionReference { report, version: 1, submission_sequence: submission, submission_leaf_hash: leaf });
        let (decision, leaf) = match mark {
            FigureMark::Certified => {
                self.verification.write(&ReportCertified { version, values, ..ReportCertified::default() })
            }
            _ => self.verification.write(&ReportPassed { version, values, person: String::new() }),
        };
        Figure { submission, decision, leaf }
    }

    /// Receives a lower tier's set, with bytes beyond what is known of it, and passes it.
    fn receive(&mut self, division: &str, set: FigureSet, beyond: &[u8]) -> Figure {
        let code = format!("1.1@{division}");
        let came = [set.encode_to_vec(), beyond.to_vec()].concat();
        let bare = without_proofs(&came).unwrap();
        let event = FigureSetReceived { division: division.into(), report: self.report(&code), set: came.into() };
        let (sequence, _) = self.reporting.write(&event);
        let decision = set.decision.clone().unwrap().receipt.unwrap();
        let named = EntryBody::decode(set.decision.clone().unwrap().body.as_slice()).map(|body| body.sequence);
        let composed = set.submission.is_none();
        let value = MeasureValue { breakdown: Vec::new(), ..set.values[0].clone() };
        let received = ReceivedSet {
            sequence,
            origin: format!("minsheng/{division}/verification"),
            decision_sequence: named.unwrap_or(decision.sequence),
            decision_leaf_hash: decision.leaf_hash,
            composed,
            set: bare,
        };
        let value = MeasureValue { measure: format!("{code}-1"), ..value };
        self.report_on(&code, vec![value], &[], Some(received), FigureMark::Fast)
    }

    fn part(&self, division: &str, figure: &Figure) -> PartReference {
        PartReference {
            division: division.into(),
            decision_sequence: figure.decision,
            decision_leaf_hash: figure.leaf.clone(),
        }
    }

    fn entries(&self, figure: &Figure) -> [Proven; 2] {
        [self.verification.proven(figure.decision), self.reporting.proven(figure.submission)]
    }
}

/// What somebody lies about, each signing it as if it were true.
#[derive(Clone)]
pub struct Story {
    /// What the city says that its counties make.
    pub total: &'static str,
    /// What the city's lead unit shows for the second county.
    pub shown: &'static str,
    /// What the county says to the city that it certified.
    pub told: &'static str,
    /// The city sends its sum before anybody reported on the whole.
    pub composed: bool,
    /// The city names another decision as its second part.
    pub other_part: bool,
    /// The city answers with a measure that it did not decide on, or with none.
    pub answer: &'static str,
    /// The province says that the city filed this.
    pub received: Option<&'static str>,
    /// Entries of the counties are left out.
    pub left_out: bool,
    /// The second county answers with two indicators: what it says of the second, of which it decided 5, and how.
    pub jointly: Option<(&'static str, FigureMark)>,
    /// Fields that the city sends and nobody above knows.
    pub beyond: &'static [u8],
}

impl Default for Story {
    fn default() -> Self {
        Self {
            total: "42",
            shown: "12",
            told: "12",
            composed: false,
            other_part: false,
            answer: "1.1-1",
            received: None,
            left_out: false,
            jointly: None,
            beyond: &[],
        }
    }
}

/// The province's chain, as it would be saved.
#[derive(Clone)]
pub struct Chain {
    of: String,
    keys: Vec<String>,
    entries: Vec<Proven>,
    heads: Vec<(String, String)>,
}

fn answers(own: &str) -> Vec<MeasureAnswer> {
    let answer = MeasureAnswer { measure: "1.1-1".into(), own_measure: own.into() };
    if own.is_empty() { Vec::new() } else { vec![answer] }
}

fn set(division: &str, value: &str, mark: FigureMark) -> FigureSet {
    FigureSet {
        id: "0".into(),
        indicator: format!("programmes/{division}-2023/indicators/1.1"),
        period: MONTH.into(),
        programme_version: 1,
        mark: mark.into(),
        values: vec![figure("1.1-1", value)],
        answers: answers("1.1-1"),
        ..FigureSet::default()
    }
}

/// Tells a story; `tamper` may change what the city sends before the province keeps and signs it.
pub fn tell(story: &Story, tamper: impl FnOnce(&mut FigureSet)) -> Chain {
    let mut city = Tier::new(CITY);
    let (mut counties, mut parts, mut own, mut below) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (number, (division, value)) in COUNTIES.into_iter().enumerate() {
        let mut county = Tier::new(division);
        let evidence = [u8::try_from(number).unwrap() + 1; 32];
        let second = story
            .jointly
            .filter(|_| number == 1)
            .map(|(told, mark)| (told, county.report_on("1.2", vec![figure("1.2-1", "5")], &[5; 32], None, mark)));
        let done = county.report_on("1.1", vec![figure("1.1-1", value)], &evidence, None, FigureMark::Certified);
        let told = if number == 1 { story.told } else { value };
        let [decision, submission] = county.entries(&done);
        let mut filed = FigureSet {
            decision: Some(decision.clone()),
            submission: Some(submission.clone()),
            ..set(CITY, told, FigureMark::Certified)
        };
        if let Some((told, second)) = second {
            let [decision, submission] = county.entries(&second);
            filed.values.push(figure("1.1-2", told));
            filed.answers.push(MeasureAnswer { measure: "1.1-2".into(), own_measure: "1.2-1".into() });
            below.extend([decision.clone(), submission.clone()]);
            filed.further.push(FurtherDecision {
                sequence: second.decision,
                leaf_hash: second.leaf,
                decision: Some(decision),
                submission: Some(submission),
            });
        }
        let share = city.receive(division, filed, &[]);
        parts.push(city.part(division, &share));
        own.push(share);
        below.extend([decision, submission]);
        counties.push(county);
    }
    if story.other_part {
        let first = parts[0].clone();
        parts[1] = PartReference { division: parts[1].division.clone(), ..first };
    }
    let mark = if story.composed { FigureMark::Fast } else { FigureMark::Certified };
    let mut sent = FigureSet {
        parts,
        answers: answers(story.answer),
        missing: vec!["430922".into()],
        ..set(PROVINCE, story.total, mark)
    };
    if story.composed {
        sent.decision = Some(city.verification.proven(own[1].decision));
    } else {
        let shown = [COUNTIES[0].1, story.shown];
        let places = COUNTIES.iter().zip(shown).map(|((division, _), value)| DivisionValue {
            division: (*division).into(),
            value: figure("", value).value,
        });
        let whole = MeasureValue { breakdown: places.collect(), ..figure("1.1-1", story.total) };
        let whole = city.report_on("1.1", vec![whole], &[7; 32], None, FigureMark::Certified);
        let [decision, submission] = city.entries(&whole);
        (sent.decision, sent.submission) = (Some(decision), Some(submission));
    }
    sent.attachments = own.iter().flat_map(|share| city.entries(share)).collect();
    if !story.left_out {
        sent.attachments.extend(below);
    }
    tamper(&mut sent);

    let mut province = Tier::new(PROVINCE);
    if let Some(received) = story.received {
        sent.values = vec![figure("1.1-1", received)];
    }
    let filed = sent.values[0].value.clone();
    province.receive(CITY, sent, story.beyond);
    let place = DivisionValue { division: CITY.into(), value: filed.clone() };
    let whole =
        MeasureValue { measure: "1.1-1".into(), value: filed, breakdown: vec![place], ..MeasureValue::default() };
    province.report_on("1.1", vec![whole], &[8; 32], None, FigureMark::Certified);

    let books = [&province.reporting, &province.verification];
    let entries = books.iter().flat_map(|book| (0..book.frontier.size()).map(|sequence| book.proven(sequence)));
    let entries = entries.collect();
    let all = books.into_iter().chain([&city.reporting, &city.verification]);
    let all = all.chain(counties.iter().flat_map(|county| [&county.reporting, &county.verification]));
    let keys = all.map(|book| book.signer.verifier_key().to_owned()).collect();
    let witness = WitnessSigner::new("minsheng/430000/witness", &SigningKey::from_bytes(&[9; 32])).unwrap();
    let seen = Kept::read(city.reporting.signer.verifier_key(), &city.reporting.checkpoint()).unwrap();
    let heads = vec![(witness.cosign(&seen, 1_687_226_400).unwrap(), witness.verifier_key().to_owned())];
    Chain { of: province.report("1.1"), keys, entries, heads }
}

impl Chain {
    /// The same with a head of the city's that a witness saw with another past.
    pub fn forked(mut self) -> Self {
        let (size, origin) = {
            let mut lines = self.heads[0].0.lines();
            let origin = lines.next().unwrap().to_owned();
            (lines.next().unwrap().parse::<u64>().unwrap(), origin)
        };
        let mut other = Book::new(CITY, "reporting");
        assert_eq!(other.signer.origin(), origin);
        for number in 0..size {
            other.write(&ReportSubmitted { version: i32::try_from(number).unwrap(), ..ReportSubmitted::default() });
        }
        let witness = WitnessSigner::new("minsheng/430000/witness", &SigningKey::from_bytes(&[9; 32])).unwrap();
        let seen = Kept::read(other.signer.verifier_key(), &other.checkpoint()).unwrap();
        self.heads[0].0 = witness.cosign(&seen, 1_687_226_400).unwrap();
        self
    }

    /// Writes it as `minsheng trace --save` does; gives the names of the files of entries and receipts.
    pub fn save(&self, folder: &Path) -> Vec<String> {
        std::fs::create_dir_all(folder).unwrap();
        let mut places = Vec::new();
        let mut files = Vec::new();
        for Proven { body, receipt } in &self.entries {
            let receipt = receipt.as_ref().unwrap();
            let name = receipt.origin.trim_start_matches("minsheng/").replace('/', "-");
            let name = format!("{name}-{}", receipt.sequence);
            std::fs::write(folder.join(format!("{name}.entry")), body).unwrap();
            std::fs::write(folder.join(format!("{name}.receipt.json")), to_json(receipt).unwrap()).unwrap();
            places.push(json!({"origin": receipt.origin, "sequence": receipt.sequence}));
            files.extend([format!("{name}.entry"), format!("{name}.receipt.json")]);
        }
        let heads: Vec<_> =
            self.heads.iter().map(|(note, witness)| json!({"checkpoint": note, "witness": witness})).collect();
        let index = json!({
            "of": self.of, "indicator": "1.1", "keys": self.keys, "entries": places, "heads": heads,
        });
        std::fs::write(folder.join("chain.json"), index.to_string()).unwrap();
        files
    }
}

/// A change of what the city sent, with its name.
pub type Change = (String, Box<dyn FnOnce(&mut FigureSet)>);

/// Each entry that the city sent, with one byte changed in each of its parts.
pub fn one_byte(count: usize) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for number in 0..count {
        for field in ["body", "leaf hash", "proof", "checkpoint"] {
            let change = move |set: &mut FigureSet| {
                let mut all: Vec<&mut Proven> =
                    set.decision.iter_mut().chain(&mut set.submission).chain(&mut set.attachments).collect();
                let Proven { body, receipt } = &mut *all[number];
                let receipt = receipt.as_mut().unwrap();
                match field {
                    "body" => flip(body, number * 31 + 9),
                    "leaf hash" => flip(&mut receipt.leaf_hash, number),
                    "proof" if receipt.inclusion_proof.is_empty() => receipt.inclusion_proof.push(vec![0; 32]),
                    "proof" => flip(&mut receipt.inclusion_proof[0], number),
                    _ => {
                        let mut note = std::mem::take(&mut receipt.checkpoint).into_bytes();
                        let place = note.len() - 20;
                        note[place] = if note[place] == b'A' { b'B' } else { b'A' };
                        receipt.checkpoint = String::from_utf8(note).unwrap();
                    }
                }
            };
            changes.push((format!("{field} of entry {number}"), Box::new(change)));
        }
    }
    changes
}

fn flip(bytes: &mut [u8], place: usize) {
    let at = place % bytes.len();
    bytes[at] ^= 1;
}
