//! One clock for all tiers of the demonstration. It stands still until a step sets it; tiers that run in processes of their own
//! are told each moment before the step goes on.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use minsheng_kit::clock::{Clock, ManualClock};

use crate::process::Hand;

/// The clock. Clones show the same time.
#[derive(Clone, Debug)]
pub struct DemoClock {
    shown: ManualClock,
    hands: Arc<Mutex<Vec<Hand>>>,
}

impl DemoClock {
    /// A clock that shows this moment.
    pub fn at(moment: Timestamp) -> Self {
        Self { shown: ManualClock::at(moment), hands: Arc::default() }
    }

    /// Goes on to a moment; never back.
    pub fn go_to(&self, moment: Timestamp) {
        let mut hands = self.hands.lock().unwrap_or_else(PoisonError::into_inner);
        if moment > self.shown.now() {
            self.shown.set(moment);
            // A process that has ended is told nothing more.
            let sent: Vec<bool> = hands.iter_mut().map(|hand| hand.send(moment)).collect();
            let mut sent = sent.into_iter();
            hands.retain_mut(|hand| sent.next().unwrap_or_default() && hand.is_set());
        }
    }

    /// Goes on by so much.
    pub fn advance(&self, by: SignedDuration) {
        if let Ok(moment) = self.shown.now().checked_add(by) {
            self.go_to(moment);
        }
    }

    /// The clock for a tier in this process.
    pub(crate) fn shown(&self) -> ManualClock {
        self.shown.clone()
    }

    /// Tells a process each moment from now on, and the present one at once.
    pub(crate) fn tell(&self, mut hand: Hand) {
        let mut hands = self.hands.lock().unwrap_or_else(PoisonError::into_inner);
        if hand.send(self.shown.now()) && hand.is_set() {
            hands.push(hand);
        }
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        self.shown.now()
    }
}
