//! The way up in simulated time: a county's reporting with its real sender, a municipality's with its real commands, each on
//! its own database, and between them a line on which everything goes wrong. A reporting of the county that should be dead may
//! only have stood still, and goes on beside the one that took its place. In the end each figure that was decided below is
//! above exactly once.

mod above;
mod below;
mod found;

use std::rc::Rc;

use minsheng_kit::follower::Applier;
use minsheng_testkit::moment;
use minsheng_testkit::simulation::{ABOVE, BELOW, Course, Found, Stage, at_every_message, by_chance};

use super::child::Ledger;
use above::Above;
use below::{Below, Woken};

/// Seeds that ever failed.
const FAILED: &str = include_str!("seeds.txt");
/// Runs with a seed that nobody has seen.
const FRESH: usize = 8;

const UPPER: &str = "programmes/430900-2023";
const COUNTY: &str = "430923";
/// The parent's indicator that two of the county's answer.
const JOINTLY: &str = "9.1";

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

fn run(course: &Course, size: &Size, all: &mut Woken) -> Result<Found, String> {
    let below = Rc::new(Below::new(course, size));
    let above = Rc::new(Above::new(course));
    let mut stage = Stage::new(course);
    let (child, parent) = (below.clone(), above.clone());
    stage.host(ABOVE, move || parent.clone().run(), || above.kill());
    stage.host(BELOW, move || child.clone().run(), || below.kill());
    let all_said = || below.has_said_all();
    stage.run(all_said, || all_said() && below.is_answered() && above.is_settled())?;
    drop(stage);
    let Woken { refused, calls, .. } = below.woken();
    all.refused += refused;
    all.calls += calls;
    found::check(&below, &above)
}

fn begin() -> jiff::Timestamp {
    // Ten minutes into a month: a day back is another one.
    moment("2023-06-01T00:10:00+08:00")
}

#[test]
fn figures_by_chance() {
    let (size, mut woken) = (Size { months: 2..=6, steps: 7 }, Woken::default());
    by_chance("figures_by_chance", FAILED, FRESH, begin(), |course| run(course, &size, &mut woken));
    tell(&woken);
}

#[test]
fn figures_at_every_message() {
    let (size, mut woken) = (Size { months: 6..=6, steps: 3 }, Woken::default());
    at_every_message("figures_at_every_message", begin(), |course| run(course, &size, &mut woken));
    tell(&woken);
    assert!(woken.refused > 0 && woken.calls > 0, "no replica woke up with something to do: {woken:?}");
}

#[allow(clippy::print_stdout, reason = "what a test found is told to who runs it")]
fn tell(Woken { refused, calls, .. }: &Woken) {
    println!("  replicas that woke up beside another: {refused} batches kept out, {calls} calls repeated");
}
