//! A whole ledger checked offline in its service's database: every entry's bytes, every stored hash of the tree, and the
//! signed head. Reads one moment of the database, whose service may go on writing, and stops at the first thing that does
//! not hold.

use minsheng_kit::follower::cursor::row as cursor;
use minsheng_kit::ledger::entity::{entry, hash, head};
use minsheng_kit::ledger::{Frontier, LedgerCheck, LedgerFault, LedgerVerifier, SignedHead, leaf_hash};
use minsheng_proto::ledger::v1::EntryBody;
use prost::Message;
use sea_orm::{
    ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    IsolationLevel, QueryFilter, QueryOrder, QuerySelect, Statement, TransactionOptions, TransactionTrait,
};

use super::fault;
use crate::failure::{Failure, Kind, Outcome};

/// Entries read at once; one may be as large as a message.
const PAGE: u64 = 64;

/// A ledger's tables, opened for reading.
#[derive(Debug)]
pub(crate) struct StoredLedger {
    moment: DatabaseTransaction,
    head: head::Model,
}

/// Opens a service's database.
pub(crate) async fn open(url: &str) -> Outcome<StoredLedger> {
    let url = read_only(url)?;
    let mut options = ConnectOptions::new(url.clone());
    options.max_connections(1).sqlx_logging(false);
    let unusable = |error: DbErr| Failure::usage(format!("数据库打不开，或其中没有存证账：{error}"));
    let connection = Database::connect(options).await.map_err(unusable)?;
    let options = TransactionOptions {
        isolation_level: match connection.get_database_backend() {
            DbBackend::Sqlite => None,
            _ => Some(IsolationLevel::RepeatableRead),
        },
        access_mode: None,
        ..TransactionOptions::default()
    };
    let moment = connection.begin_with_options(options).await.map_err(unusable)?;
    let head = head::Entity::find_by_id(1).one(&moment).await.map_err(unusable)?;
    let head = head.ok_or_else(|| Failure::usage("存证账还没有账头：服务尚未写过任何内容"))?;
    Ok(StoredLedger { moment, head })
}

fn read_only(url: &str) -> Outcome<String> {
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        return Ok(url.to_owned());
    }
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = path.split('?').next().unwrap_or_default();
    if !std::path::Path::new(path).is_file() {
        return Err(Failure::usage(format!("没有数据库文件{path}；写作 sqlite://路径 或 postgres://…")));
    }
    Ok(format!("sqlite://{path}?mode=ro"))
}

impl StoredLedger {
    /// Number of entries by the stored head.
    pub(crate) fn size(&self) -> u64 {
        u64::try_from(self.head.size).unwrap_or(0)
    }

    /// The signed head.
    pub(crate) fn checkpoint(&self) -> &str {
        &self.head.checkpoint
    }

    /// How far the service has followed others; none for a service that follows nobody.
    pub(crate) async fn cursors(&self) -> Outcome<Vec<cursor::Model>> {
        let table = "SELECT name FROM sqlite_master WHERE name = 'follow_cursor'";
        let table = Statement::from_string(DbBackend::Sqlite, table);
        match self.moment.query_one_raw(table).await.map_err(unreadable)? {
            Some(_) => cursor::Entity::find().all(&self.moment).await.map_err(unreadable),
            None => Ok(Vec::new()),
        }
    }

    /// One column of text of a question in SQL.
    pub(crate) async fn texts(&self, question: &str) -> Outcome<Vec<String>> {
        let question = Statement::from_string(self.moment.get_database_backend(), question);
        let rows = self.moment.query_all_raw(question).await.map_err(unreadable)?;
        rows.iter().map(|row| row.try_get_by_index(0).map_err(unreadable)).collect()
    }

    /// Checks everything; heads that somebody else kept must be beginnings of this ledger too.
    pub(crate) async fn check(
        &self,
        verifier: &LedgerVerifier,
        kept_heads: &[String],
        mut progress: impl FnMut(u64),
    ) -> Outcome<SignedHead> {
        let begin = |note: &str| LedgerCheck::begin(note, verifier).map_err(|error| fault(&error));
        let mut own = begin(&self.head.checkpoint)?;
        let mut kept = kept_heads.iter().map(|note| begin(note)).collect::<Outcome<Vec<_>>>()?;
        let mut tree = Frontier::default();
        let mut after = None;
        loop {
            let page = self.page(after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.sequence);
            let stored = self.hashes(&tree, u64::try_from(page.len()).unwrap_or(0)).await?;
            for model in &page {
                let sequence = tree.size();
                if sequence >= self.size() {
                    return Err(Failure::verification(format!("第{sequence}条不在已签名的账头之内")));
                }
                let placed = tree.append(leaf_hash(&model.body)).map_err(|_| fault(&LedgerFault::Entry(sequence)))?;
                let at = |place: u64| stored.iter().find(|row| u64::try_from(row.place) == Ok(place));
                let leaf = placed.first().and_then(|(place, _)| at(*place));
                let leaf = leaf.ok_or_else(|| Failure::verification(format!("第{sequence}条登记时的哈希不见了")))?;
                own.entry(&model.body, Some(&leaf.hash)).map_err(|error| fault(&error))?;
                for kept in &mut kept {
                    kept.entry(&model.body, None).map_err(|error| fault(&error))?;
                }
                agree(model, sequence)?;
                if placed.iter().any(|(place, hash)| at(*place).is_none_or(|row| row.hash != hash.0)) {
                    return Err(Failure::verification(format!("第{sequence}条处存证树的哈希被改动或缺失")));
                }
                tree.trim();
            }
            progress(tree.size());
        }
        let head = own.finish().map_err(|error| fault(&error))?;
        for kept in kept {
            kept.finish()
                .map_err(|error| Failure::verification(format!("与另存的账头不符：{}", fault(&error).message)))?;
        }
        Ok(head)
    }

    async fn page(&self, after: Option<i64>) -> Outcome<Vec<entry::Model>> {
        let mut query = entry::Entity::find().order_by_asc(entry::Column::Sequence).limit(PAGE);
        if let Some(after) = after {
            query = query.filter(entry::Column::Sequence.gt(after));
        }
        query.all(&self.moment).await.map_err(unreadable)
    }

    /// Stored hashes that belong to the next entries.
    async fn hashes(&self, tree: &Frontier, count: u64) -> Outcome<Vec<hash::Model>> {
        let place = |sequence: u64| i64::try_from(tlog_tiles::tlog::stored_hash_index(0, sequence)).unwrap_or(i64::MAX);
        let query = hash::Entity::find()
            .filter(hash::Column::Place.gte(place(tree.size())))
            .filter(hash::Column::Place.lt(place(tree.size() + count)));
        query.all(&self.moment).await.map_err(unreadable)
    }
}

/// The columns beside an entry's bytes must say what the bytes say.
fn agree(model: &entry::Model, sequence: u64) -> Outcome {
    let body = EntryBody::decode(model.body.as_slice()).map_err(|_| fault(&LedgerFault::Entry(sequence)))?;
    if u64::try_from(model.sequence) == Ok(sequence) && model.kind == body.kind && model.subject == body.subject {
        return Ok(());
    }
    Err(Failure::verification(format!("第{sequence}条被改动：编号、种类或对象与内容不符")))
}

fn unreadable(error: DbErr) -> Failure {
    Failure::new(Kind::Other, format!("数据库读不出：{error}"))
}
