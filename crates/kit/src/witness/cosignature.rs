//! C2SP tlog-cosignature `cosignature/v1`: a witness's timestamped Ed25519 signature (type 0x04) on a checkpoint, on
//! signed_note's traits. It says: at this time, this was the largest consistent head that I have seen of this ledger.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, SignatureError, Signer as _, SigningKey, VerifyingKey};
use signed_note::{Note, Signer, Verifier, VerifierList};

use super::Kept;
use crate::ledger::{LedgerVerifier, NoteError, SignedHead};

/// Signature type of cosignature/v1 with Ed25519.
const COSIGNATURE_ED25519: u8 = 4;
/// Bytes of the time before the signature.
const TIME: usize = 8;

/// A witness's key as the bytes that its id and its verifier line are made of.
fn encoded(key: &VerifyingKey) -> Vec<u8> {
    [&[COSIGNATURE_ED25519], key.as_bytes().as_slice()].concat()
}

/// What is signed: two lines, then the checkpoint without its signatures.
fn message(seconds: u64, text: &[u8]) -> Vec<u8> {
    [format!("cosignature/v1\ntime {seconds}\n").as_bytes(), text].concat()
}

/// Cosigns heads for one tier.
#[derive(Clone)]
pub struct WitnessSigner {
    key: SigningKey,
    verifier: WitnessVerifier,
}

impl std::fmt::Debug for WitnessSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WitnessSigner").field("name", &self.verifier.name).finish_non_exhaustive()
    }
}

impl WitnessSigner {
    /// The witness with this name, for example `minsheng/430900/witness`. The key must be used for nothing else: what is
    /// signed does not say the name.
    ///
    /// # Errors
    /// For a name that is empty or holds spaces or a plus sign.
    pub fn new(name: &str, key: &SigningKey) -> Result<Self, NoteError> {
        Ok(Self { key: key.clone(), verifier: WitnessVerifier::of_key(name, &key.verifying_key())? })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.verifier.name
    }

    /// The public key in the form name+id+key, to be published.
    pub fn verifier_key(&self) -> &str {
        &self.verifier.verifier_key
    }

    /// The kept checkpoint with its own signature of that time (seconds since 1970) after the ledger's.
    ///
    /// # Errors
    /// When the time is not representable, or what is kept is no note.
    pub fn cosign(&self, head: &Kept, seconds: u64) -> Result<String, NoteError> {
        if seconds == 0 || i64::try_from(seconds).is_err() {
            return Err(NoteError::Malformed);
        }
        let mut note = Note::from_bytes(head.checkpoint.as_bytes()).map_err(|_| NoteError::Malformed)?;
        let stamped = Stamped { signer: self, seconds };
        note.add_sigs(&[&stamped as &dyn Signer]).map_err(|_| NoteError::Malformed)?;
        String::from_utf8(note.to_bytes()).map_err(|_| NoteError::Malformed)
    }
}

/// The signer at a moment.
struct Stamped<'a> {
    signer: &'a WitnessSigner,
    seconds: u64,
}

impl Signer for Stamped<'_> {
    fn name(&self) -> &str {
        self.signer.name()
    }

    fn key_id(&self) -> u32 {
        self.signer.verifier.id
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let signature = self.signer.key.try_sign(&message(self.seconds, text))?;
        Ok([self.seconds.to_be_bytes().as_slice(), &signature.to_bytes()].concat())
    }
}

/// A head with the signatures of its ledger and of a witness.
#[derive(Clone, Debug, PartialEq)]
pub struct Cosigned {
    /// The head.
    pub head: SignedHead,
    /// The witness's name.
    pub witness: String,
    /// When it was cosigned by the witness's clock, in seconds since 1970.
    pub seconds: u64,
}

/// Verifies the cosignatures of one witness.
#[derive(Clone, Debug)]
pub struct WitnessVerifier {
    name: String,
    id: u32,
    key: VerifyingKey,
    verifier_key: String,
}

impl WitnessVerifier {
    /// From a public key in the form name+id+key.
    ///
    /// # Errors
    /// When it is none, or not of a witness.
    pub fn new(verifier_key: &str) -> Result<Self, NoteError> {
        let mut parts = verifier_key.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let Some((&COSIGNATURE_ED25519, key)) = bytes.split_first() else { return Err(NoteError::Key) };
        let key = <[u8; 32]>::try_from(key).map_err(|_| NoteError::Key)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| NoteError::Key)?;
        let verifier = Self::of_key(name, &key)?;
        if format!("{:08x}", verifier.id) != id { Err(NoteError::Key) } else { Ok(verifier) }
    }

    /// From the witness's name and its bare public key.
    ///
    /// # Errors
    /// For a name that is empty or holds spaces or a plus sign, and for a weak key.
    pub fn of_key(name: &str, key: &VerifyingKey) -> Result<Self, NoteError> {
        if !signed_note::is_key_name_valid(name) || name.contains(char::is_control) || key.is_weak() {
            return Err(NoteError::Key);
        }
        let bytes = encoded(key);
        let id = signed_note::key_id(name, &bytes);
        let verifier_key = format!("{name}+{id:08x}+{}", STANDARD.encode(bytes));
        Ok(Self { name: name.to_owned(), id, key: *key, verifier_key })
    }

    /// The witness's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key in the form name+id+key.
    pub fn verifier_key(&self) -> &str {
        &self.verifier_key
    }

    /// Checks that a checkpoint is signed by its ledger and by this witness; others' signatures count for nothing.
    ///
    /// # Errors
    /// When either is missing or not good, or the checkpoint is another ledger's.
    pub fn open(&self, note: &str, ledger: &LedgerVerifier) -> Result<Cosigned, NoteError> {
        let head = ledger.verify(note)?;
        Ok(Cosigned { head, witness: self.name.clone(), seconds: self.time_of(note)? })
    }

    /// When this witness signed a note.
    fn time_of(&self, note: &str) -> Result<u64, NoteError> {
        let unsigned = || NoteError::Unsigned(self.name.clone());
        let parsed = Note::from_bytes(note.as_bytes()).map_err(|_| NoteError::Malformed)?;
        let known = VerifierList::new(vec![Box::new(self.clone())]);
        let (signatures, _) = parsed.verify(&known).map_err(|_| unsigned())?;
        let own = signatures.iter().find(|found| found.name() == self.name && found.id() == self.id);
        let time = own.and_then(|own| own.signature().first_chunk::<TIME>()).ok_or_else(unsigned)?;
        Ok(u64::from_be_bytes(*time))
    }
}

impl Verifier for WitnessVerifier {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = signature.split_first_chunk::<TIME>() else { return false };
        let Ok(signature) = <[u8; 64]>::try_from(signature) else { return false };
        let seconds = u64::from_be_bytes(*time);
        i64::try_from(seconds).is_ok()
            && self.key.verify_strict(&message(seconds, text), &Signature::from_bytes(&signature)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ledger::{LedgerSigner, leaf_hash};

    // A head of the certificate log arche2025h1 (staging) as the public witness remora.n621.de cosigned it in May 2026, from
    // the tests of a Python implementation of C2SP's checkpoints; the witness's key stands in transparency-dev/formats (Go).
    const REMORA: &str = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";
    const ARCHE: &str = "\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
";
    const ARCHE_KEY: &str =
        "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";

    // Made by Python's cryptography from the key bytes 0 to 31, apart from this code: Ed25519 gives one signature only.
    const OURS: &str = "\
minsheng/430923/reporting
1
oa8DAjHKL9IOzzDFKUuvj2kyHQm7FqxTiFzNF6OFKA0=

— minsheng/430923/reporting N4BsOd9t6UXUyUrNo+Fe5hMT3P3aV6HdgEVO4hAatnq+iJdbw94VJ2oY+Q7RqP+r6DhsFfOfZLyQ+ecQsi2dNsozngA=
— minsheng/430900/witness nODTYAAAAABkkQgg1tCfb3py8Q4K7OVJ65OMbNCW+gX0y70AsFBqSh4UlRuEe8OW00gSkZRuONZxwcFOzxzCG70ZSPynPnW+DhG4Dg==
";
    const OUR_WITNESS: &str = "minsheng/430900/witness+9ce0d360+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

    fn ours() -> (WitnessSigner, LedgerVerifier, Kept) {
        let key: Vec<u8> = (0..32).collect();
        let witness = SigningKey::from_bytes(&key.try_into().unwrap());
        let witness = WitnessSigner::new("minsheng/430900/witness", &witness).unwrap();
        let ledger = LedgerSigner::new("minsheng/430923/reporting", &SigningKey::from_bytes(&[7; 32])).unwrap();
        let verifier = LedgerVerifier::new(ledger.verifier_key()).unwrap();
        let checkpoint = ledger.sign(1, leaf_hash(b"first")).unwrap();
        let kept = Kept::read(ledger.verifier_key(), &checkpoint).unwrap();
        (witness, verifier, kept)
    }

    #[test]
    fn a_public_witness_is_verified() {
        let ledger = LedgerVerifier::new(ARCHE_KEY).unwrap();
        let witness = WitnessVerifier::new(REMORA).unwrap();
        assert_eq!(witness.verifier_key(), REMORA);
        let cosigned = witness.open(ARCHE, &ledger).unwrap();
        assert_eq!((cosigned.head.size, cosigned.seconds), (1_432_088_532, 1_779_573_024));
        let other_time = ARCHE.replace("2net5wAAAABqEiEg", "2net5wAAAABqEiEh");
        assert_eq!(witness.open(&other_time, &ledger), Err(NoteError::Unsigned("remora.n621.de".into())));
        let other_size = ARCHE.replace("1432088532", "1432088533");
        assert!(witness.open(&other_size, &ledger).is_err());
        assert!(witness.time_of(&other_size).is_err());
    }

    #[test]
    fn our_cosignature_is_byte_for_byte_another_implementation_s() {
        let (witness, ledger, kept) = ours();
        assert_eq!(witness.verifier_key(), OUR_WITNESS);
        assert_eq!(witness.cosign(&kept, 1_687_226_400).unwrap(), OURS);
        let cosigned = WitnessVerifier::new(OUR_WITNESS).unwrap().open(OURS, &ledger).unwrap();
        assert_eq!((cosigned.head.root, cosigned.seconds), (kept.root, 1_687_226_400));
    }

    #[test]
    fn cosigning_again_replaces_the_earlier_time() {
        let (witness, ledger, mut kept) = ours();
        kept.checkpoint = witness.cosign(&kept, 1_000).unwrap();
        let again = witness.cosign(&kept, 2_000).unwrap();
        assert_eq!(again.matches("— minsheng/430900/witness ").count(), 1);
        let verifier = WitnessVerifier::new(witness.verifier_key()).unwrap();
        assert_eq!(verifier.open(&again, &ledger).unwrap().seconds, 2_000);
        assert!(witness.cosign(&kept, 0).is_err() && witness.cosign(&kept, u64::MAX).is_err());
    }

    #[test]
    fn a_ledger_s_key_is_no_witness_s() {
        let (witness, ledger, _) = ours();
        assert_eq!(WitnessVerifier::new(ledger.verifier_key()).unwrap_err(), NoteError::Key);
        assert_eq!(LedgerVerifier::new(witness.verifier_key()).unwrap_err(), NoteError::Key);
        let parts: Vec<&str> = OUR_WITNESS.split('+').collect();
        for wrong in [
            format!("{}+9ce0d361+{}", parts[0], parts[2]),
            format!("minsheng/430901/witness+{}+{}", parts[1], parts[2]),
            parts[..2].join("+"),
            format!("{OUR_WITNESS}A"),
            String::new(),
        ] {
            assert_eq!(WitnessVerifier::new(&wrong).unwrap_err(), NoteError::Key, "{wrong}");
        }
        for name in ["", "two words", "a+b", "line\nline"] {
            let key = SigningKey::from_bytes(&[1; 32]);
            assert_eq!(WitnessSigner::new(name, &key).unwrap_err(), NoteError::Key, "{name:?}");
        }
    }

    #[test]
    fn a_plain_signature_of_the_witness_s_key_is_no_cosignature() {
        let (witness, ledger, kept) = ours();
        let (text, _) = OURS.split_once("\n\n").unwrap();
        let text = format!("{text}\n");
        let plain = witness.key.sign(text.as_bytes()).to_bytes();
        assert!(!Verifier::verify(&witness.verifier, text.as_bytes(), &plain));
        let unsigned = witness.verifier.open(&kept.checkpoint, &ledger).unwrap_err();
        assert_eq!(unsigned, NoteError::Unsigned("minsheng/430900/witness".into()));
    }
}
