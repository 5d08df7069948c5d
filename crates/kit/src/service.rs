//! What a running service is made of, without its server.

use std::sync::Arc;

use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::clock::SharedClock;
use crate::error::Refusal;
use crate::identity::Caller;
use crate::ledger::LedgerSigner;
use crate::policy::Policies;
use crate::store::Database;
use crate::writer::{Writer, WriterParts};

/// Why a service does not start; each says what to do.
#[derive(Debug, Error)]
pub enum StartError {
    /// The database cannot be written.
    #[error("the database cannot be written: {0}")]
    Storage(#[from] Refusal),
}

/// A service's parts. Clones share them.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name, which is its ledger's too.
    pub name: &'static str,
    /// Code of the division whose tier it serves.
    pub division: String,
    /// Its database.
    pub database: Database,
    /// Its writer.
    pub writer: Writer,
    /// The policies.
    pub policies: Arc<Policies>,
    /// The clock.
    pub clock: SharedClock,
    /// Itself, as the actor of what it decides.
    pub caller: Caller,
    /// Cancelled when it stops.
    pub cancel: CancellationToken,
}

impl Service {
    /// Starts the writer over an open database.
    pub async fn start(
        name: &'static str,
        division: &str,
        database: Database,
        signer: LedgerSigner,
        policies: Arc<Policies>,
        clock: SharedClock,
    ) -> Result<Self, StartError> {
        let parts = WriterParts {
            database: database.clone(),
            signer,
            policies: policies.clone(),
            clock: clock.clone(),
        };
        let writer = Writer::start(parts).await?;
        Ok(Self {
            name,
            division: division.to_owned(),
            database,
            writer,
            policies,
            clock,
            caller: Caller::service(name, division),
            cancel: CancellationToken::new(),
        })
    }
}
