//! What operators see: logs as text or JSON, traces and logs sent to a collector where one is named, metrics, and an admin
//! port. Nothing of it tells figures, persons or tokens, and a service never waits for it.

mod admin;
mod logging;
mod metrics;
mod otlp;
pub mod trace;

pub use admin::{AdminServer, Readiness};
pub use logging::{Telemetry, TelemetryError, Who};
pub use metrics::{begin_at_zero, days, measured, metrics};
