//! The enrolled list in memory, never older than half a second and read again at once after a change of this process: a
//! lower tier whose certificate was taken back is refused at its next call, on connections that are open too, whichever
//! replica did it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use minsheng_kit::authority::division_of;
use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::Caller;
use minsheng_kit::service::Service;
use minsheng_kit::tls::PeerCertificate;
use minsheng_kit::writer::Call;
use tokio::time::Instant;

use crate::command::UseCertificate;
use crate::entity::{alarm, certificate};
use crate::store;

/// How old the list may be.
const FRESH: Duration = Duration::from_millis(500);

/// The enrolled list.
#[derive(Debug)]
pub(crate) struct Tiers {
    service: Service,
    list: Mutex<Option<List>>,
    /// Counts the changes of this process: what was read before one is not kept after it.
    changes: AtomicU64,
    /// Held by whoever reads it again, so that one does it for all.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug)]
struct List {
    read: Instant,
    certificates: Arc<HashMap<String, Known>>,
    /// Of each division a ledger that its figures rest on and that an alarm is open about.
    doubted: Arc<HashMap<String, alarm::Model>>,
}

#[derive(Clone, Debug)]
struct Known {
    caller: Arc<Caller>,
    state: State,
    expire_time: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Issued,
    Used,
    Revoked,
}

impl Tiers {
    pub(crate) fn new(service: Service) -> Arc<Self> {
        Arc::new(Self {
            service,
            list: Mutex::default(),
            changes: AtomicU64::new(0),
            reading: tokio::sync::Mutex::default(),
        })
    }

    /// The lower tier that a certificate proves. Its first use ends the older ones of the same tier.
    ///
    /// # Errors
    /// TIER_UNKNOWN, TIER_REVOKED; STORAGE_UNAVAILABLE when nobody can tell.
    pub(crate) async fn caller(&self, shown: &PeerCertificate) -> Result<Arc<Caller>, Refusal> {
        let unknown = || Refusal::new(Reason::TierUnknown).with("fingerprint", &shown.fingerprint);
        let known = self.list().await?.certificates.get(&shown.fingerprint).cloned().ok_or_else(unknown)?;
        if known.state == State::Revoked {
            return Err(Refusal::new(Reason::TierRevoked).with("fingerprint", &shown.fingerprint));
        }
        let names_it = shown.uris.iter().any(|uri| division_of(uri) == Some(known.caller.division.as_str()));
        if !names_it || self.service.clock.now().as_millisecond() >= known.expire_time {
            return Err(unknown());
        }
        if known.state == State::Issued {
            let division = known.caller.division.clone();
            let command = UseCertificate { division, fingerprint: shown.fingerprint.clone() };
            let call = Call::internal(self.service.caller.clone(), "EnrolmentService/UseCertificate");
            self.service.writer.run(command, call).await?;
            self.changed();
        }
        Ok(known.caller)
    }

    /// Whether figures of a tier are taken: not while people have to look into a ledger that they rest on.
    ///
    /// # Errors
    /// The alarm's reason with both heads; STORAGE_UNAVAILABLE when nobody can tell.
    pub(crate) async fn may_file(&self, division: &str) -> Result<(), Refusal> {
        let Some(alarm) = self.list().await?.doubted.get(division).cloned() else { return Ok(()) };
        let reason = Reason::parse(&alarm.reason).unwrap_or(Reason::LedgerForked);
        Err(Refusal::new(reason)
            .because(
                format!("{}的告警尚未处理，在此之前不收其数据；请双方安全管理员按“告警之后”的步骤处理。", alarm.origin),
                format!("The alarm about {} is open; until it is resolved its figures are not taken.", alarm.origin),
            )
            .with("origin", &alarm.origin)
            .with("kept_checkpoint", &alarm.kept_checkpoint)
            .with("offered_checkpoint", &alarm.offered_checkpoint))
    }

    /// The list was changed: the next look reads it again.
    pub(crate) fn changed(&self) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        self.changes.fetch_add(1, Ordering::SeqCst);
        *list = None;
    }

    async fn list(&self) -> Result<List, Refusal> {
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let _reading = self.reading.lock().await;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let (read, before) = (Instant::now(), self.changes.load(Ordering::SeqCst));
        let reader = self.service.database.reader();
        let certificates = store::certificates(reader).await?.into_iter().filter_map(known).collect();
        let alarms = store::alarms(false, reader).await?.into_iter();
        let doubted = alarms.filter(figures_rest_on).map(|alarm| (alarm.division.clone(), alarm)).collect();
        let fresh = List { read, certificates: Arc::new(certificates), doubted: Arc::new(doubted) };
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        if self.changes.load(Ordering::SeqCst) == before {
            *list = Some(fresh.clone());
        }
        Ok(fresh)
    }

    fn fresh(&self) -> Option<List> {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.as_ref().filter(|list| list.read.elapsed() < FRESH).cloned()
    }
}

/// Whether an alarm is about a ledger that a tier's figures are proven by.
fn figures_rest_on(alarm: &alarm::Model) -> bool {
    let of = |service: &str| alarm.origin == format!("minsheng/{}/{service}", alarm.division);
    of("verification") || of("reporting")
}

fn known(row: certificate::Model) -> Option<(String, Known)> {
    let state = match row.state.as_str() {
        certificate::ISSUED => State::Issued,
        certificate::USED => State::Used,
        certificate::REVOKED => State::Revoked,
        _ => return None,
    };
    let caller = Arc::new(Caller::tier(&row.division));
    Some((row.fingerprint, Known { caller, state, expire_time: row.expire_time }))
}
