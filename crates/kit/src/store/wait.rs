//! Waiting for a PostgreSQL server that does not answer yet: at a start the database often comes up later than its service.
//! Only what passes with time is waited for; a wrong password or a database that is not there is said at once.

use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{self, ConnectOptions, Connection};
use sea_orm::{DbErr, RuntimeErr};
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::OpenError;

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(250);

/// Waits until the server takes a connection.
pub(super) async fn for_server(url: &str, patience: Duration) -> Result<(), OpenError> {
    let options: PgConnectOptions = url.parse().map_err(driver)?;
    let options = options.disable_statement_logging();
    let end = Instant::now() + patience;
    let mut waited = false;
    loop {
        let error = match timeout(ATTEMPT, options.connect()).await {
            Ok(Ok(connection)) => {
                // What is wrong with it is found by who uses it.
                let _ = connection.close().await;
                if waited {
                    info!("the database answers");
                }
                return Ok(());
            }
            Ok(Err(error)) if !passes(&error) => return Err(driver(error)),
            Ok(Err(error)) => error,
            Err(_elapsed) => sqlx::Error::PoolTimedOut,
        };
        if patience.is_zero() {
            return Err(driver(error));
        }
        if Instant::now() + PAUSE > end {
            return Err(OpenError::Waited { seconds: patience.as_secs(), source: conn(error) });
        }
        if !waited {
            warn!(%error, seconds = patience.as_secs(), "the database does not answer yet and is waited for");
            waited = true;
        }
        sleep(PAUSE).await;
    }
}

/// What time may heal: nobody listens, the name is not known, the server is starting or stopping.
fn passes(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("53"))
        }
        _ => false,
    }
}

fn conn(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}

fn driver(error: sqlx::Error) -> OpenError {
    OpenError::Driver(conn(error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn nobody_listening_is_waited_for_and_then_said() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = format!("postgres://u:p@{free}/d");
        let waited = for_server(&url, Duration::from_millis(600)).await.unwrap_err();
        assert!(matches!(waited, OpenError::Waited { .. }), "{waited}");
        let at_once = for_server(&url, Duration::ZERO).await.unwrap_err();
        assert!(matches!(at_once, OpenError::Driver(_)) && at_once.to_string().contains("refused"), "{at_once}");
        assert!(matches!(for_server("postgres://[", Duration::ZERO).await, Err(OpenError::Driver(_))));
    }
}
