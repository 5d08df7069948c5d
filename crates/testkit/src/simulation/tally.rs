//! What a test found over all its runs: it tells the counts, and fails where no fault hit an open exchange.

use std::collections::BTreeMap;

use super::course::{Course, Fault};

/// Counts of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Things whose sender knows that they arrived.
    pub filed: usize,
    /// Things that are on the other side.
    pub found: usize,
}

/// Counts of all runs of a test.
#[derive(Debug, Default)]
pub struct Tally {
    runs: usize,
    all: Found,
    in_flight: usize,
    struck: BTreeMap<Fault, (u64, u64)>,
}

impl Tally {
    /// Adds a run.
    pub fn add(&mut self, course: &Course, found: Found) {
        self.runs += 1;
        self.all.filed += found.filed;
        self.all.found += found.found;
        self.in_flight += course.in_flight();
        for (fault, (all, hit)) in course.struck_so_far() {
            let counts = self.struck.entry(fault).or_default();
            *counts = (counts.0 + all, counts.1 + hit);
        }
    }

    /// Tells the counts. Each of these faults must have hit an open exchange, and some fault in any case.
    #[allow(clippy::print_stdout, reason = "what a test found is told to who runs it")]
    pub fn close(self, test: &str, must: &[Fault]) {
        let Self { runs, all: Found { filed, found }, in_flight, struck } = self;
        println!("{test}: {runs} runs, {filed} filed, {in_flight} in flight when struck, {found} found");
        for (fault, (all, hit)) in &struck {
            println!("  {fault:?}: {all} times, {hit} of them an open exchange");
        }
        assert!(struck.values().any(|(_, hit)| *hit > 0), "no fault hit an open exchange");
        for fault in must {
            assert!(struck.get(fault).is_some_and(|(_, hit)| *hit > 0), "{fault:?} never hit an open exchange");
        }
        assert_eq!(filed, found);
    }
}
