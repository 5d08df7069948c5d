//! Settings: documented defaults that are embedded, then a file, then the environment. A key that the defaults do not
//! have is refused by name, so every key is documented, and a misspelt one never goes unnoticed.

mod error;
mod layers;
mod load;
mod sections;
mod service;
mod shown;

pub use error::{Expected, SettingsError};
pub use layers::{Given, Layers, nearest};
pub use load::{PREFIX, load_service, load_with};
pub(crate) use sections::seconds;
pub use sections::{
    DatabaseSettings, IdentitySettings, LeaseSettings, LedgerSettings, LimitSettings, OtlpSettings, PeerSettings,
    ServerSettings, TelemetrySettings, TlsSettings,
};
pub use service::{CommonSettings, ServiceSettings};
pub use shown::{Shown, Source};

/// Documented defaults of the sections that every service has; they come before the service's own.
pub const COMMON_DEFAULTS: &str = include_str!("common.toml");

/// Documented defaults of what a process logs and sends.
pub const TELEMETRY_DEFAULTS: &str = include_str!("telemetry.toml");
