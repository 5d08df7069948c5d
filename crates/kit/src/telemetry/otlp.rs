//! Traces and logs on their way to an OpenTelemetry collector (OTLP over gRPC). They wait in queues that are bounded; a
//! collector that is away, slow or hostile costs what waits, and nothing else.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, RetryPolicy, SpanExporter, WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::{
    BatchConfigBuilder as LogBatching, BatchLogProcessor, LogBatch, LogExporter as ExportLogs, SdkLoggerProvider,
};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder as SpanBatching, BatchSpanProcessor, Sampler, SdkTracerProvider, SpanData,
    SpanExporter as ExportSpans,
};
use tonic::transport::Channel;
use tracing_subscriber::filter::{FilterFn, LevelFilter};
use tracing_subscriber::{Layer, Registry};

use super::logging::{TelemetryError, Who};
use super::{begin_at_zero, trace};
use crate::clock::SystemClock;
use crate::line::to_collector;
use crate::settings::{OtlpSettings, seconds};
use crate::tls::{Trust, client_config, read_certificates};

/// Spans, or records, of one call.
const BATCH: usize = 512;
/// How long is waited at the end for what is still to be sent.
const LAST: Duration = Duration::from_secs(2);

/// The way to the collector.
#[derive(Debug)]
pub(super) struct Otlp {
    traces: Option<SdkTracerProvider>,
    logs: Option<SdkLoggerProvider>,
}

impl Otlp {
    pub(super) fn check(settings: &OtlpSettings) -> Result<(), TelemetryError> {
        if settings.endpoint.is_empty() {
            return Ok(());
        }
        let address: http::Uri =
            settings.endpoint.parse().map_err(|_| TelemetryError::Endpoint(settings.endpoint.clone()))?;
        match (address.scheme_str(), address.host()) {
            (Some("http"), Some(_)) => Ok(()),
            (Some("https"), Some(_)) => Ok(read_certificates(&settings.authority_file).map(drop)?),
            _ => Err(TelemetryError::Endpoint(settings.endpoint.clone())),
        }
    }

    /// None where no collector is named.
    pub(super) fn start(settings: &OtlpSettings, who: Who<'_>) -> Result<Option<Self>, TelemetryError> {
        if settings.endpoint.is_empty() {
            return Ok(None);
        }
        // What is sent is counted from the beginning.
        super::metrics();
        let name = if settings.service_name.is_empty() { who.name } else { &settings.service_name };
        let mut resource = Resource::builder_empty().with_service_name(name.to_owned()).with_attributes([
            KeyValue::new("service.namespace", "minsheng"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", uuid::Uuid::now_v7().to_string()),
        ]);
        if !who.division.is_empty() {
            resource = resource.with_attribute(KeyValue::new("minsheng.division", who.division.to_owned()));
        }
        let (resource, channel) = (resource.build(), channel(settings)?);
        let traces = settings.traces.then(|| traces(settings, resource.clone(), channel.clone())).transpose()?;
        let logs = settings.logs.then(|| logs(settings, resource, channel)).transpose()?;
        if traces.is_some() {
            trace::switch_on();
        }
        Ok(Some(Self { traces, logs }))
    }

    /// The layer that takes spans of [`trace`], and no others: libraries' spans may hold what is nobody's business.
    pub(super) fn traces(&self) -> Option<Box<dyn Layer<Registry> + Send + Sync>> {
        let tracer = self.traces.as_ref()?.tracer("minsheng");
        let ours = FilterFn::new(|metadata| metadata.is_span() && metadata.target() == trace::TARGET);
        let layer = tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false);
        Some(layer.with_filter(ours.with_max_level_hint(LevelFilter::INFO)).boxed())
    }

    /// The layer that takes what is logged; it is filtered by who asks.
    pub(super) fn logs(
        &self,
    ) -> Option<OpenTelemetryTracingBridge<SdkLoggerProvider, opentelemetry_sdk::logs::SdkLogger>> {
        self.logs.as_ref().map(OpenTelemetryTracingBridge::new)
    }

    pub(super) async fn stop(self) {
        let ending = tokio::task::spawn_blocking(move || {
            let traces = self.traces.map_or(Ok(()), |traces| traces.shutdown_with_timeout(LAST));
            let logs = self.logs.map_or(Ok(()), |logs| logs.shutdown_with_timeout(LAST));
            traces.and(logs)
        });
        if let Ok(Err(error)) = ending.await {
            tracing::warn!(%error, "the last traces and logs were not sent");
        }
    }
}

fn channel(settings: &OtlpSettings) -> Result<Channel, TelemetryError> {
    let wrong = || TelemetryError::Endpoint(settings.endpoint.clone());
    let config = if settings.endpoint.starts_with("https://") {
        let trust = Trust { authorities: read_certificates(&settings.authority_file)?, ..Trust::default() };
        Some(client_config(trust, None, Arc::new(SystemClock))?)
    } else {
        None
    };
    to_collector(&settings.endpoint, config, seconds(settings.timeout_seconds.max(1))).ok_or_else(wrong)
}

fn traces(settings: &OtlpSettings, resource: Resource, channel: Channel) -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_channel(channel)
        .with_timeout(seconds(settings.timeout_seconds.max(1)))
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .map_err(|error| TelemetryError::Exporter(error.to_string()))?;
    let (queue, batch) = sizes(settings);
    let batching = SpanBatching::default()
        .with_max_queue_size(queue)
        .with_max_export_batch_size(batch)
        .with_scheduled_delay(delay(settings))
        .build();
    let processor = BatchSpanProcessor::new(Counted::new(exporter, "traces"), batching);
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share(settings.sample_percent))));
    let provider = SdkTracerProvider::builder().with_span_processor(processor).with_sampler(sampler);
    Ok(provider.with_resource(resource).build())
}

fn logs(settings: &OtlpSettings, resource: Resource, channel: Channel) -> Result<SdkLoggerProvider, TelemetryError> {
    let exporter = LogExporter::builder()
        .with_tonic()
        .with_channel(channel)
        .with_timeout(seconds(settings.timeout_seconds.max(1)))
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .map_err(|error| TelemetryError::Exporter(error.to_string()))?;
    let (queue, batch) = sizes(settings);
    let batching = LogBatching::default()
        .with_max_queue_size(queue)
        .with_max_export_batch_size(batch)
        .with_scheduled_delay(delay(settings))
        .build();
    let processor = BatchLogProcessor::builder(Counted::new(exporter, "logs")).with_batch_config(batching).build();
    Ok(SdkLoggerProvider::builder().with_log_processor(processor).with_resource(resource).build())
}

fn sizes(settings: &OtlpSettings) -> (usize, usize) {
    let queue = settings.queue.max(1) as usize;
    (queue, queue.min(BATCH))
}

fn delay(settings: &OtlpSettings) -> Duration {
    Duration::from_millis(u64::from(settings.delay_milliseconds.max(10)))
}

#[allow(clippy::float_arithmetic, reason = "a share of the traces, and no figure of the field")]
fn share(percent: u32) -> f64 {
    f64::from(percent.min(100)) / 100.0
}

/// An exporter whose luck is counted, and told when it changes.
struct Counted<E> {
    exporter: E,
    signal: &'static str,
    failing: AtomicBool,
}

impl<E> fmt::Debug for Counted<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counted").field("signal", &self.signal).finish_non_exhaustive()
    }
}

impl<E> Counted<E> {
    fn new(exporter: E, signal: &'static str) -> Self {
        begin_at_zero(&["minsheng_otlp_sent_total", "minsheng_otlp_failed_total"], &[("signal", signal)]);
        Self { exporter, signal, failing: AtomicBool::new(false) }
    }

    fn count(&self, items: usize, outcome: &OTelSdkResult) {
        let (signal, items) = (self.signal, items as u64);
        match outcome {
            Ok(()) => metrics::counter!("minsheng_otlp_sent_total", "signal" => signal).increment(items),
            Err(_) => metrics::counter!("minsheng_otlp_failed_total", "signal" => signal).increment(items),
        }
        if self.failing.swap(outcome.is_err(), Ordering::Relaxed) == outcome.is_err() {
            return;
        }
        match outcome {
            Ok(()) => tracing::info!(signal, "the collector takes what is sent again"),
            Err(error) => {
                tracing::warn!(signal, error = %first_line(error), "the collector does not take what is sent")
            }
        }
    }
}

/// What a collector says goes into the log in one short line.
fn first_line(error: &OTelSdkError) -> String {
    error.to_string().lines().next().unwrap_or_default().chars().take(200).collect()
}

impl<E: ExportSpans> ExportSpans for Counted<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let items = batch.len();
        let outcome = self.exporter.export(batch).await;
        self.count(items, &outcome);
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: ExportLogs> ExportLogs for Counted<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let items = batch.iter().count();
        let outcome = self.exporter.export(batch).await;
        self.count(items, &outcome);
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
