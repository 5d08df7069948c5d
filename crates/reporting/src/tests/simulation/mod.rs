//! The way up in simulated time: a county's reporting with its real sender, a municipality's with its real commands, each on
//! its own database, and between them a line on which everything goes wrong. In the end each figure that was decided below
//! is above exactly once.

mod above;
mod below;
mod found;

use std::rc::Rc;

use minsheng_kit::follower::Applier;
use minsheng_testkit::moment;
use minsheng_testkit::simulation::{ABOVE, BELOW, Course, Fault, Found, Seeds, Stage, Tally};

use super::child::Ledger;
use above::Above;
use below::Below;

/// Seeds that ever failed.
const FAILED: &str = include_str!("seeds.txt");
/// Runs with a seed that nobody has seen.
const FRESH: usize = 8;

const UPPER: &str = "programmes/430900-2023";
const COUNTY: &str = "430923";

/// Applies what is new in a ledger.
async fn follow(applier: &mut Applier, ledger: &Ledger) {
    let from = applier.resume().await.unwrap();
    if let Some(batch) = ledger.since(from) {
        applier.take(batch).await.unwrap();
    }
}

/// What a run is about: months in which each of two indicators is reported, and the steps that each report takes.
struct Size {
    months: std::ops::RangeInclusive<i8>,
    steps: usize,
}

fn run(course: &Course, size: &Size) -> Result<Found, String> {
    let below = Rc::new(Below::new(course, size));
    let above = Rc::new(Above::new(course));
    let mut stage = Stage::new(course);
    let (child, parent) = (below.clone(), above.clone());
    stage.host(ABOVE, move || parent.clone().run(), || above.kill());
    stage.host(BELOW, move || child.clone().run(), || below.kill());
    let all_said = || below.has_said_all();
    stage.run(all_said, || all_said() && below.is_answered() && above.is_settled())?;
    drop(stage);
    found::check(&below, &above)
}

fn begin() -> jiff::Timestamp {
    // Ten minutes into a month: a day back is another one.
    moment("2023-06-01T00:10:00+08:00")
}

#[test]
fn figures_by_chance() {
    let mut tally = Tally::default();
    Seeds::new("figures_by_chance", FAILED, FRESH).each(|seed| {
        let course = Course::by_chance(seed, begin());
        let found = run(&course, &Size { months: 2..=6, steps: 7 })?;
        tally.add(&course, found);
        Ok(())
    });
    tally.close("figures_by_chance", &[]);
}

/// Every fault at every message of a short run.
#[test]
fn figures_at_every_message() {
    let size = Size { months: 6..=6, steps: 3 };
    let smooth = Course::once(u64::MAX, Fault::Cut, begin());
    run(&smooth, &size).unwrap();
    let mut tally = Tally::default();
    for (number, point) in (0..).zip(smooth.trace()) {
        for fault in Fault::ALL.into_iter().filter(|fault| fault.strikes_at(point)) {
            let course = Course::once(number, fault, begin());
            let found =
                run(&course, &size).unwrap_or_else(|why| panic!("{fault:?} at message {number}, {point:?}: {why}"));
            tally.add(&course, found);
        }
    }
    tally.close("figures_at_every_message", &Fault::ALL);
}
