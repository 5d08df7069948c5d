//! How much one account may ask for: calls a second, and calls open at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use minsheng_kit::error::{Reason, Refusal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::config::CallerSettings;
use crate::pace::Pace;

const MOST_KEPT: usize = 20_000;

/// Limits by account.
#[derive(Debug)]
pub(crate) struct Limits {
    pace: Pace,
    concurrent: usize,
    accounts: Mutex<HashMap<String, Account>>,
}

#[derive(Debug)]
struct Account {
    debt: Option<Instant>,
    open: Arc<Semaphore>,
}

impl Limits {
    pub(crate) fn new(settings: &CallerSettings) -> Self {
        let interval = Duration::from_secs(1) / settings.calls_per_second.max(1);
        Self {
            pace: Pace::new(settings.burst, interval),
            concurrent: settings.concurrent.max(1) as usize,
            accounts: Mutex::default(),
        }
    }

    /// One more call of the account, open until the permit is dropped.
    ///
    /// # Errors
    /// TOO_MANY_REQUESTS.
    pub(crate) fn enter(&self, account: &str, now: Instant) -> Result<OwnedSemaphorePermit, Refusal> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if !accounts.contains_key(account) {
            if accounts.len() >= MOST_KEPT {
                let idle = |kept: &Account| kept.open.available_permits() == self.concurrent;
                accounts.retain(|_, kept| kept.debt.is_some_and(|debt| debt > now) || !idle(kept));
            }
            let fresh = Account { debt: None, open: Arc::new(Semaphore::new(self.concurrent)) };
            accounts.insert(account.to_owned(), fresh);
        }
        let refused = || {
            metrics::counter!("minsheng_gateway_calls_limited_total").increment(1);
            Refusal::new(Reason::TooManyRequests)
        };
        let kept = accounts.get_mut(account).ok_or_else(refused)?;
        if self.pace.wait(kept.debt, now).is_some() {
            return Err(refused());
        }
        let permit = kept.open.clone().try_acquire_owned().map_err(|_| refused())?;
        kept.debt = Some(self.pace.add(kept.debt, now));
        Ok(permit)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn limits() -> Limits {
        Limits::new(&CallerSettings { calls_per_second: 10, burst: 20, concurrent: 3 })
    }

    #[test]
    fn calls_a_second_by_account() {
        let (limits, now) = (limits(), Instant::now());
        let entered = |account: &str, at: Instant| (0..1_000).filter(|_| limits.enter(account, at).is_ok()).count();
        assert_eq!(entered("a", now), 20);
        assert_eq!(entered("b", now), 20);
        assert_eq!(entered("a", now + Duration::from_secs(1)), 10);
    }

    #[test]
    fn calls_at_the_same_time_by_account() {
        let (limits, now) = (limits(), Instant::now());
        let mut open: Vec<_> = (0..3).map(|_| limits.enter("a", now).unwrap()).collect();
        assert_eq!(limits.enter("a", now).unwrap_err().reason, Reason::TooManyRequests);
        assert!(limits.enter("b", now).is_ok());
        open.pop();
        assert!(limits.enter("a", now).is_ok());
    }
}
