//! Guessing of passwords. Wrong ones are counted by account and source, by account, and by source; where an account is
//! known by its source or device only the first count holds, so that a flood from elsewhere never locks its owner out.
//! Counts are in memory, bounded, and forgotten at a restart; unknown accounts count like others.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use minsheng_kit::error::{Reason, Refusal};
use tokio::time::Instant;

use crate::config::{ThrottleSettings, seconds};
use crate::pace::{Debts, Pace};

const MOST_KEPT: usize = 100_000;

/// One attempt.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// Account id as given; empty for what can be none.
    pub(crate) account: String,
    /// Network source, an IPv6 one by its /64.
    pub(crate) source: String,
    /// SHA-256 of a token that the device got for this account before.
    pub(crate) device: Option<String>,
    /// Whether the account is known by this source or device.
    pub(crate) known: bool,
}

impl Attempt {
    fn pair(&self) -> String {
        match &self.device {
            Some(device) => format!("{}|device {device}", self.account),
            None => format!("{}|{}", self.account, self.source),
        }
    }
}

/// Counts wrong passwords.
#[derive(Debug)]
pub(crate) struct Throttle(Mutex<Counts>);

#[derive(Debug)]
struct Counts {
    pairs: Debts<String>,
    accounts: Debts<String>,
    sources: Debts<String>,
}

impl Throttle {
    pub(crate) fn new(settings: &ThrottleSettings) -> Self {
        let debts = |burst, interval| Debts::new(Pace::new(burst, seconds(interval)), MOST_KEPT);
        Self(Mutex::new(Counts {
            pairs: debts(settings.pair_burst, settings.pair_seconds),
            accounts: debts(settings.account_burst, settings.account_seconds),
            sources: debts(settings.source_burst, settings.source_seconds),
        }))
    }

    /// Whether a password may be tried now.
    ///
    /// # Errors
    /// LOGIN_THROTTLED with the seconds to wait.
    pub(crate) fn check(&self, attempt: &Attempt, now: Instant) -> Result<(), Refusal> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wait = counts.pairs.wait(&attempt.pair(), now);
        if !attempt.known {
            wait = wait.max(counts.accounts.wait(&attempt.account, now));
            wait = wait.max(counts.sources.wait(&attempt.source, now));
        }
        match wait {
            None => Ok(()),
            Some(wait) => {
                Err(Refusal::new(Reason::LoginThrottled).with("retry_after_seconds", wait.as_secs().saturating_add(1)))
            }
        }
    }

    /// The password was wrong.
    pub(crate) fn failed(&self, attempt: &Attempt, now: Instant) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.pairs.add(attempt.pair(), now);
        if !attempt.known {
            counts.accounts.add(attempt.account.clone(), now);
            counts.sources.add(attempt.source.clone(), now);
        }
    }

    /// The password was right: what the owner mistyped before is forgotten.
    pub(crate) fn succeeded(&self, attempt: &Attempt) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.pairs.forgive(&attempt.pair());
    }
}

/// A source as it is counted and recorded: whoever has one IPv6 address has 2^64 of them.
pub(crate) fn source_name(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) if address.is_loopback() => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;

    const SETTINGS: ThrottleSettings = ThrottleSettings {
        pair_burst: 5,
        pair_seconds: 10,
        account_burst: 20,
        account_seconds: 30,
        source_burst: 30,
        source_seconds: 5,
        known_days: 30,
    };

    fn attempt(account: &str, source: &str, known: bool) -> Attempt {
        Attempt { account: account.into(), source: source.into(), device: None, known }
    }

    /// How many of so many guesses are tried at all.
    fn tried(throttle: &Throttle, now: Instant, guesses: impl Iterator<Item = Attempt>) -> usize {
        let wrong = |guess: &Attempt| throttle.check(guess, now).map(|()| throttle.failed(guess, now));
        guesses.filter(|guess| wrong(guess).is_ok()).count()
    }

    #[test]
    fn one_source_at_one_account() {
        let (throttle, now) = (Throttle::new(&SETTINGS), Instant::now());
        assert_eq!(tried(&throttle, now, (0..10_000).map(|_| attempt("a", "1.1.1.1", false))), 5);
        let refusal = throttle.check(&attempt("a", "1.1.1.1", false), now).unwrap_err();
        assert_eq!((refusal.reason, refusal.metadata["retry_after_seconds"].as_str()), (Reason::LoginThrottled, "11"));
        assert!(throttle.check(&attempt("a", "2.2.2.2", false), now).is_ok(), "from elsewhere");
        let later = now + Duration::from_secs(11);
        assert!(throttle.check(&attempt("a", "1.1.1.1", false), later).is_ok(), "after the wait");
    }

    #[test]
    fn many_sources_at_one_account_do_not_lock_its_owner_out() {
        let (throttle, now) = (Throttle::new(&SETTINGS), Instant::now());
        let guesses = (0..10_000).map(|guess| attempt("a", &format!("s{guess}"), false));
        assert_eq!(tried(&throttle, now, guesses), 20);
        assert!(throttle.check(&attempt("a", "new", false), now).is_err());
        assert!(throttle.check(&attempt("a", "home", true), now).is_ok());
    }

    #[test]
    fn one_source_across_accounts_leaves_its_known_accounts_alone() {
        let (throttle, now) = (Throttle::new(&SETTINGS), Instant::now());
        let guesses = (0..10_000).map(|guess| attempt(&format!("a{guess}"), "nat", false));
        assert_eq!(tried(&throttle, now, guesses), 30);
        assert!(throttle.check(&attempt("b", "nat", false), now).is_err());
        assert!(throttle.check(&attempt("b", "nat", true), now).is_ok());
    }

    #[test]
    fn a_known_device_is_counted_apart_from_its_source() {
        let (throttle, now) = (Throttle::new(&SETTINGS), Instant::now());
        tried(&throttle, now, (0..10_000).map(|_| attempt("a", "nat", true)));
        let owner = Attempt { device: Some("d".into()), ..attempt("a", "nat", true) };
        assert!(throttle.check(&owner, now).is_ok());
        assert_eq!(tried(&throttle, now, (0..100).map(|_| owner.clone())), 5);
        throttle.succeeded(&owner);
        assert!(throttle.check(&owner, now).is_ok());
    }

    #[test]
    fn sources() {
        let name = |text: &str| source_name(text.parse().unwrap());
        assert_eq!(name("10.0.0.1"), "10.0.0.1");
        assert_eq!(name("::ffff:10.0.0.1"), "10.0.0.1");
        assert_eq!(name("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(name("::1"), "::1");
    }
}
