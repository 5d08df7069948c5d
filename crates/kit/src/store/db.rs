//! Opening a database: SQLite with WAL, full synchronisation and one writing connection beside several readers, or
//! PostgreSQL. Migrations run first; a database made by a newer version is refused.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database as SeaDatabase, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use thiserror::Error;

use super::wait;

/// How long a statement waits for another process's lock before the write is refused.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers beside the one writer.
const READERS: u32 = 4;

/// Prepared statements that a connection keeps: the sizes that rows are written and asked for in, by table.
const STATEMENTS: usize = 256;

/// Why a database could not be opened; each says what to do.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Neither SQLite nor PostgreSQL.
    #[error("database url must begin with sqlite:// or postgres://")]
    Url,
    /// It was made by a newer version of this software.
    #[error(
        "the database was made by a newer version (it has migrations unknown here): start that version or restore a backup of this one"
    )]
    Newer,
    /// A server that did not answer in time.
    #[error("the database did not answer within {seconds} s (database.wait_seconds): {source}")]
    Waited {
        /// How long it was waited for.
        seconds: u64,
        /// What the driver said last.
        source: DbErr,
    },
    /// The driver's word.
    #[error("the database cannot be opened: {0}: check its address, that it runs, and the rights on it")]
    Driver(#[from] DbErr),
}

/// A service's database.
#[derive(Clone, Debug)]
pub struct Database {
    write: DatabaseConnection,
    read: DatabaseConnection,
    backend: DbBackend,
}

impl Database {
    /// Opens the database and brings it up to date.
    pub async fn open<M: MigratorTrait>(url: &str) -> Result<Self, OpenError> {
        let database = Self::connect(url).await?;
        let known: Vec<String> = M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
        M::install(&database.write).await?;
        let applied = M::get_migration_models(&database.write).await?;
        if applied.iter().any(|model| !known.contains(&model.version)) {
            return Err(OpenError::Newer);
        }
        M::up(&database.write, None).await?;
        Ok(database)
    }

    /// The same, and waits for a server that does not answer yet, for so long at most.
    pub async fn open_in_time<M: MigratorTrait>(url: &str, patience: Duration) -> Result<Self, OpenError> {
        if is_postgres(url) {
            wait::for_server(url, patience).await?;
        }
        Self::open::<M>(url).await
    }

    /// Connections in use and idle, of those that read and those that write.
    pub fn connections(&self) -> [(&'static str, u32, u32); 2] {
        let count = |name, connection: &DatabaseConnection| {
            let (size, idle) = match self.backend {
                DbBackend::Postgres => {
                    let pool = connection.get_postgres_connection_pool();
                    (pool.size(), pool.num_idle())
                }
                _ => {
                    let pool = connection.get_sqlite_connection_pool();
                    (pool.size(), pool.num_idle())
                }
            };
            let idle = u32::try_from(idle).unwrap_or(size).min(size);
            (name, size - idle, idle)
        };
        [count("read", &self.read), count("write", &self.write)]
    }

    async fn connect(url: &str) -> Result<Self, OpenError> {
        if url.starts_with("sqlite:") {
            let separator = if url.contains('?') { '&' } else { '?' };
            let url = if url.contains("mode=") { url.to_owned() } else { format!("{url}{separator}mode=rwc") };
            let write = SeaDatabase::connect(sqlite_options(&url, 1)).await?;
            let read = SeaDatabase::connect(sqlite_options(&url, READERS)).await?;
            Ok(Self { write, read, backend: DbBackend::Sqlite })
        } else if is_postgres(url) {
            let write = SeaDatabase::connect(postgres_options(url, 2)).await?;
            let read = SeaDatabase::connect(postgres_options(url, READERS)).await?;
            Ok(Self { write, read, backend: DbBackend::Postgres })
        } else {
            Err(OpenError::Url)
        }
    }

    /// The connections that only read.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.read
    }

    /// The connections that write: for what is no command.
    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.write
    }

    /// SQLite or PostgreSQL.
    pub fn backend(&self) -> DbBackend {
        self.backend
    }

    /// A writing transaction: it holds the write lock from its first moment on SQLite; on PostgreSQL the ledger's head
    /// row is locked next by who began it.
    pub(crate) async fn begin_write(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: (self.backend == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.write.begin_with_options(options).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.read.execute_raw(Statement::from_string(self.backend, "SELECT 1")).await.map(|_| ())
    }

    /// Closes all connections.
    pub async fn close(self) -> Result<(), DbErr> {
        self.write.close().await?;
        self.read.close().await
    }
}

pub(super) fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

/// What both have. A connection is kept as long as it works: sqlx's task that ends old and idle ones counts them without a
/// lock, and a count that falls below zero keeps it turning for ever while it holds the connections.
fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.to_owned());
    options
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .sqlx_logging(false);
    options
}

fn sqlite_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = options(url, connections);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("foreign_keys", "ON")
            .busy_timeout(BUSY_TIMEOUT)
            .statement_cache_capacity(STATEMENTS)
    });
    options
}

fn postgres_options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = options(url, connections);
    options.acquire_timeout(Duration::from_secs(10)).map_sqlx_postgres_opts(|postgres| {
        postgres
            .options([("lock_timeout", format!("{}ms", BUSY_TIMEOUT.as_millis()))])
            .statement_cache_capacity(STATEMENTS)
    });
    options
}
