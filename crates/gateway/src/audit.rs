//! What was refused at the door, on its way into the ledger: the same refusal once a minute, all of them at a bounded
//! rate, so that a flood writes a few entries and not one for each guess. Nobody waits for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use minsheng_kit::service::Service;
use minsheng_kit::writer::Call;
use minsheng_proto::identity::v1::AuditRecorded;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::command::RecordAudit;
use crate::pace::Pace;

/// The same refusal is recorded once in this time.
const AGAIN: Duration = Duration::from_secs(60);
/// All refusals: so many at once, then one in this time.
const BURST: u32 = 200;
const INTERVAL: Duration = Duration::from_secs(1);
const QUEUE: usize = 1_024;
const BATCH: usize = 128;
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Takes events.
#[derive(Clone, Debug)]
pub(crate) struct Auditor {
    queue: mpsc::Sender<AuditRecorded>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug)]
struct Seen {
    recorded: HashMap<Vec<String>, Instant>,
    pace: Pace,
    debt: Option<Instant>,
    left_out: u64,
}

impl Auditor {
    /// Starts the task that writes.
    pub(crate) fn start(service: Service) -> Self {
        let (queue, events) = mpsc::channel(QUEUE);
        tokio::spawn(write(service, events));
        let seen = Seen { recorded: HashMap::new(), pace: Pace::new(BURST, INTERVAL), debt: None, left_out: 0 };
        Self { queue, seen: Arc::new(Mutex::new(seen)) }
    }

    /// Records a refusal, unless the same was recorded just now or there are too many.
    pub(crate) fn refused(&self, event: AuditRecorded) {
        let due = self.seen.lock().unwrap_or_else(PoisonError::into_inner).due(event, Instant::now());
        let Some(event) = due else { return };
        if let Err(error) = self.queue.try_send(event) {
            tracing::error!(%error, "an audit event could not be queued");
            metrics::counter!("minsheng_gateway_audit_lost_total").increment(1);
        }
    }
}

impl Seen {
    /// What to record now: the event, or one that stands for all that were left out.
    fn due(&mut self, event: AuditRecorded, now: Instant) -> Option<AuditRecorded> {
        metrics::counter!("minsheng_gateway_refusals_total", "event" => event.event.clone()).increment(1);
        let key = vec![
            event.event.clone(),
            event.account.clone(),
            event.method.clone(),
            event.reason.clone(),
            event.source.clone(),
        ];
        if self.recorded.get(&key).is_some_and(|recorded| now.duration_since(*recorded) < AGAIN) {
            return None;
        }
        if self.pace.wait(self.debt, now).is_none() {
            self.debt = Some(self.pace.add(self.debt, now));
            self.recorded.retain(|_, recorded| now.duration_since(*recorded) < AGAIN);
            self.recorded.insert(key, now);
            return Some(event);
        }
        self.left_out += 1;
        // Of a flood one entry a minute tells, without the names that it made up.
        let summary = AuditRecorded { event: event.event, reason: event.reason, ..AuditRecorded::default() };
        let key = vec![summary.event.clone(), summary.reason.clone()];
        if self.recorded.get(&key).is_some_and(|recorded| now.duration_since(*recorded) < AGAIN) {
            return None;
        }
        tracing::warn!(event = summary.event, left_out = self.left_out, "too many refusals to audit each");
        self.recorded.insert(key, now);
        Some(summary)
    }
}

async fn write(service: Service, mut events: mpsc::Receiver<AuditRecorded>) {
    let mut batch = Vec::with_capacity(BATCH);
    while events.recv_many(&mut batch, BATCH).await > 0 {
        let recorded = std::mem::take(&mut batch);
        loop {
            let call = Call::internal(service.caller.clone(), "AuditService/Record");
            let Err(refusal) = service.writer.run(RecordAudit(recorded.clone()), call).await else {
                break;
            };
            tracing::error!(%refusal, "audit events are not written yet");
            tokio::select! {
                () = tokio::time::sleep(TRY_AGAIN) => {}
                () = service.cancel.cancelled() => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(account: &str) -> AuditRecorded {
        AuditRecorded { event: "LOGIN_REFUSED".into(), account: account.into(), ..AuditRecorded::default() }
    }

    #[test]
    fn a_flood_writes_a_few_entries() {
        let now = Instant::now();
        let mut seen = Seen { recorded: HashMap::new(), pace: Pace::new(BURST, INTERVAL), debt: None, left_out: 0 };
        let same = (0..10_000).filter_map(|_| seen.due(event("a"), now)).count();
        assert_eq!(same, 1);
        let other: Vec<_> = (0..10_000).filter_map(|n| seen.due(event(&format!("x{n}")), now)).collect();
        assert_eq!(other.len(), 200, "199 by name and one for the others");
        assert!(other.last().is_some_and(|last| last.account.is_empty()));
        assert!(seen.due(event("a"), now + AGAIN).is_some());
    }
}
