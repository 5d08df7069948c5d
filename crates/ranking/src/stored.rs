//! Messages of the contract as they lie in rows and entries: read back whole, or the row is damaged.

use minsheng_kit::error::{Reason, Refusal};
use prost::Message;
use sha2::{Digest, Sha256};

/// Reads a stored message.
///
/// # Errors
/// INTERNAL for bytes that are none; what is damaged is logged.
pub(crate) fn read<M: Message + Default>(what: &str, bytes: &[u8]) -> Result<M, Refusal> {
    M::decode(bytes).map_err(|error| {
        tracing::error!(%error, what, "a stored message cannot be read");
        Refusal::new(Reason::Internal)
    })
}

/// The same where there may be none.
///
/// # Errors
/// As `read`.
pub(crate) fn read_some<M: Message + Default>(what: &str, bytes: Option<&[u8]>) -> Result<Option<M>, Refusal> {
    bytes.map(|bytes| read(what, bytes)).transpose()
}

/// SHA-256 of bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// A ledger's number as a row keeps it.
///
/// # Errors
/// INTERNAL beyond i64, which no ledger reaches.
pub(crate) fn signed(number: u64) -> Result<i64, Refusal> {
    i64::try_from(number).map_err(|_| Refusal::new(Reason::Internal))
}

/// The number back.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
