//! Appending to the ledger inside the writer's transaction: numbers without gaps under the head row's lock, the tree's
//! new hashes, one signed head a batch.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, QuerySelect,
};

use minsheng_proto::common::v1::Receipt;

use super::entity::{entry, hash, head};
use super::{Frontier, Hash, LedgerSigner, leaf_hash};
use crate::store::insert;

/// An entry decided but not yet written.
#[derive(Clone, Debug)]
pub(crate) struct NewEntry {
    pub(crate) kind: String,
    pub(crate) subject: String,
    pub(crate) body: Vec<u8>,
}

/// The head as read under its lock.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) size: u64,
    pub(crate) last_time: i64,
}

/// What appending a batch gave.
#[derive(Clone, Debug)]
pub(crate) struct Appended {
    pub(crate) frontier: Frontier,
    pub(crate) first: u64,
    pub(crate) leaves: Vec<Hash>,
    pub(crate) checkpoint: String,
}

impl Appended {
    /// Receipt of one of its entries.
    pub(crate) fn receipt(&self, origin: &str, sequence: u64) -> Result<Receipt, DbErr> {
        let place = usize::try_from(sequence - self.first).ok();
        let leaf = place.and_then(|place| self.leaves.get(place));
        let leaf = leaf.ok_or_else(|| DbErr::Custom("an entry outside of its batch".into()))?;
        let proof = self.frontier.prove(sequence).map_err(tree_error)?;
        Ok(Receipt {
            origin: origin.to_owned(),
            sequence,
            leaf_hash: leaf.0.to_vec(),
            inclusion_proof: proof.iter().map(|hash| hash.0.to_vec()).collect(),
            checkpoint: self.checkpoint.clone(),
        })
    }
}

/// Keeps the frontier between batches.
#[derive(Debug)]
pub(crate) struct Appender {
    signer: LedgerSigner,
    frontier: Option<Frontier>,
}

impl Appender {
    pub(crate) fn new(signer: LedgerSigner) -> Self {
        Self { signer, frontier: None }
    }

    /// Forgets what is remembered; the next batch reads it again.
    pub(crate) fn forget(&mut self) {
        self.frontier = None;
    }

    /// Locks and reads the head; the first time makes it.
    pub(crate) async fn lock_head(&self, transaction: &DatabaseTransaction) -> Result<Head, DbErr> {
        if let Some(model) = wait_for_head(transaction).await? {
            return Ok(Head { size: number(model.size)?, last_time: model.last_time });
        }
        let root = Frontier::default().root().map_err(tree_error)?;
        let checkpoint = self.signer.sign(0, root).map_err(|error| DbErr::Custom(error.to_string()))?;
        let model = head::Model { id: 1, size: 0, checkpoint, last_time: 0 };
        head::Entity::insert(model.into_active_model().reset_all())
            .on_conflict(OnConflict::column(head::Column::Id).do_nothing().to_owned())
            .exec_without_returning(transaction)
            .await?;
        Ok(Head { size: 0, last_time: 0 })
    }

    /// Writes entries, hashes and head.
    pub(crate) async fn append(
        &mut self,
        transaction: &DatabaseTransaction,
        head: &Head,
        entries: Vec<NewEntry>,
        time: i64,
    ) -> Result<Appended, DbErr> {
        let mut frontier = match self.frontier.take() {
            Some(frontier) if frontier.size() == head.size => frontier,
            _ => read_frontier(transaction, head.size).await?,
        };
        frontier.trim();
        let mut leaves = Vec::with_capacity(entries.len());
        let mut hashes = Vec::new();
        let mut rows = Vec::with_capacity(entries.len());
        for (sequence, entry) in (head.size..).zip(entries) {
            let leaf = leaf_hash(&entry.body);
            leaves.push(leaf);
            hashes.extend(frontier.append(leaf).map_err(tree_error)?);
            rows.push(entry::Model {
                sequence: signed(sequence)?,
                kind: entry.kind,
                subject: entry.subject,
                body: entry.body,
            });
        }
        let root = frontier.root().map_err(tree_error)?;
        let checkpoint = self.signer.sign(frontier.size(), root).map_err(|error| DbErr::Custom(error.to_string()))?;
        let placed =
            hashes.into_iter().map(|(place, hash)| Ok(hash::Model { place: signed(place)?, hash: hash.0.to_vec() }));
        let placed = placed.collect::<Result<Vec<_>, DbErr>>()?;
        insert::<entry::Entity>(rows, None, transaction).await?;
        insert::<hash::Entity>(placed, None, transaction).await?;
        let model =
            head::Model { id: 1, size: signed(frontier.size())?, checkpoint: checkpoint.clone(), last_time: time };
        model.into_active_model().reset_all().update(transaction).await?;
        Ok(Appended { frontier, first: head.size, leaves, checkpoint })
    }

    /// Called once the batch is durable.
    pub(crate) fn committed(&mut self, appended: &Appended) {
        self.frontier = Some(appended.frontier.clone());
    }
}

/// Waits until whoever writes has committed, and keeps others from writing until the transaction ends.
pub(crate) async fn wait_for_head(transaction: &DatabaseTransaction) -> Result<Option<head::Model>, DbErr> {
    let mut query = head::Entity::find_by_id(1);
    if transaction.get_database_backend() == DbBackend::Postgres {
        query = query.lock_exclusive();
    }
    query.one(transaction).await
}

async fn read_frontier(transaction: &DatabaseTransaction, size: u64) -> Result<Frontier, DbErr> {
    let places = Frontier::places(size);
    let wanted = places.iter().map(|place| signed(*place)).collect::<Result<Vec<_>, _>>()?;
    let rows = hash::Entity::find().filter(hash::Column::Place.is_in(wanted.clone())).all(transaction).await?;
    let hashes = wanted
        .iter()
        .filter_map(|place| rows.iter().find(|row| row.place == *place))
        .map(|row| hash_of(&row.hash))
        .collect::<Result<Vec<_>, _>>()?;
    Frontier::new(size, hashes).ok_or_else(|| DbErr::Custom("hashes of the ledger's tree are missing".into()))
}

pub(super) fn hash_of(bytes: &[u8]) -> Result<Hash, DbErr> {
    <[u8; 32]>::try_from(bytes).map(Hash).map_err(|_| DbErr::Custom("a hash of the ledger's tree is damaged".into()))
}

pub(super) fn tree_error(error: tlog_tiles::tlog::Error) -> DbErr {
    DbErr::Custom(format!("the ledger's tree: {error}"))
}

pub(super) fn number(value: i64) -> Result<u64, DbErr> {
    u64::try_from(value).map_err(|_| DbErr::Custom("a number of the ledger is negative".into()))
}

pub(super) fn signed(value: u64) -> Result<i64, DbErr> {
    i64::try_from(value).map_err(|_| DbErr::Custom("a number of the ledger is too large".into()))
}
