//! The exchange of heads in simulated time: a county's gateway and its municipality's, each the other's witness, over a line on
//! which everything goes wrong. Whatever the line does raises no alarm; a tier that comes back from an old backup does, with
//! both heads shown.
#![allow(clippy::unwrap_used)]

mod tier;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use minsheng_kit::ledger::LedgerVerifier;
use minsheng_proto::tier::v1::{ExchangeHeadsRequest, ExchangeHeadsResponse};
use minsheng_testkit::moment;
use minsheng_testkit::simulation::{
    ABOVE, BELOW, Course, Found, Go, LINE, Point, Stage, answer, at_every_message, by_chance, call, read, serve, still,
    verified,
};
use prost::Message;
use tonic::Status;

use tier::{Event, Tier};

/// Seeds that ever failed.
const FAILED: &str = include_str!("seeds.txt");
/// Runs with a seed that nobody has seen.
const FRESH: usize = 6;
/// As long as an exchange may take.
const PATIENCE: Duration = Duration::from_secs(25);
const COUNTY: &str = "430923";
const MUNICIPALITY: &str = "430900";

/// Two tiers, one of which may come back from a backup.
struct Play {
    below: Tier,
    above: Tier,
    /// Entries that each writes.
    most: u64,
    backup: RefCell<Backup>,
    /// Who comes back from one.
    loses: Option<&'static str>,
    refusals: RefCell<Vec<(String, String)>>,
}

/// What becomes of a backup.
#[derive(PartialEq, Eq)]
enum Backup {
    None,
    /// Of this many entries.
    Taken(u64),
    Restored,
}

impl Play {
    fn side(&self, side: &str) -> &Tier {
        if side == BELOW { &self.below } else { &self.above }
    }

    /// One of the two writes entries.
    async fn write(&self, side: &'static str) {
        let tier = self.side(side);
        while tier.size() < self.most || self.loses.is_some() {
            tokio::time::sleep(Duration::from_secs(tier.course.draw(5..60))).await;
            for _ in 0..tier.course.draw(1..5) {
                tier.write();
            }
            if self.loses == Some(side) {
                self.lose(tier);
            }
        }
    }

    /// Takes a backup, and comes back from it once the other side keeps more than it holds.
    fn lose(&self, tier: &Tier) {
        let kept = self.side(if tier.side == BELOW { ABOVE } else { BELOW }).kept_of(tier);
        let mut backup = self.backup.borrow_mut();
        match *backup {
            Backup::None if kept > 0 => {
                tier.back_up();
                *backup = Backup::Taken(tier.size());
            }
            Backup::Taken(size) if kept > size => {
                tier.restore();
                *backup = Backup::Restored;
            }
            _ => {}
        }
    }

    async fn run_below(self: Rc<Self>) -> turmoil::Result {
        self.below.start();
        let people = self.clone();
        tokio::task::spawn_local(async move { people.write(BELOW).await });
        let course = &self.below.course;
        loop {
            tokio::time::sleep(Duration::from_secs(course.draw(10..60))).await;
            if !self.below.is_up() {
                continue;
            }
            let mut going = self.below.exchange();
            course.opens(1);
            loop {
                match going.next() {
                    Event::Asks(question, reply) => {
                        let answered = self.ask(&question).await;
                        let heard = course.at(Point::Heard).await == Go::On;
                        let lost = || Err(Status::unavailable("cut"));
                        // The exchange may have been given up.
                        let _ = reply.send(if heard { answered } else { lost() });
                    }
                    Event::Ended(done) => {
                        let refused = done.map(|done| done.refused).unwrap_or_default();
                        let shown = refused.into_iter().map(|it| (it.kept_checkpoint, it.offered_checkpoint));
                        self.refusals.borrow_mut().extend(shown);
                        break;
                    }
                }
            }
            course.closes();
            course.at(Point::Settled).await;
        }
    }

    async fn ask(&self, question: &ExchangeHeadsRequest) -> Result<ExchangeHeadsResponse, Status> {
        if self.below.course.at(Point::Sending).await != Go::On {
            return Err(Status::unavailable("cut"));
        }
        let question = question.encode_to_vec();
        match tokio::time::timeout(PATIENCE, call(LINE, &question)).await {
            Ok(Ok(answer)) => read(&answer),
            Ok(Err(error)) => Err(Status::unavailable(error.to_string())),
            Err(_elapsed) => Err(Status::deadline_exceeded("late")),
        }
    }

    async fn run_above(self: Rc<Self>) -> turmoil::Result {
        self.above.start();
        let people = self.clone();
        tokio::task::spawn_local(async move { people.write(ABOVE).await });
        serve(move |question| self.clone().answer(question)).await
    }

    async fn answer(self: Rc<Self>, question: Vec<u8>) -> Option<Vec<u8>> {
        if self.above.course.at(Point::Arrived).await != Go::On {
            return None;
        }
        let said = self.above.witness(ExchangeHeadsRequest::decode(question.as_slice()).unwrap());
        if self.above.course.at(Point::Decided).await != Go::On {
            return None;
        }
        Some(answer(said))
    }

    fn has_written_all(&self) -> bool {
        let up = self.below.is_up() && self.above.is_up();
        up && match self.loses {
            None => [&self.below, &self.above].iter().all(|tier| tier.size() >= self.most),
            Some(_) => *self.backup.borrow() == Backup::Restored,
        }
    }

    /// Each keeps the other's newest head, and knows that the other keeps its own.
    fn is_witnessed(&self) -> bool {
        let pairs = [(&self.below, &self.above), (&self.above, &self.below)];
        self.below.is_up()
            && self.above.is_up()
            && pairs.iter().all(|(one, other)| other.kept_of(one) == one.size() && one.cosigned_by(other) == one.size())
    }

    fn is_refused(&self) -> bool {
        let Some(side) = self.loses else { return false };
        let other = self.side(if side == BELOW { ABOVE } else { BELOW });
        let told = self.refusals.borrow();
        let both = told.iter().any(|(kept, offered)| !kept.is_empty() && !offered.is_empty());
        both && self.side(side).is_up() && other.is_up() && !other.alarms().is_empty()
    }
}

fn play(course: &Course, most: u64, loses: Option<&'static str>) -> Result<Rc<Play>, String> {
    let play = Rc::new(Play {
        below: Tier::new(BELOW, COUNTY, course),
        above: Tier::new(ABOVE, MUNICIPALITY, course),
        most,
        backup: RefCell::new(Backup::None),
        loses,
        refusals: RefCell::default(),
    });
    let (child, parent, watched) = (play.clone(), play.clone(), play.clone());
    let mut stage = Stage::new(course);
    stage.host(ABOVE, move || parent.clone().run_above(), || play.above.kill());
    stage.host(BELOW, move || child.clone().run_below(), || play.below.kill());
    let is_over = || if loses.is_some() { watched.is_refused() } else { watched.is_witnessed() };
    stage.run(|| watched.has_written_all(), is_over)?;
    drop(stage);
    Ok(play)
}

/// No alarm, and all that was written is witnessed.
fn run(course: &Course, most: u64) -> Result<Found, String> {
    let play = play(course, most, None)?;
    let mut found = Found::default();
    for (one, other) in [(&play.below, &play.above), (&play.above, &play.below)] {
        still(verified(&one.service()))?;
        if let Some(alarm) = one.alarms().first() {
            return Err(format!(
                "a fault of the line is taken for one of the ledger {}: {}",
                alarm.origin, alarm.reason
            ));
        }
        found.filed += usize::try_from(one.cosigned_by(other)).unwrap();
        found.found += usize::try_from(other.kept_of(one)).unwrap();
    }
    Ok(found)
}

/// The one that came back from a backup is refused and both are told both heads; what is kept of it stays.
fn run_restored(course: &Course, loses: &'static str) -> Result<Found, String> {
    let play = play(course, 20, Some(loses))?;
    let (lost, other) = match loses {
        BELOW => (&play.below, &play.above),
        _ => (&play.above, &play.below),
    };
    let alarms = other.alarms();
    let alarm = alarms.first().unwrap();
    let verifier = LedgerVerifier::new(lost.service().writer.ledger().verifier_key()).unwrap();
    let head = |note: &str| verifier.verify(note).map_err(|fault| format!("a head of the alarm: {fault}"));
    let (kept, offered) = (head(&alarm.kept_checkpoint)?, head(&alarm.offered_checkpoint)?);
    if !["LEDGER_SHORTER", "LEDGER_FORKED"].contains(&alarm.reason.as_str()) || kept.root == offered.root {
        return Err(format!("the alarm is {}, of {} and {} entries", alarm.reason, kept.size, offered.size));
    }
    if other.kept_of(lost) != kept.size {
        return Err("what is kept was given up".to_owned());
    }
    let origin = lost.service().writer.ledger().origin().to_owned();
    if alarms.len() > 1 || alarm.origin != origin || !lost.alarms().is_empty() {
        return Err("an alarm is about a ledger that lost nothing".to_owned());
    }
    still(verified(&lost.service()))?;
    still(verified(&other.service()))?;
    let size = usize::try_from(kept.size).unwrap();
    Ok(Found { filed: size, found: size })
}

fn begin() -> jiff::Timestamp {
    moment("2023-06-01T00:10:00+08:00")
}

#[test]
fn heads_by_chance() {
    by_chance("heads_by_chance", FAILED, FRESH, begin(), |course| run(course, 40));
}

#[test]
fn restored_tiers_by_chance() {
    for side in [BELOW, ABOVE] {
        by_chance("restored_tiers_by_chance", FAILED, FRESH, begin(), |course| {
            run_restored(course, side).map_err(|why| format!("{side}: {why}"))
        });
    }
}

#[test]
fn heads_at_every_message() {
    at_every_message("heads_at_every_message", begin(), |course| run(course, 2));
}
