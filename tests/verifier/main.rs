//! A verifier in Python, written from deploy/guide/ledger.md alone, agrees with ours on real ledgers: what holds, and each of
//! many ways in which something is tampered with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod both;
mod county;
mod tiers;

use std::path::PathBuf;
use std::process::Command as Process;

use ed25519_dalek::SigningKey;
use minsheng_kit::convert::json::to_json;
use minsheng_kit::ledger::{LedgerVerifier, leaf_hash};
use minsheng_kit::witness::{Kept, Verdict, WitnessSigner, WitnessVerifier, consider};
use minsheng_proto::common::v1::Receipt;
use minsheng_proto::tier::v1::{Cosigned, OfferedHead};
use minsheng_proto::verification::v1::{ReportCertified, ReportPassed, VersionReference};
use minsheng_testkit::signer;

use county::{Chain, County, REPORT, figure, say};

/// Runs the verifier; the line that it printed, or the fault that it found.
fn python(arguments: &[&str]) -> Result<String, String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let program = root.join("../target/python/bin/python");
    assert!(program.exists(), "the Python packages are missing: tests/run installs them");
    let output = Process::new(program).arg(root.join("python/verify.py")).args(arguments).output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.code() {
        Some(0) => Ok(said(&output.stdout)),
        Some(1) => Err(said(&output.stderr)),
        code => panic!("{arguments:?} ended with {code:?}: {}", said(&output.stderr)),
    }
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    fn chain(&self, chain: &Chain) -> Result<String, String> {
        let folder = self.0.path().join("chain");
        let _ = std::fs::remove_dir_all(&folder);
        chain.save(&folder);
        python(&["folder", folder.to_str().unwrap()])
    }
}

fn flip(bytes: &mut [u8], place: usize) {
    let at = place % bytes.len();
    bytes[at] ^= 1;
}

fn cut<T>(items: &mut Vec<T>) {
    items.pop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_chain_and_its_forgeries() {
    let county = County::new().await;
    let folder = Folder::new();
    let good = county.chain().await;
    let told = folder.chain(&good).unwrap();
    assert!(told.contains("3 entries, 2 decisions, 1 pieces of evidence"), "{told}");
    assert!(good.holds());

    let other_version = county.proven("reporting", 1).await;
    let of_verification = good.entries[0].2.receipt.clone().unwrap();
    type Forgery<'a> = (&'a str, &'a str, Box<dyn Fn(&mut Chain) + 'a>);
    let receipt = |chain: &mut Chain, change: &dyn Fn(&mut Receipt)| {
        change(chain.entries[2].2.receipt.as_mut().unwrap());
    };
    let forgeries: Vec<Forgery<'_>> = vec![
        ("a byte of the report", "leaf hash", Box::new(|chain| flip(&mut chain.entries[2].2.body, 80))),
        ("the report's last byte is cut", "leaf hash", Box::new(|chain| cut(&mut chain.entries[2].2.body))),
        ("the leaf hash", "proof", Box::new(|chain| receipt(chain, &|receipt| flip(&mut receipt.leaf_hash, 7)))),
        ("entry and leaf hash together", "proof", {
            let other = other_version.clone();
            Box::new(move |chain| {
                chain.entries[2].2.body = other.body.clone();
                receipt(chain, &|receipt| receipt.leaf_hash = other.receipt.clone().unwrap().leaf_hash);
            })
        }),
        ("the number", "proof", Box::new(|chain| receipt(chain, &|receipt| receipt.sequence = 1))),
        ("a hash of the proof", "proof", {
            Box::new(|chain| receipt(chain, &|receipt| flip(&mut receipt.inclusion_proof[1], 3)))
        }),
        ("the proof's end is cut", "proof", {
            Box::new(|chain| receipt(chain, &|receipt| cut(&mut receipt.inclusion_proof)))
        }),
        ("a hash too many", "proof", {
            Box::new(|chain| receipt(chain, &|receipt| receipt.inclusion_proof.push(vec![0; 32])))
        }),
        ("a hash too short", "32 bytes", {
            Box::new(|chain| receipt(chain, &|receipt| cut(&mut receipt.inclusion_proof[0])))
        }),
        ("the size", "signature", {
            Box::new(|chain| {
                receipt(chain, &|receipt| receipt.checkpoint = receipt.checkpoint.replace("\n11\n", "\n12\n"))
            })
        }),
        ("the head of another ledger", "not signed by", {
            Box::new(|chain| receipt(chain, &|receipt| receipt.checkpoint = of_verification.checkpoint.clone()))
        }),
        ("no signature", "not a signed note", {
            Box::new(|chain| {
                receipt(chain, &|receipt| {
                    receipt.checkpoint.truncate(receipt.checkpoint.find("\n\n").unwrap() + 2);
                })
            })
        }),
        ("the receipt's origin", "another ledger", {
            Box::new(|chain| receipt(chain, &|receipt| receipt.origin = "minsheng/430922/reporting".into()))
        }),
        ("another key of the same name", "not signed by", {
            Box::new(|chain| chain.keys[0] = other_key("minsheng/430923/reporting"))
        }),
        ("a key line whose id is not its key's", "id", {
            Box::new(|chain| {
                let line = chain.keys[0].clone();
                let mut parts: Vec<&str> = line.splitn(3, '+').collect();
                parts[1] = "00000000";
                chain.keys[0] = parts.join("+");
            })
        }),
        ("the number in the index", "is entry 0", Box::new(|chain| chain.entries[2].1 = 5)),
    ];
    for (name, words, forge) in forgeries {
        let mut forged = good.clone();
        forge(&mut forged);
        let fault = folder.chain(&forged).expect_err(name);
        assert!(fault.contains(words), "{name}: {fault}");
        assert!(!forged.holds(), "{name}: ours took it");
    }
}

fn other_key(name: &str) -> String {
    let key = SigningKey::from_bytes(&[77; 32]);
    LedgerVerifier::of_key(name, &key.verifying_key()).unwrap().verifier_key().to_owned()
}

/// Entries that are truly in their ledgers, and do not belong together.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_about_another_submission() {
    let county = County::new().await;
    let folder = Folder::new();
    let first = VersionReference {
        report: REPORT.into(),
        version: 1,
        submission_sequence: 0,
        submission_leaf_hash: county.proven("reporting", 0).await.receipt.unwrap().leaf_hash,
    };
    let elsewhere = VersionReference { submission_sequence: 1, ..first.clone() };
    let misled = ReportPassed { version: Some(elsewhere), values: county.values(), person: "P2".into() };
    let silent = ReportCertified {
        version: Some(first),
        values: vec![figure("1.1-1", "449"), figure("1.1-2", "0")],
        ..ReportCertified::default()
    };
    say(&county.verification, misled).await;
    say(&county.verification, silent).await;
    for (sequence, submission, words) in [(2, 1, "another submission"), (3, 0, "1.1-1 is neither")] {
        let mut chain = county.chain().await;
        chain.entries.clear();
        for (ledger, sequence) in [("verification", sequence), ("reporting", submission)] {
            chain.entries.push((ledger.to_owned(), sequence, county.proven(ledger, sequence).await));
        }
        let fault = folder.chain(&chain).unwrap_err();
        assert!(fault.contains(words), "{fault}");
        assert!(!chain.holds());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_and_proven_entries_by_themselves() {
    let county = County::new().await;
    let folder = Folder::new();
    let key = county.ledger("reporting").verifier_key();
    let good = county.proven("reporting", 10).await;
    let receipt = folder.write("receipt.json", to_json(good.receipt.as_ref().unwrap()).unwrap());
    let entry = folder.write("entry", &good.body);
    let told = python(&["receipt", &receipt, "--key", key]).unwrap();
    assert!(told.contains("entry 10 is among the 11 of minsheng/430923/reporting"), "{told}");
    python(&["receipt", &receipt, "--key", key, "--entry", &entry]).unwrap();
    let travelling = folder.write("proven.json", to_json(&good).unwrap());
    assert!(python(&["proven", &travelling, "--key", key]).unwrap().contains("minsheng.reporting.v1.ReportSubmitted"));
    let mut forged = good.clone();
    flip(&mut forged.body, 4);
    let forged = folder.write("forged.json", to_json(&forged).unwrap());
    assert!(python(&["proven", &forged, "--key", key]).unwrap_err().contains("leaf hash"));
    let other = other_key("minsheng/430923/reporting");
    assert!(python(&["receipt", &receipt, "--key", &other]).unwrap_err().contains("not signed by"));
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_extend_and_heads_that_do_not() {
    let county = County::new().await;
    let folder = Folder::new();
    let reader = county.ledger("reporting");
    let key = reader.verifier_key();
    let verifier = LedgerVerifier::new(key).unwrap();
    let judge = |kept: &str, offered: &OfferedHead| {
        let ours = consider(Some(&Kept::read(key, kept).unwrap()), offered, &verifier);
        let kept = folder.write("kept", kept);
        let offered = folder.write("offered.json", to_json(offered).unwrap());
        (ours, python(&["extends", &offered, "--kept", &kept, "--key", key]))
    };
    for (from, to) in [(0, 0), (0, 11), (1, 2), (1, 11), (2, 3), (3, 7), (4, 8), (6, 11), (7, 8), (8, 11), (11, 11)] {
        let kept = reader.checkpoint(from).await.unwrap();
        let (ours, theirs) = judge(&kept, &county.offer(from, to).await);
        assert!(matches!(ours, Verdict::Taken(_) | Verdict::Same), "{from} to {to}: {ours:?}");
        theirs.unwrap_or_else(|fault| panic!("{from} to {to}: {fault}"));
    }

    // A ledger with the same key and another past.
    let other = signer("reporting").sign(6, leaf_hash(b"another past")).unwrap();
    let kept = reader.checkpoint(6).await.unwrap();
    let good = county.offer(6, 11).await;
    let mut flipped = good.clone();
    flip(&mut flipped.consistency_proof[1], 9);
    let mut shortened = good.clone();
    shortened.consistency_proof.pop();
    let mut swapped = good.clone();
    swapped.consistency_proof.swap(0, 1);
    let mut rebound = good.clone();
    rebound.verifier_key = other_key("minsheng/430923/reporting");
    for (name, kept, offered, ours) in [
        ("flipped", &kept, flipped, "LEDGER_FORKED"),
        ("shortened", &kept, shortened, "LEDGER_FORKED"),
        ("swapped", &kept, swapped, "LEDGER_FORKED"),
        ("forked", &other, good, "LEDGER_FORKED"),
        ("same size, other root", &other, county.offer(6, 6).await, "LEDGER_FORKED"),
        ("restored", &kept, county.offer(6, 5).await, "LEDGER_SHORTER"),
        ("from elsewhere", &kept, county.offer(5, 11).await, "PROOF_NEEDED"),
        ("another key", &kept, rebound, "LEDGER_KEY_CHANGED"),
    ] {
        let (verdict, theirs) = judge(kept, &offered);
        assert_eq!(verdict.reason(), Some(ours), "{name}");
        assert!(theirs.is_err(), "{name}: {theirs:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cosignatures_and_what_only_looks_like_them() {
    let county = County::new().await;
    let folder = Folder::new();
    let reader = county.ledger("reporting");
    let key = reader.verifier_key();
    let ledger = LedgerVerifier::new(key).unwrap();
    let witness = WitnessSigner::new("minsheng/430900/witness", &SigningKey::from_bytes(&[5; 32])).unwrap();
    let kept = Kept::read(key, &reader.checkpoint(11).await.unwrap()).unwrap();
    let good = witness.cosign(&kept, 1_687_226_400).unwrap();
    let judge = |note: &str, of: &str| {
        let ours = WitnessVerifier::new(of).and_then(|verifier| verifier.open(note, &ledger));
        let file = folder.write("cosigned.json", to_json(&Cosigned { checkpoint: note.to_owned() }).unwrap());
        (ours.is_ok(), python(&["cosigned", &file, "--key", key, "--witness", of]))
    };
    let (ours, theirs) = judge(&good, witness.verifier_key());
    assert!(ours);
    assert!(theirs.unwrap().contains("with 11 entries at 1687226400"));

    let stranger = WitnessSigner::new("minsheng/430900/witness", &SigningKey::from_bytes(&[6; 32])).unwrap();
    let later = witness.cosign(&kept, 1_687_226_401).unwrap();
    let last = |note: &str| note.lines().last().unwrap().to_owned();
    let (shorter, _) = good.rsplit_once("— ").unwrap();
    let moved = {
        // The signature of one time under another: the time is the fifth to twelfth byte of the line.
        let (now, then) = (last(&good), last(&later));
        let cut = "— minsheng/430900/witness ".len() + 16;
        format!("{shorter}{}{}\n", &now[..cut], &then[cut..])
    };
    let other_head = Kept::read(key, &reader.checkpoint(10).await.unwrap()).unwrap();
    let borrowed = format!("{shorter}{}\n", last(&witness.cosign(&other_head, 1_687_226_400).unwrap()));
    let without_ledger = good
        .lines()
        .filter(|line| !line.starts_with("— minsheng/430923"))
        .fold(String::new(), |all, line| all + line + "\n");
    for (name, note, of) in [
        ("another witness's key", &good, stranger.verifier_key()),
        ("a ledger's key as a witness's", &good, key),
        ("the time moved", &moved, witness.verifier_key()),
        ("of another head", &borrowed, witness.verifier_key()),
        ("no cosignature", &kept.checkpoint, witness.verifier_key()),
        ("not signed by the ledger", &without_ledger, witness.verifier_key()),
    ] {
        let (ours, theirs) = judge(note, of);
        assert!(!ours, "{name}: ours took it");
        assert!(theirs.is_err(), "{name}: {theirs:?}");
    }
}

/// The example of the guide is one that both sides verify.
#[test]
fn the_guide_s_example_holds() {
    let guide = include_str!("../../deploy/guide/ledger.md");
    let indented: Vec<&str> = guide.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let keys: Vec<&str> =
        indented.iter().filter(|line| line.starts_with("minsheng/") && line.contains('+')).copied().collect();
    let [key, witness] = keys[..] else { panic!("two keys: {keys:?}") };
    let of = |name: &str| *indented.iter().rfind(|line| line.starts_with(&format!("— {name} "))).unwrap();
    let root = indented.iter().find(|line| line.starts_with("oa8D")).unwrap();
    let note = format!(
        "minsheng/430923/reporting\n1\n{root}\n\n{}\n{}\n",
        of("minsheng/430923/reporting"),
        of("minsheng/430900/witness")
    );
    let ledger = LedgerVerifier::new(key).unwrap();
    let cosigned = WitnessVerifier::new(witness).unwrap().open(&note, &ledger).unwrap();
    assert_eq!((cosigned.head.size, cosigned.seconds), (1, 1_687_226_400));
    assert_eq!(cosigned.head.root, leaf_hash(b"first"));
    let folder = Folder::new();
    let file = folder.write("cosigned.json", to_json(&Cosigned { checkpoint: note }).unwrap());
    python(&["cosigned", &file, "--key", key, "--witness", witness]).unwrap();
}
