//! Settings: documented defaults that are embedded, then a file, then the environment. A key that the defaults do not
//! have is refused by name, so every key is documented, and a misspelt one never goes unnoticed.

mod load;
mod sections;
mod service;

pub use load::{SettingsError, load, load_service, load_with};
pub(crate) use sections::seconds;
pub use sections::{
    DatabaseSettings, IdentitySettings, LeaseSettings, LedgerSettings, LimitSettings, PeerSettings, ServerSettings,
    TelemetrySettings, TlsSettings,
};
pub use service::{CommonSettings, ServiceSettings};

/// Documented defaults of the sections that every service has; [`load`] puts them before the service's own.
pub const COMMON_DEFAULTS: &str = include_str!("common.toml");
