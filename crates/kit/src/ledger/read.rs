//! Reading the ledger: entries, heads of any size, proofs; all hashes that are needed for one answer are read together.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use minsheng_proto::common::v1::Receipt;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tlog_tiles::tlog;

use super::append::{hash_of, number, signed, tree_error};
use super::entity::{entry, hash, head};
use super::tree::ProofHashes;
use super::{Hash, LedgerSigner, leaf_hash};
use crate::telemetry::trace::Causes;

/// Rows that one query asks for.
const AT_ONCE: usize = 1_000;

/// Reads one service's ledger.
#[derive(Clone, Debug)]
pub struct LedgerReader {
    connection: DatabaseConnection,
    signer: LedgerSigner,
    causes: Causes,
}

impl LedgerReader {
    /// Over a database that holds it; the signer's key counts only for heads that are not stored.
    pub fn new(connection: DatabaseConnection, signer: LedgerSigner) -> Self {
        Self { connection, signer, causes: Causes::default() }
    }

    /// What caused its newest entries, as far as they were written in this process.
    pub fn causes(&self) -> &Causes {
        &self.causes
    }

    /// Ledger origin.
    pub fn origin(&self) -> &str {
        self.signer.origin()
    }

    /// Public key in the form name+id+key.
    pub fn verifier_key(&self) -> &str {
        self.signer.verifier_key()
    }

    /// Number of entries, and the newest signed head; none before the service's first write.
    pub async fn head(&self) -> Result<(u64, String), DbErr> {
        match head::Entity::find_by_id(1).one(&self.connection).await? {
            Some(model) => Ok((number(model.size)?, model.checkpoint)),
            None => Ok((0, self.checkpoint(0).await?)),
        }
    }

    /// Time of the last entry, in milliseconds since 1970; 0 for none.
    pub async fn last_time(&self) -> Result<i64, DbErr> {
        Ok(head::Entity::find_by_id(1).one(&self.connection).await?.map_or(0, |model| model.last_time))
    }

    /// A signed head of a size that the ledger has or had.
    pub async fn checkpoint(&self, size: u64) -> Result<String, DbErr> {
        let root = self.with_hashes(|reader| tlog::tree_hash(size, reader)).await?;
        self.signer.sign(size, root).map_err(|error| DbErr::Custom(error.to_string()))
    }

    /// Entries from a number on, at most `count` and about `bytes`, never none while there are some.
    pub async fn entries(&self, from: u64, count: u64, bytes: usize) -> Result<Vec<entry::Model>, DbErr> {
        // Sizes first: one entry may be as large as a message, and what does not travel is not read.
        let sizes: Vec<(i64, i64)> = entry::Entity::find()
            .select_only()
            .column(entry::Column::Sequence)
            .column_as(Expr::cust("CAST(LENGTH(body) AS BIGINT)"), "size")
            .filter(entry::Column::Sequence.gte(signed(from)?))
            .order_by_asc(entry::Column::Sequence)
            .limit(count)
            .into_tuple()
            .all(&self.connection)
            .await?;
        let mut room = i64::try_from(bytes).unwrap_or(i64::MAX);
        let mut last = None;
        for (sequence, size) in sizes {
            if room <= 0 {
                break;
            }
            room = room.saturating_sub(size);
            last = Some(sequence);
        }
        let Some(last) = last else {
            return Ok(Vec::new());
        };
        let query = entry::Entity::find().filter(entry::Column::Sequence.between(signed(from)?, last));
        query.order_by_asc(entry::Column::Sequence).all(&self.connection).await
    }

    /// Stored leaf hashes of the entries `from` up to, not including, `to`.
    pub async fn leaf_hashes(&self, from: u64, to: u64) -> Result<Vec<Hash>, DbErr> {
        let places: Vec<i64> =
            (from..to).map(|sequence| signed(tlog::stored_hash_index(0, sequence))).collect::<Result<_, _>>()?;
        let mut found = Vec::with_capacity(places.len());
        for chunk in places.chunks(AT_ONCE) {
            let query = hash::Entity::find().filter(hash::Column::Place.is_in(chunk.iter().copied()));
            let rows = query.order_by_asc(hash::Column::Place).all(&self.connection).await?;
            for row in rows {
                found.push(hash_of(&row.hash)?);
            }
        }
        Ok(found)
    }

    /// One entry.
    pub async fn entry(&self, sequence: u64) -> Result<Option<entry::Model>, DbErr> {
        entry::Entity::find_by_id(signed(sequence)?).one(&self.connection).await
    }

    /// Proof that an entry is in the tree of a size; the caller has checked `sequence < size ≤ ledger size`.
    pub async fn inclusion_proof(&self, sequence: u64, size: u64) -> Result<Vec<Hash>, DbErr> {
        self.with_hashes(|reader| tlog::prove_record(size, sequence, reader)).await
    }

    /// Proof that the tree of size `to` extends the one of size `from`; the caller has checked `1 ≤ from ≤ to ≤ size`.
    pub async fn consistency_proof(&self, from: u64, to: u64) -> Result<Vec<Hash>, DbErr> {
        self.with_hashes(|reader| tlog::prove_tree(to, from, reader)).await
    }

    /// The receipt of an entry under the newest head.
    pub async fn receipt(&self, sequence: u64) -> Result<Option<Receipt>, DbErr> {
        Ok(self.proven(&[sequence]).await?.pop().map(|(_, receipt)| receipt))
    }

    /// Entries with their receipts, all under the newest head, in the order asked for; those that there are not are left out.
    pub async fn proven(&self, sequences: &[u64]) -> Result<Vec<(entry::Model, Receipt)>, DbErr> {
        let (size, checkpoint) = self.head().await?;
        let wanted: Vec<u64> = sequences.iter().copied().filter(|sequence| *sequence < size).collect();
        let keys = wanted.iter().map(|sequence| signed(*sequence)).collect::<Result<Vec<_>, _>>()?;
        let mut entries = HashMap::with_capacity(keys.len());
        for chunk in keys.chunks(AT_ONCE) {
            let query = entry::Entity::find().filter(entry::Column::Sequence.is_in(chunk.iter().copied()));
            entries.extend(query.all(&self.connection).await?.into_iter().map(|model| (model.sequence, model)));
        }
        let prove = |reader: &ProofHashes| {
            wanted.iter().map(|sequence| tlog::prove_record(size, *sequence, reader)).collect::<Result<Vec<_>, _>>()
        };
        let proofs = self.with_hashes(prove).await?;
        let receipt = |((key, sequence), proof): ((i64, u64), Vec<Hash>)| {
            let model = entries.get(&key)?.clone();
            let receipt = Receipt {
                origin: self.origin().to_owned(),
                sequence,
                leaf_hash: leaf_hash(&model.body).0.to_vec(),
                inclusion_proof: proof.iter().map(|hash| hash.0.to_vec()).collect(),
                checkpoint: checkpoint.clone(),
            };
            Some((model, receipt))
        };
        Ok(keys.iter().copied().zip(wanted.iter().copied()).zip(proofs).filter_map(receipt).collect())
    }

    /// Runs a computation twice: once to learn which hashes it wants, once with them.
    async fn with_hashes<T>(&self, compute: impl Fn(&ProofHashes) -> Result<T, tlog::Error>) -> Result<T, DbErr> {
        let wanted = {
            let asking = ProofHashes::Asking(RefCell::default());
            compute(&asking).map_err(tree_error)?;
            let ProofHashes::Asking(wanted) = asking else {
                return Err(DbErr::Custom("no hashes were asked for".into()));
            };
            wanted.into_inner().into_iter().map(signed).collect::<Result<BTreeSet<_>, _>>()?
        };
        let wanted: Vec<i64> = wanted.into_iter().collect();
        let mut hashes = HashMap::with_capacity(wanted.len());
        for chunk in wanted.chunks(AT_ONCE) {
            let query = hash::Entity::find().filter(hash::Column::Place.is_in(chunk.iter().copied()));
            for row in query.all(&self.connection).await? {
                hashes.insert(number(row.place)?, hash_of(&row.hash)?);
            }
        }
        compute(&ProofHashes::Known(hashes)).map_err(tree_error)
    }
}
