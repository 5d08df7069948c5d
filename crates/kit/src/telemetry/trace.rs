//! Which call caused what: spans of calls, commands, followers and the uplink, and the W3C trace context that joins them
//! across services and tiers. A span names a method, a service and how it ended, and nothing else.
//!
//! What is applied or sent up later belongs to the span that caused it. A ledger's entries do not carry it, since they are
//! evidence for good: the newest entries' contexts are remembered beside the ledger and travel beside the entries. One that
//! is forgotten, by a restart or another replica, costs a trace its second half, and nothing else.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::Code;
use tracing::{Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The target of all spans that are sent.
pub(super) const TARGET: &str = "minsheng_trace";
/// The header of the W3C trace context. Its companion `tracestate` says what strangers like and is not passed on.
pub const TRACEPARENT: &str = "traceparent";
/// Causes that one span tells.
const CAUSES: usize = 32;
/// Entries whose causes are remembered, of each ledger.
const REMEMBERED: usize = 4_096;
/// Calls that machines repeat for ever: they are no trace of their own.
const POLLED: [&str; 3] = ["/minsheng.ledger.v1.LedgerService/", "/grpc.health.", "/grpc.reflection."];

static ON: AtomicBool = AtomicBool::new(false);

pub(super) fn switch_on() {
    ON.store(true, Ordering::Relaxed);
}

fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// The context of a span that caused something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause(SpanContext);

struct Parent<'a>(&'a str);

impl Extractor for Parent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

#[derive(Default)]
struct Written(String);

impl Injector for Written {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT {
            self.0 = value;
        }
    }
}

impl Cause {
    /// From a `traceparent`; none when it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Parent(text));
        let context = context.span().span_context().clone();
        context.is_valid().then_some(Self(context))
    }

    /// The span that is going on; none where nothing is traced.
    pub fn current() -> Option<Self> {
        if !is_on() {
            return None;
        }
        let context = Span::current().context().span().span_context().clone();
        context.is_valid().then_some(Self(context))
    }

    /// As a `traceparent`.
    pub fn to_text(&self) -> String {
        let mut written = Written::default();
        TraceContextPropagator::new().inject_context(&self.context(), &mut written);
        written.0
    }

    fn context(&self) -> Context {
        Context::new().with_remote_span_context(self.0.clone())
    }
}

/// Has the headers of a call tell which span it belongs to.
pub fn tell(headers: &mut HeaderMap) {
    if let Some(value) = Cause::current().and_then(|cause| HeaderValue::try_from(cause.to_text()).ok()) {
        headers.insert(TRACEPARENT, value);
    }
}

/// The span of a call that is being answered.
pub(crate) fn call(path: &str, headers: &HeaderMap) -> Span {
    if !is_on() {
        return Span::none();
    }
    let cause = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()).and_then(Cause::parse);
    if cause.is_none() && POLLED.iter().any(|polled| path.starts_with(polled)) {
        return Span::none();
    }
    let (service, method) = path.trim_start_matches('/').split_once('/').unwrap_or((path, ""));
    let span = tracing::info_span!(
        target: TARGET,
        "call",
        otel.name = format!("{service}/{method}"),
        otel.kind = "server",
        otel.status_code = field::Empty,
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = method,
        rpc.grpc.status_code = field::Empty,
    );
    caused_by(span, cause)
}

/// Notes in a call's span how it ended.
pub(crate) fn ended(span: &Span, code: Code) {
    span.record("rpc.grpc.status_code", code as i32);
    if matches!(code, Code::Internal | Code::Unknown | Code::Unavailable | Code::DataLoss | Code::DeadlineExceeded) {
        span.record("otel.status_code", "ERROR");
    }
}

/// The span of a command from the writer's queue to its commit.
pub(crate) fn command(service: &str, method: &'static str) -> Span {
    if Cause::current().is_none() {
        return Span::none();
    }
    tracing::info_span!(target: TARGET, "command", otel.name = format!("command {method}"), minsheng.service = service)
}

/// The span of applying followed entries, caused by who wrote them.
pub(crate) fn apply(service: &str, source: &str, entries: usize, causes: Vec<Cause>) -> Span {
    if !is_on() || causes.is_empty() {
        return Span::none();
    }
    let span = tracing::info_span!(
        target: TARGET,
        "apply",
        otel.name = format!("{service} follows {source}"),
        otel.kind = "consumer",
        minsheng.service = service,
        minsheng.source = source,
        minsheng.entries = entries,
    );
    caused_by(span, causes)
}

/// The span of sending something to another tier, caused by the decisions that are in it.
pub fn send(name: &'static str, items: usize, causes: Vec<Cause>) -> Span {
    if !is_on() {
        return Span::none();
    }
    let span = tracing::info_span!(
        target: TARGET, "send", otel.name = name, otel.kind = "client", minsheng.items = items,
    );
    caused_by(span, causes)
}

/// The span of a command line, caused by what called it.
pub fn command_line(name: &str, cause: Option<Cause>) -> Span {
    if !is_on() {
        return Span::none();
    }
    caused_by(tracing::info_span!(target: TARGET, "command line", otel.name = name, otel.kind = "client"), cause)
}

/// The first cause is the parent, so that the trace goes on; the others are links.
fn caused_by(span: Span, causes: impl IntoIterator<Item = Cause>) -> Span {
    let mut causes = causes.into_iter();
    if let Some(first) = causes.next() {
        // A span that is filtered out has no parent.
        let _ = span.set_parent(first.context());
        for other in causes.filter(|other| *other != first).take(CAUSES) {
            span.add_link(other.0);
        }
    }
    span
}

/// What caused the newest entries of a ledger. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Causes(Arc<Mutex<VecDeque<Known>>>);

/// Entries and what caused them.
type Known = (Range<u64>, Cause);

impl Causes {
    /// Remembers what caused these entries, which follow those that are known.
    pub(crate) fn put(&self, entries: Range<u64>, cause: Cause) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.back().is_some_and(|(last, _)| last.end > entries.start) {
            known.clear();
        }
        if known.len() == REMEMBERED {
            known.pop_front();
        }
        known.push_back((entries, cause));
    }

    /// What caused an entry, if it is remembered.
    pub fn of(&self, entry: u64) -> Option<Cause> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.partition_point(|(entries, _)| entries.end <= entry);
        known.get(place).filter(|(entries, _)| entries.contains(&entry)).map(|(_, cause)| cause.clone())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_traceparent_is_read_and_written_and_nothing_else_is_taken_for_one() {
        assert_eq!(Cause::parse(PARENT).unwrap().to_text(), PARENT);
        let zero = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
        for malformed in ["", "00", zero, "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", &PARENT[..50]] {
            assert_eq!(Cause::parse(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn the_newest_entries_causes_are_remembered_and_no_more() {
        let causes = Causes::default();
        let cause = Cause::parse(PARENT).unwrap();
        assert_eq!(causes.of(0), None);
        for entry in 0..(REMEMBERED as u64 + 10) {
            causes.put(entry * 2..entry * 2 + 1, cause.clone());
        }
        assert_eq!(causes.of(0), None, "forgotten");
        assert_eq!(causes.of(100), Some(cause.clone()));
        assert_eq!(causes.of(101), None, "written by nobody who was traced");
        causes.put(5..7, cause.clone());
        assert_eq!((causes.of(6), causes.of(100)), (Some(cause), None), "the ledger was read again from there");
    }

    #[test]
    fn nothing_is_spent_where_nothing_is_sent() {
        let span = call("/minsheng.reporting.v1.ReportService/FileReport", &HeaderMap::new());
        assert!(span.is_none() && Cause::current().is_none());
        let mut headers = HeaderMap::new();
        tell(&mut headers);
        assert!(headers.is_empty());
    }
}
