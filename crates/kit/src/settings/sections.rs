//! The sections that every service has. What each key means stands in common.toml.
#![allow(missing_docs)]

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// Where a server listens and what it allows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    pub listen: String,
    pub admin_listen: String,
    pub tls: TlsSettings,
    pub limits: LimitSettings,
}

/// Certificate and key; both empty for plain text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSettings {
    pub certificate_file: PathBuf,
    pub key_file: PathBuf,
    pub client_authorities: Vec<PathBuf>,
    pub read_again_seconds: u32,
}

/// Everything that is bounded.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    pub call_seconds: u32,
    pub stream_seconds: u32,
    pub concurrent_calls: u32,
    pub streams_per_connection: u32,
    pub connections: u32,
    pub message_bytes: u32,
    pub bulk_message_bytes: u32,
    pub bulk_calls: u32,
    pub header_bytes: u32,
    pub handshake_seconds: u32,
    pub idle_seconds: u32,
    pub keepalive_seconds: u32,
    pub keepalive_timeout_seconds: u32,
    pub connection_age_seconds: u32,
    pub connection_grace_seconds: u32,
    pub shutdown_seconds: u32,
}

/// Where the service's data lies.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    pub url: String,
    pub wait_seconds: u32,
}

/// How several replicas share what one of them does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseSettings {
    pub seconds: u32,
}

/// The ledger's key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerSettings {
    pub key_file: PathBuf,
}

/// The service's own identity and whom it trusts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentitySettings {
    pub key_file: PathBuf,
    pub trusted_dir: PathBuf,
}

/// Another service of the tier.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerSettings {
    /// Its address, for example `http://127.0.0.1:50051`.
    pub url: String,
    /// Authority or certificate that is trusted at an https address, PEM; empty for the tier's own authority in its folder.
    #[serde(default)]
    pub authority_file: PathBuf,
}

/// What a process logs, and where it sends traces and logs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetrySettings {
    pub log: String,
    pub format: String,
    pub otlp: OtlpSettings,
}

/// The collector that traces and logs are sent to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtlpSettings {
    pub endpoint: String,
    pub authority_file: PathBuf,
    pub service_name: String,
    pub traces: bool,
    pub logs: bool,
    pub sample_percent: u32,
    pub queue: u32,
    pub delay_milliseconds: u32,
    pub timeout_seconds: u32,
}

/// A setting in seconds as a duration.
pub(crate) fn seconds(setting: u32) -> Duration {
    Duration::from_secs(u64::from(setting))
}
