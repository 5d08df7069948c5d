//! The process's metrics. What each means stands in deploy/guide/operations.md; a test compares that list with a running
//! tier.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::clock::{Clock, SystemClock};

const CALL_SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];
const BATCH_COMMANDS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// The process's metrics; installed at the first call.
pub fn metrics() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let install = || {
        let handle = builder().and_then(PrometheusBuilder::install_recorder);
        let handle = handle.inspect_err(|error| tracing::error!(%error, "there are no metrics")).ok();
        ::metrics::gauge!("minsheng_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        ::metrics::gauge!("minsheng_start_time_seconds").set(measured(SystemClock.now().as_second()));
        begin_at_zero(&["minsheng_calls_shed_total"], &[]);
        handle
    };
    HANDLE.get_or_init(install).as_ref()
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    let whole = |name: &str| Matcher::Full(name.to_owned());
    PrometheusBuilder::new()
        .set_buckets_for_metric(whole("minsheng_call_seconds"), CALL_SECONDS)?
        .set_buckets_for_metric(whole("minsheng_writer_batch_seconds"), CALL_SECONDS)?
        .set_buckets_for_metric(whole("minsheng_writer_batch_commands"), BATCH_COMMANDS)
}

/// Counters of what has not happened yet: an alert on their growth needs them from the beginning.
pub fn begin_at_zero(counters: &[&'static str], labels: &[(&'static str, &'static str)]) {
    for name in counters {
        ::metrics::counter!(*name, labels).increment(0);
    }
}

/// A measurement as metrics take it.
pub fn measured(value: i64) -> f64 {
    value as f64
}

/// Seconds in days.
#[allow(clippy::float_arithmetic, reason = "a measurement, and no figure of the field")]
pub fn days(seconds: i64) -> f64 {
    measured(seconds) / 86_400.0
}
