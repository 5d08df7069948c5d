//! What was read of immutable documents, kept in memory while it is used. What nobody has asked for in an hour is let go:
//! far longer than a batch takes from asking what a command wants to its decision, so that what was there when a command
//! left its row out is there when it decides.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

const IDLE_MILLISECONDS: u64 = 3_600_000;

#[derive(Debug)]
pub(super) struct Kept<K, T> {
    things: RwLock<HashMap<K, Thing<T>>>,
    since: Instant,
}

#[derive(Debug)]
struct Thing<T> {
    thing: Arc<T>,
    /// Milliseconds from `since` on.
    used: AtomicU64,
}

impl<K, T> Default for Kept<K, T> {
    fn default() -> Self {
        Self { things: RwLock::default(), since: Instant::now() }
    }
}

impl<K: Eq + Hash, T> Kept<K, T> {
    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Arc<T>>
    where
        K: Borrow<Q>,
    {
        let things = self.things.read().unwrap_or_else(PoisonError::into_inner);
        let found = things.get(key)?;
        found.used.store(self.now(), Ordering::Relaxed);
        Some(found.thing.clone())
    }

    pub(super) fn keep(&self, key: K, thing: T) -> Arc<T> {
        let thing = Arc::new(thing);
        let now = self.now();
        let mut things = self.things.write().unwrap_or_else(PoisonError::into_inner);
        things.retain(|_, known| now.saturating_sub(known.used.load(Ordering::Relaxed)) <= IDLE_MILLISECONDS);
        things.insert(key, Thing { thing: thing.clone(), used: AtomicU64::new(now) });
        thing
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_is_let_go() {
        let mut kept = Kept::<String, i32>::default();
        kept.keep("old".to_owned(), 1);
        kept.keep("used".to_owned(), 2);
        kept.since -= Duration::from_secs(3_000);
        assert!(kept.get("used").is_some());
        kept.since -= Duration::from_secs(3_000);
        kept.keep("new".to_owned(), 3);
        assert_eq!(["old", "used", "new"].map(|key| kept.get(key).as_deref().copied()), [None, Some(2), Some(3)]);
    }
}
