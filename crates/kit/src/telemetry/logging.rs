//! Logging to standard error, and the collector beside it where the settings name one.

use std::io;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::otlp::Otlp;
use crate::settings::TelemetrySettings;
use crate::tls::TlsError;

/// The settings of telemetry cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter of the log cannot be read.
    #[error("telemetry: log: {0}")]
    Filter(String),
    /// The format is neither text nor JSON.
    #[error("telemetry: format must be text or json, not {0}")]
    Format(String),
    /// The collector's address is none.
    #[error("telemetry: otlp.endpoint is no URL like http://127.0.0.1:4317: {0}")]
    Endpoint(String),
    /// The collector's authority cannot be used.
    #[error("telemetry: otlp.authority_file: {0}")]
    Authority(#[from] TlsError),
    /// The exporter cannot be made.
    #[error("telemetry: otlp: {0}")]
    Exporter(String),
}

/// Who sends.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// Name of the program where the settings give none.
    pub name: &'a str,
    /// Code of the division whose tier it serves; empty where it serves none.
    pub division: &'a str,
}

/// What must be ended in order.
#[derive(Debug)]
#[must_use]
pub struct Telemetry(Option<Otlp>);

type Part = Box<dyn Layer<Registry> + Send + Sync>;

impl Telemetry {
    /// Whether the settings can be used.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(settings: &TelemetrySettings) -> Result<(), TelemetryError> {
        log(settings)?;
        Otlp::check(&settings.otlp)
    }

    /// Starts logging, once in a process (a second call changes nothing), and sending, which needs a runtime.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn start(settings: &TelemetrySettings, who: Who<'_>) -> Result<Self, TelemetryError> {
        let mut parts = vec![log(settings)?];
        let otlp = Otlp::start(&settings.otlp, who)?;
        if let Some(otlp) = &otlp {
            parts.extend(otlp.traces());
            // What the exporter itself says would be sent by the exporter again.
            let quiet = "h2=off,hyper=off,hyper_util=off,tower=off,tonic=off,opentelemetry=off";
            parts.extend(
                otlp.logs().map(|layer| layer.with_filter(EnvFilter::new(format!("{},{quiet}", settings.log))).boxed()),
            );
        }
        // The only failure is that the process has a subscriber already.
        let _ = tracing_subscriber::registry().with(parts).try_init();
        Ok(Self(otlp))
    }

    /// Only sends the traces that begin with a command; what it has to say a command says itself.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn of_command(settings: &TelemetrySettings) -> Result<Self, TelemetryError> {
        let who = Who { name: "minsheng-command", division: "" };
        let otlp = Otlp::start(&settings.otlp, who)?;
        let traces: Option<Part> = otlp.as_ref().and_then(Otlp::traces);
        if traces.is_some() {
            let _ = tracing_subscriber::registry().with(traces).try_init();
        }
        Ok(Self(otlp))
    }

    /// Sends what waits, for a moment at most.
    pub async fn stop(self) {
        if let Some(otlp) = self.0 {
            otlp.stop().await;
        }
    }
}

fn log(settings: &TelemetrySettings) -> Result<Part, TelemetryError> {
    let filter = EnvFilter::try_new(&settings.log).map_err(|error| TelemetryError::Filter(error.to_string()))?;
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    match settings.format.as_str() {
        "text" => Ok(layer.with_filter(filter).boxed()),
        "json" => Ok(layer.json().with_filter(filter).boxed()),
        other => Err(TelemetryError::Format(other.to_owned())),
    }
}
