//! The two ways in which a simulation is run: faults by chance, from seeds; and every fault at every message of a short run.

use jiff::Timestamp;

use super::course::{Course, Fault};
use super::seeds::Seeds;
use super::tally::{Found, Tally};

/// Faults by chance: once for each seed, from a moment on.
pub fn by_chance(
    test: &'static str,
    failed: &str,
    fresh: usize,
    begin: Timestamp,
    mut run: impl FnMut(&Course) -> Result<Found, String>,
) {
    let mut tally = Tally::default();
    Seeds::new(test, failed, fresh).each(|seed| {
        let course = Course::by_chance(seed, begin);
        let found = run(&course)?;
        tally.add(&course, found);
        Ok(())
    });
    tally.close(test, &[]);
}

/// Each fault at each message at which it can strike; which messages there are shows a run without any.
pub fn at_every_message(test: &str, begin: Timestamp, mut run: impl FnMut(&Course) -> Result<Found, String>) {
    let smooth = Course::once(u64::MAX, Fault::Cut, begin);
    run(&smooth).unwrap_or_else(|why| panic!("without a fault: {why}"));
    let mut tally = Tally::default();
    for (number, point) in (0..).zip(smooth.trace()) {
        for fault in Fault::ALL.into_iter().filter(|fault| fault.strikes_at(point)) {
            let course = Course::once(number, fault, begin);
            let found = run(&course).unwrap_or_else(|why| panic!("{fault:?} at message {number}, {point:?}: {why}"));
            tally.add(&course, found);
        }
    }
    tally.close(test, &Fault::ALL);
}
