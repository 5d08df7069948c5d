//! What happens to the messages of a run: the points that each exchange passes, the faults that may strike there, and what
//! was struck. All chance of a run comes from here.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::stage::{ABOVE, BELOW, LINE};

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// The child is about to send.
    Sending,
    /// The question is on the line.
    Passing,
    /// It is with the parent, nothing is decided.
    Arrived,
    /// The parent has committed, and not answered.
    Decided,
    /// The answer is on the line.
    Returning,
    /// It is with the child, nothing is kept.
    Heard,
    /// The child has committed.
    Settled,
}

/// What strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection is closed.
    Cut,
    /// The connection is there and carries nothing any more.
    HalfOpen,
    /// The child's service is killed.
    KillBelow,
    /// The parent's service is killed.
    KillAbove,
    /// The question comes twice at once.
    Twice,
    /// An old question comes again.
    Again,
    /// The message comes late, also after its sender has given up.
    Late,
    /// A side's clock goes a day wrong, forwards or back.
    Clock,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Cut,
        Self::HalfOpen,
        Self::KillBelow,
        Self::KillAbove,
        Self::Twice,
        Self::Again,
        Self::Late,
        Self::Clock,
    ];

    /// Whether it can strike there.
    pub fn strikes_at(self, point: Point) -> bool {
        match self {
            Self::Cut | Self::HalfOpen => point != Point::Settled,
            Self::KillBelow | Self::KillAbove => true,
            Self::Twice | Self::Again => point == Point::Passing,
            Self::Late => matches!(point, Point::Passing | Point::Returning),
            Self::Clock => matches!(point, Point::Sending | Point::Arrived),
        }
    }
}

/// How a message goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Go {
    /// As if nothing were.
    On,
    /// Its connection is closed.
    Cut,
    /// Twice.
    Twice,
    /// With this old one around it.
    Again(Vec<u8>),
}

/// What the stage is to do between two steps.
#[derive(Debug)]
pub(super) enum Order {
    Kill { host: &'static str, until: Duration },
    Part { one: &'static str, other: &'static str, until: Duration },
}

/// When faults strike.
#[derive(Clone, Copy, Debug)]
enum When {
    /// At about so many of a hundred points, until it is calm.
    Chance(u8),
    /// Once, at this point counted from 0.
    Once(u64, Fault),
}

#[derive(Debug)]
struct State {
    chance: StdRng,
    when: When,
    trace: Vec<Point>,
    passing: usize,
    calm: bool,
    open: usize,
    struck: BTreeMap<Fault, (u64, u64)>,
    in_flight: usize,
    earlier: Vec<Vec<u8>>,
    orders: Vec<Order>,
}

/// A run's course; clones are the same.
#[derive(Clone, Debug)]
pub struct Course {
    state: Rc<RefCell<State>>,
    now: Rc<Cell<Duration>>,
    begin: Timestamp,
    days: Rc<RefCell<BTreeMap<&'static str, i64>>>,
}

impl Course {
    /// Faults by chance from a seed; clocks begin at that moment.
    pub fn by_chance(seed: u64, begin: Timestamp) -> Self {
        let mut chance = StdRng::seed_from_u64(seed);
        let often = chance.random_range(2..25);
        Self::new(chance, When::Chance(often), begin)
    }

    /// One fault at one point; which points there are shows a run without any.
    pub fn once(point: u64, fault: Fault, begin: Timestamp) -> Self {
        Self::new(StdRng::seed_from_u64(point), When::Once(point, fault), begin)
    }

    fn new(chance: StdRng, when: When, begin: Timestamp) -> Self {
        let state = State {
            chance,
            when,
            trace: Vec::new(),
            passing: 0,
            calm: false,
            open: 0,
            struck: BTreeMap::new(),
            in_flight: 0,
            earlier: Vec::new(),
            orders: Vec::new(),
        };
        Self { state: Rc::new(RefCell::new(state)), now: Rc::default(), begin, days: Rc::default() }
    }

    /// A number in a range.
    pub fn draw(&self, range: std::ops::Range<u64>) -> u64 {
        self.state.borrow_mut().chance.random_range(range)
    }

    /// The time that a side's clock shows.
    pub fn clock(&self, side: &'static str) -> Timestamp {
        let days = self.days.borrow().get(side).copied().unwrap_or_default();
        let passed = SignedDuration::from_hours(24 * days) + SignedDuration::try_from(self.now.get()).unwrap();
        self.begin.saturating_add(passed).unwrap()
    }

    /// An exchange of so many things begins; faults from now on strike it.
    pub fn opens(&self, things: usize) {
        self.state.borrow_mut().open = things;
    }

    /// It has ended, one way or other.
    pub fn closes(&self) {
        self.state.borrow_mut().open = 0;
    }

    /// A message is at a point.
    pub async fn at(&self, point: Point) -> Go {
        let Some(fault) = self.struck(point) else { return Go::On };
        let host = match point {
            Point::Sending | Point::Heard | Point::Settled => BELOW,
            Point::Passing | Point::Returning => LINE,
            Point::Arrived | Point::Decided => ABOVE,
        };
        match fault {
            Fault::Cut => return Go::Cut,
            Fault::Twice => return Go::Twice,
            Fault::Again => {
                let earlier = {
                    let mut state = self.state.borrow_mut();
                    let State { chance, earlier, .. } = &mut *state;
                    earlier.choose(chance).cloned()
                };
                return earlier.map_or(Go::Twice, Go::Again);
            }
            Fault::Late => tokio::time::sleep(Duration::from_secs(self.draw(5..180))).await,
            Fault::Clock => {
                let (side, days) = ([BELOW, ABOVE][self.draw(0..2) as usize], [-1, 1][self.draw(0..2) as usize]);
                self.days.borrow_mut().insert(side, days);
            }
            Fault::HalfOpen => {
                let legs = [(BELOW, LINE), (LINE, ABOVE)];
                let (one, other) = match host {
                    BELOW => legs[0],
                    ABOVE => legs[1],
                    _ => legs[self.draw(0..2) as usize],
                };
                // At once: the very message that follows is lost.
                turmoil::partition(one, other);
                let until = self.now.get() + Duration::from_secs(self.draw(2..150));
                self.state.borrow_mut().orders.push(Order::Part { one, other, until });
            }
            Fault::KillBelow | Fault::KillAbove => {
                let killed = if fault == Fault::KillBelow { BELOW } else { ABOVE };
                let until = self.now.get() + Duration::from_secs(self.draw(1..60));
                self.state.borrow_mut().orders.push(Order::Kill { host: killed, until });
                if killed == host {
                    std::future::pending::<()>().await;
                }
            }
        }
        Go::On
    }

    fn struck(&self, point: Point) -> Option<Fault> {
        let mut state = self.state.borrow_mut();
        let number = state.trace.len() as u64;
        state.trace.push(point);
        let fault = match state.when {
            When::Once(place, fault) => (place == number && fault.strikes_at(point)).then_some(fault),
            When::Chance(_) if state.calm => None,
            When::Chance(often) => {
                let strikes = state.chance.random_range(0..100) < often;
                let fitting: Vec<Fault> = Fault::ALL.into_iter().filter(|fault| fault.strikes_at(point)).collect();
                fitting.choose(&mut state.chance).copied().filter(|_| strikes)
            }
        }?;
        let open = state.open;
        let (all, hit) = state.struck.entry(fault).or_default();
        *all += 1;
        if open > 0 {
            *hit += 1;
            state.in_flight += open;
        }
        Some(fault)
    }

    /// No fault strikes from now on.
    pub fn calm_down(&self) {
        self.state.borrow_mut().calm = true;
        self.days.borrow_mut().clear();
    }

    /// Whether no fault strikes any more.
    pub fn is_calm(&self) -> bool {
        self.state.borrow().calm
    }

    /// The points passed so far, in order.
    pub fn trace(&self) -> Vec<Point> {
        self.state.borrow().trace.clone()
    }

    /// Things that were on their way when a fault struck, over all faults.
    pub fn in_flight(&self) -> usize {
        self.state.borrow().in_flight
    }

    /// How often each fault struck, and how often an open exchange.
    pub fn struck_so_far(&self) -> BTreeMap<Fault, (u64, u64)> {
        self.state.borrow().struck.clone()
    }

    /// Whether nothing is on the line.
    pub fn is_quiet(&self) -> bool {
        self.state.borrow().passing == 0
    }

    pub(super) fn passing(&self) -> Passing {
        self.state.borrow_mut().passing += 1;
        Passing(self.clone())
    }

    pub(super) fn remember(&self, question: Vec<u8>) {
        self.state.borrow_mut().earlier.push(question);
    }

    pub(super) fn orders(&self) -> Vec<Order> {
        std::mem::take(&mut self.state.borrow_mut().orders)
    }

    pub(super) fn set_now(&self, now: Duration) {
        self.now.set(now);
    }
}

/// A question that is on the line, until it is dropped.
#[derive(Debug)]
pub(super) struct Passing(Course);

impl Drop for Passing {
    fn drop(&mut self) {
        self.0.state.borrow_mut().passing -= 1;
    }
}
