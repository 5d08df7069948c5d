//! Looking at a database without changing it: whether it can be reached, whether this program knows all of its migrations,
//! and when its ledger was written last.

use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use sea_orm_migration::MigratorTrait;

use super::OpenError;
use super::db::is_postgres;
use super::wait;

const PATIENCE: Duration = Duration::from_secs(5);

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// A SQLite file that the first start makes.
    Absent,
    /// It answers.
    There {
        /// Migrations of this program that are still to be done.
        missing: usize,
        /// Time of the ledger's last entry, in milliseconds since 1970; 0 for none.
        last_time: i64,
    },
}

/// Looks at the database of a service.
///
/// # Errors
/// When it cannot be reached, or a newer version made it.
pub async fn look<M: MigratorTrait>(url: &str) -> Result<Looked, OpenError> {
    let url = if is_postgres(url) {
        wait::for_server(url, Duration::ZERO).await?;
        url.to_owned()
    } else {
        let path = url.strip_prefix("sqlite:").ok_or(OpenError::Url)?.trim_start_matches("//");
        let path = path.split('?').next().unwrap_or(path);
        if !std::path::Path::new(path).exists() {
            return Ok(Looked::Absent);
        }
        format!("sqlite://{path}?mode=ro")
    };
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).acquire_timeout(PATIENCE).sqlx_logging(false);
    let connection = Database::connect(options).await?;
    let looked = see::<M>(&connection).await;
    connection.close().await?;
    looked
}

async fn see<M: MigratorTrait>(connection: &DatabaseConnection) -> Result<Looked, OpenError> {
    let backend = connection.get_database_backend();
    let known: Vec<String> = M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let tables = match backend {
        DbBackend::Postgres => {
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()"
        }
        _ => "SELECT name FROM sqlite_master WHERE type = 'table'",
    };
    let tables = texts(connection, tables, "name").await?;
    let has = |table: &str| tables.iter().any(|name| name == table);
    let applied = match has("seaql_migrations") {
        true => texts(connection, "SELECT version FROM seaql_migrations", "version").await?,
        false => Vec::new(),
    };
    if applied.iter().any(|version| !known.contains(version)) {
        return Err(OpenError::Newer);
    }
    let missing = known.iter().filter(|version| !applied.contains(version)).count();
    let mut last_time = 0;
    if has("ledger_head") {
        let head = Statement::from_string(backend, "SELECT last_time FROM ledger_head");
        if let Some(row) = connection.query_one_raw(head).await? {
            last_time = row.try_get("", "last_time")?;
        }
    }
    Ok(Looked::There { missing, last_time })
}

async fn texts(connection: &DatabaseConnection, query: &str, column: &str) -> Result<Vec<String>, OpenError> {
    let query = Statement::from_string(connection.get_database_backend(), query);
    let rows = connection.query_all_raw(query).await?;
    Ok(rows.iter().map(|row| row.try_get("", column)).collect::<Result<_, _>>()?)
}
