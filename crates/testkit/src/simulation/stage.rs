//! Runs a course: steps simulated time, kills and starts hosts, parts and joins them, until all is done or it takes too long.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use turmoil::{Builder, Sim};

use super::course::{Course, Order};
use super::line;

/// The child.
pub const BELOW: &str = "below";
/// What lies between.
pub const LINE: &str = "line";
/// The parent.
pub const ABOVE: &str = "above";

const TICK: Duration = Duration::from_millis(250);
/// Seconds between two looks at how far all is.
const LOOK_EVERY: u64 = 10;
const SLOWEST: Duration = Duration::from_secs(3);
/// Faults strike for so long at most; afterwards everything must arrive within as much again.
const ROUGH: Duration = Duration::from_secs(20 * 60);
const CALM: Duration = Duration::from_secs(60 * 60);

/// The two sides and the line.
pub struct Stage<'a> {
    sim: Sim<'a>,
    course: Course,
    killed: BTreeMap<&'static str, Box<dyn Fn() + 'a>>,
    down: BTreeMap<&'static str, Duration>,
    parted: Vec<(&'static str, &'static str, Duration)>,
}

impl std::fmt::Debug for Stage<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("course", &self.course).finish_non_exhaustive()
    }
}

impl<'a> Stage<'a> {
    /// With the line alone.
    pub fn new(course: &Course) -> Self {
        let mut sim = Builder::new()
            .tick_duration(TICK)
            .simulation_duration(2 * (ROUGH + CALM))
            .max_message_latency(SLOWEST)
            .rng_seed(course.draw(0..u64::MAX))
            .build();
        let passing = course.clone();
        sim.host(LINE, move || line::run(passing.clone()));
        Self { sim, course: course.clone(), killed: BTreeMap::new(), down: BTreeMap::new(), parted: Vec::new() }
    }

    /// A side: what it runs from each start on, and what is to be forgotten when it is killed.
    pub fn host<F, S>(&mut self, name: &'static str, software: S, killed: impl Fn() + 'a)
    where
        S: Fn() -> F + 'a,
        F: Future<Output = turmoil::Result> + 'static,
    {
        self.sim.host(name, software);
        self.killed.insert(name, Box::new(killed));
    }

    /// Runs until all is done and nothing is on the line. `may_calm` says when there is nothing left that faults could strike.
    ///
    /// # Errors
    /// When a side fails, or it is not done in time.
    pub fn run(&mut self, may_calm: impl Fn() -> bool, is_done: impl Fn() -> bool) -> Result<(), String> {
        let mut calm_since = None;
        loop {
            self.sim.step().map_err(|error| error.to_string())?;
            let now = self.sim.elapsed();
            self.course.set_now(now);
            self.obey(now);
            // Looking costs more than a step.
            if now.as_secs() % LOOK_EVERY != 0 || now.subsec_nanos() != 0 {
                continue;
            }
            if calm_since.is_none() && (now > ROUGH || may_calm()) {
                self.course.calm_down();
                calm_since = Some(now);
            }
            let Some(since) = calm_since else { continue };
            if self.down.is_empty() && self.parted.is_empty() && self.course.is_quiet() && is_done() {
                return Ok(());
            }
            if now > since + CALM {
                return Err(format!("not everything has arrived {CALM:?} after the last fault"));
            }
        }
    }

    fn obey(&mut self, now: Duration) {
        for order in self.course.orders() {
            match order {
                Order::Part { one, other, until } => self.parted.push((one, other, until)),
                Order::Kill { host, until } => {
                    if self.down.insert(host, until).is_none() {
                        self.sim.crash(host);
                        if let Some(killed) = self.killed.get(host) {
                            killed();
                        }
                    }
                    if host == BELOW {
                        self.course.closes();
                    }
                }
            }
        }
        let over: Vec<&'static str> =
            self.down.iter().filter(|(_, until)| **until <= now).map(|(host, _)| *host).collect();
        for host in over {
            self.down.remove(host);
            self.sim.bounce(host);
        }
        for (one, other, _) in self.parted.extract_if(.., |(_, _, until)| *until <= now) {
            self.sim.repair(one, other);
        }
    }
}
