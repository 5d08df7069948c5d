//! Signed tree heads: C2SP checkpoints as signed notes, one key for each ledger.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{SigningKey, VerifyingKey};
use signed_note::{Note, Signature, Signer, StandardSigner, StandardVerifier, Verifier, VerifierList};
use thiserror::Error;
use tlog_tiles::Checkpoint;
use tlog_tiles::tlog::EMPTY_HASH;

use super::Hash;

/// Why a signed head is not accepted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoteError {
    /// No signed note or no checkpoint in it.
    #[error("not a signed checkpoint")]
    Malformed,
    /// The ledger's own key did not sign it.
    #[error("not signed by the key of {0}")]
    Unsigned(String),
    /// It is about another ledger.
    #[error("the checkpoint is about {found}, not about {expected}")]
    Origin {
        /// Asked for.
        expected: String,
        /// Found.
        found: String,
    },
    /// The key is not of the signed-note form.
    #[error("not a key of the signed-note form name+id+key")]
    Key,
}

/// A verified tree head.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedHead {
    /// Ledger origin.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// Root hash.
    pub root: Hash,
    /// The signed note as it came.
    pub note: String,
}

/// Signs the heads of one ledger.
#[derive(Clone)]
pub struct LedgerSigner {
    origin: String,
    signer: StandardSigner,
    verifier_key: String,
}

impl std::fmt::Debug for LedgerSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LedgerSigner").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl LedgerSigner {
    /// The signer of the ledger with this origin, for example `minsheng/430923/reporting`.
    pub fn new(origin: &str, key: &SigningKey) -> Result<Self, NoteError> {
        const ED25519: u8 = 1;
        let public = [&[ED25519], key.verifying_key().as_bytes().as_slice()].concat();
        let private = [&[ED25519], key.as_bytes().as_slice()].concat();
        let id = signed_note::key_id(origin, &public);
        let encoded = format!("PRIVATE+KEY+{origin}+{id:08x}+{}", STANDARD.encode(private));
        let signer = StandardSigner::new(&encoded).map_err(|_| NoteError::Key)?;
        let verifier_key = signed_note::new_ed25519_verifier_key(origin, &key.verifying_key());
        Ok(Self { origin: origin.to_owned(), signer, verifier_key })
    }

    /// Ledger origin.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The public key in the form name+id+key, to be published.
    pub fn verifier_key(&self) -> &str {
        &self.verifier_key
    }

    /// Signs a head.
    pub fn sign(&self, size: u64, root: Hash) -> Result<String, NoteError> {
        let checkpoint = Checkpoint::new(&self.origin, size, root, "").map_err(|_| NoteError::Malformed)?;
        let mut note = Note::new(&checkpoint.to_bytes(), &[]).map_err(|_| NoteError::Malformed)?;
        note.add_sigs(&[&self.signer as &dyn Signer]).map_err(|_| NoteError::Malformed)?;
        String::from_utf8(note.to_bytes()).map_err(|_| NoteError::Malformed)
    }
}

/// Verifies the heads of one ledger.
#[derive(Clone)]
pub struct LedgerVerifier {
    verifier: StandardVerifier,
    verifier_key: String,
    /// The head that was last found good: many proofs come under one.
    good: Arc<Mutex<Option<SignedHead>>>,
}

impl std::fmt::Debug for LedgerVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LedgerVerifier").field("origin", &self.origin()).finish_non_exhaustive()
    }
}

impl LedgerVerifier {
    /// From a public key in the form name+id+key; the name is the ledger's origin.
    pub fn new(verifier_key: &str) -> Result<Self, NoteError> {
        let verifier_key = verifier_key.trim().to_owned();
        let verifier = StandardVerifier::new(&verifier_key).map_err(|_| NoteError::Key)?;
        Ok(Self { verifier, verifier_key, good: Arc::default() })
    }

    /// From the ledger's origin and its bare public key.
    pub fn of_key(origin: &str, key: &VerifyingKey) -> Result<Self, NoteError> {
        Self::new(&signed_note::new_ed25519_verifier_key(origin, key))
    }

    /// Ledger origin.
    pub fn origin(&self) -> &str {
        self.verifier.name()
    }

    /// The public key in the form name+id+key.
    pub fn verifier_key(&self) -> &str {
        &self.verifier_key
    }

    /// Checks signature and origin of a head.
    pub fn verify(&self, note: &str) -> Result<SignedHead, NoteError> {
        let good = || self.good.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(head) = good().as_ref().filter(|head| head.note == note) {
            return Ok(head.clone());
        }
        let (parsed, _) = self.open(note)?;
        let head = self.head(&parsed, note.to_owned())?;
        *good() = Some(head.clone());
        Ok(head)
    }

    /// The same, and of the note only its text and the ledger's own signature, so that what is kept has a bounded size.
    pub(crate) fn verify_bare(&self, note: &str) -> Result<SignedHead, NoteError> {
        let (parsed, signature) = self.open(note)?;
        let bare = Note::new(parsed.text(), &[signature]).map_err(|_| NoteError::Malformed)?;
        let bare = String::from_utf8(bare.to_bytes()).map_err(|_| NoteError::Malformed)?;
        self.head(&parsed, bare)
    }

    /// The note and the ledger's own signature, which is good.
    fn open(&self, note: &str) -> Result<(Note, Signature), NoteError> {
        let parsed = Note::from_bytes(note.as_bytes()).map_err(|_| NoteError::Malformed)?;
        let known = VerifierList::new(vec![Box::new(self.verifier.clone())]);
        let unsigned = || NoteError::Unsigned(self.origin().to_owned());
        let (signatures, _) = parsed.verify(&known).map_err(|_| unsigned())?;
        let by_own_key = |signature: &Signature| {
            signature.name() == self.verifier.name() && signature.id() == self.verifier.key_id()
        };
        let own = signatures.into_iter().find(by_own_key).ok_or_else(unsigned)?;
        Ok((parsed, own))
    }

    fn head(&self, parsed: &Note, note: String) -> Result<SignedHead, NoteError> {
        let checkpoint = Checkpoint::from_bytes(parsed.text()).map_err(|_| NoteError::Malformed)?;
        if checkpoint.origin() != self.origin() {
            return Err(NoteError::Origin {
                expected: self.origin().to_owned(),
                found: checkpoint.origin().to_owned(),
            });
        }
        // Nothing can be in an empty tree, and no ledger has more entries than its database can count.
        let (size, root) = (checkpoint.size(), *checkpoint.hash());
        if i64::try_from(size).is_err() || (size == 0 && root != EMPTY_HASH) {
            return Err(NoteError::Malformed);
        }
        Ok(SignedHead { origin: checkpoint.origin().to_owned(), size, root, note })
    }
}
