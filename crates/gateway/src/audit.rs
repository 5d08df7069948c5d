//! What was refused at the door, on its way into the ledger: the same refusal once a minute, all of them at a bounded
//! rate, so that a flood writes a few entries and not one for each guess. Each entry counts the calls it stands for, and
//! together they count them all. Nobody waits for it.

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
    recorded: HashMap<Vec<String>, Recorded>,
    pace: Pace,
    debt: Option<Instant>,
}

/// A refusal that was recorded, and how many like it were left out since.
#[derive(Debug)]
struct Recorded {
    at: Instant,
    event: AuditRecorded,
    left_out: u64,
}

impl Auditor {
    /// Starts the task that writes.
    pub(crate) fn start(service: Service) -> Self {
        let (queue, events) = mpsc::channel(QUEUE);
        let seen = Arc::new(Mutex::new(Seen::new()));
        tokio::spawn(write(service, events, seen.clone()));
        Self { queue, seen }
    }

    /// Events on their way into the ledger.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
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
    fn new() -> Self {
        Self { recorded: HashMap::new(), pace: Pace::new(BURST, INTERVAL), debt: None }
    }

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
        if self.left_out(&key, now) {
            return None;
        }
        if self.pace.wait(self.debt, now).is_none() {
            self.debt = Some(self.pace.add(self.debt, now));
            return Some(self.record(key, event, now));
        }
        // Of a flood one entry a minute tells, without the names that it made up.
        let summary = AuditRecorded { event: event.event, reason: event.reason, ..AuditRecorded::default() };
        let key = vec![summary.event.clone(), summary.reason.clone()];
        if self.left_out(&key, now) {
            return None;
        }
        tracing::warn!(event = summary.event, "too many refusals to audit each");
        Some(self.record(key, summary, now))
    }

    /// Counts the refusal with the one that was recorded just now, if there is one.
    fn left_out(&mut self, key: &[String], now: Instant) -> bool {
        let recent = self.recorded.get_mut(key).filter(|recorded| now.duration_since(recorded.at) < AGAIN);
        let Some(recorded) = recent else { return false };
        recorded.left_out += 1;
        true
    }

    fn record(&mut self, key: Vec<String>, event: AuditRecorded, now: Instant) -> AuditRecorded {
        let before = self.recorded.insert(key, Recorded { at: now, event: event.clone(), left_out: 0 });
        AuditRecorded { count: 1 + before.map_or(0, |before| before.left_out), ..event }
    }

    /// Forgets what was recorded long enough ago, and gives an entry for each kind of which some were left out.
    fn settle(&mut self, now: Instant) -> Vec<AuditRecorded> {
        let over = self.recorded.extract_if(|_, recorded| now.duration_since(recorded.at) >= AGAIN);
        let counted = over.map(|(_, recorded)| AuditRecorded { count: recorded.left_out, ..recorded.event });
        counted.filter(|event| event.count > 0).collect()
    }
}

async fn write(service: Service, mut events: mpsc::Receiver<AuditRecorded>, seen: Arc<Mutex<Seen>>) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut settling = tokio::time::interval(AGAIN);
    loop {
        let recorded = tokio::select! {
            taken = events.recv_many(&mut batch, BATCH) => {
                if taken == 0 {
                    return;
                }
                std::mem::take(&mut batch)
            }
            _ = settling.tick() => seen.lock().unwrap_or_else(PoisonError::into_inner).settle(Instant::now()),
        };
        if recorded.is_empty() {
            continue;
        }
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
    fn a_flood_writes_a_few_entries_that_count_it_whole() {
        let now = Instant::now();
        let mut seen = Seen::new();
        let mut written: Vec<_> = (0..10_000).filter_map(|_| seen.due(event("a"), now)).collect();
        assert_eq!(written.len(), 1);
        let others: Vec<_> = (0..10_000).filter_map(|n| seen.due(event(&format!("x{n}")), now)).collect();
        assert_eq!(others.len(), 200, "199 by name and one for the others");
        assert!(others.last().is_some_and(|last| last.account.is_empty()));
        written.extend(others);

        let again = seen.due(event("a"), now + AGAIN).into_iter().collect::<Vec<_>>();
        assert_eq!(again.first().map(|event| event.count), Some(10_000), "9,999 left out, and this one");
        written.extend(again);
        written.extend(seen.settle(now + AGAIN));
        assert_eq!(written.iter().map(|event| event.count).sum::<u64>(), 20_001);
        assert!(seen.settle(now + AGAIN + AGAIN).is_empty(), "of the last nothing was left out");
        assert!(seen.recorded.is_empty());
    }
}
