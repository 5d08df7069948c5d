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
use crate::entity::certificate;
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
        let known = self.list().await?.get(&shown.fingerprint).cloned().ok_or_else(unknown)?;
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

    /// The list was changed: the next look reads it again.
    pub(crate) fn changed(&self) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        self.changes.fetch_add(1, Ordering::SeqCst);
        *list = None;
    }

    async fn list(&self) -> Result<Arc<HashMap<String, Known>>, Refusal> {
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let _reading = self.reading.lock().await;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let (read, before) = (Instant::now(), self.changes.load(Ordering::SeqCst));
        let rows = store::certificates(self.service.database.reader()).await?;
        let certificates: Arc<HashMap<_, _>> = Arc::new(rows.into_iter().filter_map(known).collect());
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        if self.changes.load(Ordering::SeqCst) == before {
            *list = Some(List { read, certificates: certificates.clone() });
        }
        Ok(certificates)
    }

    fn fresh(&self) -> Option<Arc<HashMap<String, Known>>> {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.as_ref().filter(|list| list.read.elapsed() < FRESH).map(|list| list.certificates.clone())
    }
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
