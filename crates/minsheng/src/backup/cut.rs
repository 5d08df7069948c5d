//! One moment of all services' databases while they write. Services follow each other in a circle (reporting follows
//! verification, which follows reporting), so no order of copying one after the other keeps every follower behind what it
//! follows. So each SQLite database is locked for writing, which a service waits for as for another writer; when all are,
//! a reading transaction is begun in each and the locks are let go, after some milliseconds. What is then read at leisure is
//! one moment in which nobody wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use minsheng_tier::Place;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::time::{Instant, sleep};

use super::files;
use crate::failure::{Failure, Kind, Outcome};

/// The database that is read, beside the copy, in one connection.
const LIVING: &str = "living";
/// How long the first lock is waited for: nobody else waits meanwhile.
const FIRST: Duration = Duration::from_secs(20);
/// How long the others are: services wait longer for a lock than this before they refuse a write.
const OTHERS: Duration = Duration::from_millis(1_500);
const PAUSE: Duration = Duration::from_millis(1);
const ROUNDS: usize = 5;
/// What is lost with a power cut is written anew: there is no backup until all of it is on disk.
const COPYING: [(&str, &str); 3] = [("journal_mode", "OFF"), ("synchronous", "OFF"), ("foreign_keys", "OFF")];

/// A database of the moment, open until it is copied.
#[derive(Debug)]
struct Held {
    service: &'static str,
    /// Database that the service writes.
    living: PathBuf,
    /// Where its copy lies.
    path: PathBuf,
    copy: DatabaseConnection,
    moment: DatabaseTransaction,
}

/// The moment: a reading transaction in each database.
#[derive(Debug)]
pub(super) struct Cut {
    held: Vec<Held>,
    /// Head of each ledger.
    pub(super) heads: BTreeMap<&'static str, String>,
    /// How long services that wanted to write had to wait for it.
    pub(super) paused: Duration,
}

impl Cut {
    /// Takes the moment of the SQLite databases among these; `meanwhile` runs in it, while nobody writes.
    pub(super) async fn take<T>(
        places: &[Place],
        into: &Path,
        meanwhile: impl FnOnce() -> Outcome<T>,
    ) -> Outcome<(Self, T)> {
        files::make_folder(into)?;
        let (mut held, mut living) = (Vec::new(), Vec::new());
        // The one that writes most is waited for while no other waits.
        let mut places: Vec<&Place> = places.iter().collect();
        places.sort_by_key(|place| place.service != "reporting");
        for place in places {
            let Some(path) = sqlite_path(&place.database)? else { continue };
            living.push(connect(&path, &[]).await?);
            held.push(Held::begin(place.service, &path, into).await?);
        }
        let (locks, since) = lock_all(&living).await?;
        let mut heads = BTreeMap::new();
        for one in &held {
            heads.insert(one.service, one.head().await?);
        }
        let done = meanwhile()?;
        for lock in locks {
            lock.rollback().await.map_err(unreadable)?;
        }
        let paused = since.elapsed();
        for connection in living {
            connection.close().await.map_err(unreadable)?;
        }
        Ok((Self { held, heads, paused }, done))
    }

    /// Copies the databases; gives the files.
    pub(super) async fn copy(self) -> Outcome<Vec<PathBuf>> {
        let mut copied = Vec::new();
        for held in self.held {
            copied.push(held.copy().await?);
        }
        Ok(copied)
    }
}

impl Held {
    /// A new database with the living one beside it; nothing is read yet.
    async fn begin(service: &'static str, living: &Path, into: &Path) -> Outcome<Self> {
        let path = into.join(format!("{service}.db"));
        files::make_file(&path)?;
        let copy = connect(&path, &COPYING).await?;
        let moment = copy.begin().await.map_err(unreadable)?;
        let name = living.display().to_string().replace('\'', "''");
        moment.execute_unprepared(&format!("ATTACH '{name}' AS {LIVING}")).await.map_err(unreadable)?;
        Ok(Self { service, living: living.to_owned(), path, copy, moment })
    }

    /// The ledger's head; the first read fixes the moment.
    async fn head(&self) -> Outcome<String> {
        let head = format!("SELECT checkpoint FROM {LIVING}.ledger_head WHERE id = 1");
        let head = self.moment.query_one_raw(sql(head)).await.map_err(unreadable)?;
        let none = || Failure::usage(format!("{}还没有存证账：先启动一次服务", self.living.display()));
        head.ok_or_else(none)?.try_get_by_index(0).map_err(unreadable)
    }

    /// Tables with their rows, then the rest of the schema.
    async fn copy(self) -> Outcome<PathBuf> {
        let schema = format!("SELECT type, name, sql FROM {LIVING}.sqlite_master WHERE sql IS NOT NULL ORDER BY rowid");
        let (mut tables, mut others) = (Vec::new(), Vec::new());
        for row in self.moment.query_all_raw(sql(schema)).await.map_err(unreadable)? {
            let text = |column: &str| row.try_get::<String>("", column).map_err(unreadable);
            match (text("type")?.as_str(), text("name")?) {
                (_, name) if name.starts_with("sqlite_") => {}
                ("table", name) => tables.push((name, text("sql")?)),
                _ => others.push(text("sql")?),
            }
        }
        for (name, create) in tables {
            let name = name.replace('"', "\"\"");
            let fill = format!("INSERT INTO main.\"{name}\" SELECT * FROM {LIVING}.\"{name}\"");
            for statement in [create, fill] {
                self.moment.execute_unprepared(&statement).await.map_err(unreadable)?;
            }
        }
        for create in others {
            self.moment.execute_unprepared(&create).await.map_err(unreadable)?;
        }
        self.moment.commit().await.map_err(unreadable)?;
        self.copy.close().await.map_err(unreadable)?;
        let synced = std::fs::File::open(&self.path).and_then(|file| file.sync_all());
        synced.map_err(|error| files::unwritable(&self.path, error))?;
        Ok(self.path)
    }
}

/// All locks, or none and another try: whoever holds some and waits for the rest makes the services wait.
async fn lock_all(living: &[DatabaseConnection]) -> Outcome<(Vec<DatabaseTransaction>, Instant)> {
    for _ in 0..ROUNDS {
        let mut locks = Vec::new();
        let mut since = Instant::now();
        let mut until = since + FIRST;
        for connection in living {
            let Some(lock) = lock(connection, until).await? else { break };
            if locks.is_empty() {
                since = Instant::now();
                until = since + OTHERS;
            }
            locks.push(lock);
        }
        if locks.len() == living.len() {
            return Ok((locks, since));
        }
        for lock in locks {
            lock.rollback().await.map_err(unreadable)?;
        }
    }
    Err(Failure::new(Kind::Unavailable, "数据库一直在写，没有等到可以备份的一刻，请稍后重试"))
}

/// Asked again and again rather than waited for, so that a service which writes without a pause is caught between two writes.
async fn lock(connection: &DatabaseConnection, until: Instant) -> Outcome<Option<DatabaseTransaction>> {
    loop {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        match connection.begin_with_options(options).await {
            Ok(lock) => return Ok(Some(lock)),
            Err(error) if !is_busy(&error) => return Err(unreadable(error)),
            Err(_) if Instant::now() >= until => return Ok(None),
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// Whether another writes.
fn is_busy(error: &DbErr) -> bool {
    error.to_string().contains("database is locked")
}

/// One connection to a file that is there.
async fn connect(path: &Path, pragmas: &'static [(&'static str, &'static str)]) -> Outcome<DatabaseConnection> {
    let file = path.to_owned();
    let mut options = ConnectOptions::new("sqlite://".to_owned());
    options.max_connections(1).min_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite.filename(&file).create_if_missing(false).busy_timeout(Duration::ZERO);
        pragmas.iter().fold(sqlite, |sqlite, (key, value)| sqlite.pragma(*key, *value))
    });
    Database::connect(options).await.map_err(unreadable)
}

/// The file of a SQLite database; none for another.
fn sqlite_path(url: &str) -> Outcome<Option<PathBuf>> {
    let Some(path) = url.strip_prefix("sqlite:") else { return Ok(None) };
    let path = Path::new(path.trim_start_matches("//").split('?').next().unwrap_or_default());
    path.canonicalize().map(Some).map_err(|error| Failure::file(path, error))
}

fn sql(text: String) -> Statement {
    Statement::from_string(DbBackend::Sqlite, text)
}

fn unreadable(error: DbErr) -> Failure {
    Failure::new(Kind::Other, format!("数据库读不出：{error}"))
}
