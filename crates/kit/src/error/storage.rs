//! Database errors as refusals. The driver's text is logged here and goes no further.

use sea_orm::{DbErr, RuntimeErr, SqlxError};

use super::{Reason, Refusal};

impl From<DbErr> for Refusal {
    fn from(error: DbErr) -> Self {
        let reason = if is_unavailable(&error) { Reason::StorageUnavailable } else { Reason::Internal };
        tracing::error!(%error, %reason, "database error");
        Refusal::new(reason)
    }
}

/// Whether trying again later may help: no connection, a lock, a full disk, a failed read or write.
pub(crate) fn is_unavailable(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            match error.as_ref() {
                SqlxError::Database(error) => error.code().is_some_and(|code| is_transient(&code)),
                SqlxError::Io(_)
                | SqlxError::Tls(_)
                | SqlxError::Protocol(_)
                | SqlxError::PoolTimedOut
                | SqlxError::PoolClosed
                | SqlxError::WorkerCrashed => true,
                _ => false,
            }
        }
        _ => false,
    }
}

/// SQLite's primary codes BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN; PostgreSQL's classes of connection, rollback,
/// resources, intervention and system error, a lock not available, and a server that only follows another one by now.
fn is_transient(code: &str) -> bool {
    if code.len() == 5 {
        return ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class))
            || matches!(code, "55P03" | "25006");
    }
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}
