//! How often something may happen: so many at once, then one in an interval. One moment is all that is kept for it.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// So many at once, then one in each interval.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    interval: Duration,
    room: Duration,
}

impl Pace {
    pub(crate) fn new(burst: u32, interval: Duration) -> Self {
        Self { interval, room: interval.saturating_mul(burst.max(1)) }
    }

    /// How long to wait until one more is allowed, none if it is; `debt` is when all that happened is worked off.
    pub(crate) fn wait(&self, debt: Option<Instant>, now: Instant) -> Option<Duration> {
        let owed = debt?.saturating_duration_since(now) + self.interval;
        owed.checked_sub(self.room).filter(|wait| !wait.is_zero())
    }

    /// The debt after one more.
    pub(crate) fn add(&self, debt: Option<Instant>, now: Instant) -> Instant {
        debt.unwrap_or(now).max(now) + self.interval
    }
}

/// Debts by key, a bounded number of them. When there are too many the older half is forgotten.
#[derive(Debug)]
pub(crate) struct Debts<K> {
    pace: Pace,
    most: usize,
    new: HashMap<K, Instant>,
    old: HashMap<K, Instant>,
}

impl<K: Eq + Hash> Debts<K> {
    pub(crate) fn new(pace: Pace, most: usize) -> Self {
        Self { pace, most, new: HashMap::new(), old: HashMap::new() }
    }

    /// How long to wait until one more is allowed for this key, none if it is.
    pub(crate) fn wait(&self, key: &K, now: Instant) -> Option<Duration> {
        self.pace.wait(self.debt(key), now)
    }

    /// One more happened.
    pub(crate) fn add(&mut self, key: K, now: Instant) {
        let debt = self.pace.add(self.debt(&key), now);
        if self.new.len() >= self.most / 2 {
            self.old = std::mem::take(&mut self.new);
            self.old.retain(|_, debt| *debt > now);
        }
        self.new.insert(key, debt);
    }

    /// Nothing is owed for this key any more.
    pub(crate) fn forgive(&mut self, key: &K) {
        self.new.remove(key);
        self.old.remove(key);
    }

    fn debt(&self, key: &K) -> Option<Instant> {
        self.new.get(key).or_else(|| self.old.get(key)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_then_one_in_each_interval() {
        let mut debts = Debts::new(Pace::new(3, Duration::from_secs(10)), 100);
        let now = Instant::now();
        let later = now + Duration::from_secs(10);
        for _ in 0..3 {
            assert_eq!(debts.wait(&"a", now), None);
            debts.add("a", now);
        }
        assert_eq!(debts.wait(&"a", now), Some(Duration::from_secs(10)));
        assert_eq!(debts.wait(&"b", now), None);
        assert_eq!(debts.wait(&"a", later), None);
        debts.add("a", later);
        assert!(debts.wait(&"a", later).is_some());
        debts.forgive(&"a");
        assert_eq!(debts.wait(&"a", later), None);
    }

    #[test]
    fn the_number_kept_is_bounded() {
        let now = Instant::now();
        let mut debts = Debts::new(Pace::new(1, Duration::from_secs(1_000)), 100);
        for key in 0..10_000 {
            debts.add(key, now);
            assert!(debts.new.len() + debts.old.len() <= 100);
        }
        assert!(debts.wait(&9_999, now).is_some());
    }
}
