//! A service's settings: the sections that every service has, and its own.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{DatabaseSettings, IdentitySettings, LeaseSettings, LedgerSettings, PeerSettings, ServerSettings};

/// The sections that every service has.
#[derive(Clone, Debug, Deserialize)]
pub struct CommonSettings {
    /// Code of the division whose tier this is.
    pub division: String,
    /// Where it listens and what it allows.
    pub server: ServerSettings,
    /// Where its data lies.
    pub database: DatabaseSettings,
    /// How its replicas share what one of them does.
    pub lease: LeaseSettings,
    /// Its ledger's key.
    pub ledger: LedgerSettings,
    /// Its identity and whom it trusts.
    pub identity: IdentitySettings,
    /// The services that it follows or calls, by name: those that its defaults have.
    #[serde(default)]
    pub peers: BTreeMap<String, PeerSettings>,
}

/// All settings of a service. That no key is unknown is seen to when they are merged.
#[derive(Clone, Debug)]
pub struct ServiceSettings<S> {
    /// The sections that every service has.
    pub common: CommonSettings,
    /// The service's own.
    pub own: S,
}
