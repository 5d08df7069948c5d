//! The hash tree over entries: the frontier that appending needs, and reading stored hashes for proofs.

use std::cell::RefCell;
use std::collections::HashMap;

pub use tlog_tiles::tlog::Hash;
use tlog_tiles::tlog::{self, HashReader};

/// RFC 6962 leaf hash of an entry's stored bytes.
pub fn leaf_hash(body: &[u8]) -> Hash {
    tlog::record_hash(body)
}

/// The right edge of a tree: all that appending and computing the root need.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
    size: u64,
    hashes: HashMap<u64, Hash>,
}

impl Frontier {
    /// Stored hash indexes that make up the frontier of a tree of this size.
    pub fn places(size: u64) -> Vec<u64> {
        tlog::sub_tree_index(0, size, Vec::new())
    }

    /// The frontier of a tree from its hashes in the order of [`Frontier::places`]; nothing when one is missing.
    pub fn new(size: u64, hashes: Vec<Hash>) -> Option<Self> {
        let places = Self::places(size);
        (places.len() == hashes.len()).then(|| Self { size, hashes: places.into_iter().zip(hashes).collect() })
    }

    /// Entries so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The frontier's hashes in the order of [`Frontier::places`].
    pub fn hashes(&self) -> Vec<Hash> {
        Self::places(self.size).iter().filter_map(|place| self.hashes.get(place).copied()).collect()
    }

    /// Appends a leaf and returns the hashes to be stored with their places. The new hashes stay readable until
    /// [`Frontier::trim`], so that proofs for a batch need no database.
    pub fn append(&mut self, leaf: Hash) -> Result<Vec<(u64, Hash)>, tlog::Error> {
        let first = tlog::stored_hash_index(0, self.size);
        let hashes = tlog::stored_hashes_for_record_hash(self.size, leaf, &Lookup(&self.hashes))?;
        let placed: Vec<(u64, Hash)> = (first..).zip(hashes).collect();
        self.hashes.extend(placed.iter().copied());
        self.size += 1;
        Ok(placed)
    }

    /// Root of the tree.
    pub fn root(&self) -> Result<Hash, tlog::Error> {
        tlog::tree_hash(self.size, &Lookup(&self.hashes))
    }

    /// Inclusion proof for an entry appended since the last trim.
    pub fn prove(&self, sequence: u64) -> Result<Vec<Hash>, tlog::Error> {
        tlog::prove_record(self.size, sequence, &Lookup(&self.hashes))
    }

    /// Forgets all but the frontier.
    pub fn trim(&mut self) {
        let places = Self::places(self.size);
        self.hashes.retain(|place, _| places.contains(place));
    }
}

struct Lookup<'a>(&'a HashMap<u64, Hash>);

impl HashReader for Lookup<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        indexes
            .iter()
            .map(|index| self.0.get(index).copied())
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| tlog::Error::InvalidInput("a hash of the tree is missing".into()))
    }
}

/// Hashes for a proof: first it is noted which are wanted, so that they are read with one query; then they are given.
pub(super) enum ProofHashes {
    Asking(RefCell<Vec<u64>>),
    Known(HashMap<u64, Hash>),
}

impl HashReader for ProofHashes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        match self {
            Self::Asking(wanted) => {
                wanted.borrow_mut().extend_from_slice(indexes);
                Ok(vec![tlog::EMPTY_HASH; indexes.len()])
            }
            Self::Known(hashes) => Lookup(hashes).read_hashes(indexes),
        }
    }
}
