//! Time as an injected thing, so that the demo and the tests set it; nothing else in a service asks the machine's clock.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::error::Refusal;

/// Where a service takes the present moment from.
pub trait Clock: Send + Sync + Debug {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// A clock shared by the parts of a service.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until it is set. Clones show the same time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    /// A clock that shows this moment.
    pub fn at(moment: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(moment)))
    }

    /// Sets it, forwards or back.
    pub fn set(&self, moment: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = moment;
    }

    /// Moves it on.
    pub fn advance(&self, by: SignedDuration) {
        let mut moment = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *moment = moment.saturating_add(by).unwrap_or(*moment);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A moment as it travels.
pub fn to_proto(moment: Timestamp) -> prost_types::Timestamp {
    let whole = moment.as_second();
    let part = moment.subsec_nanosecond();
    // jiff counts the fraction towards zero, protobuf always forwards.
    if part < 0 {
        return prost_types::Timestamp { seconds: whole - 1, nanos: part + 1_000_000_000 };
    }
    prost_types::Timestamp { seconds: whole, nanos: part }
}

/// A moment that came in the named field.
///
/// # Errors
/// FIELD_INVALID for a moment out of range.
pub fn from_proto(field: &str, moment: &prost_types::Timestamp) -> Result<Timestamp, Refusal> {
    let valid_part = (0..1_000_000_000).contains(&moment.nanos);
    let parsed = Timestamp::new(moment.seconds, moment.nanos);
    match parsed {
        Ok(parsed) if valid_part => Ok(parsed),
        _ => Err(Refusal::invalid(field, "时间超出范围", "is out of range")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::Reason;

    #[test]
    fn a_manual_clock_shows_what_it_is_set_to_to_all_its_clones() {
        let clock = ManualClock::at("2023-06-20T23:59:59+08:00".parse().unwrap());
        let shared: SharedClock = Arc::new(clock.clone());
        clock.advance(SignedDuration::from_secs(1));
        assert_eq!(shared.now(), "2023-06-21T00:00:00+08:00".parse().unwrap());
        clock.set("2023-01-01T00:00:00Z".parse().unwrap());
        assert_eq!(shared.now().as_second(), 1_672_531_200);
    }

    #[test]
    fn moments_survive_the_wire_and_others_are_refused() {
        for text in ["2023-06-20T15:59:59.123456789Z", "1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z"] {
            let moment: Timestamp = text.parse().unwrap();
            let wire = to_proto(moment);
            assert!((0..1_000_000_000).contains(&wire.nanos));
            assert_eq!(from_proto("time", &wire).unwrap(), moment);
        }
        for (seconds, nanos) in [(i64::MAX, 0), (0, -1), (0, 1_000_000_000)] {
            let refusal = from_proto("time", &prost_types::Timestamp { seconds, nanos }).unwrap_err();
            assert_eq!((refusal.reason, refusal.violations[0].field.as_str()), (Reason::FieldInvalid, "time"));
        }
    }
}
